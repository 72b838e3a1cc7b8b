"""What people see beside the addresses: names, receipts' subjects and the direction of text, rule by rule."""

import base64
from dataclasses import replace
from typing import Any

import pytest

from policies.case import Case
from policies.people.directory import Directory
from policies.people.identity import Account, Agency, Grant, Officer, Right
from policies.rules.names import no_direction_overrides, shows_no_other, subject_is_no_receipt
from policies.verdict import ACCEPTED, Refused
from policies.words.reasons import Reason
from tests.unit.policies.factories import MOF, MOI, MOJ, case, directory, envelope, header, reason, unsigned

NAMED = {"MOJ": ("وزارة العدل", "Ministry of Justice"), "MOF": ("وزارة المالية", "Ministry of Finance")}
MISLEADING, AMBIGUOUS, FORBIDDEN = Reason.NAME_MISLEADING, Reason.SENDER_AMBIGUOUS, Reason.CONTENT_FORBIDDEN
CLERK = Officer(
    "noura.moj", "نورة المثال", "Noura Al-Mithal", "كاتبة", "Clerk", grants=(Grant(MOJ, frozenset(Right)),)
)


def known() -> Directory:
    plain = directory()
    agencies = {
        code: Agency(code, one.domain, *NAMED.get(code, ("وزارة الداخلية", "Ministry of Interior")))
        for code, one in plain.agencies.items()
    }
    far = replace(CLERK, login="ali.mof", name_ar="علي المثال", name_en="Ali Al-Mithal")
    far = replace(far, grants=(Grant(MOF, frozenset(Right)),))
    return replace(plain, agencies=agencies, officers={"noura.moj": CLERK, "ali.mof": far})


def written(**changes: Any) -> Case:
    account = Account("noura.moj", "password", officer=CLERK)
    return case(header=header(**changes), directory=known(), envelope=envelope(account=account))


def refused(one: Case) -> tuple[Reason, str]:
    verdict = shows_no_other(one)
    assert isinstance(verdict, Refused)
    return verdict.reason, verdict.detail


def b64(text: str, charset: str = "utf-8") -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode(charset)).decode()}?="


def q(text: str, charset: str = "utf-8") -> str:
    return f"=?{charset}?Q?{''.join(f'={octet:02X}' for octet in text.encode(charset))}?="


FINANCE = [
    "وزارة المالية",
    '"وزارة المالية"',
    b64("وزارة المالية"),
    q("وزارة الماليه"),
    b64("وزارة المالية", "windows-1256"),
    q("وزارة المالية", "iso-8859-6"),
    f"{b64('وزارة ')} {q('المالية', 'windows-1256')}",
    f'"{b64("وزارة")}" {q("المالية")}',
    f"{b64('وزا')}\t{b64('رة ')} المالية",
    '"Ministry" of "Fin\\ance"',
    '"Ministry of Finance"',
    f'"Ministry of {b64("Finance")}"',
    "=?utf-8*ar?Q?Ministry_of_Finance?=",
    "=?us-ascii?q?Ministry?= =?iso-8859-1?q?_of_?= =?utf-8?q?Finance?=",
    "Ali Al-Mithal",
    b64("مراسلات Murasalat"),
    b64("إيصال فتح: MOJ/2026/000001"),
]


@pytest.mark.parametrize("name", FINANCE)
@pytest.mark.parametrize("field", ["froms", "senders", "reply_tos", "answers"])
def test_a_borrowed_name_is_refused_wherever_a_writer_is_shown(field: str, name: str) -> None:
    value: Any = f"{name} <{MOJ}>".encode()
    one = written(**{field: (("disposition-notification-to", value) if field == "answers" else value,)})
    assert refused(one)[0] is MISLEADING


@pytest.mark.parametrize(
    "name", ["وزارة العدل", b64("السجل"), '"Noura Al-Mithal"', "Liaison with the Ministry of Finance", ""]
)
@pytest.mark.parametrize("field", ["froms", "senders", "reply_tos"])
def test_an_honest_name_passes(field: str, name: str) -> None:
    assert shows_no_other(written(**{field: (f"{name} <{MOJ}>".encode(),)})) == ACCEPTED


def test_the_refusal_names_the_field_the_name_and_whose_it_is() -> None:
    assert refused(written(senders=(f'"Ministry of F1nance" <{MOJ}>'.encode(),))) == (
        MISLEADING,
        'Sender name "Ministry of F1nance" is that of the agency MOF',
    )
    assert refused(written(froms=(f"{b64('علي المثال')} <{MOJ}>".encode(),)))[1].endswith("an officer of MOF")
    assert refused(written(froms=(f"Murasalat <{MOJ}>".encode(),)))[1].endswith("the Murasalat gateway")


def test_an_answer_to_another_office_may_bear_that_office_s_names_and_no_third() -> None:
    assert shows_no_other(written(reply_tos=(f"Ministry of Finance <{MOF}>".encode(),))) == ACCEPTED
    assert refused(written(reply_tos=(f"Ministry of Finance <{MOI}>".encode(),)))[0] is MISLEADING
    both = f"Ministry of Finance <{MOF}>, Ministry of Interior <{MOF}>".encode()
    assert refused(written(reply_tos=(both,)))[0] is MISLEADING


@pytest.mark.parametrize("field", ["froms", "senders", "reply_tos"])
@pytest.mark.parametrize(
    "name",
    [
        "=?x-unknown?q?abc?=",
        "=?utf-8?q?abc",
        "=?utf-8?b?*?=",
        "=?utf-8?q?=FF?=",
        "(comment)",
        "=?utf-7?q?a?=",
    ],
)
def test_what_cannot_be_read_is_refused_and_not_skipped(field: str, name: str) -> None:
    assert refused(written(**{field: (f"{name} <{MOJ}>".encode(),)}))[0] is AMBIGUOUS


def test_a_system_s_names_are_held_as_strictly() -> None:
    one = unsigned(header=header(froms=(f"Ministry of Finance <{MOJ}>".encode(),)), directory=known())
    assert refused(one)[0] is MISLEADING
    assert reason(unsigned()) is None


def test_a_subject_that_passes_for_a_receipt_is_refused() -> None:
    subject = "إيصال فتح: MOJ/2026/000001"
    verdict = subject_is_no_receipt(written(subjects=(subject,)))
    assert verdict == Refused(
        MISLEADING, f'Subject "{subject}" passes for a receipt of the Murasalat gateway'
    )
    assert subject_is_no_receipt(written(subjects=(f"Re: {subject}",))) == ACCEPTED
    assert subject_is_no_receipt(written(subjects=("خطاب", subject))) == verdict


@pytest.mark.parametrize("override", "\u202a\u202b\u202c\u202d\u202e")
@pytest.mark.parametrize(
    ("field", "shown"),
    [("froms", "From"), ("senders", "Sender"), ("reply_tos", "Reply-To"), ("tos", "To"), ("ccs", "Cc"),
     ("answers", "errors-to"), ("subjects", "Subject")],
)  # fmt: skip
@pytest.mark.parametrize("encoded", [False, True])
def test_an_override_is_refused_by_field_and_character(
    field: str, shown: str, override: str, *, encoded: bool
) -> None:
    text = f"a{override}b"
    value: Any = text if field == "subjects" else f"{b64(text) if encoded else text} <{MOJ}>".encode()
    verdict = no_direction_overrides(
        written(**{field: (("errors-to", value) if field == "answers" else value,)})
    )
    assert isinstance(verdict, Refused)
    assert verdict.reason is FORBIDDEN
    assert verdict.detail.startswith(f"{shown} holds U+{ord(override):04X} ")
    assert verdict.detail.isascii()


@pytest.mark.parametrize(
    "mark", ["\u2066a\u2069", "\u2067a\u2069", "\u2068a\u2069", "\u200ea", "a\u200f", "\u061ca", "\u200da"]
)
def test_isolates_and_marks_pass(mark: str) -> None:
    plain, encoded = f"{mark} <{MOJ}>".encode(), f"{b64(mark)} <{MOJ}>".encode()
    for value in (plain, encoded):
        one = written(froms=(value,), reply_tos=(value,), subjects=(mark,))
        for rule in (no_direction_overrides, shows_no_other, subject_is_no_receipt):
            assert rule(one) == ACCEPTED


@pytest.mark.parametrize("name", ["\u2067a", "a\u2069", "\u2069a\u2067", "\u2067\u2068a\u2069"])
def test_an_isolate_that_does_not_end_in_the_name_would_turn_the_address(name: str) -> None:
    assert refused(written(froms=(f"{name} <{MOJ}>".encode(),)))[0] is AMBIGUOUS
    assert refused(written(froms=(f"{b64(name)} <{MOJ}>".encode(),)))[0] is AMBIGUOUS


def test_the_names_of_a_snapshot_are_worked_out_once() -> None:
    one = known()
    assert one.names is one.names
