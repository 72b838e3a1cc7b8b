"""EHLO, AUTH and the harmless commands (RFC 5321 section 4.1.1, RFC 4954)."""

from dataclasses import replace

from gateway.login.scram import MECHANISM, Malformed
from gateway.runtime.faults import Throttled, Unavailable
from gateway.smtp import replies
from gateway.smtp.auth import MECHANISMS, Ask, AuthRefused, Claim, PasswordClaim, ScramClaim, malformed
from gateway.smtp.parameters import ArgumentRefused, client_name
from gateway.smtp.session import JOURNAL, Goodbye, Session
from gateway.smtp.wire import LineRefused
from policies.people.identity import Account

_LOGGED_IN = replies.reply(235, "2.7.0", "Authentication successful")
_OK = replies.reply(250, "2.0.0", "OK")
_HELP = replies.reply(214, "2.0.0", "EHLO AUTH MAIL RCPT DATA RSET NOOP VRFY HELP QUIT (RFC 5321, RFC 6409)")
_CANNOT_VERIFY = replies.reply(252, "2.5.0", "Nobody is verified here; the end of a letter tells")
_BYE = replies.reply(221, "2.0.0", "Bye")


async def ehlo(session: Session, argument: str) -> None:
    """Greet, and offer the extensions."""
    if _greeted(session, argument):
        session.extended = True
        settings = session.settings
        offers = [
            settings.hostname,
            "PIPELINING",
            f"SIZE {settings.size_limit}",
            "8BITMIME",
            "SMTPUTF8",
            "DSN",
            "ENHANCEDSTATUSCODES",
            "AUTH " + " ".join(_mechanisms(session)),
        ]
        lines = [f"250-{offer}\r\n" for offer in offers[:-1]] + [f"250 {offers[-1]}\r\n"]
        session.say("".join(lines).encode())


async def helo(session: Session, argument: str) -> None:
    """Greet; without extensions there is no login, and without login no mail."""
    if _greeted(session, argument):
        session.extended = False
        session.say(f"250 {session.settings.hostname}\r\n".encode())


def _greeted(session: Session, argument: str) -> bool:
    try:
        session.client = client_name(argument)
    except ArgumentRefused as refused:
        session.error(*refused.codes, refused.text)
        return False
    if session.peer is not None:
        session.peer = replace(session.peer, client=session.client)
    session.transaction = None
    return True


def _mechanisms(session: Session) -> list[str]:
    return [MECHANISM, "PLAIN", "LOGIN", *(["EXTERNAL"] if session.certificate() else [])]


async def auth(session: Session, argument: str) -> None:
    """Log in (RFC 4954 section 4)."""
    mechanism, _, initial = argument.partition(" ")
    if not session.extended:
        session.error(503, "5.5.1", "Say EHLO first")
    elif session.peer is not None:
        session.error(503, "5.5.1", "You are logged in")
    elif mechanism.upper() not in _mechanisms(session):
        session.error(504, "5.5.4", "That mechanism is not offered")
    else:
        try:
            claim = await MECHANISMS[mechanism.upper()](initial.encode() or None, _asking(session))
            await _log_in(session, claim)
        except AuthRefused as refused:
            session.error(*refused.codes, refused.text)


def _asking(session: Session) -> Ask:
    async def ask(challenge: bytes) -> bytes:
        session.say(challenge + b"\r\n")
        return await session.next_line()

    return ask


async def _log_in(session: Session, claim: Claim) -> None:
    await session.wire.flush()
    try:
        account = await _proved(session, claim)
        if account is not None and not (await session.shared.ports.directory()).admits(account):
            account = None  # revoked since it was looked up
    except (AuthRefused, Goodbye, LineRefused, ConnectionError):
        raise
    except Throttled:
        session.leave_with(replies.THROTTLED)
        raise Goodbye from None
    except Unavailable:
        session.notice(replies.LOGIN_UNAVAILABLE)
        return
    except Exception:  # noqa: BLE001 - logged; the peer may try again
        JOURNAL.exception("a login could not be checked")
        session.notice(replies.LOGIN_UNAVAILABLE)
        return
    if session.over:
        raise Goodbye
    if account is None:
        session.note("login-failed")
        session.notice(replies.LOGIN_FAILED)
        session.count_error()
    elif session.log_in(account):
        session.forgive_errors()
        session.say(_LOGGED_IN)
    else:
        session.leave_with(replies.CROWDED)
        raise Goodbye


async def _proved(session: Session, claim: Claim) -> Account | None:
    login = session.shared.ports.login
    if isinstance(claim, ScramClaim):
        return await _proved_by_scram(session, claim)
    with session.engaged(patient=True):
        if isinstance(claim, PasswordClaim):
            return await login.password(claim.login, claim.secret, session.source)
        account = await login.certificate(session.certificate(), session.source)
        return account if account is not None and claim.login in {"", account.login} else None


async def _proved_by_scram(session: Session, claim: ScramClaim) -> Account | None:
    """Lead the exchange to its end; while the client is waited for, the time for logging in runs."""
    try:
        with session.shared.ports.login.scram(claim.first, claim.login, session.source) as attempt:
            final = await claim.answer(attempt.challenge)
            with session.engaged(patient=True):
                proven = await attempt.answer(final)
            if proven is None or session.over:
                return None
            if await claim.answer(proven.confirmation):
                raise AuthRefused("5.5.2", "Nothing more was asked for")
    except Malformed as fault:
        raise malformed(fault) from None
    return proven.account


async def noop(session: Session, _argument: str) -> None:
    """Do nothing."""
    session.say(_OK)


async def rset(session: Session, argument: str) -> None:
    """Forget the transaction."""
    if argument:
        session.error(501, "5.5.4", "RSET has no argument")
        return
    session.transaction = None
    session.say(_OK)


async def help_(session: Session, _argument: str) -> None:
    """Name the commands."""
    session.say(_HELP)


async def vrfy(session: Session, _argument: str) -> None:
    """Tell nothing about addresses: the same to every question (RFC 5321 section 7.3)."""
    session.say(_CANNOT_VERIFY)


async def expn(session: Session, _argument: str) -> None:
    """Tell nothing about lists."""
    session.error(502, "5.5.1", "EXPN is not implemented")


async def starttls(session: Session, _argument: str) -> None:
    """Say that TLS is on already: there is no clear text to start it from."""
    session.error(502, "5.5.1", "TLS is on already")


async def bdat(session: Session, _argument: str) -> None:
    """Close: the octets of a chunk follow unasked (RFC 3030 section 2) and would be taken for commands."""
    session.last_word(replies.reply(502, "5.5.1", "CHUNKING is not offered"), "bdat")
    raise Goodbye


async def quit_(session: Session, argument: str) -> None:
    """Close the connection."""
    if argument:
        session.error(501, "5.5.4", "QUIT has no argument")
        return
    session.last_word(_BYE, "quit")
    raise Goodbye
