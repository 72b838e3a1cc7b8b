"""SORT and THREAD with their UID forms (RFC 5256, RFC 5957, RFC 5267 for the results)."""

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from gateway.imap.reply import Reply, bad, done
from gateway.imap.search import headers
from gateway.imap.search.base_subject import base_subject
from gateway.imap.search.command import ROWS, asks_modseq, highest, matching, put_result, save
from gateway.imap.search.program import Walked
from gateway.imap.search.sort_keys import columns_of, in_order, sent_at, sortable
from gateway.imap.search.threads import Threadable, by_references, ordered_subject
from gateway.imap.session import Session
from gateway.imap.wire import responses_message
from gateway.imap.wire.commands_message import Sort, Thread
from mailstore.database.transaction import Reading
from mailstore.mailboxes import contents
from policies.words.arabic import fold

T = TypeVar("T")
_IDENTIFIER = re.compile(rb"<([^<>]{1,998})>")


async def sort(session: Session, command: Sort) -> Reply:
    """SORT."""
    view = session.selected()
    by_modseq = asks_modseq(command.key)
    if by_modseq:
        session.enable_condstore()
    found = await matching(session, view, command.key, saves=command.save)
    criteria = command.criteria
    read = await _each(
        session, found, columns_of(criteria), lambda number, row: sortable(number, row, criteria)
    )
    ordered = await session.ports.offload.call(in_order, read, criteria)
    by_uid = {one[1]: one for one in found}
    found = [by_uid[one.uid] for one in ordered]
    if command.save:
        save(view, found, command.returns)
    modseq = highest(found, command.returns) if by_modseq else None
    put_result(session, command, [one[1] if command.uid else one[0] for one in found], modseq)
    return done("Sort completed")


async def _each(
    session: Session, found: Sequence[Walked], columns: Sequence[str], make: Callable[[int, Any], T]
) -> list[T]:
    """Make something of each message's row, read run by run."""
    mailbox = session.selected().mailbox.id
    made: list[T] = []
    for start in range(0, len(found), ROWS):
        numbers = {one[1]: one[0] for one in found[start : start + ROWS]}

        def read(connection: Reading, numbers: dict[int, int] = numbers) -> list[T]:
            rows = contents.rows(connection, mailbox, list(numbers), *columns)
            return [make(numbers[row.uid], row) for row in rows]

        made += await session.read(read)
    return made


async def thread(session: Session, command: Thread) -> Reply:
    """THREAD."""
    algorithms = {"REFERENCES": by_references, "ORDEREDSUBJECT": ordered_subject}
    algorithm = algorithms.get(command.algorithm)
    if algorithm is None:
        raise bad("Unknown threading algorithm")
    if asks_modseq(command.key):
        session.enable_condstore()
    found = await matching(session, session.selected(), command.key)
    uids = {one[0]: one[1] for one in found}

    def make(number: int, row: Any) -> Threadable:
        return _threadable(uids[number] if command.uid else number, row)

    messages = await _each(session, found, ("head", "internal_date"), make)
    threads = await session.ports.offload.call(algorithm, messages)
    session.put(responses_message.thread(threads))
    return done("Threads told")


def _threadable(number: int, row: Any) -> Threadable:
    head = row.head
    subject = base_subject(headers.text(head, "subject"))
    own = _identifiers(head, "message-id")
    references = _identifiers(head, "references") or _identifiers(head, "in-reply-to")[:1]
    return Threadable(
        number, sent_at(row), fold(subject.text), subject.reply, own[0] if own else "", tuple(references)
    )


def _identifiers(head: bytes, name: str) -> list[str]:
    """Return the message identifiers in a field, without the quoting that makes equal ones look different."""
    value = headers.first(head, name) or b""
    return [one.replace(b'"', b"").strip().decode("utf-8", "replace") for one in _IDENTIFIER.findall(value)]
