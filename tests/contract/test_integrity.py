"""A whole store verifies; every kind of row that is flipped, altered, deleted or made up by SQL is found and named.

Each tampering is done in a transaction that is verified and rolled back.
"""

import json
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from gateway.signatures.notes import LogSigner, verify_note
from mailstore.database.log import append_leaves, leaf_hash, node_hash
from mailstore.database.transaction import Store
from mailstore.integrity import Report, verify
from mailstore.integrity.findings import LIMIT
from tests.contract.conftest import ORIGIN, Clock
from tests.contract.sample import fill, tampering


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
    fill(store, partial(signer.note, ORIGIN), ORIGIN)
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
    fill(store, partial(signer.note, ORIGIN), ORIGIN)
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
