"""What a submission listener is given: its limits, and the ports to the rest of the gateway."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.login.attempts import Login
from policies.envelope import Envelope
from policies.outcome import Outcome
from policies.words.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The limits of a submission listener. Sizes in octets, times in seconds."""

    hostname: str
    """The name in the greeting and in the reply to EHLO."""

    channel: str = "submission"
    """The listener's name in the evidence: "submission" for people, "systems" for programs."""

    bilingual: bool = True
    """Whether replies to officers are in Arabic and English; systems always get English."""

    size_limit: int = 25 * 1024 * 1024
    """The largest letter, as RFC 1870 section 5 counts it."""

    recipient_limit: int = 100
    """The most recipients of one letter."""

    connections: int = 1_000
    """Sessions served at once."""

    connections_per_source: int = 100
    """Sessions served at once from one IPv4 address or one IPv6 /64."""

    connections_per_account: int = 50
    """Sessions served at once for one account."""

    commands: int = 100_000
    """Commands of one session."""

    commands_before_login: int = 20
    """Commands of one session until it has logged in."""

    errors: int = 20
    """Commands of one session that were wrong."""

    errors_before_login: int = 5
    """Wrong commands and failed logins of one session until it has logged in."""

    handshake_seconds: float = 10.0
    """Time for the TLS handshake."""

    login_seconds: float = 30.0
    """Time from the connection until it has logged in."""

    command_seconds: float = 300.0
    """Time until the next command (RFC 5321 section 4.5.3.2.7)."""

    letter_seconds: float = 30.0
    """Time that a letter may take at any speed; after it the slowest speed holds."""

    octets_per_second: int = 1_000
    """The slowest speed, on average, at which a letter may arrive."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the protocol calls.

    `submit` answers for a complete submission; it raises `gateway.runtime.faults.Unavailable` when nothing was kept
    and the client may try again. `reject` records a refusal that the protocol itself made after login: the
    envelope as far as it was said, the reason, the detail, and the octets if they were read (never for now).
    `clock` is UTC.
    """

    login: Login
    submit: Callable[[Envelope, bytes], Awaitable[Outcome]]
    reject: Callable[[Envelope, Reason, str, bytes | None], Awaitable[None]]
    clock: Callable[[], datetime]
