"""SEARCH and UID SEARCH (RFC 9051 section 6.4.4, ESEARCH RFC 4731, SEARCHRES RFC 5182, CONDSTORE RFC 7162).

A search that looks into bodies tells which messages match and sends none of their octets: no hand-over is recorded.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from gateway.imap.reply import Reply, done
from gateway.imap.search.program import Context, Lookup, Program, Texts, Walked, compile_search
from gateway.imap.selected.view import View
from gateway.imap.session import Session
from gateway.imap.wire import responses_message
from gateway.imap.wire.commands_message import Search, Sort
from gateway.imap.wire.responses_message import SearchResult
from gateway.imap.wire.search_keys import And, ModSeqKey, Not, Or, SearchKey
from mailstore.database.transaction import Reading
from mailstore.mailboxes import contents
from mailstore.octets import search_texts
from mailstore.octets.search_texts import NOTHING, Found

RUN = 2000
"""Messages that are looked at in one reading."""
TESTS = 50_000
"""Keys times messages that are tested at once in the event loop: some 10 ms."""
ROWS = 500
ROWS_WITH_HEAD = 128
"""Rows that are held together; with their headers, of which each may be 256 KiB, fewer."""
HELD_OCTETS = 4 * 1024 * 1024
"""Octets of messages that a text search holds at once, unless one message is larger."""


async def search(session: Session, command: Search) -> Reply:
    """SEARCH."""
    view = session.selected()
    by_modseq = asks_modseq(command.key)
    if by_modseq:
        session.enable_condstore()
    found = await matching(session, view, command.key, saves=command.save)
    if command.save:
        save(view, found, command.returns)
    modseq = highest(found, command.returns) if by_modseq else None
    put_result(session, command, [one[1] if command.uid else one[0] for one in found], modseq)
    return done("Search completed")


def highest(found: Sequence[Walked], returns: frozenset[str] | None) -> int | None:
    """Return the highest mod-sequence of the messages that are told, in their order (RFC 7162 section 3.1.10)."""
    if returns and not returns & {"ALL", "COUNT"}:
        found = [*(found[:1] if "MIN" in returns else []), *(found[-1:] if "MAX" in returns else [])]
    return max((one[3] for one in found), default=None)


def asks_modseq(key: SearchKey) -> bool:
    """Whether a search asks for mod-sequences (RFC 7162 section 3.1.5)."""
    match key:
        case ModSeqKey():
            return True
        case And(some):
            return any(map(asks_modseq, some))
        case Or(left, right):
            return asks_modseq(left) or asks_modseq(right)
        case Not(inner):
            return asks_modseq(inner)
    return False


def put_result(session: Session, command: Search | Sort, numbers: Sequence[int], modseq: int | None) -> None:
    """Put SEARCH, SORT or ESEARCH; `numbers` in the order in which they are told.

    IMAP4rev2 has no SEARCH response (RFC 9051 section 6.4.4); SORT is that of RFC 5256 in both.
    """
    told = command.returns
    if told is None and isinstance(command, Search) and session.rev2:
        told = frozenset({"ALL"})
    if told is None:
        write = responses_message.search if isinstance(command, Search) else responses_message.sort
        session.put(write(numbers, modseq=modseq))
        return
    if not told:
        return
    result = SearchResult(
        minimum=numbers[0] if "MIN" in told and numbers else None,
        maximum=numbers[-1] if "MAX" in told and numbers else None,
        count=len(numbers) if "COUNT" in told else None,
        numbers=numbers if "ALL" in told else None,
        modseq=modseq if numbers else None,
    )
    session.put(responses_message.esearch(command.tag, result, uid=command.uid))


def save(view: View, found: Sequence[Walked], returns: frozenset[str] | None) -> None:
    """Save a result as `$` (RFC 5182 section 2.1): with MIN or MAX alone, only those."""
    uids = [one[1] for one in found]
    if returns and not returns & {"ALL", "COUNT"}:
        uids = sorted({*(uids[:1] if "MIN" in returns else []), *(uids[-1:] if "MAX" in returns else [])})
    view.saved = uids


async def matching(session: Session, view: View, key: SearchKey, *, saves: bool = False) -> list[Walked]:
    """Return the messages that match, by message number.

    `saves`: the result is to be saved as `$`, which is empty when the search fails (RFC 5182 section 2.1).
    """
    program = compile_search(key, Context(view.uids, view.saved or (), session.ports.clock()))
    if saves:
        view.saved = []
    found: list[Walked] = []
    authorised = False
    for start in range(0, len(view.uids), RUN):
        run = list(view.walk([(start, min(start + RUN, len(view.uids)))]))
        await session.drain()  # a client that went is not searched for any longer
        decided = await _by_memory(program, run)
        if None in decided:
            undecided = [one for one, matches in zip(run, decided, strict=True) if matches is None]
            chosen = await session.read(partial(_by_rows, view.mailbox.id, program, undecided))
            authorised = True
            found += [one for one, matches in zip(run, decided, strict=True) if matches or one[0] in chosen]
        else:
            found += [one for one, matches in zip(run, decided, strict=True) if matches]
            await asyncio.sleep(0)
    if not authorised:
        await session.authorise()
    return found


async def _by_memory(program: Program, run: Sequence[Walked]) -> list[bool | None]:
    """Decide what memory can, in pieces, so that other sessions have their turn between them."""
    decided: list[bool | None] = []
    piece = max(1, TESTS // program.keys)
    for start in range(0, len(run), piece):
        if start:
            await asyncio.sleep(0)
        decided += [program.test(one, None, None) for one in run[start : start + piece]]
    return decided


def _by_rows(mailbox: int, program: Program, run: Sequence[Walked], connection: Reading) -> set[int]:
    """Return the message numbers that match."""
    columns = [*program.columns, *(["size"] if program.octets and "size" not in program.columns else [])]
    rows = ROWS_WITH_HEAD if "head" in columns else ROWS
    matches: set[int] = set()
    if program.lookups:
        run = _by_lookups(connection, mailbox, program, run, matches)
    for start in range(0, len(run), rows):
        some = run[start : start + rows]
        found = contents.rows(connection, mailbox, [one[1] for one in some], *columns)
        left: list[tuple[Walked, Any]] = []
        for one, row in _together(some, found):
            decided = program.test(one, row, None)
            if decided:
                matches.add(one[0])
            elif decided is None:
                left.append((one, row))
        for group in _groups(left):
            _by_text(connection, program, group, matches)
    return matches


def _by_lookups(
    connection: Reading, mailbox: int, program: Program, run: Sequence[Walked], matches: set[int]
) -> list[Walked]:
    """Decide what the store's folded texts and small columns can; return the rest. Fields first, bodies last."""
    fields = [one for one in program.lookups if one.where in search_texts.FIELDS]
    texts = [one for one in program.lookups if one.where not in search_texts.FIELDS]
    for one in program.lookups:
        one.found, one.pending = NOTHING, True
    left: list[tuple[Walked, Any]] = [(one, None) for one in run]
    if fields:
        left = _look(connection, mailbox, program, fields, left, matches)
    rest: list[Walked] = []
    size = (ROWS_WITH_HEAD if "head" in program.other_columns else ROWS) if program.other_columns else RUN
    for start in range(0, len(left), size):
        some = left[start : start + size]
        if program.other_columns:
            walked = [one for one, _ in some]
            found = contents.rows(connection, mailbox, [one[1] for one in walked], *program.other_columns)
            some = _undecided(program, _together(walked, found), matches)
        if texts and some:
            some = _look(connection, mailbox, program, texts, some, matches)
        rest += [one for one, _ in some]
    for one in program.lookups:
        one.pending = False
    return rest


def _look(
    connection: Reading,
    mailbox: int,
    program: Program,
    lookups: Sequence[Lookup],
    left: Sequence[tuple[Walked, Any]],
    matches: set[int],
) -> list[tuple[Walked, Any]]:
    """Let the store look, and return what is still undecided."""
    uids = [one[1] for one, _ in left]
    for one in lookups:
        needle = one.needle.encode("utf-8", "surrogatepass")
        if one.where in search_texts.FIELDS:
            one.found = search_texts.in_field(connection, mailbox, uids, one.where, needle)
        else:
            whole = one.where == "text"
            covered, matching = set(), set()
            for uid, within, prefix in search_texts.in_text(connection, mailbox, uids, needle, head=whole):
                covered.add(uid)
                if within or (whole and one.in_prefix(prefix)):
                    matching.add(uid)
            one.found = Found(covered, matching)
    return _undecided(program, left, matches)


def _undecided(
    program: Program, some: Iterable[tuple[Walked, Any]], matches: set[int]
) -> list[tuple[Walked, Any]]:
    """Note what matches and return what is not decided."""
    left = []
    for one, row in some:
        decided = program.test(one, row, None)
        if decided:
            matches.add(one[0])
        elif decided is None:
            left.append((one, row))
    return left


def _together(run: Sequence[Walked], rows: Sequence[Any]) -> Iterator[tuple[Walked, Any]]:
    """Give messages with their rows, both by UID; a message whose mailbox was just deleted has none."""
    if len(run) == len(rows):
        yield from zip(run, rows, strict=True)
        return
    by_uid = {row.uid: row for row in rows}
    yield from ((one, by_uid[one[1]]) for one in run if one[1] in by_uid)


def _groups(left: Sequence[tuple[Walked, Any]]) -> Iterator[list[tuple[Walked, Any]]]:
    """Cut messages into groups whose octets may be held together; a larger one is alone."""
    group: list[tuple[Walked, Any]] = []
    held = 0
    for one, row in left:
        if group and held + row.size > HELD_OCTETS:
            yield group
            group, held = [], 0
        group.append((one, row))
        held += row.size
    if group:
        yield group


def _by_text(
    connection: Reading, program: Program, group: Sequence[tuple[Walked, Any]], matches: set[int]
) -> None:
    octets = contents.octets_of(connection, list({row.sha256 for _, row in group}))
    texts = {sha256: Texts(found) for sha256, found in octets.items()}
    for one, row in group:
        if program.test(one, row, texts[row.sha256]):
            matches.add(one[0])
