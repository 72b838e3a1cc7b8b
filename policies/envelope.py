"""The SMTP envelope of one submission: who sends, to whom, over which account. Never the header fields.

Invariant: everything here was said in the SMTP dialogue or proved by the login; nothing is read from the letter.
"""

from dataclasses import dataclass
from datetime import datetime

from policies.addresses.address import Address
from policies.people.identity import Account


@dataclass(frozen=True, slots=True)
class Recipient:
    """One RCPT: the address, and its DSN parameters as given (RFC 3461 sections 4.1 and 4.2).

    `notify` holds the upper-case words of NOTIFY (empty: not given); `orcpt` keeps its original case.
    """

    address: Address
    notify: frozenset[str] = frozenset()
    orcpt: str = ""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One submission's envelope.

    `sender` is the reverse-path, None for the null path `<>`; `received` is when the gateway took the end of data
    (UTC); `source` the peer's IP address; `client` the name it gave in EHLO; `channel` the listener it came by,
    "submission" for people and "systems"; `tls` protocol and cipher; `envid`/`ret` are DSN parameters of MAIL (RFC 3461
    sections 4.3 and 4.4).
    """

    sender: Address | None
    recipients: tuple[Recipient, ...]
    account: Account
    received: datetime
    source: str
    client: str = ""
    channel: str = "submission"
    tls: str = ""
    envid: str = ""
    ret: str = ""
    smtputf8: bool = False
