"""The record's one form (RFC 8785), and the identity of a fact."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from policies.evidence import SCHEMA, Actor, Event, Evidence, Issuer, Party, canonical_json, unique_key_of
from policies.words.reasons import Reason

WHEN = datetime(2026, 11, 23, 10, 0, 0, 123000, tzinfo=UTC)
ISSUER = Issuer("node-1", "log.gov.example+1234abcd")
SENDER, RECIPIENT = Party("MOJ", "registry@moj.gov.example"), Party("MOF", "registry@mof.gov.example")
NADA = Actor("nada@mof.gov.example", "ندى", "Nada", "مدير", "Head", client="Thunderbird")
SAMI = Actor("sami@mof.gov.example", "سامي", "Sami")
LETTER = "0193b000-0000-7000-8000-000000000001"


def fact(
    event: Event, actor: Actor | None = NADA, recipient: Party | None = RECIPIENT, number: int = 1
) -> Evidence:
    name = f"0193b000-0000-7000-8000-{number:012d}"
    return Evidence(name, event, WHEN, WHEN, ISSUER, LETTER, SENDER, recipient, actor, "ab" * 32)


# RFC 8785 section 3.2.2.2, the string, and section 3.2.3, the names in order of their UTF-16 code units.
STRING = "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"\u002f"
NAMES = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\U0001f600": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
}
ORDER = [
    "Carriage Return",
    "One",
    "Control",
    "Latin Small Letter O With Diaeresis",
    "Euro Sign",
    "Emoji: Grinning Face",
    "Hebrew Letter Dalet With Dagesh",
]


def test_strings_are_escaped_as_in_the_rfc() -> None:
    assert canonical_json({"string": STRING}) == '{"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()


def test_the_short_escapes_are_used_and_nothing_else_is_escaped() -> None:
    written = '"\\b\\t\\n\\f\\r\\u0001\\u001f\x7f\u2028é"'
    assert canonical_json("\b\t\n\f\r\x01\x1f\x7f\u2028é") == written.encode()


def test_names_stand_in_the_order_of_the_rfc() -> None:
    assert list(json.loads(canonical_json(NAMES)).values()) == ORDER


def test_literals_lists_and_nesting() -> None:
    value = {"b": [56, {"d": True, "10": None, "1": []}], "a": {"": -1}, "literals": [None, True, False]}
    assert canonical_json(value) == (
        b'{"a":{"":-1},"b":[56,{"1":[],"10":null,"d":true}],"literals":[null,true,false]}'
    )


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), (1,), {1: 2}, {"a": b""}, [object()], 2**53, -(2**53), {"a": {1}}]
)
def test_what_has_more_than_one_form_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)


@pytest.mark.parametrize("value", ["\ud800", {"\udfff": 1}, ["a", {"b": "x\ud83d"}]])
def test_a_lone_surrogate_is_refused(value: object) -> None:
    with pytest.raises(UnicodeEncodeError):
        canonical_json(value)


def test_the_largest_exact_integers_pass() -> None:
    assert canonical_json([2**53 - 1, -(2**53) + 1]) == b"[9007199254740991,-9007199254740991]"


def test_a_record_reads_back_to_the_same_octets_and_leaves_empty_members_out() -> None:
    one = Evidence(
        "id",
        Event.REJECTED,
        WHEN,
        WHEN,
        ISSUER,
        actor=SAMI,
        reason=Reason.SIGNATURE_BAD,
        detail={"why": "x", "size": 3, "none": None},
    )
    octets = one.canonical()
    members = json.loads(octets)
    assert canonical_json(members) == octets
    assert members == {
        "schema": SCHEMA,
        "evidence_id": "id",
        "event": "REJECTED",
        "event_time": "2026-11-23T10:00:00.123Z",
        "recorded_time": "2026-11-23T10:00:00.123Z",
        "issuer": {"node": "node-1", "key_id": "log.gov.example+1234abcd"},
        "actor": {"login": "sami@mof.gov.example", "name_ar": "سامي", "name_en": "Sami", "kind": "officer"},
        "reason": "SIGNATURE-BAD",
        "detail": {"why": "x", "size": 3, "none": None},
    }


def test_the_same_fact_has_the_same_key_whenever_it_is_told() -> None:
    assert fact(Event.SEEN, number=1).unique_key == fact(Event.SEEN, number=2).unique_key


@pytest.mark.parametrize("event", [Event.HANDED_OVER, Event.SEEN, Event.ACKNOWLEDGED, Event.REFUSED])
def test_what_a_person_does_is_a_fact_of_each_person(event: Event) -> None:
    assert fact(event, NADA).unique_key != fact(event, SAMI).unique_key


@pytest.mark.parametrize(
    "event", [Event.ACCEPTED, Event.DELIVERED, Event.REGISTERED_IN, Event.RECALLED, Event.VOIDED]
)
def test_what_happens_to_a_letter_once_is_one_fact_whoever_did_it(event: Event) -> None:
    assert fact(event, NADA).unique_key == fact(event, SAMI).unique_key


def test_offices_and_letters_and_events_are_kept_apart() -> None:
    keys = {
        fact(Event.DELIVERED).unique_key,
        fact(Event.DELIVERED, recipient=SENDER).unique_key,
        fact(Event.DELIVERED, recipient=None).unique_key,
        fact(Event.REGISTERED_IN).unique_key,
    }
    assert len(keys) == 4


@pytest.mark.parametrize(
    "event", [Event.REJECTED, Event.ADMIN_ACCESS, Event.EXPORTED, Event.REFERRED, Event.UNLINKED]
)
def test_what_can_happen_again_is_a_fact_each_time(event: Event) -> None:
    assert fact(event, number=1).unique_key != fact(event, number=2).unique_key


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("recipient", [RECIPIENT, None])
@pytest.mark.parametrize("actor", [NADA, None])
def test_a_record_read_back_has_the_same_key(
    event: Event, recipient: Party | None, actor: Actor | None
) -> None:
    one = fact(event, actor, recipient)
    assert unique_key_of(json.loads(one.canonical())) == one.unique_key


@pytest.mark.parametrize("members", [{}, {"event": "SEEN"}, {"event": "DREAMT", "evidence_id": "x"}])
def test_what_is_no_record_has_no_key(members: Mapping[str, object]) -> None:
    with pytest.raises((KeyError, ValueError)):
        unique_key_of(members)
