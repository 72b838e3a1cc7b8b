"""Who sends: one From, equal to the reverse-path, an office that the account may send for."""

import time
from dataclasses import replace

import pytest

from policies.case import ANSWER_FIELDS, LIST_FIELDS
from policies.people.identity import Account, Office, Right
from policies.rules.sender import (
    account_may_send,
    from_is_reverse_path,
    list_fields_inside,
    one_from,
    reply_to_inside,
    sender_of_same_agency,
)
from policies.words.reasons import Reason
from tests.unit.policies.factories import (
    MOF,
    MOI,
    MOJ,
    case,
    clerk,
    directory,
    envelope,
    header,
    program,
    reason,
)

AMBIGUOUS, MISMATCH = Reason.SENDER_AMBIGUOUS, Reason.SENDER_MISMATCH


@pytest.mark.parametrize(
    "froms",
    [
        (),
        (MOJ.encode(), MOJ.encode()),
        (b"",),
        (b"registry",),
        (b"registry@moj.gov.example, registry@mof.gov.example",),
        (b"registry@moj.gov.example (a@evil.example)",),
        (b"registry@moj.gov.example <b@evil.example>",),
        (b'"a@moi.gov.example" <registry@moj.gov.example>',),
        (b"office: registry@moj.gov.example;",),
        (b"registry@moj.gov.example\r\nBcc: x@evil.example",),
        (b"\xff\xfe",),
        ("<registry@moj.gov.example>\u202e".encode(),),
    ],
)
def test_an_unclear_from_is_ambiguous(froms: tuple[bytes, ...]) -> None:
    one = case(header=header(froms=froms))
    assert reason(one, one_from) is AMBIGUOUS
    assert reason(one, from_is_reverse_path) is AMBIGUOUS
    assert reason(one, account_may_send) is MISMATCH


@pytest.mark.parametrize(
    "written",
    [
        b"registry@moj.gov.example",
        b"<Registry@MOJ.Gov.Example>",
        "السجل العام <registry@moj.gov.example>".encode(),
    ],
)
def test_a_clear_from_passes(written: bytes) -> None:
    one = case(header=header(froms=(written,)))
    assert reason(one, one_from, from_is_reverse_path, account_may_send) is None
    assert one.sender_office == MOJ


@pytest.mark.parametrize("reverse", ["", MOF, "other@moj.gov.example", "registry@moj.gov.exampl"])
def test_from_and_reverse_path_must_be_one(reverse: str) -> None:
    assert reason(case(envelope=envelope(reverse)), from_is_reverse_path) is MISMATCH


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        (MOJ.encode(), None),
        (MOF.encode(), None),  # left to sender_of_same_agency, which refuses it
        (b"a@b.example, c@d.example", AMBIGUOUS),
        (b"", AMBIGUOUS),
    ],
)
def test_a_sender_field_is_one_clear_address(sender: bytes, expected: Reason | None) -> None:
    assert reason(case(header=header(senders=(sender,))), from_is_reverse_path) is expected
    second = header(senders=(MOJ.encode(), sender))
    assert reason(case(header=second), from_is_reverse_path) is expected


MINISTER, STOPPED = "minister@moj.gov.example", "old@moj.gov.example"


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        (MOJ, None),
        (f"مكتب الوزير <{MINISTER}>", None),
        (MINISTER.upper(), None),
        ("noura@moj.gov.example", None),  # the account itself
        ("nobody@moj.gov.example", MISMATCH),
        (STOPPED, MISMATCH),
        (MOF, MISMATCH),
        ("minister@sub.moj.gov.example", MISMATCH),
        ("minister@evil.example", MISMATCH),
    ],
)
def test_a_sender_field_names_an_office_of_the_same_agency(sender: str, expected: Reason | None) -> None:
    people = directory()
    offices = {
        address: Office(address, "MOJ", "م", "M", address == STOPPED) for address in (MINISTER, STOPPED)
    }
    people = replace(people, offices={**people.offices, **offices})
    account = replace(clerk(MOJ), login="noura@moj.gov.example")
    one = case(
        header=header(senders=(sender.encode(),)), directory=people, envelope=envelope(account=account)
    )
    assert reason(one, from_is_reverse_path, sender_of_same_agency) is expected
    assert reason(one) is expected
    if expected is None and sender != MOJ:
        assert one.sender_field is not None
        assert one.sender_field.domain == "moj.gov.example"


def test_an_officer_of_another_agency_is_no_sender_even_by_the_accounts_own_login() -> None:
    account = replace(clerk(MOJ), login="noura@mof.gov.example")
    sender = header(senders=(b"noura@mof.gov.example",))
    assert reason(case(header=sender, envelope=envelope(account=account)), sender_of_same_agency) is MISMATCH


@pytest.mark.parametrize("right", [one for one in Right if one is not Right.SEND])
def test_no_other_right_lets_send(right: Right) -> None:
    account = clerk(MOJ, rights=[right])
    assert reason(case(envelope=envelope(account=account)), account_may_send) is MISMATCH
    assert (
        reason(case(envelope=envelope(account=clerk(MOJ, rights=[right, Right.SEND]))), account_may_send)
        is None
    )


@pytest.mark.parametrize(
    "account",
    [
        clerk(),
        clerk(MOF, MOI),
        clerk(MOJ, suspended=True),
        program(suspended=True),
        program(offices=()),
        program(offices=(MOF,)),
        Account("nobody", "password"),
    ],
)
def test_accounts_that_may_not_send_for_the_office(account: Account) -> None:
    assert reason(case(envelope=envelope(account=account)), account_may_send) is MISMATCH


@pytest.mark.parametrize("stopped", ["MOJ", MOJ])
def test_a_suspended_agency_or_office_sends_nothing(stopped: str) -> None:
    assert reason(case(directory=directory(suspended=(stopped,))), account_may_send) is MISMATCH
    assert reason(case(directory=directory(suspended=("MOF", MOF))), account_may_send) is None


def test_an_office_that_is_not_enrolled_sends_nothing() -> None:
    stranger = "other@moj.gov.example"
    one = case(
        header=header(froms=(stranger.encode(),)), envelope=envelope(stranger, account=clerk(stranger))
    )
    assert reason(one, account_may_send) is MISMATCH


def test_a_system_never_sends_for_another_agency() -> None:
    """Even when the directory lists the office with it: a slip there must not open a second agency."""
    one = case(envelope=envelope(account=program(agency="MOF")))
    assert reason(one, account_may_send) is MISMATCH
    assert reason(case(envelope=envelope(account=program())), account_may_send) is None


@pytest.mark.parametrize(
    ("reply_to", "expected"),
    [
        (b"", None),
        (b"registry@mof.gov.example, other@moj.gov.example", None),
        (b"me@evil.example", Reason.DOMAIN_NOT_ALLOWED),
        (b"registry@mof.gov.example, me@evil.example", Reason.DOMAIN_NOT_ALLOWED),
        (b"registry@mof.gov.example.evil.example", Reason.DOMAIN_NOT_ALLOWED),
        (b"registry@sub.mof.gov.example", Reason.DOMAIN_NOT_ALLOWED),
        (b"group: registry@mof.gov.example;", AMBIGUOUS),
    ],
)
def test_replies_stay_inside(reply_to: bytes, expected: Reason | None) -> None:
    assert reason(case(header=header(reply_tos=(reply_to,))), reply_to_inside) is expected
    assert (
        reason(case(header=header(reply_tos=(b"registry@mof.gov.example", reply_to))), reply_to_inside)
        is expected
    )


@pytest.mark.parametrize("field", sorted(ANSWER_FIELDS))
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (MOJ, None),
        ("السجل <registry@moj.gov.example>, registry@mof.gov.example", None),
        ("", None),
        ("<>", None),
        ("never", None),
        ("me@evil.example", Reason.DOMAIN_NOT_ALLOWED),
        ("<me@evil.example>", Reason.DOMAIN_NOT_ALLOWED),
        ("registry@moj.gov.example, me@evil.example", Reason.DOMAIN_NOT_ALLOWED),
        ("registry@moj.gov.example me@evil.example", AMBIGUOUS),
        ("registry@moj.gov.example (me@evil.example)", AMBIGUOUS),
        ("=?utf-8?q?me=40evil.example?=", AMBIGUOUS),
        ("evil.example!me", AMBIGUOUS),
        ("C=XX;A=evil;S=me", AMBIGUOUS),
    ],
)
def test_every_relative_of_reply_to_stays_inside(field: str, value: str, expected: Reason | None) -> None:
    one = header(answers=((field, value.encode()),))
    assert reason(case(header=one), reply_to_inside) is expected
    second = header(answers=((field, MOJ.encode()), (field, value.encode())))
    assert reason(case(header=second), reply_to_inside) is expected


@pytest.mark.parametrize("field", sorted(LIST_FIELDS))
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<mailto:registry@moj.gov.example>", None),
        ("<mailto:registry@mof.gov.example?subject=leave>", None),
        ("<mailto:registry@moj.gov.example,registry@mof.gov.example>", None),
        ("<https://www.moj.gov.example/list?x=1>, <mailto:registry@moj.gov.example>", None),
        ("<MAILTO:registry@moj.\r\n gov.example> (comment)", None),
        ("NO", None),
        ("<mailto:me@evil.example>", Reason.DOMAIN_NOT_ALLOWED),
        ("<mailto:registry@moj.gov.example>, <mailto:me@evil.example>", Reason.DOMAIN_NOT_ALLOWED),
        ("<mailto:registry@moj.gov.example,me@evil.example>", Reason.DOMAIN_NOT_ALLOWED),
        ("<mailto:registry@moj.gov.example?cc=me@evil.example>", Reason.DOMAIN_NOT_ALLOWED),
        ("<mailto:registry@moj.gov.example?subject=a&to=me@evil.example>", Reason.DOMAIN_NOT_ALLOWED),
        ("<mailto:me%40evil.example>", Reason.DOMAIN_NOT_ALLOWED),
        ("<mailto:>", Reason.DOMAIN_NOT_ALLOWED),
        ("<https://evil.example/moj.gov.example>", Reason.DOMAIN_NOT_ALLOWED),
        ("<https://moj.gov.example@evil.example/>", Reason.DOMAIN_NOT_ALLOWED),
        ("<https://moj.gov.example.evil.example/>", Reason.DOMAIN_NOT_ALLOWED),
        ("<https://moj.gov.example\\@evil.example/>", Reason.DOMAIN_NOT_ALLOWED),
        ("<https://evilmoj.gov.example/>", Reason.DOMAIN_NOT_ALLOWED),
        ("<tel:+97400000000>", Reason.DOMAIN_NOT_ALLOWED),
        ("<registry@moj.gov.example>", Reason.DOMAIN_NOT_ALLOWED),
        ("mailto:me@evil.example", AMBIGUOUS),
        ("", AMBIGUOUS),
    ],
)
def test_the_buttons_of_a_list_lead_inside(field: str, value: str, expected: Reason | None) -> None:
    one = header(answers=((field, value.encode()),))
    assert reason(case(header=one), list_fields_inside) is expected
    assert reason(case(header=one), reply_to_inside) is None


def test_a_long_list_field_costs_little() -> None:
    start = time.process_time()
    for value in (
        b"<https://" + b"a." * 100_000 + b">",
        b"<" * 200_000,
        b"<mailto:" + b"a," * 100_000 + b">",
    ):
        assert reason(case(header=header(answers=(("list-post", value),))), list_fields_inside) is not None
    assert time.process_time() - start < 1
