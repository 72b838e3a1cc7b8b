"""Which IMAP capabilities are withheld from which mail programs, as an administrator writes it.

A row names mail programs by a word of the name and version that they give in ID (RFC 2971), and capabilities:
`Thunderbird 78: UTF8=ACCEPT CONDSTORE`. The word `*` names every program, also one that gives no name; `-` names a
program as long as it has given none.

What is withheld is not advertised, and ENABLE does not turn it on. The commands are answered all the same: a program
that sends MOVE or IDLE without having been offered it knows what it asks for, and none of them does harm. What was
enabled before the program gave its name stays so: nothing can be disabled again (RFC 5161 section 3.1).

Invariants:
- What a session is built of cannot be withheld.
- Nothing is offered whose ground is withheld: without SORT there is no ESORT, and without a part of it no IMAP4rev2.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

EVERYONE, NAMELESS = "*", "-"

BASE = frozenset({"IMAP4REV1", "AUTH", "ID", "ENABLE", "LITERAL+", "LITERAL-"})
"""Without these no session begins, or no program can be told from another."""

_GROUNDS: dict[str, tuple[str, ...]] = {
    "ACL": ("RIGHTS=TEXK",),
    "SPECIAL-USE": ("CREATE-SPECIAL-USE",),
    "LIST-EXTENDED": ("LIST-STATUS",),
    "ESEARCH": ("SEARCHRES", "ESORT"),
    "SORT": ("ESORT",),
}
"""What stands on what: each name with those that mean nothing without it."""

_PARTS_OF_REV2 = frozenset(
    {
        "SASL-IR",
        "IDLE",
        "NAMESPACE",
        "UNSELECT",
        "CHILDREN",
        "LIST-EXTENDED",
        "LIST-STATUS",
        "STATUS=SIZE",
        "ESEARCH",
        "SEARCHRES",
        "BINARY",
        "UIDPLUS",
        "MOVE",
    }
)
"""What IMAP4rev2 includes (RFC 9051 appendix E): withholding one withholds the whole, which would bring it back."""

OPTIONAL = _PARTS_OF_REV2 | frozenset(
    {
        "IMAP4REV2",
        "SPECIAL-USE",
        "CREATE-SPECIAL-USE",
        "ACL",
        "RIGHTS=TEXK",
        "QUOTA",
        "QUOTA=RES-STORAGE",
        "CONDSTORE",
        "WITHIN",
        "SORT",
        "SORT=DISPLAY",
        "ESORT",
        "THREAD",
        "THREAD=REFERENCES",
        "THREAD=ORDEREDSUBJECT",
        "MULTIAPPEND",
        "OBJECTID",
        "APPENDLIMIT",
        "UTF8=ACCEPT",
        "XLIST",
    }
)
"""What can be withheld. A name stands for every capability that is it, or begins with it and `=`."""


@dataclass(frozen=True, slots=True)
class Quirk:
    """Capabilities, in upper case, that mail programs do not get whose name holds a word."""

    word: str
    names: frozenset[str]

    def concerns(self, client: str) -> bool:
        """Whether a program is meant, by what it says of itself."""
        if self.word == NAMELESS:
            return not client
        return self.word == EVERYONE or self.word.casefold() in client.casefold()


def read_quirk(row: str) -> Quirk:
    """Read `word: CAPABILITY …`. Raises ValueError with what is wrong and how to write it."""
    word, colon, rest = row.rpartition(":")
    word, names = " ".join(word.split()), rest.upper().split()
    if not colon or not word or not names:
        raise ValueError(f'"{row}" is no row of this form: "Thunderbird 78: UTF8=ACCEPT CONDSTORE"')
    for name in names:
        if _names(name) & BASE:
            raise ValueError(f"{name} cannot be withheld: a session is built of it; leave it out")
        if name not in OPTIONAL:
            near = difflib.get_close_matches(name, sorted(OPTIONAL), n=1, cutoff=0.4)
            fix = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(OPTIONAL))}"
            raise ValueError(f"{name} is no capability that is offered; {fix}")
    return Quirk(word, frozenset(names))


def _names(capability: str) -> set[str]:
    """Return the names by which a capability can be withheld."""
    return {capability, capability.partition("=")[0]}


def without(offered: Iterable[str], client: str, quirks: Iterable[Quirk]) -> list[str]:
    """Return what is offered to a mail program, in the same order."""
    withheld = {name for quirk in quirks if quirk.concerns(client) for name in quirk.names}
    if not withheld:
        return list(offered)
    withheld.update(*(_GROUNDS.get(name, ()) for name in withheld))
    if withheld & _PARTS_OF_REV2:
        withheld.add("IMAP4REV2")
    return [name for name in offered if not _names(name.upper()) & withheld]
