"""What a receipt says to people: one section in Arabic and one in English, from the same facts.

Invariants:
- Whatever comes from a letter or a directory is one line, without control and bidi characters, inside an
  isolate; so isolates are balanced, and no name or subject can reorder or continue the words around it.
- Addresses, digests, numbers and identifiers stand in left-to-right isolates.
"""

from dataclasses import dataclass
from datetime import datetime

from policies.arabic import isolate, strip_controls
from policies.calendar import Language, both, rfc3339, time_of_day
from policies.evidence import Event
from policies.letter import Duty
from policies.reasons import EXPLANATIONS
from policies.receipt import Consignment, Facts, Kind, NamedOffice
from policies.receipt_words import STORIES, WORDS

LRI, PDI = "\u2066", "\u2069"
LONGEST = 200  # characters shown of a subject or a name
NAMED_IN_SUBJECT = 3  # recipients whose agency codes stand in the subject


@dataclass(frozen=True, slots=True)
class Table:
    """A small table. Without `columns` each row is a label and its value; else one cell for each column.

    A line break in a cell separates its lines.
    """

    heading: str
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One language's reading: title, what happened, the tables, and the closing notes."""

    language: Language
    title: str
    statements: tuple[str, ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]


def subject_line(facts: Facts) -> str:
    """Return the receipt's Subject: Arabic first, short, with the reference; no word of the letter's own."""
    story = STORIES[_story(facts)]
    codes = list(dict.fromkeys(strip_controls(one.recipient.agency)[:32] for one in facts.consignments))
    named = ", ".join(codes[:NAMED_IN_SUBJECT])
    more = len(codes) - NAMED_IN_SUBJECT
    rest = f" +{more}" if more > 0 else ""
    reference = strip_controls(facts.reference)
    return f"{story['ar'].short}: {reference} · {story['en'].short}: {named}{rest}"


def section(facts: Facts, language: Language) -> Section:
    """Return the receipt's text in one language."""
    word, story = WORDS[language], STORIES[_story(facts)][language]
    tables = {Kind.DISPATCH: _recipients, Kind.OPENED: _officer, Kind.FAILED: _failure}[facts.kind]
    notes = (
        word["sealed"].format(seal=ltr(facts.seal)),
        word["records"].format(file=ltr("evidence.json")),
    )
    return Section(
        language,
        story.title,
        (story.statement.format(name=_officer_name(facts, language)), story.caution),
        (_letter(facts, language), tables(facts, language), _evidence(facts, language)),
        notes,
    )


def ltr(text: str) -> str:
    """Return an address, number or digest inside a left-to-right isolate."""
    return f"{LRI}{strip_controls(text)}{PDI}"


def _story(facts: Facts) -> str:
    if facts.kind is Kind.DISPATCH:
        return "delivered" if facts.delivered_to_all else "accepted"
    if facts.kind is Kind.OPENED:
        return "opened"
    return "expired" if facts.event is Event.EXPIRED else "not-delivered"


def _shown(text: str) -> str:
    """Return foreign text fit to be shown: one line, no controls, not longer than a line or two, isolated."""
    clean = " ".join(strip_controls(text[: 4 * LONGEST]).split())
    return isolate(clean if len(clean) <= LONGEST else clean[: LONGEST - 1] + "…")


def _when(moment: datetime, language: Language) -> str:
    day = both(moment, language)
    return WORDS[language]["when"].format(day=day, time=ltr(time_of_day(moment)))


def _names(one: NamedOffice, language: Language) -> tuple[str, str]:
    """Return the names of office and agency: in this language, else in the other, else address and code."""
    first, second = (one.office_ar, one.agency_ar), (one.office_en, one.agency_en)
    if language == "en":
        first, second = second, first
    office = first[0].strip() or second[0].strip()
    agency = first[1].strip() or second[1].strip()
    return _shown(office) if office else ltr(one.address), _shown(agency) if agency else ltr(one.agency)


def _office(one: NamedOffice, language: Language) -> str:
    office, agency = _names(one, language)
    return WORDS[language]["joined"].format(office=office, agency=agency) + "\n" + ltr(one.address)


def _officer_name(facts: Facts, language: Language) -> str:
    if facts.actor is None:
        return ""
    names = (facts.actor.name_ar, facts.actor.name_en)
    first, second = names if language == "ar" else reversed(names)
    return _shown(first.strip() or second.strip() or facts.actor.login)


def _letter(facts: Facts, language: Language) -> Table:
    word = WORDS[language]
    return Table(
        word["letter"],
        (
            (word["reference"], ltr(facts.reference)),
            (word["subject"], _shown(facts.subject) if facts.subject.strip() else word["no subject"]),
            (word["sender"], _office(facts.sender, language)),
            (word["accepted"], _when(facts.accepted, language)),
        ),
    )


def _recipients(facts: Facts, language: Language) -> Table:
    word = WORDS[language]
    return Table(
        word["recipients"],
        tuple(_consignment(one, language) for one in facts.consignments),
        (word["recipient"], word["incoming"], word["state"]),
    )


def _consignment(one: Consignment, language: Language) -> tuple[str, str, str]:
    word = WORDS[language]
    duty = f" ({word[one.duty.value]})" if one.duty in (Duty.ACTION, Duty.INFORMATION) else ""
    state = word.get(one.status, word[Event.DELIVERED])
    if one.at is not None:
        state = f"{state}:\n{_when(one.at, language)}"
    return _office(one.recipient, language) + duty, ltr(one.incoming_reference), state


def _officer(facts: Facts, language: Language) -> Table:
    word, one = WORDS[language], facts.consignments[0]
    office, agency = _names(one.recipient, language)
    rows = [(word["name"], _officer_name(facts, language))]
    if facts.actor is not None:
        posts = (facts.actor.post_ar, facts.actor.post_en)
        first, second = posts if language == "ar" else reversed(posts)
        post = first.strip() or second.strip()
        if post:
            rows.append((word["post"], _shown(post)))
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
    rows.append((word["state"], f"{word[facts.event]}:\n{_when(facts.at, language)}"))
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
