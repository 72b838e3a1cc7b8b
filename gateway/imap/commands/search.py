"""SEARCH and UID SEARCH (RFC 9051 section 6.4.4, ESEARCH RFC 4731, SEARCHRES RFC 5182, CONDSTORE RFC 7162).

A search that looks into bodies tells which messages match and sends none of their octets: no hand-over is recorded.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from gateway.imap.reply import Reply, done
from gateway.imap.search import Context, Program, Texts, Walked, compile_search
from gateway.imap.session import Session
from gateway.imap.view import View
from gateway.imap.wire import responses_message
from gateway.imap.wire.commands_message import Search
from gateway.imap.wire.responses_message import SearchResult
from gateway.imap.wire.search_keys import And, ModSeqKey, Not, Or, SearchKey
from mailstore import contents
from mailstore.transaction import Reading

RUN = 2000
"""Messages that are looked at in one reading."""
ROWS = 500
ROWS_WITH_HEAD = 128
"""Rows that are held together; with their headers, of which each may be 256 KiB, fewer."""
SMALL = 1000
"""Messages that are looked through in memory at once, without leaving the event loop."""
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
    """Return the highest mod-sequence of the messages that are told (RFC 7162 section 3.1.10)."""
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


def put_result(session: Session, command: Search, numbers: Sequence[int], modseq: int | None) -> None:
    """Put SEARCH or ESEARCH. `numbers` ascend."""
    if command.returns is None:
        session.put(responses_message.search(numbers, modseq=modseq))
        return
    if not command.returns:
        return
    told = command.returns
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
    walked = list(view.walk([(0, len(view.uids))]))
    decided = (
        _by_memory(program, walked)
        if len(walked) <= SMALL
        else await session.ports.offload.call(_by_memory, program, walked)
    )
    if not any(found is None for _, found in decided):
        await session.authorise()
        return [one for one, found in decided if found]
    matches = {one[0]: found for one, found in decided}
    open_ = [one for one, found in decided if found is None]
    for start in range(0, len(open_), RUN):
        act = partial(_by_rows, view.mailbox.id, program, open_[start : start + RUN])
        matches.update(await session.read(act))
    return [one for one, _ in decided if matches[one[0]]]


def _by_memory(program: Program, walked: Sequence[Walked]) -> list[tuple[Walked, bool | None]]:
    test = program.test
    return [(one, test(one, None, None)) for one in walked]


def _by_rows(mailbox: int, program: Program, run: Sequence[Walked], connection: Reading) -> dict[int, bool]:
    columns = [*program.columns, *(["size"] if program.octets and "size" not in program.columns else [])]
    rows = ROWS_WITH_HEAD if "head" in columns else ROWS
    matches: dict[int, bool] = {}
    for start in range(0, len(run), rows):
        left = _decided_by_rows(mailbox, program, columns, run[start : start + rows], connection, matches)
        for group in _groups(left):
            _by_text(connection, program, group, matches)
    return matches


def _decided_by_rows(
    mailbox: int,
    program: Program,
    columns: Sequence[str],
    run: Sequence[Walked],
    connection: Reading,
    matches: dict[int, bool],
) -> list[tuple[Walked, object]]:
    """Decide by stored columns; return what only the text itself can decide, with its row."""
    rows = {row.uid: row for row in contents.rows(connection, mailbox, [one[1] for one in run], *columns)}
    left: list[tuple[Walked, object]] = []
    for one in run:
        row = rows.get(one[1])
        found = False if row is None else program.test(one, row, None)
        if found is None:
            left.append((one, row))
        else:
            matches[one[0]] = found
    return left


def _groups(left: Sequence[tuple[Walked, object]]) -> Iterator[list[tuple[Walked, object]]]:
    """Cut messages into groups whose octets may be held together; a larger one is alone."""
    group: list[tuple[Walked, object]] = []
    held = 0
    for one, row in left:
        size = int(getattr(row, "size", 0))
        if group and held + size > HELD_OCTETS:
            yield group
            group, held = [], 0
        group.append((one, row))
        held += size
    if group:
        yield group


def _by_text(
    connection: Reading, program: Program, group: Sequence[tuple[Walked, object]], matches: dict[int, bool]
) -> None:
    digests = list({str(getattr(row, "sha256", "")) for _, row in group})
    octets = contents.octets_of(connection, digests)
    texts = {sha256: Texts(found) for sha256, found in octets.items()}
    for one, row in group:
        matches[one[0]] = bool(program.test(one, row, texts[str(getattr(row, "sha256", ""))]))
