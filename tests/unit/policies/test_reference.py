import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.reference import (
    DEFAULT_TEMPLATES,
    Direction,
    Reference,
    ReferenceRefused,
    parse,
    render,
    series_key,
    validate_template,
)

CODES = st.from_regex(r"[A-Z][A-Z0-9-]{0,15}", fullmatch=True)
DIRECTIONS: st.SearchStrategy[Direction] = st.sampled_from(["out", "in"])
REFERENCES = st.builds(Reference, CODES, DIRECTIONS, st.integers(1000, 9999), st.integers(1, 10**12 - 1))


def test_default_forms() -> None:
    assert str(Reference("MOJ", "out", 2026, 123)) == "MOJ/2026/000123"
    assert str(Reference("MOF", "in", 2026, 45)) == "MOF/IN/2026/000045"
    assert str(Reference("MOJ", "out", 2026, 1_234_567)) == "MOJ/2026/1234567"


def test_series_is_agency_direction_and_year() -> None:
    assert series_key("MOJ", "out", 2026) == Reference("MOJ", "out", 2026, 9).series == "MOJ/out/2026"
    assert series_key("MOJ", "in", 2026) != series_key("MOJ", "out", 2026)


@given(REFERENCES)
def test_every_reference_reads_back(reference: Reference) -> None:
    assert parse(str(reference)) == reference


@given(REFERENCES, REFERENCES)
def test_no_two_references_are_written_alike(one: Reference, other: Reference) -> None:
    assert (str(one) == str(other)) == (one == other)


@pytest.mark.parametrize(
    "text",
    [
        "MOJ/2026/000123",
        " moj/2026/000123 ",
        "MOJ/2026/123",
        "MOJ/٢٠٢٦/٠٠٠١٢٣",
        "MOJ/۲۰۲۶/۰۰۰۱۲۳",
        "\u2068MOJ/2026/000123\u2069",
        "\u200eMOJ/2026/000123\u200f",
    ],
)
def test_what_a_person_types_is_understood(text: str) -> None:
    assert parse(text) == Reference("MOJ", "out", 2026, 123)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "MOJ",
            "MOJ/2026",
            "MOJ/2026/",
            "MOJ/2026/000000",
            "MOJ/2026/0000123",
            "MOJ/26/000123",
            "/2026/000123",
        ),
        *(
            "MOJ/2026/000123/1",
            "MOJ/OUT/2026/000123",
            "MOJ/2026/1234567890123",
            "MOJ 2026/000123",
            "MOJ/2026/00012x",
        ),
        *(
            "1MOJ/2026/000123",
            "MOJ\uff0f2026/000123",
            "MOJ/2026/٠٠٠١٢³",
            "ſOJ/2026/000123",
            "M\u0131N/2026/000123",
        ),
        *("MOJ/2026/000123\n/x", "A" * 10_000 + "/2026/000123", "<a@moj.gov.example>"),
    ],
)
def test_what_is_no_reference_of_the_default_forms_is_none(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("{agency}/{year}/{number:06d}", "MOJ/2026/000045"),
        ("{year}-{number}", "2026-45"),
        ("ع.د/{number:04d}/{year}", "ع.د/0045/2026"),
        ("صادر_{agency}.{year}.{number:09d}", "صادر_MOJ.2026.000000045"),
        ("R2-{number}/{year}", "R2-45/2026"),
    ],
)
def test_a_template_of_an_agency_renders(template: str, rendered: str) -> None:
    assert render(template, "MOJ", 2026, 45) == rendered


@pytest.mark.parametrize(
    "template",
    [
        *(
            "",
            "MOJ",
            "{agency}/{year}",
            "{agency}/{number}",
            "{year}{number}",
            "{year}ب{number}",
            "{year}/{number}/{number}",
        ),
        *(
            "{year}/{number:06d}0",
            "1{year}/{number}",
            "{year}/5{number}",
            "٥{number}/{year}",
            "{year}/{year}/{number}",
        ),
        *(
            "{agency.__class__}/{year}/{number}",
            "{year!r}/{number}",
            "{number:>100000000d}/{year}",
            "{number:0d}/{year}",
        ),
        *(
            "{year}/{number}/{",
            "{{year}}/{number}",
            "{year}/{number} x",
            "{year}/{number}\r\nX: y",
            "{year}/{number}@x",
        ),
        *("{year}/{number}\u202e", "{year}/{number}/ـ", "%s/{year}/{number}", "x" * 100 + "{year}/{number}"),
    ],
)
def test_an_unusable_template_is_refused(template: str) -> None:
    with pytest.raises(ReferenceRefused) as refused:
        validate_template(template)
    assert refused.value.code == "template"
    with pytest.raises(ReferenceRefused):
        render(template, "MOJ", 2026, 1)


@given(st.text(st.sampled_from("{}:06d/-._aب1٥") | st.characters(), max_size=8))
def test_a_template_is_refused_or_keeps_numbers_apart(noise: str) -> None:
    for template in (
        noise,
        noise + "{year}/{number}",
        "{year}/{number:06d}" + noise,
        "{year}" + noise + "{number}",
    ):
        with suppress(ReferenceRefused):
            validate_template(template)
            rendered = {
                render(template, "MOJ", year, number) for year in (2026, 2027) for number in (1, 10, 11, 100)
            }
            assert len(rendered) == 8


@pytest.mark.parametrize(
    ("agency", "direction", "year", "number", "code"),
    [
        ("moj", "out", 2026, 1, "agency"),
        ("", "out", 2026, 1, "agency"),
        ("MOJ/X", "out", 2026, 1, "agency"),
        ("A" * 17, "out", 2026, 1, "agency"),
        ("MOJ", "both", 2026, 1, "direction"),
        ("MOJ", "out", 26, 1, "year"),
        ("MOJ", "out", 10_000, 1, "year"),
        ("MOJ", "out", 2026, 0, "number"),
        ("MOJ", "out", 2026, -1, "number"),
        ("MOJ", "out", 2026, 10**12, "number"),
    ],
)
def test_parts_out_of_range_are_refused_in_both_languages(
    agency: str, direction: Direction, year: int, number: int, code: str
) -> None:
    with pytest.raises(ReferenceRefused) as refused:
        Reference(agency, direction, year, number)
    assert refused.value.code == code
    assert re.search("[ء-ي]", refused.value.ar)
    assert refused.value.en.isascii()


@given(st.text())
def test_no_text_raises(text: str) -> None:
    found = parse(text)
    assert found is None or parse(str(found)) == found


def test_default_templates_are_usable() -> None:
    for template in DEFAULT_TEMPLATES.values():
        validate_template(template)
