"""The text and the page that people see, held against golden files in both languages.

MURASALAT_GOLDEN=write makes the files anew; look at every difference before it is kept.
"""

import os
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.receipts.rendering import WIDTH, page, plain_text, wrapped
from policies.evidence import Actor, Event
from policies.letter import Duty
from policies.receipts.receipt import Consignment, Facts, Kind, NamedOffice
from policies.receipts.text import section
from policies.words.reasons import Reason

GOLDEN = Path(__file__).parents[3] / "golden" / "receipts"
AT = datetime(2026, 11, 23, 9, 0, 0, 123000, tzinfo=UTC)
SEEN_AT = datetime(2026, 11, 24, 5, 30, 15, tzinfo=UTC)


def office(code: str, name_ar: str, name_en: str) -> NamedOffice:
    address = f"registry@{code.lower()}.gov.example"
    return NamedOffice(address, code, "السجل العام", "General Registry", name_ar, name_en)


MOJ = office("MOJ", "وزارة العدل", "Ministry of Justice")
MOF = office("MOF", "وزارة المالية", "Ministry of Finance")
MOI = office("MOI", "وزارة الداخلية", "Ministry of Interior")
TO = Consignment(MOF, Duty.ACTION, "MOF/IN/2026/000045", Event.DELIVERED, AT, "e-2")
CC = Consignment(MOI, Duty.INFORMATION, "MOI/IN/2026/000007", Event.DELIVERED, AT, "e-4")
DISPATCH = Facts(
    Kind.DISPATCH,
    Event.ACCEPTED,
    AT,
    "01a207a2-32fb-73a1-8edc-c3a4559053f0",
    4711,
    "01a207a2-32fb-7e1d-bcd5-e5f8930760d3",
    "MOJ/2026/000123",
    "<1@moj.gov.example>",
    "كتاب رسمي رقم ١ بشأن الموازنة (Budget 2027)",
    "5f097df289580dc5c0e5c531f0fb015c6041f3848948f060222b4c9c9b320b59",
    AT,
    MOJ,
    (TO, CC),
    "9B234FDF290E8963C9647D15B1E7251915C4E581",
)
MARYAM = Actor("m.reader", "مريم القارئ", "Maryam Reader", "أمينة السجل", "Registrar")
OPENED = replace(
    DISPATCH,
    kind=Kind.OPENED,
    event=Event.SEEN,
    at=SEEN_AT,
    log_index=4801,
    consignments=(TO,),
    actor=MARYAM,
    handed_over=AT,
)
FAILED = replace(
    OPENED,
    kind=Kind.FAILED,
    event=Event.NOT_DELIVERED,
    actor=None,
    consignments=(replace(TO, status=Event.NOT_DELIVERED, at=SEEN_AT, reason=Reason.TOO_LARGE),),
)
EXPIRED = replace(
    FAILED,
    event=Event.EXPIRED,
    consignments=(replace(TO, status=Event.EXPIRED, at=SEEN_AT, delivered=AT),),
)
WAITING = replace(DISPATCH, consignments=(TO, replace(CC, status=Event.ACCEPTED, at=None, evidence_id="")))
CASES = {
    "dispatch": DISPATCH,
    "accepted": WAITING,
    "opened": OPENED,
    "not-delivered": FAILED,
    "expired": EXPIRED,
}


def both(facts: Facts) -> tuple[str, str]:
    sections = (section(facts, "ar"), section(facts, "en"))
    return plain_text(sections), page(sections)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("suffix", ["txt", "html"])
def test_the_receipt_reads_as_agreed(name: str, suffix: str) -> None:
    text, markup = both(CASES[name])
    made = text if suffix == "txt" else markup
    file = GOLDEN / f"{name}.{suffix}"
    if os.environ.get("MURASALAT_GOLDEN") == "write":
        file.write_text(made, encoding="utf-8", newline="")
    with file.open(encoding="utf-8", newline="") as golden:
        assert made == golden.read()


class Reader(HTMLParser):
    """Another reader of the page: collects elements, attributes and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    reader.close()
    assert reader.open == []
    return reader


@pytest.mark.parametrize("facts", CASES.values(), ids=CASES)
def test_the_page_asks_nothing_of_the_network(facts: Facts) -> None:
    markup = both(facts)[1]
    reader = read(markup)
    assert not set(reader.tags) & {"a", "img", "link", "script", "iframe", "object", "form", "base"}
    assert not {name for name, _ in reader.attributes} & {"src", "href", "background", "action", "srcset"}
    assert "url(" not in markup
    assert "@import" not in markup
    assert "://" not in markup


def test_each_language_has_its_own_direction() -> None:
    markup = both(OPENED)[1]
    assert markup.index('<section dir="rtl" lang="ar">') < markup.index('<section dir="ltr" lang="en">')
    assert '<html lang="ar" dir="rtl">' in markup


def luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_text_colour_has_a_contrast_of_at_least_four_and_a_half_to_one() -> None:
    markup = both(OPENED)[1]
    texts = re.findall(r"(?<![-\w])color:(#[0-9a-f]{6})", markup)
    grounds = re.findall(r"background:(#[0-9a-f]{6})", markup)
    assert texts
    assert grounds
    for text in texts:
        for ground in grounds:
            dark, light = sorted((luminance(text), luminance(ground)))
            assert (light + 0.05) / (dark + 0.05) >= 4.5


HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("<>&\"'\u202e\u2066\u2068\u2069\r\n\0")), max_size=80
)


@given(HOSTILE)
def test_hostile_text_adds_no_element_and_no_line(text: str) -> None:
    one = replace(TO, recipient=replace(MOF, office_ar=text, office_en=text))
    actor = replace(MARYAM, name_ar=text or "x", post_en=text)
    hostile = replace(OPENED, subject=text, consignments=(one,), actor=actor)
    plain, markup = both(hostile)
    usual, expected = both(replace(OPENED, subject="x"))
    reader, clean = read(markup), read(expected)
    # A missing subject is said in our own words, without an isolate of its own.
    assert [tag for tag in reader.tags if tag != "bdi"] == [tag for tag in clean.tags if tag != "bdi"]
    assert sorted(set(reader.attributes)) == sorted(set(clean.attributes))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\0\r]", "".join(reader.text))
    assert plain.count("\n") - usual.count("\n") <= 16  # long values move below their labels, no more


def test_markup_in_a_subject_is_shown_as_text() -> None:
    subject = '<img src=x onerror="alert(1)">&amp;</bdi><script>'
    markup = both(replace(OPENED, subject=subject))[1]
    assert "<img" not in markup
    assert "<script" not in markup
    assert subject in "".join(read(markup).text)


def test_text_lines_end_without_blanks_and_stay_readable() -> None:
    for facts in CASES.values():
        lines = both(facts)[0].split("\n")
        assert all(line == line.rstrip() for line in lines)
        assert max(map(len, lines)) <= 84  # three of them are the marks of isolates, seen by nobody


def test_lines_break_at_spaces_outside_isolates() -> None:
    name = "\u2068" + " ".join(["اسم"] * 30) + "\u2069"
    lines = wrapped("  ", "word " * 30 + name + " end")
    assert [line for line in lines if name in line]
    assert all(len(line) <= WIDTH for line in lines if name not in line)
    assert " ".join(line.strip() for line in lines) == "word " * 30 + name + " end"
