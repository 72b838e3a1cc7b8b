"""A snapshot of the directory: what the rules look people, offices, keys and pair rules up in.

A snapshot is a value: it never changes, and one letter is decided against one snapshot from end to end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from policies.people.identity import Account, Agency, Office, Officer, System
from policies.people.names import Names, names_of
from policies.signature import EnrolledKey

_CERTIFICATE = "certificate:"


def password_credential(number: int) -> str:
    """Return the name of an app password that is kept under this number."""
    return f"password:{number}"


def certificate_credential(sha256: str) -> str:
    """Return the name of the client certificate with this SHA-256 (hex)."""
    return f"{_CERTIFICATE}{sha256}"


@dataclass(frozen=True)
class Directory:
    """Agencies by code, offices by address, accounts by login, keys by address and by any fingerprint.

    `pairs` holds explicit rules: (from agency, to agency) → allowed; a pair that is not named is allowed.
    `passwords` are the names of the app passwords that are not revoked, by login.
    """

    version: int
    agencies: Mapping[str, Agency] = field(default_factory=dict)
    offices: Mapping[str, Office] = field(default_factory=dict)
    officers: Mapping[str, Officer] = field(default_factory=dict)
    systems: Mapping[str, System] = field(default_factory=dict)
    keys: Mapping[str, tuple[EnrolledKey, ...]] = field(default_factory=dict)
    fingerprints: Mapping[str, EnrolledKey] = field(default_factory=dict)
    pairs: Mapping[tuple[str, str], bool] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)
    passwords: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def admits(self, account: Account) -> bool:
        """Whether a login still stands: the account is there, not suspended, and its credential is not revoked."""
        present = self.officers.get(account.login) or self.systems.get(account.login)
        if present is None or present.suspended:
            return False
        if account.credential.startswith(_CERTIFICATE):
            return account.credential == certificate_credential(present.certificate)
        return account.credential in self.passwords.get(account.login, ())

    @cached_property
    def names(self) -> Names:
        """Every name in the directory by its shape: worked out once for a snapshot, when a letter first asks."""
        return names_of(self.agencies.values(), self.offices.values(), self.officers.values())

    def agency_of(self, office: str) -> Agency | None:
        """Return the agency of an office's canonical address, or None."""
        known = self.offices.get(office)
        return self.agencies.get(known.agency) if known else None

    def agency_for_domain(self, domain: str) -> Agency | None:
        """Return the agency that owns a mail domain, or None."""
        code = self.domains.get(domain)
        return self.agencies.get(code) if code else None

    def pair_allowed(self, sender: str, recipient: str) -> bool:
        """Whether one agency (code) may write to another."""
        return self.pairs.get((sender, recipient), True)
