"""Every finding in a letter's structure: what refuses, for which reason, and what a person is told."""

import re

import pytest

from policies.rules.order import ENVELOPE_RULES, decide
from policies.rules.structure import (
    AMBIGUOUS,
    DESCRIPTIVE,
    FORBIDDEN,
    allowed_content,
    attitudes,
    one_reading,
)
from policies.settings import Attitude, HtmlAlone, PolicySettings
from policies.structure import Problem, StructureFacts
from policies.verdict import Refused
from policies.words.reasons import Reason
from policies.words.structure import Kind
from policies.words.structure_texts import SENTENCES
from tests.unit.policies.factories import UNSIGNED, case, reason, structure, unsigned

BY_SETTINGS = frozenset({*attitudes(PolicySettings()), Kind.HTML_WITHOUT_TEXT})
OF_SIGNATURE = frozenset(Kind) - AMBIGUOUS - FORBIDDEN - BY_SETTINGS
ARABIC = re.compile("[\u0600-\u06ff]")


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_says_what_it_is_and_what_to_do_in_both_languages(kind: Kind) -> None:
    sentence = SENTENCES[kind]
    assert ARABIC.search(sentence.ar)
    assert ARABIC.search(sentence.remedy_ar)
    assert sentence.en.isascii()
    assert sentence.remedy_en.isascii()
    assert not sentence.ar.endswith(".")
    assert not sentence.en.endswith(".")
    assert sentence.remedy_ar.endswith(".")
    assert sentence.remedy_en.endswith(".")
    said = Problem(kind=kind, part="1.2", line=31, field="content-type", name="a").said()
    assert said.en.startswith(f'{sentence.en} (part 1.2, line 31, field content-type, "a"). ')
    assert said.ar.startswith(f"{sentence.ar} (الجزء 1.2، السطر 31، الحقل content-type، «a»). ")
    assert "-" not in kind.value or kind.value not in said.en.split(), "no bare code word"
    assert len(said.ar.encode()) < 900


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_refuses_where_it_is_found(kind: Kind) -> None:
    """No finding is without effect: in the signature's place, elsewhere, or both."""
    facts = structure(kind) if kind in OF_SIGNATURE else structure(None, kind)
    verdict = decide(case(structure=facts), ENVELOPE_RULES)
    assert isinstance(verdict, Refused)
    expected = (
        (Kind.UNSIGNED, Reason.SIGNATURE_MISSING)
        if kind is Kind.UNSIGNED
        else (kind, Reason.SIGNATURE_STRUCTURE)
        if kind in OF_SIGNATURE
        else (kind, Reason.MALFORMED if kind in AMBIGUOUS else Reason.CONTENT_FORBIDDEN)
    )
    assert (kind, verdict.reason) == expected
    assert verdict.said == Problem(kind=kind).said()
    assert verdict.detail.startswith(f"{kind}: ")


@pytest.mark.parametrize("kind", sorted(AMBIGUOUS))
def test_what_only_describes_content_is_lenient_for_the_gateways_own_seal_alone(kind: Kind) -> None:
    sealed = unsigned(structure=structure(UNSIGNED, kind))
    assert (reason(sealed) is None) is (kind in DESCRIPTIVE)
    assert reason(case(structure=structure(None, kind))) is Reason.MALFORMED


@pytest.mark.parametrize("kind", sorted(FORBIDDEN))
def test_what_may_not_come_in_is_refused_to_systems_too(kind: Kind) -> None:
    assert reason(unsigned(structure=structure(UNSIGNED, kind))) is Reason.CONTENT_FORBIDDEN


@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        (Kind.HTML_SCRIPT, "html_scripts"),
        (Kind.HTML_FORM, "html_forms"),
        (Kind.HTML_REMOTE, "html_remote"),
        (Kind.ALTERNATIVES_DIFFER, "html_alternatives"),
        (Kind.ALTERNATIVE_OTHER, "html_alternatives"),
        (Kind.MACROS, "macros"),
    ],
)
def test_a_setting_decides_its_kind_and_no_other(kind: Kind, setting: str) -> None:
    loose = PolicySettings(**{setting: Attitude.ALLOW})  # type: ignore[arg-type]
    assert reason(case(structure=structure(None, kind)), allowed_content) is Reason.CONTENT_FORBIDDEN
    assert reason(case(structure=structure(None, kind), settings=loose), allowed_content) is None
    for other in BY_SETTINGS - {kind, Kind.ALTERNATIVE_OTHER, Kind.ALTERNATIVES_DIFFER}:
        both = case(structure=structure(None, kind, other), settings=loose)
        assert reason(both, allowed_content) is Reason.CONTENT_FORBIDDEN


def test_html_that_was_too_large_to_look_at_passes_only_where_nothing_is_looked_for() -> None:
    large = case(structure=structure(None, Kind.HTML_TOO_LARGE))
    assert reason(large, allowed_content) is Reason.CONTENT_FORBIDDEN
    names = ("html_scripts", "html_forms", "html_remote", "html_alternatives")
    loose = PolicySettings(**dict.fromkeys(names, Attitude.ALLOW))  # type: ignore[arg-type]
    assert reason(case(structure=large.structure, settings=loose), allowed_content) is None


@pytest.mark.parametrize(
    ("alone", "officer", "system"),
    [(HtmlAlone.REFUSE, False, False), (HtmlAlone.SYSTEMS, False, True), (HtmlAlone.ALLOW, True, True)],
)
def test_html_alone(alone: HtmlAlone, officer: bool, system: bool) -> None:
    settings = PolicySettings(html_alone=alone)
    by_officer = case(structure=structure(None, Kind.HTML_WITHOUT_TEXT), settings=settings)
    by_system = unsigned(structure=structure(UNSIGNED, Kind.HTML_WITHOUT_TEXT), settings=settings)
    assert (reason(by_officer, allowed_content) is None) is officer
    assert (reason(by_system, allowed_content) is None) is system


def test_the_first_finding_is_told() -> None:
    facts = structure(None, Kind.TNEF, Kind.NOT_CLOSED, Kind.UTF7)
    verdict = one_reading(case(structure=facts))
    assert isinstance(verdict, Refused)
    assert verdict.detail.startswith("not-closed: ")


@pytest.mark.parametrize(
    "hostile", ["a\r\n250 ok", "[SIGNATURE-BAD]", "x\u202egpj.exe", "\x1b[31m", "\u2028", "n" * 5000]
)
def test_text_from_a_letter_cannot_leave_its_place(hostile: str) -> None:
    said = Problem(kind=Kind.NAME_BIDI, name=hostile, field=hostile).said()
    for text in (said.ar, said.en):
        assert not re.search("[\r\n\x1b\u2028\u202e\\[\\]]", text)
        assert len(text) < 600


def test_nothing_found_refuses_nothing() -> None:
    assert reason(case(structure=StructureFacts())) is None
