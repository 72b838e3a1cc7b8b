"""A whole store verifies; every kind of row that is flipped, altered, deleted or made up by SQL is found and named.

Each tampering is done in a transaction that is verified and rolled back.
"""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text

from gateway.signatures.notes import LogSigner, verify_note
from mailstore import evidence, letters
from mailstore.checkpoints import sign_due
from mailstore.integrity import Report, verify
from mailstore.integrity.findings import LIMIT, TEXTS
from mailstore.log import append_leaves, leaf_hash, node_hash
from mailstore.transaction import Store, Unit
from policies.evidence import Event, Evidence
from tests.contract.conftest import ORIGIN, Clock
from tests.contract.sample import ISSUER, accept, enrol, issue_receipt, opened

if TYPE_CHECKING:
    from tests.postgres import PostgreSQL


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> LogSigner:
    return LogSigner.create(Path(tmp_path_factory.mktemp("key") / "log.key"))


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def sound(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, signer: LogSigner
) -> Iterator[Engine]:
    """A database with nine letters, receipts, openings and three checkpoints, on an engine that allows all."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("sound") / "sound.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        server: PostgreSQL = request.getfixturevalue("postgres")
        url = server.url(server.create(request.getfixturevalue("postgres_template")))
    store = Store(url, clock=Clock())
    fill(store, signer)
    store.close()
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _record: Any) -> None:
        if request.param == "sqlite":
            dbapi.isolation_level = None
        else:
            dbapi.execute("SET session_replication_role = replica")  # no foreign keys for the tamperer
            dbapi.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if request.param == "sqlite":
            connection.exec_driver_sql("BEGIN")

    yield engine
    engine.dispose()


def fill(store: Store, signer: LogSigner) -> None:
    store.write(enrol)
    for number in range(9):
        to = ("MOF", "MOI") if number % 3 else ("MOF",)
        store.write(partial(life, number=number, to=to))
        if number % 3 == 2:
            store.write(lambda unit: sign_due(unit, lambda body: signer.note(ORIGIN, body), ORIGIN))


def life(unit: Unit, number: int, to: tuple[str, ...]) -> None:
    """A letter with its receipt and openings; the fifth is voided; a refusal beside each."""
    letter = accept(unit, number, to=to, body=b"body of %d\r\n" % number * 40).letter
    issue_receipt(unit, letter)
    for happened in (Event.HANDED_OVER, Event.SEEN):
        evidence.append(unit, opened(unit, letter, "MOF", happened))
    evidence.append(unit, Evidence(evidence.new_id(unit), Event.REJECTED, unit.now, unit.now, ISSUER))
    if number == 5:
        letters.void(unit, letter.letter_id)
        fact = Evidence(evidence.new_id(unit), Event.VOIDED, unit.now, unit.now, ISSUER, letter.letter_id)
        evidence.append(unit, fact)


@contextmanager
def tampering(sound: Engine) -> Iterator[Connection]:
    with sound.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@pytest.fixture
def check(signer: LogSigner) -> Callable[[Connection], Report]:
    return lambda connection: verify(connection, lambda note: verify_note(note, ORIGIN, signer.public))


def kinds(report: Report) -> set[str]:
    return {fault.kind for fault in report.faults}


def test_a_whole_store_has_no_fault_and_everything_was_looked_at(
    sound: Engine, check: Callable[[Connection], Report]
) -> None:
    with sound.begin() as connection:
        report = check(connection)
        size = connection.scalar(text("SELECT size FROM log_head"))
    assert report.faults == ()
    assert size is not None
    assert report.checked == {
        "records": size,
        "hashes": sum(size >> level for level in range(1, 10)),
        "checkpoints": 3,
        "receipts": 9,
        "letters": 9,
        "recipients": 15,
        "series": 3,
        "messages": 18,
        "entries": 9 + 15 + 9,
    }


def test_an_empty_store_is_whole(store: Store, check: Callable[[Connection], Report]) -> None:
    report = store.read(check)
    assert (report.faults, report.checked) == ((), {})


SOME_LETTER = "(SELECT letter_id FROM letters WHERE number = 4)"
OTHER_LETTER = "(SELECT letter_id FROM letters WHERE number = 7)"
NEWEST = "(SELECT MAX(size) FROM checkpoints)"
OLDEST = "(SELECT MIN(size) FROM checkpoints)"
SOME_INBOX = "(SELECT id FROM mailboxes WHERE name = 'INBOX' AND office = 'registry@mof.gov.example')"
SWAPPED = "UPDATE {0} SET {1} = (SELECT {1} FROM {0} AS other WHERE other.{2} = {4}) WHERE {2} = {3}"

TAMPERINGS = [
    # the log
    ("UPDATE log_head SET size = size + 1", "log-size", "size"),
    ("UPDATE log_head SET size = size - 1", "record-beyond", "record"),
    ("UPDATE log_head SET size = 9000000000000", "log-size", "size"),
    ("UPDATE log_head SET size = -1", "log-size", "size -1"),
    ("DELETE FROM log_head", "log-size", "size 0"),
    ("DELETE FROM evidence WHERE log_index = 11", "record-missing", "record 11"),
    ("UPDATE evidence SET log_index = 900 WHERE log_index = 11", "record-missing", "record 11"),
    ("UPDATE evidence SET log_index = 900 WHERE log_index = 11", "record-beyond", "record 900"),
    ("UPDATE evidence SET log_index = -5 WHERE log_index = 11", "record-beyond", "record -5"),
    (SWAPPED.format("evidence", "record", "log_index", 11, 12), "record-altered", "record 11"),
    ("UPDATE evidence SET evidence_id = 'x' WHERE log_index = 11", "record-columns", "record 11"),
    ("UPDATE evidence SET unique_key = 'x' WHERE log_index = 11", "record-columns", "record 11"),
    ("UPDATE evidence SET event = 'SEEN' WHERE log_index = 11", "record-columns", "record 11"),
    ("UPDATE evidence SET event_time = '2020' WHERE log_index = 11", "record-columns", "record 11"),
    (f"UPDATE evidence SET letter_id = {OTHER_LETTER} WHERE log_index = 11", "record-columns", "record 11"),
    ("UPDATE evidence SET office = 'x' WHERE log_index = 11", "record-columns", "record 11"),
    ("UPDATE evidence SET actor = 'x' WHERE log_index = 11", "record-columns", "record 11"),
    ("DELETE FROM log_nodes WHERE level = 0 AND position = 11", "node-altered", "level 0, position 11"),
    ("DELETE FROM log_nodes WHERE level = 2 AND position = 3", "node-altered", "level 2, position 3"),
    ("UPDATE log_nodes SET position = 999 WHERE level = 1 AND position = 3", "node-beyond", "level 1, position 999"),
    ("UPDATE log_nodes SET level = 40 WHERE level = 2 AND position = 3", "node-beyond", "level 40, position 3"),
    (f"UPDATE checkpoints SET size = 5000 WHERE size = {NEWEST}", "checkpoint-beyond", "5000"),
    (f"UPDATE checkpoints SET root = '00' WHERE size = {OLDEST}", "checkpoint-root", ""),
    (f"UPDATE checkpoints SET root = 'zz' WHERE size = {OLDEST}", "checkpoint-note", ""),
    ("UPDATE checkpoints SET note = 'x'", "checkpoint-note", "checkpoint"),
    ("UPDATE checkpoints SET note = replace(note, 'test', 'fake')", "checkpoint-note", "checkpoint"),
    (SWAPPED.format("checkpoints", "note", "size", OLDEST, NEWEST), "checkpoint-note", "checkpoint"),
    ("UPDATE instance SET value = 'other' WHERE name = 'origin'", "checkpoint-note", "checkpoint"),
    ("DELETE FROM entries WHERE kind = 'receipt'", "receipt-missing", "receipt"),
    # the register
    (f"DELETE FROM letters WHERE letter_id = {SOME_LETTER}", "evidence-letter", "record"),
    ("UPDATE letters SET subject = 'x' WHERE number = 4", "letter-altered", "MOJ/2026/000004"),
    ("UPDATE letters SET subject_folded = 'x' WHERE number = 4", "letter-altered", "MOJ/2026/000004"),
    ("UPDATE letters SET grade = 'secret' WHERE number = 4", "letter-altered", "MOJ/2026/000004"),
    ("UPDATE letters SET message_id = '<x>' WHERE number = 4", "letter-altered", "MOJ/2026/000004"),
    ("UPDATE letters SET submission_key = 'x' WHERE number = 4", "letter-altered", "MOJ/2026/000004"),
    ("UPDATE letters SET reference = 'MOJ/2026/4' WHERE number = 4", "letter-record", "reference"),
    (SWAPPED.format("letters", "sha256", "number", 4, 7), "letter-record", "sha256"),
    ("UPDATE letters SET sender_agency = 'MOF' WHERE number = 4", "letter-record", "agency"),
    ("UPDATE letters SET sender_office = 'registry@mof.gov.example' WHERE number = 4", "letter-record", "office"),
    ("UPDATE letters SET sender_login = 'officer@mof.gov.example' WHERE number = 4", "letter-record", "login"),
    ("UPDATE letters SET accepted_at = '2020' WHERE number = 4", "letter-record", "time"),
    ("UPDATE letters SET size = 1 WHERE number = 4", "letter-message", "MOJ/2026/000004"),
    ("UPDATE letters SET number = 40 WHERE number = 4", "number-reference", "MOJ/2026/000004"),
    ("UPDATE letters SET number = 40 WHERE number = 4", "number-missing", "MOJ/out/2026 number 4"),
    ("UPDATE letters SET number = 40 WHERE number = 4", "number-beyond", "MOJ/out/2026 number 40"),
    ("UPDATE letters SET series = 'MOF/in/2026' WHERE number = 4", "number-repeated", "MOF/in/2026 number 4"),
    ("UPDATE letters SET voided_at = '2026' WHERE number = 4", "letter-voided", "MOJ/2026/000004"),
    ("UPDATE letters SET voided_at = NULL", "letter-voided", "MOJ/2026/000006"),
    ("UPDATE evidence SET event = 'X' WHERE event = 'ACCEPTED'", "letter-evidence", "MOJ/2026/000001"),
    ("UPDATE registers SET last = last + 2 WHERE series = 'MOJ/out/2026'", "number-missing", "number 11"),
    ("UPDATE registers SET last = last - 1 WHERE series = 'MOJ/out/2026'", "number-beyond", "number 9"),
    ("DELETE FROM registers WHERE series = 'MOJ/out/2026'", "number-beyond", "MOJ/out/2026 number 1"),
    ("INSERT INTO registers VALUES ('NEW/out/2026', 1)", "number-missing", "NEW/out/2026 number 1"),
    (f"DELETE FROM recipients WHERE letter_id = {SOME_LETTER}", "letter-recipients", "MOJ/2026/000004"),
    (f"DELETE FROM recipients WHERE letter_id = {SOME_LETTER}", "evidence-recipient", "record"),
    (f"DELETE FROM recipients WHERE letter_id = {SOME_LETTER}", "number-missing", "MOF/in/2026 number 4"),
    ("UPDATE recipients SET duty = 'x' WHERE incoming_number = 4", "recipient-altered", "recipient"),
    ("UPDATE recipients SET office = 'registry@moj.gov.example' WHERE incoming_number = 4", "recipient-evidence", ""),
    ("UPDATE recipients SET incoming_reference = incoming_reference || '4' WHERE incoming_number = 4",
     "recipient-record", "recipient"),
    ("UPDATE recipients SET agency = 'MOJ' WHERE incoming_number = 4", "recipient-record", "recipient"),
    ("UPDATE recipients SET incoming_number = 40 WHERE incoming_number = 4", "number-reference", "recipient"),
    ("UPDATE recipients SET letter_id = 'x' WHERE incoming_number = 4", "recipient-evidence", "of x"),
    # messages and mailboxes
    (f"DELETE FROM entries WHERE mailbox = {SOME_INBOX} AND uid = 4", "recipient-inbox", "registry@mof"),
    ("DELETE FROM messages WHERE sha256 = (SELECT sha256 FROM letters WHERE number = 4)", "letter-message", "000004"),
    ("DELETE FROM messages WHERE sha256 = (SELECT sha256 FROM letters WHERE number = 4)", "entry-message", "uid 4"),
    ("UPDATE messages SET size = size + 1", "message-size", "message"),
    ("UPDATE messages SET head_size = size + 1", "message-size", "message"),
    ("UPDATE messages SET head_size = head_size - 1", "entry-head", "mailbox"),
    ("UPDATE messages SET envelope = body", "message-structure", "message"),
    ("UPDATE messages SET bodystructure = body", "message-structure", "message"),
    ("UPDATE entries SET size = size + 1 WHERE uid = 4", "entry-size", "uid 4"),
    ("UPDATE entries SET head = prefix WHERE uid = 4", "entry-head", "uid 4"),
    ("UPDATE entries SET prefix = head WHERE uid = 4", "entry-altered", "uid 4"),
    ("UPDATE entries SET internal_date = '2020' WHERE uid = 4", "entry-altered", "uid 4"),
    ("UPDATE entries SET saved_at = '2020' WHERE uid = 4", "entry-altered", "uid 4"),
    ("UPDATE entries SET kind = 'draft' WHERE uid = 4", "entry-altered", "uid 4"),
    ("UPDATE entries SET uid = 400 WHERE uid = 4", "entry-counters", "uid 400"),
    ("UPDATE entries SET modseq = 400 WHERE uid = 4", "entry-counters", "uid 4"),
    ("UPDATE entries SET expunged_modseq = 400 WHERE uid = 4", "entry-counters", "uid 4"),
    ("UPDATE mailboxes SET uidnext = 2", "entry-counters", "uid 4"),
    ("UPDATE mailboxes SET highestmodseq = 2", "entry-counters", "uid 4"),
    (f"DELETE FROM mailboxes WHERE id = {SOME_INBOX}", "entry-counters", "uid 4"),
    (f"UPDATE entries SET letter_id = {OTHER_LETTER} WHERE letter_id = {SOME_LETTER}", "entry-letter", "uid 4"),
    ("UPDATE mailboxes SET office = 'legal@moi.gov.example' WHERE office LIKE '%mof%'", "entry-letter", "uid 4"),
    (f"UPDATE entries SET kind = 'receipt' WHERE letter_id = {SOME_LETTER}", "entry-receipt", "uid 4"),
]  # fmt: skip


def _id(value: object) -> str | None:
    return None if not isinstance(value, str) or " " not in value else value.split(" WHERE")[0][:60]


@pytest.mark.parametrize(("statement", "kind", "where"), TAMPERINGS, ids=_id)
def test_a_tampered_row_is_found_and_named(
    sound: Engine, check: Callable[[Connection], Report], statement: str, kind: str, where: str
) -> None:
    with tampering(sound) as connection:
        changed = connection.execute(text(statement))
        assert changed.rowcount > 0
        report = check(connection)
    found = [fault for fault in report.faults if fault.kind == kind]
    assert found, report.faults[:5]
    assert any(where in fault.where for fault in found), found[:5]
    assert all((fault.text_ar, fault.text_en) == TEXTS[fault.kind] for fault in report.faults)


def test_one_altered_record_is_the_first_fault_and_the_only_one_of_the_log(
    sound: Engine, check: Callable[[Connection], Report]
) -> None:
    with tampering(sound) as connection:
        row = connection.execute(text("SELECT record FROM evidence WHERE log_index = 11")).one()
        altered = bytes(row.record).replace(b"2026-11-23", b"2026-11-22")
        connection.execute(text("UPDATE evidence SET record = :r WHERE log_index = 11"), {"r": altered})
        report = check(connection)
    assert [(fault.kind, fault.where) for fault in report.faults][:1] == [("record-altered", "record 11")]
    assert kinds(report) <= {"record-altered", "record-columns", "letter-record"}


def rehash(connection: Connection) -> None:
    """Recompute the log's hashes over the records as they now stand, as a tamperer would."""
    rows = connection.execute(text("SELECT record FROM evidence ORDER BY log_index")).all()
    connection.execute(text("DELETE FROM log_nodes"))
    append_leaves(connection, 0, [leaf_hash(bytes(row.record)) for row in rows])


def test_an_altered_record_with_all_hashes_recomputed_fails_the_checkpoints_over_it_alone(
    sound: Engine, check: Callable[[Connection], Report]
) -> None:
    with tampering(sound) as connection:
        first, second, third = connection.scalars(text("SELECT size FROM checkpoints ORDER BY size")).all()
        row = connection.execute(
            text(
                "SELECT record FROM evidence WHERE event = 'REJECTED' AND log_index > :i ORDER BY log_index"
            ),
            {"i": first},
        ).first()
        assert row is not None
        altered = bytes(row.record).replace(b"REJECTED", b"ACCEPTED")
        connection.execute(
            text("UPDATE evidence SET record = :a WHERE record = :r"), {"a": altered, "r": row.record}
        )
        rehash(connection)
        report = check(connection)
    broken = [fault.where for fault in report.faults if fault.kind == "checkpoint-root"]
    assert broken == [f"checkpoint {second}", f"checkpoint {third}"]


def test_a_record_that_is_not_canonical_is_found_though_its_hashes_fit(
    sound: Engine, check: Callable[[Connection], Report]
) -> None:
    with tampering(sound) as connection:
        newest = connection.scalar(text("SELECT MAX(log_index) FROM evidence"))
        row = connection.execute(
            text("SELECT record FROM evidence WHERE log_index = :i"), {"i": newest}
        ).one()
        for octets in (
            json.dumps(json.loads(bytes(row.record))).encode(),
            b"\xff",
            b"[]",
            b"{}",
            b"[" * 50_000,
            b"1.5",
        ):
            connection.execute(
                text("UPDATE evidence SET record = :r WHERE log_index = :i"), {"r": octets, "i": newest}
            )
            rehash(connection)
            report = check(connection)
            assert ("record-form", f"record {newest}") in [
                (fault.kind, fault.where) for fault in report.faults
            ]


def test_a_cut_log_is_caught_by_a_checkpoint_beyond_it(
    sound: Engine, check: Callable[[Connection], Report]
) -> None:
    with tampering(sound) as connection:
        newest = connection.scalar(text("SELECT MAX(size) FROM checkpoints")) or 0
        connection.execute(text("DELETE FROM evidence WHERE log_index >= :i"), {"i": newest - 1})
        connection.execute(text("UPDATE log_head SET size = :i"), {"i": newest - 1})
        rehash(connection)
        report = check(connection)
    assert ("checkpoint-beyond", f"checkpoint {newest}") in [
        (fault.kind, fault.where) for fault in report.faults
    ]


def test_an_appended_forgery_is_caught_by_what_it_speaks_of(
    sound: Engine, check: Callable[[Connection], Report]
) -> None:
    """Records after the newest checkpoint are sealed by none; but they must fit the register."""
    with tampering(sound) as connection:
        size = connection.scalar(text("SELECT size FROM log_head")) or 0
        old = connection.execute(
            text("SELECT * FROM evidence WHERE event = 'ACCEPTED' ORDER BY log_index")
        ).first()
        assert old is not None
        forged = (
            bytes(old.record)
            .replace(old.letter_id.encode(), b"0" * 36)
            .replace(old.evidence_id.encode(), b"1" * 36)
        )
        columns = old._asdict() | {
            "log_index": size,
            "evidence_id": "1" * 36,
            "unique_key": f"{'0' * 36}||ACCEPTED|",
            "letter_id": "0" * 36,
            "record": forged,
        }
        names = ", ".join(columns)
        connection.execute(
            text(f"INSERT INTO evidence ({names}) VALUES ({', '.join(':' + name for name in columns)})"),
            columns,
        )
        append_leaves(connection, size, [leaf_hash(forged)])
        connection.execute(text("UPDATE log_head SET size = size + 1"))
        report = check(connection)
    assert [(fault.kind, fault.where) for fault in report.faults] == [("evidence-letter", f"record {size}")]


def test_a_node_that_was_swapped_for_another_s_hash_is_named(
    sound: Engine, check: Callable[[Connection], Report]
) -> None:
    with tampering(sound) as connection:
        wrong = node_hash(b"", b"")
        connection.execute(
            text("UPDATE log_nodes SET hash = :h WHERE level = 3 AND position = 1"), {"h": wrong}
        )
        report = check(connection)
    assert [(fault.kind, fault.where) for fault in report.faults] == [("node-altered", "level 3, position 1")]


def test_a_signature_of_another_key_is_refused(sound: Engine, tmp_path: Path) -> None:
    other = LogSigner.create(tmp_path / "other.key")
    with sound.begin() as connection:
        report = verify(connection, lambda note: verify_note(note, ORIGIN, other.public))
    assert [fault.kind for fault in report.faults] == ["checkpoint-note"] * 3


BLOBS = [
    ("messages", "octets", "sha256"),
    ("evidence", "record", "log_index"),
    ("log_nodes", "hash", "level, position"),
    ("entries", "head", "mailbox, uid"),
    ("entries", "prefix", "mailbox, uid"),
    ("messages", "bodystructure", "sha256"),
]


@pytest.mark.parametrize(("table", "column", "key"), BLOBS)
def test_every_flipped_bit_is_found(
    sound: Engine, check: Callable[[Connection], Report], table: str, column: str, key: str
) -> None:
    chance = random.Random(f"{table} {column}")
    names = key.split(", ")
    with tampering(sound) as connection:
        rows = connection.execute(text(f"SELECT {key}, {column} FROM {table} ORDER BY {key}")).all()
        update = text(
            f"UPDATE {table} SET {column} = :v WHERE " + " AND ".join(f"{name} = :{name}" for name in names)
        )
        for _ in range(6):
            row = chance.choice([row for row in rows if row[-1]])
            octets = bytearray(row[-1])
            octets[chance.randrange(len(octets))] ^= 1 << chance.randrange(8)
            where = dict(zip(names, row, strict=False))
            connection.execute(update, where | {"v": bytes(octets)})
            assert check(connection).faults, where
            connection.execute(update, where | {"v": bytes(row[-1])})
        assert check(connection).faults == ()


def test_a_store_in_which_nothing_is_right_is_left_after_a_thousand_faults(
    sound: Engine, check: Callable[[Connection], Report]
) -> None:
    with tampering(sound) as connection:
        connection.execute(text("UPDATE registers SET last = 2000000000 WHERE series = 'MOJ/out/2026'"))
        report = check(connection)
    assert len(report.faults) == LIMIT


def test_hostile_names_in_rows_cannot_break_a_line(
    sound: Engine, check: Callable[[Connection], Report]
) -> None:
    with tampering(sound) as connection:
        connection.execute(text("INSERT INTO registers VALUES (:s, 1)"), {"s": "x\x1b[2J\n\u202eevil"})
        report = check(connection)
    (fault,) = report.faults
    assert fault.where == "x[2J evil number 1"


def test_a_damaged_sqlite_file_is_a_finding_and_no_exception(
    tmp_path: Path, sqlite_template: Path, signer: LogSigner, check: Callable[[Connection], Report]
) -> None:
    path = tmp_path / "damaged.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = Store(f"sqlite:///{path}", clock=Clock())
    fill(store, signer)
    store.close()
    whole = path.read_bytes()
    chance = random.Random(7)
    for _ in range(12):
        octets = bytearray(whole)
        for _ in range(40):
            octets[chance.randrange(4096, len(octets))] ^= 1 << chance.randrange(8)
        path.write_bytes(octets)
        engine = create_engine(f"sqlite:///{path}")
        with engine.connect() as connection:
            assert check(connection).faults
        engine.dispose()


def test_a_row_missing_from_an_index_of_sqlite_is_found(
    tmp_path: Path, sqlite_template: Path, signer: LogSigner, check: Callable[[Connection], Report]
) -> None:
    path = tmp_path / "index.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = Store(f"sqlite:///{path}", clock=Clock())
    fill(store, signer)
    store.close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        page = connection.scalar(
            text("SELECT rootpage FROM sqlite_master WHERE name = 'ix_letters_accepted_at'")
        )
        size = connection.scalar(text("PRAGMA page_size"))
    engine.dispose()
    assert page is not None
    assert size is not None
    octets = bytearray(path.read_bytes())
    at = octets.index(b"2026-11-23T10:00:00.123Z", (page - 1) * size)
    assert at < page * size
    octets[at] ^= 1
    path.write_bytes(octets)
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        report = check(connection)
    engine.dispose()
    assert kinds(report) == {"database"}
