"""What a mail program reports by itself about a letter (RFC 8098), and for which office it may.

Invariant: such a report is unsigned and says what a program did: it is side evidence, and changes no status.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from policies.people.identity import Account, Right


@dataclass(frozen=True, slots=True)
class ClientReport:
    """A message disposition notification: its fields as they stand, decoded and cut to what a record keeps.

    `disposition` is the type in lower case (RFC 8098 section 3.2.6: displayed, deleted, dispatched or processed) and
    `mode` the action and sending mode before it; `agent` is the program's own name, `recipient` the address in
    Final-Recipient.
    """

    letter_message_id: str
    recipient: str
    disposition: str
    mode: str
    agent: str = ""


def reporting_office(account: Account, recipients: Sequence[str], named: str) -> str:
    """Return the office that an officer's program reports for: the one named, else the first; "" when there is none.

    It is one of the letter's recipients, and the officer reads for it. A system's program reports nothing.
    """
    mine = [] if account.officer is None else [one for one in recipients if account.may(Right.READ, one)]
    return named if named in mine else next(iter(mine), "")
