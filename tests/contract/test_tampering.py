"""Every kind of row that is altered, deleted or made up by one SQL statement is found and named."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, Engine, text

from mailstore.integrity import Report
from mailstore.integrity.findings import TEXTS
from tests.contract.sample import tampering

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
