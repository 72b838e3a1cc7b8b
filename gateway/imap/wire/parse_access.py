"""Access rights (RFC 4314) and quota (RFC 9208)."""

import re
from collections.abc import Callable

from gateway.imap.wire import commands
from gateway.imap.wire.commands import Command
from gateway.imap.wire.lexer import Lexer
from gateway.imap.wire.parse_mailbox import with_mailbox

IDENTIFIER_OCTETS = 1024
RESOURCES = 10

_RIGHTS = re.compile(r"([+-]?)([a-z0-9]*)\Z")


def _identifier(lexer: Lexer) -> str:
    lexer.space()
    octets = lexer.astring()
    if not 0 < len(octets) <= IDENTIFIER_OCTETS:
        raise lexer.bad("Identifier empty or too long")
    return lexer.text(octets)


def with_identifier(make: Callable[[str, str, str], Command]) -> Callable[[Lexer], Command]:
    """Return the reader of a command with a mailbox and an identifier."""

    def read(lexer: Lexer) -> Command:
        lexer.space()
        mailbox = lexer.mailbox()
        return make(lexer.tag, mailbox, _identifier(lexer))

    return read


def read_setacl(lexer: Lexer) -> Command:
    """SETACL SP mailbox SP identifier SP rights; rights are lower-case letters and digits."""
    lexer.space()
    mailbox = lexer.mailbox()
    identifier = _identifier(lexer)
    lexer.space()
    rights = _RIGHTS.match(lexer.ascii(lexer.astring()))
    if rights is None:
        raise lexer.bad("Not rights")
    return commands.SetAcl(lexer.tag, mailbox, identifier, rights[1], rights[2])


def read_getquota(lexer: Lexer) -> Command:
    """GETQUOTA SP quota-root."""
    lexer.space()
    return commands.GetQuota(lexer.tag, lexer.text(lexer.astring()))


def read_setquota(lexer: Lexer) -> Command:
    """SETQUOTA SP quota-root SP "(" resource SP limit … ")"."""
    lexer.space()
    root = lexer.text(lexer.astring())
    lexer.space()
    return commands.SetQuota(lexer.tag, root, lexer.items(lambda: _resource(lexer), least=0, most=RESOURCES))


def _resource(lexer: Lexer) -> tuple[str, int]:
    name = lexer.atom().upper()
    lexer.space()
    return name, lexer.number63()


READERS: dict[str, Callable[[Lexer], Command]] = {
    "GETACL": with_mailbox(commands.GetAcl),
    "MYRIGHTS": with_mailbox(commands.MyRights),
    "LISTRIGHTS": with_identifier(commands.ListRights),
    "SETACL": read_setacl,
    "DELETEACL": with_identifier(commands.DeleteAcl),
    "GETQUOTA": read_getquota,
    "GETQUOTAROOT": with_mailbox(commands.GetQuotaRoot),
    "SETQUOTA": read_setquota,
}
