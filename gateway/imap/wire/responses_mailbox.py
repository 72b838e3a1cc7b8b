"""Responses about mailboxes: LIST and its kin, STATUS, NAMESPACE, rights, quota, the selected one.

Every function returns whole response lines with their CRLF. `utf8`: the client has enabled UTF8=ACCEPT.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.imap.wire.encoder import astring, flag_list, mailbox, object_id, parenthesized, quoted
from gateway.imap.wire.responses import untagged

Namespaces = Sequence[tuple[str, str | None]] | None
"""Namespaces of one kind as (prefix, separator); None or empty is NIL."""


def _separator(separator: str | None) -> bytes:
    return b"NIL" if separator is None else quoted(separator.encode("ascii"))


@dataclass(frozen=True, slots=True)
class Listing:
    """One mailbox of a LIST.

    `child_info`: the selection options that children match, for CHILDINFO (RFC 5258 section 3.5).
    `old_name`: the name before a rename, for OLDNAME (RFC 9051 section 6.3.9.7).
    """

    name: str
    attributes: Sequence[str]
    separator: str | None = "/"
    child_info: Sequence[str] = ()
    old_name: str | None = None


def mailbox_list(listing: Listing, *, utf8: bool = False, verb: str = "LIST") -> bytes:
    """Write LIST, LSUB or XLIST."""
    name = mailbox(listing.name, utf8=utf8)
    words = [verb.encode("ascii"), flag_list(listing.attributes), _separator(listing.separator), name]
    extended: list[bytes] = []
    if listing.child_info:
        options = parenthesized(quoted(option.encode("ascii")) for option in listing.child_info)
        extended.append(b'"CHILDINFO" ' + options)
    if listing.old_name is not None:
        extended.append(b'"OLDNAME" (' + mailbox(listing.old_name, utf8=utf8) + b")")
    if extended:
        words.append(parenthesized(extended))
    return untagged(b" ".join(words))


def status(name: str, values: Mapping[str, int | str | None], *, utf8: bool = False) -> bytes:
    """Write STATUS; a text value is an object id (MAILBOXID), None is NIL (APPENDLIMIT without limit)."""
    words: list[bytes] = []
    for item, value in values.items():
        words.append(item.encode("ascii"))
        if value is None:
            words.append(b"NIL")
        else:
            words.append(object_id(value) if isinstance(value, str) else b"%d" % value)
    return untagged(b"STATUS " + mailbox(name, utf8=utf8) + b" " + parenthesized(words))


def namespace(personal: Namespaces, others: Namespaces, shared: Namespaces, *, utf8: bool = False) -> bytes:
    """Write NAMESPACE (RFC 2342): the user's own, other users', shared ones."""
    words = [b"NAMESPACE"]
    for kind in (personal, others, shared):
        pairs = [
            b"(" + mailbox(prefix, utf8=utf8) + b" " + _separator(separator) + b")"
            for prefix, separator in kind or ()
        ]
        words.append(b"(" + b"".join(pairs) + b")" if pairs else b"NIL")
    return untagged(b" ".join(words))


# -- the selected mailbox


def flags(names: Iterable[str]) -> bytes:
    """Write FLAGS."""
    return untagged(b"FLAGS " + flag_list(names))


def exists(count: int) -> bytes:
    """Write EXISTS."""
    return b"* %d EXISTS\r\n" % count


def recent(count: int) -> bytes:
    """Write RECENT."""
    return b"* %d RECENT\r\n" % count


# -- rights (RFC 4314) and quota (RFC 9208)


def acl(name: str, entries: Iterable[tuple[str, str]], *, utf8: bool = False) -> bytes:
    """Write ACL: identifiers with their rights."""
    words = [b"ACL", mailbox(name, utf8=utf8)]
    for identifier, rights in entries:
        words += (_name(identifier), _name(rights))
    return untagged(b" ".join(words))


def my_rights(name: str, rights: str, *, utf8: bool = False) -> bytes:
    """Write MYRIGHTS."""
    return untagged(b"MYRIGHTS " + mailbox(name, utf8=utf8) + b" " + _name(rights))


def list_rights(
    name: str, identifier: str, required: str, optional: Iterable[str], *, utf8: bool = False
) -> bytes:
    """Write LISTRIGHTS: what the identifier always has, and the groups that can be granted."""
    words = [b"LISTRIGHTS", mailbox(name, utf8=utf8), _name(identifier), _name(required)]
    words += map(_name, optional)
    return untagged(b" ".join(words))


def quota(root: str, resources: Iterable[tuple[str, int, int]]) -> bytes:
    """Write QUOTA: (resource, used, limit); STORAGE counts units of 1,024 octets."""
    words = (b"%s %d %d" % (name.encode("ascii"), used, limit) for name, used, limit in resources)
    return untagged(b"QUOTA " + _name(root) + b" " + parenthesized(words))


def quota_root(name: str, roots: Iterable[str], *, utf8: bool = False) -> bytes:
    """Write QUOTAROOT."""
    return untagged(b" ".join([b"QUOTAROOT", mailbox(name, utf8=utf8), *map(_name, roots)]))


def _name(value: str) -> bytes:
    return astring(value.encode())
