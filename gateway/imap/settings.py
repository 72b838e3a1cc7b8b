"""What an IMAP listener is given: its limits, and the rooms it calls."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.config.quirks import Quirk
from gateway.letters.opening import Opening
from gateway.letters.unlinking import Unlinking
from gateway.login.attempts import Login
from gateway.runtime.directory import CurrentDirectory
from gateway.runtime.offload import Offload


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapSettings:
    """The limits of an IMAP listener. Sizes in octets, times in seconds."""

    append_limit: int = 25 * 1024 * 1024
    """The largest message a client may store."""

    connections: int = 10_000
    """Sessions served at once."""

    connections_per_source: int = 200
    """Sessions served at once from one IPv4 address or one IPv6 /64."""

    connections_per_account: int = 50
    """Sessions served at once for one account: mail programs open one for each folder."""

    uploads_per_account: int = 4
    """Messages above 1 MiB that one account stores at once; further ones wait."""

    handshake_seconds: float = 10.0
    """Time for the TLS handshake."""

    login_seconds: float = 30.0
    """Time from the connection until it has logged in."""

    idle_seconds: float = 1860.0
    """Longest silence of a client (RFC 9051 section 5.4: at least thirty minutes)."""

    command_seconds: float = 300.0
    """Longest silence within a command that has begun."""

    write_seconds: float = 120.0
    """How long a client may take nothing of what it asked for."""

    commands_before_login: int = 100
    """Commands of one connection until it has logged in; mail programs send fewer than ten."""

    errors_before_login: int = 10
    """Wrong commands and failed logins of one connection until it has logged in."""

    errors: int = 100
    """Wrong commands in a row after login."""

    keywords: int = 100
    """Most keywords in one mailbox."""

    mailboxes: int = 1_000
    """Most mailboxes of one office."""

    remembered_messages: int = 2_000_000
    """How many messages of mailboxes that nobody has open stay in memory with their flags."""

    look_seconds: float = 1.0
    """How often changes by other processes are looked for."""

    utf8: bool = True
    """Whether UTF8=ACCEPT is offered (RFC 6855)."""

    withheld: tuple[Quirk, ...] = ()
    """Capabilities that some mail programs do not get."""

    xlist: bool = False
    """Whether XLIST, which Outlook 2010 and 2013 ask for, is advertised; it is always answered."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the conversation calls. `clock` is UTC."""

    offload: Offload
    directory: CurrentDirectory
    login: Login
    opening: Opening
    unlinking: Unlinking
    clock: Callable[[], datetime]
