"""Commands about the session: CAPABILITY to UNSELECT, ID, LOGIN, AUTHENTICATE, ENABLE."""

from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable

from gateway.imap.wire import commands
from gateway.imap.wire.commands import Command
from gateway.imap.wire.lexer import Lexer

ID_FIELDS = 30  # RFC 2971 section 3.3
ID_NAME_OCTETS = 30
ID_VALUE_OCTETS = 1024
CAPABILITIES = 50


def without_arguments(make: Callable[[str], Command]) -> Callable[[Lexer], Command]:
    """Return the reader of a command that has no arguments."""
    return lambda lexer: make(lexer.tag)


def read_id(lexer: Lexer) -> Command:
    """ID SP ("NIL" / "(" string SP nstring … ")")."""
    lexer.space()
    if not lexer.upcoming(b"("):
        if lexer.atom().upper() != "NIL":
            raise lexer.bad("Expected a list or NIL")
        return commands.Id(lexer.tag, ())
    return commands.Id(lexer.tag, lexer.items(lambda: _id_field(lexer), least=0, most=ID_FIELDS))


def _id_field(lexer: Lexer) -> tuple[str, str | None]:
    name = lexer.string()
    lexer.space()
    value = lexer.nstring()
    if len(name) > ID_NAME_OCTETS or (value is not None and len(value) > ID_VALUE_OCTETS):
        raise lexer.bad("ID field too long")
    return lexer.text(name).lower(), None if value is None else lexer.text(value)


def read_login(lexer: Lexer) -> Command:
    """LOGIN SP astring SP astring. Both may be UTF-8, in any kind of string."""
    lexer.space()
    user = lexer.text(lexer.login_name())
    lexer.space()
    return commands.Login(lexer.tag, user, lexer.text(lexer.astring()))


def read_authenticate(lexer: Lexer) -> Command:
    """AUTHENTICATE SP mechanism [SP initial response]; "=" is an empty one (RFC 4959 section 3)."""
    lexer.space()
    mechanism = lexer.atom().upper()
    if not lexer.more():
        return commands.Authenticate(lexer.tag, mechanism, None)
    written = lexer.astring()
    initial = b"" if written == b"=" else sasl_response(written)
    if initial is None:
        raise lexer.bad("Not base64")
    return commands.Authenticate(lexer.tag, mechanism, initial)


def sasl_response(line: bytes) -> bytes | None:
    """Decode one base64 line of a SASL exchange; None when it is not strict base64.

    `*` alone is the client giving up (RFC 9051 section 6.2.2): compare for it before.
    """
    try:
        return a2b_base64(line, strict_mode=True)
    except Base64Error:
        return None


def read_enable(lexer: Lexer) -> Command:
    """ENABLE 1*(SP capability) (RFC 5161)."""
    lexer.space()
    names = [lexer.atom().upper()]
    while lexer.more():
        names.append(lexer.atom().upper())
        if len(names) > CAPABILITIES:
            raise lexer.bad("Too many capabilities")
    return commands.Enable(lexer.tag, tuple(names))


READERS: dict[str, Callable[[Lexer], Command]] = {
    "CAPABILITY": without_arguments(commands.Capability),
    "NOOP": without_arguments(commands.Noop),
    "LOGOUT": without_arguments(commands.Logout),
    "STARTTLS": without_arguments(commands.StartTls),
    "ID": read_id,
    "LOGIN": read_login,
    "AUTHENTICATE": read_authenticate,
    "ENABLE": read_enable,
    "IDLE": without_arguments(commands.Idle),
    "NAMESPACE": without_arguments(commands.Namespace),
    "CHECK": without_arguments(commands.Check),
    "CLOSE": without_arguments(commands.Close),
    "UNSELECT": without_arguments(commands.Unselect),
}
