"""One mail transaction: MAIL, its RCPTs, and the envelope that comes of them (RFC 5321 section 3.3)."""

from dataclasses import dataclass, field
from datetime import datetime

from gateway.smtp.parameters import MailParameters, RcptParameters
from policies.addresses.address import Address
from policies.envelope import Envelope, Recipient
from policies.people.identity import Account


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of a session after login: the account, and what the connection tells."""

    account: Account
    source: str
    client: str
    tls: str
    channel: str = "submission"

    def envelope(self, received: datetime, transaction: "Transaction | None" = None) -> Envelope:
        """Return the envelope as far as it has been said; `received` is UTC."""
        said = transaction or Transaction(None, MailParameters())
        return Envelope(
            sender=said.sender,
            recipients=tuple(said.recipients),
            account=self.account,
            received=received,
            source=self.source,
            client=self.client,
            channel=self.channel,
            tls=self.tls,
            envid=said.parameters.envid,
            ret=said.parameters.ret,
            smtputf8=said.parameters.smtputf8,
        )


@dataclass(slots=True)
class Transaction:
    """What MAIL and RCPT have said so far.

    `spoiled`: there were more recipients than allowed, so that none is served. `asked` counts every RCPT.
    """

    sender: Address | None
    parameters: MailParameters
    recipients: list[Recipient] = field(default_factory=list)
    asked: int = 0
    spoiled: bool = False

    def add(self, address: Address, parameters: RcptParameters) -> None:
        """Take one more recipient."""
        self.recipients.append(Recipient(address, parameters.notify, parameters.orcpt))
