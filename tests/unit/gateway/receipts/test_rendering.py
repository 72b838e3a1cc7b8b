"""The page that people see, held against golden files in both languages.

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

from gateway.receipts.rendering import page
from policies.evidence import Actor, Event
from policies.letter import Duty
from policies.receipts.receipt import Consignment, Facts, Kind, NamedOffice
from policies.receipts.text import reading
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


def shown(facts: Facts) -> str:
    return page(reading(facts))


@pytest.mark.parametrize("name", CASES)
def test_the_receipt_reads_as_agreed(name: str) -> None:
    made = shown(CASES[name])
    file = GOLDEN / f"{name}.html"
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
        if tag not in {
            "html",
            "br",
            "tr",
            "td",
        }:  # their end tags are left out (HTML 13.1.2.4), or they have none
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
    markup = shown(facts)
    reader = read(markup)
    assert not set(reader.tags) & {"a", "img", "link", "script", "iframe", "object", "form", "base"}
    assert not {name for name, _ in reader.attributes} & {"src", "href", "background", "action", "srcset"}
    assert "url(" not in markup
    assert "@import" not in markup
    assert "://" not in markup


@pytest.mark.parametrize("facts", CASES.values(), ids=CASES)
def test_colours_are_the_readers_own(facts: Facts) -> None:
    assert not re.search("color|background", shown(facts).partition("</style>")[0])


@pytest.mark.parametrize("facts", CASES.values(), ids=CASES)
def test_arabic_comes_first_and_each_language_has_its_own_direction(facts: Facts) -> None:
    markup = shown(facts)
    arabic, english = reading(facts).news
    assert "<html lang=ar dir=rtl>" in markup
    assert markup.index(f"<h3>{arabic.title}</h3>") < markup.index(
        f"<div dir=ltr lang=en><h3>{english.title}</h3>"
    )
    for row in markup.split("<tr>")[1:]:
        label, value, translated = row.split("\n<td>")
        assert re.search("[\u0621-\u064a]", label)
        assert translated.partition("\n")[0].isascii()
        assert value


HOSTILE = st.text(
    st.one_of(st.characters(), st.sampled_from("<>&\"'\u202e\u2066\u2068\u2069\r\n\0")), max_size=80
)


@given(HOSTILE)
def test_hostile_text_adds_no_element_and_no_line(text: str) -> None:
    one = replace(TO, recipient=replace(MOF, office_ar=text, office_en=text))
    actor = replace(MARYAM, name_ar=text or "x", post_en=text)
    markup = shown(replace(OPENED, subject=text, consignments=(one,), actor=actor))
    expected = shown(replace(OPENED, subject="x"))
    reader, clean = read(markup), read(expected)
    # A missing subject is said in our own words, without an isolate and in two lines.
    optional = {"bdi", "div"}
    assert [tag for tag in reader.tags if tag not in optional] == [
        tag for tag in clean.tags if tag not in optional
    ]
    assert sorted(set(reader.attributes)) == sorted(set(clean.attributes))
    assert not re.search("[\u202a-\u202e\u2066-\u2069\0\r]", "".join(reader.text))
    assert markup.count("\n") == expected.count("\n")


def test_markup_in_a_subject_is_shown_as_text() -> None:
    subject = '<img src=x onerror="alert(1)">&amp;</bdi><script>'
    markup = shown(replace(OPENED, subject=subject))
    assert "<img" not in markup
    assert "<script" not in markup
    assert subject in "".join(read(markup).text)
