"""The same signed octets make one letter; what an agency may allow is narrow."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from policies.case import Case
from policies.people.directory import Directory
from policies.rules.replay import Earlier, signed_before
from policies.verdict import ACCEPTED, Refused
from policies.words.reasons import Reason
from tests.unit.policies.factories import AT, case, directory, unsigned

EARLIER = Earlier(reference="MOJ/2026/000001", login="clerk.moj", accepted=AT, same_signature=True)


def lenient() -> Directory:
    people = directory()
    agencies = {code: replace(one, allow_repeats=True) for code, one in people.agencies.items()}
    return replace(people, agencies=agencies)


def refused(found: Case, seconds: float = 1, **changes: Any) -> bool:
    verdict = signed_before(found, replace(EARLIER, **changes), AT + timedelta(seconds=seconds))
    assert verdict == ACCEPTED or (isinstance(verdict, Refused) and verdict.reason is Reason.REPLAY)
    return verdict != ACCEPTED


def test_a_repeat_is_a_replay_by_default() -> None:
    assert refused(case())
    assert refused(case(protected=False))
    assert refused(unsigned())


def test_an_agency_may_repeat_an_unprotected_text_from_the_same_account_within_a_minute() -> None:
    bare = case(protected=False, directory=lenient())
    assert not refused(bare)
    assert not refused(bare, seconds=60)
    assert not refused(bare, same_signature=False)
    assert refused(bare, seconds=61)
    assert refused(bare, seconds=-1)
    assert refused(bare, login="other.moj")
    assert refused(case(directory=lenient()))


@pytest.mark.parametrize(
    ("protected", "same", "words"), [(False, True, "one second"), (False, False, "covers no header")]
)
def test_the_refusal_says_why(protected: bool, same: bool, words: str) -> None:
    verdict = signed_before(case(protected=protected), replace(EARLIER, same_signature=same), AT)
    assert isinstance(verdict, Refused)
    assert verdict.detail.startswith("registered as MOJ/2026/000001")
    assert words in verdict.detail
    assert verdict.said is not None
    for told, advice in (
        (verdict.said.ar, "خطاباً واحداً بعدة مستلمين"),
        (verdict.said.en, "several recipients"),
    ):
        assert advice in told
        assert "MOJ/2026/000001" in told
    assert signed_before(case(), EARLIER, AT) == Refused(Reason.REPLAY, "registered as MOJ/2026/000001")
