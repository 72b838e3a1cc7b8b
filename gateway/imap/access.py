"""Which offices a session may read, and which rights it has in each mailbox (RFC 4314). Pure.

Invariants:
- Only officers read. A system has no access whatever its grants say.
- The rights say what the mailbox is for, to every officer alike: nobody adds to what the gateway files, and nothing
  leaves the Archive.
"""

from dataclasses import dataclass

from policies.people.directory import Directory
from policies.people.identity import Officer, Right

INBOX, SENT, DRAFTS, TRASH, RECEIPTS, ARCHIVE = "INBOX", "Sent", "Drafts", "Trash", "Receipts", "Archive"
STANDARD = frozenset({INBOX, SENT, DRAFTS, TRASH, RECEIPTS, ARCHIVE})
FILED = frozenset({INBOX, RECEIPTS, ARCHIVE})
"""Mailboxes that only the gateway files in."""

ALL_RIGHTS = "lrswikxte"
_RIGHTS = {
    INBOX: "lrswikte",  # i: a letter that was taken out returns; a mail program asks for it before it moves one there
    SENT: "lrswite",
    DRAFTS: "lrswikte",
    TRASH: "lrswikte",
    RECEIPTS: "lrswte",
    ARCHIVE: "lrsw",
}


def rights_in(name: str) -> str:
    """Return an officer's rights in an office's mailbox of that name."""
    return _RIGHTS.get(name, ALL_RIGHTS)


@dataclass(frozen=True, slots=True)
class Access:
    """What one session may read: the office in its personal namespace, and the others by address."""

    officer: Officer
    primary: str
    others: tuple[str, ...] = ()

    @property
    def offices(self) -> tuple[str, ...]:
        """Every office, the primary one first."""
        return (self.primary, *self.others)


def access_of(directory: Directory, login: str, office: str | None = None) -> Access | None:
    """Return what an officer may read as of this directory; None when that is nothing, or not `office`.

    `office` was named at login and stands in the personal namespace, alone.
    """
    officer = directory.officers.get(login)
    if officer is None or officer.suspended:
        return None
    readable = [grant.office for grant in officer.grants if Right.READ in grant.rights]
    if office is not None:
        return Access(officer, office) if office in readable else None
    if not readable:
        return None
    first = next(
        (one.office for one in officer.grants if one.primary and one.office in readable), readable[0]
    )
    return Access(officer, first, tuple(sorted(one for one in readable if one != first)))
