"""Which flags an officer may change where, and what a STORE makes of a message's flags. Pure.

Invariants:
- Keywords that begin with `$Ms` belong to the gateway: no client sets or clears them.
- A keyword keeps the case in which the mailbox first got it (RFC 9051 section 2.3.2).
"""

from collections.abc import Collection, Iterable

from gateway.imap.selected.index import DELETED, RESERVED


def is_reserved(flag: str) -> bool:
    """Whether a flag is the gateway's own."""
    return flag.lower().startswith(RESERVED)


def permitted(flags: Iterable[str], rights: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return which of the flags may be changed with these rights (RFC 4314 section 4), and which may not."""
    allowed: set[str] = set()
    refused: set[str] = set()
    for flag in flags:
        needed = "t" if flag == DELETED else "s" if flag == "\\Seen" else "w"
        (refused if needed not in rights or is_reserved(flag) else allowed).add(flag)
    return frozenset(allowed), frozenset(refused)


def in_known_case(flags: Iterable[str], known: Collection[str]) -> frozenset[str]:
    """Return the flags with keywords spelled as the mailbox has them."""
    spelling = {keyword.lower(): keyword for keyword in known}
    return frozenset(flag if flag.startswith("\\") else spelling.get(flag.lower(), flag) for flag in flags)


def changed(own: frozenset[str], mode: str, allowed: frozenset[str], rights: str) -> frozenset[str]:
    """Return an officer's own flags after a STORE of the allowed ones; what may not be changed stays."""
    if mode == "add":
        return own | allowed
    if mode == "remove":
        return own - allowed
    _, fixed = permitted(own, rights)
    return allowed | fixed
