"""AUTH: what a client claims (RFC 4954), by PLAIN (RFC 4616), LOGIN, SCRAM-SHA-256 (RFC 7677) or EXTERNAL.

Nothing is verified here: a mechanism turns its exchange into a claim. That of SCRAM is its first message, after which
whoever verifies it leads the exchange on.

Invariant: no secret leaves this file but inside a claim, whose text form does not show it.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gateway.login.scram import MECHANISM, ClientFirst, Malformed, client_first

LINE_OCTETS = 1_536  # more than PLAIN with three names of 255 octets, in base64

Ask = Callable[[bytes], Awaitable[bytes | None]]
"""Sends a line, without CRLF, and returns the peer's next one; None when it has gone."""


class AuthRefused(Exception):
    """The exchange broke off; `codes` and `text` are the reply."""

    def __init__(self, enhanced: str, text: str) -> None:
        self.codes = (501, enhanced)
        self.text = text
        super().__init__(text)


@dataclass(frozen=True, slots=True)
class PasswordClaim:
    """To be `login`, by a password."""

    login: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class CertificateClaim:
    """To be whom the TLS client certificate belongs to; `login` is empty, or must be that account's."""

    login: str


@dataclass(frozen=True, slots=True)
class ScramClaim:
    """To be `login`, by knowing its password."""

    login: str
    first: ClientFirst
    ask: Ask = field(repr=False)

    async def answer(self, challenge: bytes) -> bytes:
        """Send a message of the server, and return the client's next one."""
        return (await _answer(self.ask, challenge)).encode()


Claim = PasswordClaim | CertificateClaim | ScramClaim


async def plain(initial: bytes | None, ask: Ask) -> Claim:
    """RFC 4616: authorization identity, NUL, login, NUL, password; the first is empty or the login."""
    response = await _answer(ask, b"") if initial is None else _decoded(initial)
    identity, separator, rest = response.partition("\0")
    login, second, secret = rest.partition("\0")
    if not separator or not second or "\0" in secret:
        raise AuthRefused("5.5.2", "PLAIN is identity, NUL, login, NUL, password")
    if identity not in {"", login}:
        login = ""  # acting as another is for nobody here; it is answered as a failed login
    return PasswordClaim(login, secret)


async def login(initial: bytes | None, ask: Ask) -> Claim:
    """LOGIN, never standardised: two answers, login and password; the first may be in the command."""
    name = await _answer(ask, b"Username:") if initial is None else _decoded(initial)
    return PasswordClaim(name, await _answer(ask, b"Password:"))


async def scram(initial: bytes | None, ask: Ask) -> Claim:
    """RFC 5802: the first message names the login, and may name an authorization identity, as PLAIN does."""
    response = await _answer(ask, b"") if initial is None else _decoded(initial)
    try:
        first = client_first(response.encode())
    except Malformed as fault:
        raise malformed(fault) from None
    return ScramClaim(first.login if first.identity in {"", first.login} else "", first, ask)


def malformed(fault: Malformed) -> AuthRefused:
    """Return the end of an exchange of SCRAM in which the client's message was none."""
    return AuthRefused("5.5.2", str(fault))


async def external(initial: bytes | None, ask: Ask) -> Claim:
    """RFC 4422 appendix A: the TLS certificate is the proof; the answer is an identity or nothing."""
    return CertificateClaim(await _answer(ask, b"") if initial is None else _decoded(initial))


MECHANISMS: dict[str, Callable[[bytes | None, Ask], Awaitable[Claim]]] = {
    MECHANISM: scram,
    "PLAIN": plain,
    "LOGIN": login,
    "EXTERNAL": external,
}


async def _answer(ask: Ask, challenge: bytes) -> str:
    line = await ask(b"334 " + b64encode(challenge))
    if line is None:
        raise ConnectionResetError("the peer has gone")
    if line == b"*":  # RFC 4954 section 4
        raise AuthRefused("5.7.0", "Cancelled")
    return _decoded(line)


def _decoded(base64: bytes) -> str:
    if base64 == b"=":  # RFC 4954 section 4: an empty initial response
        return ""
    if len(base64) > LINE_OCTETS:
        raise AuthRefused("5.5.6", "The line is too long")
    try:
        return b64decode(base64, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise AuthRefused("5.5.2", "That is not base64 of UTF-8") from None
