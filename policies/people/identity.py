"""Who is who: agencies, their offices, the officers who act for them, and legacy systems.

An *office* is a functional mailbox of an agency; an *officer* is a named person; a *system* is a program of an
agency. An *account* is a login of an officer or of a system. One account is one person or one program, never more.
"""

from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """What an officer may do for an office."""

    SEND = "send"
    READ = "read"
    REFER = "refer"
    REGISTER = "register"


@dataclass(frozen=True, slots=True)
class Agency:
    """A ministry or agency with its one mail domain."""

    code: str
    domain: str
    name_ar: str
    name_en: str
    suspended: bool = False
    allow_unsigned_systems: bool = False


@dataclass(frozen=True, slots=True)
class Office:
    """A functional mailbox of an agency; `address` is its canonical key (lower case)."""

    address: str
    agency: str
    name_ar: str
    name_en: str
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """The rights of one account for one office."""

    office: str
    rights: frozenset[Right]
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Officer:
    """A named person with a post, the account `login`, and the offices that person acts for.

    `certificate` is the SHA-256 (hex) of the person's TLS client certificate, or empty.
    """

    login: str
    name_ar: str
    name_en: str
    post_ar: str
    post_en: str
    language: str = "ar"
    suspended: bool = False
    grants: tuple[Grant, ...] = ()
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class System:
    """A legacy document system of one agency; it may send for `offices` from `networks` (CIDR) only.

    `certificate` is the SHA-256 (hex) of its TLS client certificate, or empty when it uses an app password.
    `split_recipients`: it may send one letter in several transactions, each to a part of the recipients.
    """

    login: str
    agency: str
    name_ar: str
    name_en: str
    offices: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    certificate: str = ""
    suspended: bool = False
    split_recipients: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """An authenticated login: exactly one of `officer` and `system` is set; `method` is how it proved itself."""

    login: str
    method: str
    officer: Officer | None = None
    system: System | None = None

    def may(self, right: Right, office: str) -> bool:
        """Whether this account holds `right` for the office with the canonical address `office`."""
        if self.system is not None:
            return right is Right.SEND and not self.system.suspended and office in self.system.offices
        if self.officer is None or self.officer.suspended:
            return False
        return any(grant.office == office and right in grant.rights for grant in self.officer.grants)
