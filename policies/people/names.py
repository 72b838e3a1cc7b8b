"""Whose name is it? Names as letters show them, held against those that the directory knows.

The address says who wrote; the name beside it says what the writer likes, and most readers see only the name. So a
name that is another agency's, office's or officer's, or the gateway's, is found here however it is written: shapes
are compared (`policies.words.lookalikes`), not characters.

Invariants:
- Only a whole name counts, or names of the directory one after another (office and agency, agency and code). A text
  that mentions an agency among other words is nobody's name: `Liaison with the Ministry of Finance` passes.
- A name that is also the writer's own passes: namesakes exist. So does an office's name that offices of several
  agencies bear, as `Registry`: it tells nobody apart.
- Time is bounded: a name of more words than `LONGEST` is compared as a whole only.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from policies.people.identity import Account, Agency, Office, Officer
from policies.words.lookalikes import name_shape, name_words

GATEWAY_NAMES = (
    "مراسلات",
    "Murasalat",
    "بوابة مراسلات",
    "Murasalat gateway",
    "نظام مراسلات",
    "Murasalat system",
    "إيصالات مراسلات",
    "Murasalat receipts",
)
# What stands before a person's name and is no part of it, as `name_words` gives it.
_HONORIFICS = frozenset(
    word
    for title in (
        "السيد السيدة الأستاذ الأستاذة الدكتور الدكتورة المهندس المهندسة الشيخ الشيخة الأخ الأخت سعادة معالي فضيلة سمو",
        "سعادتكم أ د م ا.د صاحب صاحبة السمو المعالي السعادة العميد العقيد اللواء الفريق القاضي المستشار المستشارة",
        "mr mrs ms miss dr prof eng engr sir madam h e he his her excellency sheikh sheikha shaikh judge justice hon",
        "col maj gen brig capt lt adv",
    )
    for word in name_words(title)
)
LONGEST = 24  # words of a name that is read as several names
_COMMAS = str.maketrans("،؛﹐，", ",,,,")

Words = tuple[str, ...]


class Kind(StrEnum):
    """Who can bear a name."""

    AGENCY = "agency"
    OFFICE = "office"
    OFFICER = "officer"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who bears a name: `key` is the agency's code, the office's address or the officer's login.

    `agency` is the code of the bearer's agency, and `offices` are the addresses of an office or of those that an
    officer acts for; both are empty for the gateway.
    """

    kind: Kind
    key: str
    agency: str = ""
    offices: frozenset[str] = frozenset()

    def __str__(self) -> str:
        if self.kind is Kind.GATEWAY:
            return "the Murasalat gateway"
        if self.kind is Kind.OFFICER:
            return f"an officer of {self.agency}"
        return f"the {self.kind.value} {self.key}"


Names = Mapping[str, tuple[Bearer, ...]]  # shape of a name → who bears it


@lru_cache(
    maxsize=4096
)  # names of the directory, asked for again with every one that is added; none of a letter
def shape(name: str) -> str:
    """Return the shape of a name; empty when nothing of it is letter or digit."""
    return name_shape(name_words(name))


def shapes(*names: str) -> frozenset[str]:
    """Return the shapes of some names, with their titles and without."""
    words = [one for name in names for one in (name_words(name), _untitled(name_words(name)))]
    return frozenset(map(name_shape, words)) - {""}


def _untitled(words: Words) -> Words:
    """Return the words of a name without the titles before it; a name of titles alone stays as it is."""
    first = next((at for at, word in enumerate(words) if word not in _HONORIFICS), 0)
    return words[first:]


def names_of(agencies: Iterable[Agency], offices: Iterable[Office], officers: Iterable[Officer]) -> Names:
    """Return every name that the directory knows, and the gateway's, by shape."""
    found: dict[str, list[Bearer]] = defaultdict(list)

    def enter(bearer: Bearer, *names: str) -> None:
        for one in shapes(*names):
            found[one].append(bearer)

    enter(Bearer(Kind.GATEWAY, ""), *GATEWAY_NAMES)
    for agency in agencies:
        names = (agency.name_ar, agency.name_en, agency.code, agency.domain)
        enter(Bearer(Kind.AGENCY, agency.code, agency.code), *names)
    agency_of: dict[str, str] = {}
    for office in offices:
        agency_of[office.address] = office.agency
        bearer = Bearer(Kind.OFFICE, office.address, office.agency, frozenset({office.address}))
        enter(bearer, office.name_ar, office.name_en)
    for officer in officers:
        acts = [grant.office for grant in officer.grants if grant.office in agency_of]
        if acts:  # who acts for nobody speaks for nobody
            bearer = Bearer(Kind.OFFICER, officer.login, agency_of[acts[0]], frozenset(acts))
            enter(bearer, officer.name_ar, officer.name_en)
    return {one: tuple(bearers) for one, bearers in found.items()}


@dataclass(frozen=True, slots=True)
class Writer:
    """Whose names may stand beside an address: those of `offices`, of their `agencies`, of the account's officer.

    `own` are the shapes of the officer's own names.
    """

    offices: frozenset[str]
    agencies: frozenset[str]
    login: str
    own: frozenset[str]

    @classmethod
    def of(cls, account: Account, offices: Iterable[Office]) -> "Writer":
        """Return the writer who uses this account for these offices."""
        some = tuple(offices)
        officer = account.officer
        return cls(
            frozenset(one.address for one in some),
            frozenset(one.agency for one in some),
            account.login,
            shapes(officer.name_ar, officer.name_en) if officer else frozenset(),
        )

    def bears(self, bearer: Bearer) -> bool:
        """Whether a bearer's name is the writer's own, the office's, a colleague's there, or the agency's."""
        if bearer.kind is Kind.AGENCY:
            return bearer.key in self.agencies
        own = bearer.kind is Kind.OFFICER and bearer.key == self.login
        return own or not self.offices.isdisjoint(bearer.offices)


def borrowed(name: str, names: Names, writer: Writer) -> Bearer | None:
    """Return whose name it is when it is not the writer's to show, else None."""
    words = name_words(name)
    untitled = _untitled(words)
    found = _foreign(name_shape(words), names, writer) or _foreign(name_shape(untitled), names, writer)
    if found is None:
        first, comma, last = name.translate(_COMMAS).partition(",")
        if comma and "," not in last:  # Family, Given; Finance, Ministry of
            found = _foreign(name_shape(name_words(f"{last} {first}")), names, writer)
    return found or _in_pieces(words, names, writer) or _in_pieces(untitled, names, writer)


def _foreign(one: str, names: Names, writer: Writer) -> Bearer | None:
    """Return who bears the name of this shape when the writer does not."""
    bearers = names.get(one, ())
    if not bearers or one in writer.own or any(map(writer.bears, bearers)):
        return None
    if len({bearer.agency for bearer in bearers if bearer.kind is Kind.OFFICE}) > 1:
        bearers = tuple(bearer for bearer in bearers if bearer.kind is not Kind.OFFICE)
    return bearers[0] if bearers else None


def _in_pieces(words: Words, names: Names, writer: Writer) -> Bearer | None:
    """Return another's name out of a text that is nothing but names, one after another; the writer's own pass.

    A text that can also be read as names which the writer may show passes.
    """
    if not 1 < len(words) <= LONGEST:
        return None
    clean = [True, *[False] * len(words)]  # whether the words before can be read as the writer's own names
    foreign: list[Bearer | None] = [None] * (
        len(words) + 1
    )  # another's name in some reading of the words before
    for end in range(1, len(words) + 1):
        for start in range(end):
            before = foreign[start]
            if not (clean[start] or before):
                continue
            one = name_shape(words[start:end])
            if one not in names:
                continue
            other = _foreign(one, names, writer)
            clean[end] = clean[end] or (clean[start] and other is None)
            foreign[end] = foreign[end] or before or other
    return None if clean[-1] else foreign[-1]


def lookalike(name: str, others: Iterable[str]) -> bool:
    """Whether a reader could take the name for one of the others."""
    one = shape(name)
    return bool(one) and one in map(shape, others)
