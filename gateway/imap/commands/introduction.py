"""CAPABILITY, NOOP, LOGOUT, ID, LOGIN, AUTHENTICATE, STARTTLS, ENABLE, NAMESPACE.

Who logs in: `officer` opens the primary office; `officer*office`, or the office's address as SASL authorization
identity (RFC 4616), opens that office alone, for mail programs that know no shared namespaces.

Invariants:
- A system never gets past here: systems cannot read.
- Wrong, unknown and suspended logins get the same answer, and so does an office that the officer may not read.
"""

from gateway.faults import Throttled
from gateway.imap.access import access_of
from gateway.imap.capabilities import GREETING, capabilities
from gateway.imap.names import SEPARATOR, SHARED
from gateway.imap.reply import Ending, Reply, bad, done, no
from gateway.imap.session import Session
from gateway.imap.state import State
from gateway.imap.texts import (
    LOGIN_FAILED,
    NO_OFFICE,
    SYSTEMS_CANNOT_READ,
    TOO_MANY_SESSIONS,
    TOO_MANY_TRIES,
)
from gateway.imap.wire import commands, responses, responses_mailbox
from gateway.imap.wire.framing import Fatal
from gateway.imap.wire.limits import logged_in
from gateway.imap.wire.parse_session import sasl_response

OFFICE_MARK = "*"


async def capability(session: Session, _command: commands.Capability) -> Reply:
    """CAPABILITY."""
    session.put(responses.capability(_capabilities(session)))
    return done("Capabilities listed")


def _capabilities(session: Session) -> list[str]:
    return (
        list(GREETING) if session.state is State.GREETED else capabilities(session.settings, session.client)
    )


async def noop(_session: Session, _command: commands.Noop) -> Reply:
    """NOOP: what changed is told after every command."""
    return done("Nothing done")


async def logout(session: Session, _command: commands.Logout) -> Reply:
    """LOGOUT."""
    session.put(responses.bye("Logging out"))
    session.state = State.ENDED
    return done("Logged out")


async def identify(session: Session, command: commands.Id) -> Reply:
    """ID (RFC 2971). The client's name goes into the evidence of what it was handed."""
    fields = dict(command.fields)
    session.name_client(fields.get("name") or "", fields.get("version") or "")
    session.put(responses.server_id([("name", "Murasalat"), ("vendor", "Murasalat")]))
    return done("Identified")


async def starttls(_session: Session, _command: commands.StartTls) -> Reply:
    """STARTTLS: this connection has spoken TLS from its first octet (RFC 8314)."""
    raise bad("TLS is active already")


async def login(session: Session, command: commands.Login) -> Reply:
    """LOGIN."""
    user, _, office = command.user.partition(OFFICE_MARK)
    return await _log_in(session, user, command.password, office)


async def authenticate(session: Session, command: commands.Authenticate) -> Reply:
    """AUTHENTICATE PLAIN (RFC 4616), with or without initial response (RFC 4959)."""
    if command.mechanism != "PLAIN":
        raise no_mechanism()
    response = command.initial
    if response is None:
        response = await _ask(session)
    parts = response.split(b"\0")
    if len(parts) != 3:
        raise bad("Not a PLAIN response")
    try:
        identity, user, secret = (part.decode() for part in parts)
    except UnicodeDecodeError:
        raise bad("Not UTF-8") from None
    user, _, office = user.partition(OFFICE_MARK)
    if identity and identity != user:
        named, _, of_office = identity.partition(OFFICE_MARK)
        if of_office and named != user:
            raise no(LOGIN_FAILED, "AUTHENTICATIONFAILED")
        office = of_office or identity
    return await _log_in(session, user, secret, office)


def no_mechanism() -> Exception:
    """Return the refusal of a mechanism that is not offered."""
    return bad("Only AUTHENTICATE PLAIN is offered")


async def _ask(session: Session) -> bytes:
    connection = session.connection
    if connection.reader.pending:  # it did not wait: nothing it sends can be told from an answer
        raise Ending("Pipelining across AUTHENTICATE")
    session.put(responses.sasl_challenge())
    line = await connection.hear_line()
    if isinstance(line, Fatal):
        raise Ending(line.text)
    if line.octets == b"*":
        raise bad("Authentication given up")
    response = sasl_response(line.octets)
    if response is None:
        raise bad("Not base64")
    return response


async def _log_in(session: Session, user: str, secret: str, office: str) -> Reply:
    try:
        account = await session.ports.login.password(user, secret, session.connection.source)
    except Throttled:
        raise no(TOO_MANY_TRIES, "LIMIT") from None
    if account is None:
        raise no(LOGIN_FAILED, "AUTHENTICATIONFAILED")
    if account.officer is None:
        raise no(SYSTEMS_CANNOT_READ, "AUTHENTICATIONFAILED")
    directory = await session.ports.directory.get()
    wanted = office.lower() or None
    access = access_of(directory, account.login, wanted)
    if access is None and wanted:
        raise no(LOGIN_FAILED, "AUTHENTICATIONFAILED")  # nobody finds out here which offices there are
    if access is None:
        raise no(NO_OFFICE, "AUTHORIZATIONFAILED")
    if not session.shared.connections.log_in(account.login):
        raise no(TOO_MANY_SESSIONS, "LIMIT")
    session.log_in(account, access, directory, wanted)
    session.connection.reader.limits = logged_in(append=session.settings.append_limit)
    session.connection.patient = True
    return done("Logged in", responses.capability_code(capabilities(session.settings, session.client)))


async def enable(session: Session, command: commands.Enable) -> Reply:
    """ENABLE (RFC 5161)."""
    enabled: list[str] = []
    offered = capabilities(session.settings, session.client)
    if "UTF8=ACCEPT" in command.capabilities and "UTF8=ACCEPT" in offered:
        session.utf8 = True
        enabled.append("UTF8=ACCEPT")
    if "CONDSTORE" in command.capabilities and "CONDSTORE" in offered:
        session.enable_condstore()
        enabled.append("CONDSTORE")
    session.put(responses.enabled(enabled))
    return done("Enabled")


async def namespace(session: Session, _command: commands.Namespace) -> Reply:
    """NAMESPACE (RFC 2342): the office's own mailboxes, and the other offices under one prefix."""
    shared = [(SHARED + SEPARATOR, SEPARATOR)] if session.access.others else None
    session.put(responses_mailbox.namespace([("", SEPARATOR)], None, shared, utf8=session.utf8))
    return done("Namespaces listed")
