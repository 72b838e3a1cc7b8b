"""LIST in its plain and extended form (RFC 5258, 5819, 6154), LSUB and XLIST."""

from collections.abc import Callable

from gateway.imap.wire import commands
from gateway.imap.wire.commands import Command
from gateway.imap.wire.lexer import Lexer
from gateway.imap.wire.parse_mailbox import status_items

PATTERNS = 100
OPTIONS = 20

_SELECTION = ("SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE")
_BASE = frozenset({"SUBSCRIBED", "SPECIAL-USE"})  # what RECURSIVEMATCH can stand beside: RFC 5258 section 3.1
_RETURN = ("SUBSCRIBED", "CHILDREN", "SPECIAL-USE", "STATUS")


def read_list(lexer: Lexer) -> Command:
    """LIST [SP selection] SP reference SP patterns [SP "RETURN" SP "(" option … ")"]."""
    lexer.space()
    extended = lexer.upcoming(b"(")
    selection: frozenset[str] = frozenset()
    if extended:
        selection = frozenset(lexer.items(lambda: lexer.keyword(*_SELECTION), least=0, most=OPTIONS))
        if "RECURSIVEMATCH" in selection and not selection & _BASE:
            raise lexer.bad("RECURSIVEMATCH needs another selection option")
        lexer.space()
    reference = lexer.list_mailbox()
    lexer.space()
    if lexer.upcoming(b"("):
        extended = True
        patterns = lexer.items(lexer.list_mailbox, most=PATTERNS)
    else:
        patterns = (lexer.list_mailbox(),)
    status: list[str] = []
    returns: frozenset[str] = frozenset()
    if lexer.more():
        extended = True
        lexer.keyword("RETURN")
        lexer.space()
        options = lexer.items(lambda: _return_option(lexer, status), least=0, most=OPTIONS)
        returns = frozenset(options) - {"STATUS"}
    return commands.List(
        lexer.tag, reference, patterns, selection, returns, tuple(dict.fromkeys(status)), extended
    )


def _return_option(lexer: Lexer, status: list[str]) -> str:
    option = lexer.keyword(*_RETURN)
    if option == "STATUS":
        lexer.space()
        status.extend(status_items(lexer))
    return option


def _pair(make: Callable[[str, str, str], Command]) -> Callable[[Lexer], Command]:
    def read(lexer: Lexer) -> Command:
        lexer.space()
        reference = lexer.list_mailbox()
        lexer.space()
        return make(lexer.tag, reference, lexer.list_mailbox())

    return read


READERS: dict[str, Callable[[Lexer], Command]] = {
    "LIST": read_list,
    "LSUB": _pair(commands.Lsub),
    "XLIST": _pair(commands.Xlist),
}
