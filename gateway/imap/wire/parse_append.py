"""APPEND of one or more messages (RFC 3501, MULTIAPPEND RFC 3502, literal8 RFC 4466, UTF8 RFC 6855)."""

from collections.abc import Callable

from gateway.imap.wire.commands import Command
from gateway.imap.wire.commands_message import Append, AppendMessage
from gateway.imap.wire.framing import Literal
from gateway.imap.wire.lexer import Lexer

MESSAGES = 100
FLAGS = 100


def read_append(lexer: Lexer) -> Command:
    """APPEND SP mailbox 1*(SP [flag-list SP] [date-time SP] literal)."""
    lexer.space()
    mailbox = lexer.mailbox()
    supplied = lexer.supplied
    messages: list[AppendMessage] = []
    while not messages or not lexer.at_end():
        if len(messages) >= MESSAGES:
            raise lexer.bad("Too many messages in one APPEND")
        lexer.space()
        messages.append(_message(lexer))
    return Append(lexer.tag, mailbox, tuple(messages), supplied)


def _message(lexer: Lexer) -> AppendMessage:
    flags: tuple[str, ...] = ()
    if lexer.upcoming(b"("):
        flags = tuple(dict.fromkeys(lexer.items(lexer.flag, least=0, most=FLAGS)))
        lexer.space()
    date = None
    if lexer.upcoming(b'"'):
        date = lexer.date_time()
        lexer.space()
    literal = lexer.literal()
    utf8 = literal is None
    if literal is None:
        literal = _utf8_literal(lexer)
    if b"\0" in literal.octets and not literal.binary:
        raise lexer.bad("A message with NUL needs a literal8")
    return AppendMessage(literal.octets, flags, date, literal.binary, utf8)


def _utf8_literal(lexer: Lexer) -> Literal:
    """Read UTF8 (~{n}…); the space is left out by some clients."""
    if lexer.word() != "UTF8":
        raise lexer.bad("Expected a literal")
    lexer.blanks()
    lexer.opening()
    literal = lexer.literal()
    if literal is None or not literal.binary:
        raise lexer.bad("Expected a literal8")
    lexer.closing()
    if not lexer.utf8:
        raise lexer.bad("UTF8 in APPEND needs ENABLE UTF8=ACCEPT")
    return literal


READERS: dict[str, Callable[[Lexer], Command]] = {"APPEND": read_append}
