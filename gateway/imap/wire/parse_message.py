"""STORE, COPY, MOVE and EXPUNGE, with their UID forms."""

from collections.abc import Callable

from gateway.imap.wire.commands import Command
from gateway.imap.wire.commands_message import Copy, Expunge, Move, Store
from gateway.imap.wire.lexer import Lexer
from gateway.imap.wire.sequence import SequenceSet

FLAGS = 100

_MODES = {"FLAGS": "replace", "+FLAGS": "add", "-FLAGS": "remove"}


def read_store(lexer: Lexer) -> Command:
    """STORE SP set [SP "(" "UNCHANGEDSINCE" SP modseq ")"] SP ["+" / "-"] "FLAGS" [".SILENT"] SP flags."""
    lexer.space()
    numbers = lexer.sequence_set()
    lexer.space()
    unchanged_since: int | None = None
    if lexer.upcoming(b"("):
        lexer.opening()
        lexer.keyword("UNCHANGEDSINCE")
        lexer.space()
        unchanged_since = lexer.number63()
        lexer.closing()
        lexer.space()
    action = lexer.atom().upper()
    silent = action.endswith(".SILENT")
    mode = _MODES.get(action.removesuffix(".SILENT"))
    if mode is None:
        raise lexer.bad("Unknown STORE item")
    lexer.space()
    flags = lexer.items(lexer.flag, least=0, most=FLAGS) if lexer.upcoming(b"(") else _bare_flags(lexer)
    return Store(
        lexer.tag, _is_uid(lexer), numbers, mode, silent, tuple(dict.fromkeys(flags)), unchanged_since
    )


def _bare_flags(lexer: Lexer) -> tuple[str, ...]:
    flags = [lexer.flag()]
    while lexer.more():
        flags.append(lexer.flag())
        if len(flags) > FLAGS:
            raise lexer.bad("Too many flags")
    return tuple(flags)


def _is_uid(lexer: Lexer) -> bool:
    return lexer.verb.startswith("UID ")


def _to_mailbox(make: Callable[[str, bool, SequenceSet, str], Command]) -> Callable[[Lexer], Command]:
    def read(lexer: Lexer) -> Command:
        lexer.space()
        numbers = lexer.sequence_set()
        lexer.space()
        return make(lexer.tag, _is_uid(lexer), numbers, lexer.mailbox())

    return read


def read_expunge(lexer: Lexer) -> Command:
    """EXPUNGE, or UID EXPUNGE SP set (RFC 4315)."""
    if not _is_uid(lexer):
        return Expunge(lexer.tag)
    lexer.space()
    return Expunge(lexer.tag, lexer.sequence_set())


READERS: dict[str, Callable[[Lexer], Command]] = {
    "STORE": read_store,
    "UID STORE": read_store,
    "COPY": _to_mailbox(Copy),
    "UID COPY": _to_mailbox(Copy),
    "MOVE": _to_mailbox(Move),
    "UID MOVE": _to_mailbox(Move),
    "EXPUNGE": read_expunge,
    "UID EXPUNGE": read_expunge,
}
