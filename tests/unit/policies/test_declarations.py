"""Grade and urgency: Arabic and English words, the fields of mail programs, and nothing unknown taken for ordinary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.declarations import GRADE_FIELDS, URGENCY_FIELDS, declaration_of
from policies.letter import GRADE_NAMES, URGENCY_NAMES, Grade, Urgency

GRADE, URGENCY = "murasalat-grade", "murasalat-urgency"


@pytest.mark.parametrize("grade", Grade)
def test_a_grade_is_known_by_its_word_and_both_names(grade: Grade) -> None:
    for word in (grade.value, grade.value.upper(), grade.value.replace("-", " "), *GRADE_NAMES[grade]):
        assert declaration_of([(GRADE, f" {word} ")]).grade is grade, word


@pytest.mark.parametrize("urgency", Urgency)
def test_an_urgency_is_known_by_its_word_and_both_names(urgency: Urgency) -> None:
    for word in (urgency.value, urgency.value.title(), *URGENCY_NAMES[urgency]):
        assert declaration_of([(URGENCY, word)]).urgency is urgency, word


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("سِرِّي", Grade.SECRET),
        ("سـري", Grade.SECRET),
        ("سرى", Grade.SECRET),
        ("سرّي  للغاية", Grade.TOP_SECRET),
        ("سري للغايه", Grade.TOP_SECRET),
        ("\u200fسري\u200f", Grade.SECRET),
        ("Top_Secret", Grade.TOP_SECRET),
    ],
)
def test_arabic_is_read_however_it_is_spelled(text: str, grade: Grade) -> None:
    found = declaration_of([(GRADE, text)])
    assert (found.grade, found.unknown) == (grade, None)


@pytest.mark.parametrize(
    ("name", "text", "grade", "urgency"),
    [
        ("sensitivity", "Private", Grade.RESTRICTED, Urgency.ORDINARY),
        ("sensitivity", "Company-Confidential", Grade.SECRET, Urgency.ORDINARY),
        ("sensitivity", "Normal", Grade.ORDINARY, Urgency.ORDINARY),
        ("sensitivity", "سري", Grade.SECRET, Urgency.ORDINARY),
        ("importance", "High", Grade.ORDINARY, Urgency.URGENT),
        ("importance", "low", Grade.ORDINARY, Urgency.ORDINARY),
        ("priority", "urgent", Grade.ORDINARY, Urgency.URGENT),
        ("priority", "non-urgent", Grade.ORDINARY, Urgency.ORDINARY),
        ("x-priority", "1", Grade.ORDINARY, Urgency.VERY_URGENT),
        ("x-priority", "1 (Highest)", Grade.ORDINARY, Urgency.VERY_URGENT),
        ("x-priority", "2 (High)", Grade.ORDINARY, Urgency.URGENT),
        ("x-priority", "5 (Lowest)", Grade.ORDINARY, Urgency.ORDINARY),
        ("x-msmail-priority", "High", Grade.ORDINARY, Urgency.URGENT),
        ("x-priority", "", Grade.ORDINARY, Urgency.ORDINARY),
        ("subject", "ultra", Grade.ORDINARY, Urgency.ORDINARY),
    ],
)
def test_the_fields_of_mail_programs_mean_this(name: str, text: str, grade: Grade, urgency: Urgency) -> None:
    found = declaration_of([(name, text)])
    assert (found.grade, found.urgency, found.unknown) == (grade, urgency, None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (GRADE, "ultra"),
        (GRADE, ""),
        (GRADE, "secret (x)"),
        (GRADE, "high"),
        (GRADE, "secret, ordinary"),
        (GRADE, "1"),
        ("sensitivity", "ultra"),
        (URGENCY, "soon"),
        (URGENCY, "high"),
        ("importance", "1"),
        ("priority", "soon"),
        ("x-priority", "0"),
        ("x-priority", "11"),
    ],
)
def test_an_unknown_word_is_named_with_the_words_allowed(name: str, text: str) -> None:
    unknown = declaration_of([(name, text)]).unknown
    assert unknown is not None
    assert f'"{text}" in the field {name}' in unknown.en
    assert name in unknown.ar
    names = GRADE_NAMES if name in GRADE_FIELDS else URGENCY_NAMES
    for one, (arabic, _english) in names.items():
        assert one.value in unknown.en
        assert arabic in unknown.ar
    assert unknown.en.isascii() or not text.isascii()


def test_the_highest_counts_whatever_the_order() -> None:
    fields = [
        (GRADE, "ordinary"),
        ("sensitivity", "company-confidential"),
        (URGENCY, "عاجل"),
        ("x-priority", "1"),
    ]
    for some in (fields, fields[::-1]):
        found = declaration_of(some)
        assert (found.grade, found.urgency) == (Grade.SECRET, Urgency.VERY_URGENT)
    found = declaration_of([(GRADE, "top-secret"), ("sensitivity", "private"), ("sensitivity", "normal")])
    assert found.grade is Grade.TOP_SECRET


def test_a_known_field_never_hides_an_unknown_one() -> None:
    assert declaration_of([(GRADE, "secret"), ("importance", "?")]).unknown
    assert declaration_of([]).unknown is None


@given(st.lists(st.tuples(st.sampled_from([*GRADE_FIELDS, *URGENCY_FIELDS, "x"]), st.text(max_size=80))))
def test_any_text_is_known_or_named(fields: list[tuple[str, str]]) -> None:
    unknown = declaration_of(fields).unknown
    for told in (unknown.ar, unknown.en) if unknown else ():
        assert "\n" not in told
        assert len(told) < 400
