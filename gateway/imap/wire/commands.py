"""Commands about the session and about mailboxes, as values. Messages: `commands_message`.

Every command has the client's `tag` first. Mailbox names are decoded text in NFC, "INBOX" in capitals; `supplied` is
the name as the client wrote it, None where it was in NFC already (OLDNAME, RFC 9051 section 6.3.9.7).
"""

from dataclasses import dataclass, field

from gateway.imap.wire.sequence import SequenceSet


@dataclass(frozen=True, slots=True)
class Command:
    """Any command."""

    tag: str


# -- the session (RFC 9051 sections 6.1 to 6.3)


@dataclass(frozen=True, slots=True)
class Capability(Command):
    """CAPABILITY."""


@dataclass(frozen=True, slots=True)
class Noop(Command):
    """NOOP."""


@dataclass(frozen=True, slots=True)
class Logout(Command):
    """LOGOUT."""


@dataclass(frozen=True, slots=True)
class StartTls(Command):
    """STARTTLS."""


@dataclass(frozen=True, slots=True)
class Id(Command):
    """ID (RFC 2971): what the client says of itself. `fields` is empty for NIL; names are in lower case."""

    fields: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class Login(Command):
    """LOGIN."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Authenticate(Command):
    """AUTHENTICATE: mechanism in upper case; the decoded initial response or None (RFC 4959)."""

    mechanism: str
    initial: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Enable(Command):
    """ENABLE (RFC 5161): capability names in upper case, known or not."""

    capabilities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Idle(Command):
    """IDLE (RFC 2177). Its end is a `framing.Line` of DONE."""


@dataclass(frozen=True, slots=True)
class Namespace(Command):
    """NAMESPACE (RFC 2342)."""


@dataclass(frozen=True, slots=True)
class Check(Command):
    """CHECK."""


@dataclass(frozen=True, slots=True)
class Close(Command):
    """CLOSE."""


@dataclass(frozen=True, slots=True)
class Unselect(Command):
    """UNSELECT (RFC 3691)."""


# -- mailboxes


@dataclass(frozen=True, slots=True)
class Qresync:
    """The QRESYNC parameter of SELECT (RFC 7162 section 3.2.5)."""

    uidvalidity: int
    modseq: int
    known_uids: SequenceSet | None = None
    known_sequences: SequenceSet | None = None
    """With `known_sequence_uids`: message numbers and the UIDs the client believes they have."""
    known_sequence_uids: SequenceSet | None = None


@dataclass(frozen=True, slots=True)
class Select(Command):
    """SELECT, or EXAMINE when `read_only`."""

    mailbox: str
    read_only: bool = False
    condstore: bool = False
    qresync: Qresync | None = None
    supplied: str | None = None


@dataclass(frozen=True, slots=True)
class Create(Command):
    r"""CREATE; `special_use` as written, `\Trash` and the like (RFC 6154 section 3)."""

    mailbox: str
    special_use: tuple[str, ...] = ()
    supplied: str | None = None


@dataclass(frozen=True, slots=True)
class Delete(Command):
    """DELETE."""

    mailbox: str
    supplied: str | None = None


@dataclass(frozen=True, slots=True)
class Rename(Command):
    """RENAME; `supplied` is the old name as the client wrote it when either of the two was not in NFC."""

    mailbox: str
    new_name: str
    supplied: str | None = None


@dataclass(frozen=True, slots=True)
class Subscribe(Command):
    """SUBSCRIBE."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class Unsubscribe(Command):
    """UNSUBSCRIBE."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class Status(Command):
    """STATUS; `items` in upper case, each once, in the client's order."""

    mailbox: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class List(Command):
    """LIST, plain or extended (RFC 5258, 5819, 6154).

    `selection`: of SUBSCRIBED, REMOTE, RECURSIVEMATCH, SPECIAL-USE. `returns`: of SUBSCRIBED, CHILDREN,
    SPECIAL-USE. `status`: items of RETURN (STATUS (…)), empty when not asked. `extended` says that the client
    used the extended syntax: then "" is no question for the separator.
    """

    reference: str
    patterns: tuple[str, ...]
    selection: frozenset[str] = frozenset()
    returns: frozenset[str] = frozenset()
    status: tuple[str, ...] = ()
    extended: bool = False


@dataclass(frozen=True, slots=True)
class Lsub(Command):
    """LSUB."""

    reference: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Xlist(Command):
    """XLIST, the forerunner of SPECIAL-USE that Outlook 2010 and 2013 ask with."""

    reference: str
    pattern: str


# -- access rights (RFC 4314) and quota (RFC 9208)


@dataclass(frozen=True, slots=True)
class GetAcl(Command):
    """GETACL."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class MyRights(Command):
    """MYRIGHTS."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class ListRights(Command):
    """LISTRIGHTS."""

    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class SetAcl(Command):
    """SETACL; `change` is "", "+" or "-"."""

    mailbox: str
    identifier: str
    change: str
    rights: str


@dataclass(frozen=True, slots=True)
class DeleteAcl(Command):
    """DELETEACL."""

    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class GetQuota(Command):
    """GETQUOTA."""

    root: str


@dataclass(frozen=True, slots=True)
class GetQuotaRoot(Command):
    """GETQUOTAROOT."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class SetQuota(Command):
    """SETQUOTA; resource names in upper case with their limits."""

    root: str
    limits: tuple[tuple[str, int], ...]
