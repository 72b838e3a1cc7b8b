"""What a receipt says to people: the news in Arabic and in English, and one table of facts under labels of both.

Invariants:
- Whatever comes from a letter or a directory is one line, without control and bidi characters, inside an
  isolate; so isolates are balanced, and no name or subject can reorder or continue the words around it.
- Addresses, digests, numbers and identifiers stand in left-to-right isolates.
- A fact that is the same in both languages is said once.
"""

from dataclasses import dataclass
from datetime import datetime

from policies.evidence import Event
from policies.receipts.receipt import Consignment, Facts, Kind, NamedOffice
from policies.receipts.words import STORIES, WORDS
from policies.words.arabic import isolate, strip_controls
from policies.words.calendar import Language, both, time_of_day
from policies.words.reasons import EXPLANATIONS

LRI, PDI = "\u2066", "\u2069"
LANGUAGES: tuple[Language, ...] = ("ar", "en")
LONGEST = 200  # characters shown of a subject or a name
NAME_IN_SUBJECT = 60  # characters of an officer's name
NAMED_IN_SUBJECT = 3  # recipients whose agency codes stand in the subject


@dataclass(frozen=True, slots=True)
class News:
    """What happened, in one language."""

    language: Language
    title: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a value; `language` is None for what is the same in both."""

    language: Language | None
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A value of one line or more, between its label in Arabic and its label in English."""

    label_ar: str
    label_en: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What people read: the news in each language, Arabic first, then the facts."""

    news: tuple[News, ...]
    rows: tuple[Row, ...]


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


def reading(facts: Facts) -> Reading:
    """Return what the receipt says to people."""
    own = {Kind.DISPATCH: _dispatch, Kind.OPENED: _opened, Kind.FAILED: _failed}[facts.kind]
    return Reading(tuple(_news(facts, language) for language in LANGUAGES), (*own(facts), _evidence(facts)))


def _coverage(facts: Facts, language: Language) -> tuple[str, ...]:
    """Say in a dispatch receipt what the letter's signature does not cover."""
    told = facts.header_unsigned and facts.kind is Kind.DISPATCH
    return (WORDS[language]["header unsigned"],) if told else ()


def ltr(text: str) -> str:
    """Return an address, number or digest inside a left-to-right isolate."""
    return f"{LRI}{strip_controls(text)}{PDI}"


def _news(facts: Facts, language: Language) -> News:
    story = STORIES[_story(facts)][language]
    happened = story.statement.format(
        name=_officer_name(facts, language), when=_when(facts.at, language, facts.hijri_offset)
    )
    return News(language, story.title, (happened, story.caution, *_coverage(facts, language)))


def _row(word: str, *lines: Line) -> Row:
    return Row(WORDS["ar"][word], WORDS["en"][word], lines)


def _same(text: str) -> Line:
    return Line(None, ltr(text))


def _dated(moment: datetime, hijri_offset: int) -> tuple[Line, ...]:
    return tuple(Line(language, _when(moment, language, hijri_offset)) for language in LANGUAGES)


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


def _when(moment: datetime, language: Language, hijri_offset: int) -> str:
    day = both(moment, language, hijri_offset)
    return WORDS[language]["when"].format(day=day, time=ltr(time_of_day(moment)))


def _names(one: NamedOffice, language: Language) -> tuple[str, str]:
    """Return the names of office and agency; address and code where there is no name."""
    office = _preferred(one.office_ar, one.office_en, language)
    agency = _preferred(one.agency_ar, one.agency_en, language)
    return office or ltr(one.address), agency or ltr(one.agency)


def _officer_name(facts: Facts, language: Language) -> str:
    if facts.actor is None:
        return ""
    name = _preferred(facts.actor.name_ar, facts.actor.name_en, language)
    return name or ltr(facts.actor.login)


def _letter(facts: Facts) -> tuple[Row, ...]:
    subject = _clean(facts.subject)
    told = (
        [Line(None, isolate(subject))]
        if subject
        else [Line(one, WORDS[one]["no subject"]) for one in LANGUAGES]
    )
    return (_row("reference", _same(facts.reference)), _row("subject", *told))


def _office(one: NamedOffice, duty: str = "") -> tuple[Line, ...]:
    """Return office and agency in each language; the duty, a word of ours, behind them."""
    lines = []
    for language in LANGUAGES:
        office, agency = _names(one, language)
        name = WORDS[language]["joined"].format(office=office, agency=agency)
        lines.append(Line(language, f"{name} ({WORDS[language][duty]})" if duty else name))
    return tuple(lines)


def _addressed(one: Consignment) -> list[Row]:
    """Return the recipient: names, duty and address, and the number it gave the letter."""
    lines = [*_office(one.recipient, one.duty.value if one.duty else ""), _same(one.recipient.address)]
    rows = [_row("recipient", *lines)]
    return [*rows, _row("incoming", _same(one.incoming_reference))] if one.incoming_reference else rows


def _dispatch(facts: Facts) -> tuple[Row, ...]:
    # The usual letter is placed at the moment when it is accepted: then one line says all.
    at_once = facts.delivered_to_all and all(one.at == facts.accepted for one in facts.consignments)
    rows = [
        *_letter(facts),
        _row("placed" if at_once else "accepted", *_dated(facts.accepted, facts.hijri_offset)),
    ]
    for one in facts.consignments:
        rows += _addressed(one)
        if not at_once:
            rows.append(_standing(one, facts.hijri_offset))
    return tuple(rows)


def _standing(one: Consignment, hijri_offset: int) -> Row:
    state = one.status if one.status in WORDS["ar"] else Event.DELIVERED
    if one.at is not None:
        return _row(state, *_dated(one.at, hijri_offset))
    return _row("state", *(Line(language, WORDS[language][state]) for language in LANGUAGES))


def _opened(facts: Facts) -> tuple[Row, ...]:
    # The officer's name stands in the news.
    post = (facts.actor.post_ar, facts.actor.post_en) if facts.actor else ("", "")
    posts = [Line(language, _preferred(*post, language)) for language in LANGUAGES]
    rows = [_row("post", *posts)] if all(line.text for line in posts) else []
    rows += _addressed(facts.consignments[0])
    if facts.handed_over is not None:
        rows.append(_row("handed", *_dated(facts.handed_over, facts.hijri_offset)))
    return (*rows, *_letter(facts))


def _failed(facts: Facts) -> tuple[Row, ...]:
    one = facts.consignments[0]
    rows = _addressed(one)
    if one.delivered is not None:
        rows.append(_row(Event.DELIVERED, *_dated(one.delivered, facts.hijri_offset)))
    rows.append(_row(facts.event, *_dated(facts.at, facts.hijri_offset)))
    if one.reason is not None:
        why = EXPLANATIONS[one.reason]
        rows += [
            _row("reason", Line("ar", why.ar), Line("en", why.en), _same(one.reason.value)),
            _row("remedy", Line("ar", why.remedy_ar), Line("en", why.remedy_en)),
        ]
    return (*rows, *_letter(facts), _row("accepted", *_dated(facts.accepted, facts.hijri_offset)))


def _evidence(facts: Facts) -> Row:
    return _row("evidence", _same(f"{facts.evidence_id} \u00b7 {facts.log_index}"))
