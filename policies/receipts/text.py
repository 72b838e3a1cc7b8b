"""What a receipt says to people: one section in Arabic and one in English, from the same facts.

Invariants:
- Whatever comes from a letter or a directory is one line, without control and bidi characters, inside an
  isolate; so isolates are balanced, and no name or subject can reorder or continue the words around it.
- Addresses, digests, numbers and identifiers stand in left-to-right isolates.
"""

from dataclasses import dataclass
from datetime import datetime

from policies.evidence import Event
from policies.receipts.receipt import Consignment, Facts, Kind, NamedOffice
from policies.receipts.words import STORIES, WORDS
from policies.words.arabic import isolate, strip_controls
from policies.words.calendar import Language, both, rfc3339, time_of_day
from policies.words.reasons import EXPLANATIONS

LRI, PDI = "\u2066", "\u2069"
LONGEST = 200  # characters shown of a subject or a name
NAME_IN_SUBJECT = 60  # characters of an officer's name
NAMED_IN_SUBJECT = 3  # recipients whose agency codes stand in the subject


Row = tuple[str, str]  # a label and its value; a line break in it separates its lines


@dataclass(frozen=True, slots=True)
class Table:
    """A small table of labels and values."""

    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Several things of one kind: the name of each, and its own labels and values."""

    heading: str
    entries: tuple[tuple[str, tuple[Row, ...]], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One language's reading: title, what happened, the tables, and the closing notes."""

    language: Language
    title: str
    statements: tuple[str, ...]
    tables: tuple[Table | Listing, ...]
    notes: tuple[str, ...]


def subject_line(facts: Facts) -> str:
    """Return the receipt's Subject: Arabic first, short, with the reference; no word of the letter's own."""
    story = STORIES[_story(facts)]
    codes = list(dict.fromkeys(strip_controls(one.recipient.agency)[:32] for one in facts.consignments))
    named = ", ".join(codes[:NAMED_IN_SUBJECT])
    more = len(codes) - NAMED_IN_SUBJECT
    rest = f" +{more}" if more > 0 else ""
    reference = strip_controls(facts.reference)
    begin, end = f"{story['ar'].short}: {reference} · ", f"{story['en'].short}: "
    if facts.kind is Kind.OPENED and facts.actor is not None:
        # Who opened it is the news, to be seen in a list of subjects; some lists show isolates as boxes: none here.
        arabic, english = _clean(facts.actor.name_ar), _clean(facts.actor.name_en)
        begin += f"{(arabic or english)[:NAME_IN_SUBJECT]} · "
        end += f"{(english or arabic)[:NAME_IN_SUBJECT]}, "
    return f"{begin}{end}{named}{rest}"


def section(facts: Facts, language: Language) -> Section:
    """Return the receipt's text in one language."""
    word, story = WORDS[language], STORIES[_story(facts)][language]
    if facts.kind is Kind.DISPATCH:
        tables: list[Table | Listing] = [_letter(facts, language), _recipients(facts, language)]
    else:
        news = _officer if facts.kind is Kind.OPENED else _failure
        tables = [news(facts, language), _letter(facts, language)]
    happened = story.statement.format(name=_officer_name(facts, language), when=_when(facts.at, language))
    notes = (
        word["sealed"].format(seal=ltr(facts.seal)),
        word["records"].format(file=ltr("evidence.json")),
    )
    return Section(
        language,
        story.title,
        (happened, story.caution, *_coverage(facts, language)),
        (*tables, _evidence(facts, language)),
        notes,
    )


def _coverage(facts: Facts, language: Language) -> tuple[str, ...]:
    """Say in a dispatch receipt what the letter's signature does not cover."""
    told = facts.header_unsigned and facts.kind is Kind.DISPATCH
    return (WORDS[language]["header unsigned"],) if told else ()


def ltr(text: str) -> str:
    """Return an address, number or digest inside a left-to-right isolate."""
    return f"{LRI}{strip_controls(text)}{PDI}"


def _story(facts: Facts) -> str:
    if facts.kind is Kind.DISPATCH:
        return "delivered" if facts.delivered_to_all else "accepted"
    if facts.kind is Kind.OPENED:
        return "opened"
    return "expired" if facts.event is Event.EXPIRED else "not-delivered"


def _clean(text: str) -> str:
    """Return foreign text as one line without controls, not longer than can be read at a glance."""
    clean = " ".join(strip_controls(text[: 4 * LONGEST]).split())
    return clean if len(clean) <= LONGEST else clean[: LONGEST - 1] + "…"


def _preferred(arabic: str, english: str, language: Language) -> str:
    """Return the text of this language, isolated; that of the other when it has none; else an empty text."""
    arabic, english = _clean(arabic), _clean(english)
    chosen = (arabic or english) if language == "ar" else (english or arabic)
    return isolate(chosen) if chosen else ""


def _when(moment: datetime, language: Language) -> str:
    day = both(moment, language)
    return WORDS[language]["when"].format(day=day, time=ltr(time_of_day(moment)))


def _names(one: NamedOffice, language: Language) -> tuple[str, str]:
    """Return the names of office and agency; address and code where there is no name."""
    office = _preferred(one.office_ar, one.office_en, language)
    agency = _preferred(one.agency_ar, one.agency_en, language)
    return office or ltr(one.address), agency or ltr(one.agency)


def _office(one: NamedOffice, language: Language) -> str:
    office, agency = _names(one, language)
    return WORDS[language]["joined"].format(office=office, agency=agency) + "\n" + ltr(one.address)


def _officer_name(facts: Facts, language: Language) -> str:
    if facts.actor is None:
        return ""
    name = _preferred(facts.actor.name_ar, facts.actor.name_en, language)
    return name or ltr(facts.actor.login)


def _letter(facts: Facts, language: Language) -> Table:
    word, subject = WORDS[language], _clean(facts.subject)
    return Table(
        word["letter"],
        (
            (word["reference"], ltr(facts.reference)),
            (word["subject"], isolate(subject) if subject else word["no subject"]),
            (word["sender"], _office(facts.sender, language)),
            (word["accepted"], _when(facts.accepted, language)),
        ),
    )


def _recipients(facts: Facts, language: Language) -> Listing:
    entries = tuple(_consignment(one, language) for one in facts.consignments)
    return Listing(WORDS[language]["recipients"], entries)


def _consignment(one: Consignment, language: Language) -> tuple[str, tuple[Row, ...]]:
    word = WORDS[language]
    name = _office(one.recipient, language)
    if one.duty is not None:
        name += f"\n({word[one.duty.value]})"
    state = word.get(one.status, word[Event.DELIVERED])
    standing = (word["state"], state) if one.at is None else (state, _when(one.at, language))
    return name, ((word["incoming"], ltr(one.incoming_reference)), standing)


def _officer(facts: Facts, language: Language) -> Table:
    word, one = WORDS[language], facts.consignments[0]
    office, agency = _names(one.recipient, language)
    rows = [(word["name"], _officer_name(facts, language))]
    if facts.actor is not None:
        post = _preferred(facts.actor.post_ar, facts.actor.post_en, language)
        if post:
            rows.append((word["post"], post))
    rows += [
        (word["office"], office),
        (word["agency"], agency),
        (word["address"], ltr(one.recipient.address)),
    ]
    if one.incoming_reference:
        rows.append((word["incoming"], ltr(one.incoming_reference)))
    if facts.handed_over is not None:
        rows.append((word["handed"], _when(facts.handed_over, language)))
    rows.append((word["seen"], _when(facts.at, language)))
    return Table(word["officer"], tuple(rows))


def _failure(facts: Facts, language: Language) -> Table:
    word, one = WORDS[language], facts.consignments[0]
    rows = [(word["office"], _office(one.recipient, language))]
    if one.incoming_reference:
        rows.append((word["incoming"], ltr(one.incoming_reference)))
    if one.delivered is not None:
        rows.append((word[Event.DELIVERED], _when(one.delivered, language)))
    rows.append((word[facts.event], _when(facts.at, language)))
    if one.reason is not None:
        why = EXPLANATIONS[one.reason]
        told, remedy = (why.ar, why.remedy_ar) if language == "ar" else (why.en, why.remedy_en)
        rows += [(word["reason"], f"{told} {ltr(one.reason.value)}"), (word["remedy"], remedy)]
    return Table(word["recipient"], tuple(rows))


def _evidence(facts: Facts, language: Language) -> Table:
    word = WORDS[language]
    return Table(
        word["evidence"],
        (
            (word["evidence id"], ltr(facts.evidence_id)),
            (word["log index"], ltr(str(facts.log_index))),
            (word["utc"], ltr(rfc3339(facts.at))),
            (word["digest"], ltr(facts.sha256)),
        ),
    )
