"""LOGIN and AUTHENTICATE: PLAIN (RFC 4616), SCRAM-SHA-256 (RFC 7677), EXTERNAL (RFC 4422 appendix A).

Who logs in: `officer` opens the primary office; `officer*office`, or the office's address as SASL authorization
identity (RFC 4422 section 2), opens that office alone, for mail programs that know no shared namespaces.

Invariants:
- A system never gets past here: systems cannot read.
- Wrong, unknown and suspended logins get the same answer, and so does an office that the officer may not read.
- Who does not wait for a challenge before answering it is heard no further.
"""

from collections.abc import Awaitable, Callable

from gateway.imap.access import access_of
from gateway.imap.capabilities import capabilities
from gateway.imap.reply import Ending, Refusal, Reply, bad, done, no
from gateway.imap.session import Session
from gateway.imap.texts import (
    LOGIN_FAILED,
    NO_OFFICE,
    SYSTEMS_CANNOT_READ,
    TOO_MANY_SESSIONS,
    TOO_MANY_TRIES,
)
from gateway.imap.wire import commands, responses
from gateway.imap.wire.framing import Fatal
from gateway.imap.wire.limits import logged_in
from gateway.imap.wire.parse_session import sasl_response
from gateway.login.scram import MECHANISM, Malformed, client_first
from gateway.runtime.faults import Throttled
from policies.people.identity import Account

OFFICE_MARK = "*"


async def login(session: Session, command: commands.Login) -> Reply:
    """LOGIN."""
    user, _, office = command.user.partition(OFFICE_MARK)
    return await _enter(session, await _by_password(session, user, command.password), office)


async def authenticate(session: Session, command: commands.Authenticate) -> Reply:
    """AUTHENTICATE, with or without initial response (RFC 4959)."""
    mechanism = _MECHANISMS.get(command.mechanism)
    if mechanism is None or (mechanism is _external and not session.connection.certificate):
        raise bad("That mechanism is not offered")
    response = command.initial
    if response is None:
        response = await _ask(session)
    return await mechanism(session, response)


async def _plain(session: Session, response: bytes) -> Reply:
    """Identity, NUL, login, NUL, password."""
    parts = response.split(b"\0")
    if len(parts) != 3:
        raise bad("Not a PLAIN response")
    try:
        identity, user, secret = (part.decode() for part in parts)
    except UnicodeDecodeError:
        raise bad("Not UTF-8") from None
    user, _, office = user.partition(OFFICE_MARK)
    office = _office_of(identity, user, office)
    return await _enter(session, await _by_password(session, user, secret), office)


async def _scram(session: Session, response: bytes) -> Reply:
    """Two messages each way; the last of the server's waits for an empty answer (RFC 9051 section 6.2.2)."""
    try:
        first = client_first(response)
        user, _, office = first.login.partition(OFFICE_MARK)
        office = _office_of(first.identity, user, office)
        with session.ports.login.scram(first, user, session.connection.source) as attempt:
            proven = await attempt.answer(await _ask(session, attempt.challenge))
            if proven is None:
                raise _failed()
            if await _ask(session, proven.confirmation):
                raise bad("Nothing more was asked for")
    except Malformed as fault:
        raise bad(str(fault)) from None
    except Throttled:
        raise no(TOO_MANY_TRIES, "LIMIT") from None
    return await _enter(session, proven.account, office)


async def _external(session: Session, response: bytes) -> Reply:
    """The TLS certificate is the proof; the response is an identity or nothing."""
    connection = session.connection
    try:
        identity = response.decode()
    except UnicodeDecodeError:
        raise bad("Not UTF-8") from None
    account = await session.ports.login.certificate(connection.certificate, connection.source)
    if account is None:
        raise _failed()
    return await _enter(session, account, _office_of(identity, account.login, ""))


_MECHANISMS: dict[str, Callable[[Session, bytes], Awaitable[Reply]]] = {
    "PLAIN": _plain,
    MECHANISM: _scram,
    "EXTERNAL": _external,
}


def _office_of(identity: str, user: str, office: str) -> str:
    """Return the office that an authorization identity names: `office`, `user*office`; `user` or none leaves it."""
    if identity in {"", user}:
        return office
    named, _, of_office = identity.partition(OFFICE_MARK)
    if of_office and named != user:
        raise _failed()
    return of_office or identity


def _failed() -> Refusal:
    return no(LOGIN_FAILED, "AUTHENTICATIONFAILED")


async def _ask(session: Session, challenge: bytes = b"") -> bytes:
    connection = session.connection
    if connection.reader.pending:  # it did not wait: nothing it sends can be told from an answer
        raise Ending("Pipelining across AUTHENTICATE")
    session.put(responses.sasl_challenge(challenge))
    line = await connection.hear_line()
    if isinstance(line, Fatal):
        raise Ending(line.text)
    if line.octets == b"*":
        raise bad("Authentication given up")
    response = sasl_response(line.octets)
    if response is None:
        raise bad("Not base64")
    return response


async def _by_password(session: Session, user: str, secret: str) -> Account:
    try:
        account = await session.ports.login.password(user, secret, session.connection.source)
    except Throttled:
        raise no(TOO_MANY_TRIES, "LIMIT") from None
    if account is None:
        raise _failed()
    return account


async def _enter(session: Session, account: Account, office: str) -> Reply:
    """Log a proven account in, to its primary office or to the one that is named."""
    if account.officer is None:
        raise no(SYSTEMS_CANNOT_READ, "AUTHENTICATIONFAILED")
    directory = await session.ports.directory.get()
    if not directory.admits(account):  # revoked since it was looked up
        raise _failed()
    wanted = office.lower() or None
    access = access_of(directory, account.login, wanted)
    if access is None and wanted:
        raise _failed()  # nobody finds out here which offices there are
    if access is None:
        raise no(NO_OFFICE, "AUTHORIZATIONFAILED")
    if not session.shared.connections.log_in(account.login):
        raise no(TOO_MANY_SESSIONS, "LIMIT")
    session.log_in(account, access, directory, wanted)
    session.connection.reader.limits = logged_in(append=session.settings.append_limit)
    session.connection.patient = True
    return done("Logged in", responses.capability_code(capabilities(session.settings, session.client)))
