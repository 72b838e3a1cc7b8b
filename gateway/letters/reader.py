"""The named officer at the other end of a reading session, as evidence names the actor."""

from dataclasses import dataclass

from policies.evidence import Actor
from policies.people.identity import Account


@dataclass(frozen=True, slots=True)
class Reader:
    """A named officer at a mail client, acting for one office. `client` is the program's name from IMAP ID."""

    account: Account
    office: str
    client: str = ""

    @property
    def login(self) -> str:
        """The officer's login."""
        return self.account.login

    def actor(self) -> Actor:
        """Return the officer as evidence names the actor."""
        if self.account.officer is None:
            raise PermissionError(f"{self.account.login} is not an officer")
        return Actor.of(self.account, self.office, self.client)
