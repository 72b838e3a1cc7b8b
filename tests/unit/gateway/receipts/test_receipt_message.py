"""The finished receipt, read by our parser and by another; its signature checked by a real gpg."""

import base64
import email.policy
import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.header import decode_header, make_header
from email.message import Message

import pytest

from gateway.mime.fields import values
from gateway.mime.tree import parse
from gateway.receipts.message import Sealing
from gateway.signatures.mime import Detached, compare_protected, find_detached, protected_header
from gateway.signatures.openpgp.armor import dearmor
from gateway.signatures.sealing import Sealer
from policies.evidence import Actor
from policies.receipts.receipt import Facts, Kind, NamedOffice
from tests.unit.gateway.receipts.material import (
    AT,
    CASES,
    DISPATCH,
    OPENED,
    TO,
    made,
    other,
    report,
    status_fields,
    status_fields_of_disposition,
)
from tests.unit.gateway.receipts.registry import ADDRESS, MOF, MOJ

each = pytest.mark.parametrize("facts", CASES.values(), ids=CASES)


@each
def test_both_parsers_see_the_same_parts(facts: Facts, unsealed: Sealing) -> None:
    octets = made(facts, unsealed)
    machine = "disposition-notification" if facts.kind is Kind.OPENED else "delivery-status"
    root = parse(octets)
    assert root.content_type.media_type == "multipart/signed"
    inner, signature = root.children
    assert inner.content_type.media_type == "multipart/report"
    assert inner.content_type.value("report-type") == machine.encode()
    assert signature.content_type.media_type == "application/pgp-signature"
    wanted = ["text/html", f"message/{machine}", "text/rfc822-headers", "application/json"]
    assert [part.content_type.media_type for part in inner.children] == wanted
    assert [part.get_content_type() for part in report(octets).iter_parts()] == wanted
    assert all(not part.anomalies for part in (root, inner, signature, *inner.children))
    assert not other(octets).defects


@each
def test_a_real_gpg_finds_the_signature_good_over_the_exact_slice(
    facts: Facts, sealing: Sealing, gpg: Callable[[bytes, bytes], str]
) -> None:
    octets = made(facts, sealing)
    found = find_detached(parse(octets), octets)
    assert isinstance(found, Detached)
    start, end = found.signed
    status = gpg(octets[start:end], found.signature)
    assert "GOODSIG" in status
    assert "VALIDSIG" in status
    altered = octets[start:end].replace(b"To: <registry@moj", b"To: <registry@moi", 1)
    assert "BADSIG" in gpg(altered, found.signature)


@each
def test_signed_octets_survive_transport(facts: Facts, unsealed: Sealing) -> None:
    octets = made(facts, unsealed, b"Subject: \xd9\x83 \r\nX-Long: " + b"y" * 500 + b"\r\nFrom : z\r\n")
    assert octets.isascii()
    assert octets.count(b"\r") == octets.count(b"\n") == octets.count(b"\r\n")
    for line in octets.split(b"\r\n"):
        assert line == line.rstrip()
        assert not line.startswith(b"From ")
        assert len(line) <= 76 or b"Message-ID: <" in line  # no fold inside a Message-ID (RFC 5322)
        assert len(line) <= 998


@each
def test_header_fields_are_repeated_under_the_signature(facts: Facts, unsealed: Sealing) -> None:
    octets = made(facts, unsealed)
    root = parse(octets)
    inner = root.children[0]
    parameters = report(octets)["Content-Type"].params
    assert (parameters["hp"], parameters["protected-headers"]) == ("clear", "v1")
    assert compare_protected(root, inner, octets) == ()
    protected = protected_header(inner, octets)
    assert protected is not None
    for name in ("from", "to", "subject", "date", "message-id"):
        assert protected.fields[name] == values(root, octets, name)
        assert len(protected.fields[name]) == 1


def test_the_outer_header(unsealed: Sealing) -> None:
    message = other(made(OPENED, unsealed))
    assert message["From"].addresses[0].addr_spec == ADDRESS
    assert message["From"].addresses[0].display_name == "مراسلات Murasalat"
    assert [one.addr_spec for one in message["To"].addresses] == [MOJ]
    assert message["Subject"] == "إيصال فتح: MOJ/2026/000001 · مريم القارئ · Opened: Maryam Reader, MOF"
    assert message["Date"].datetime == AT.replace(microsecond=0)
    assert message["Date"] == "Mon, 23 Nov 2026 12:00:00 +0300"
    assert message["Message-ID"] == f"<opened.{OPENED.evidence_id}@murasalat.gov.example>"
    assert message["In-Reply-To"] == message["References"] == "<one@moj.gov.example>"
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["Murasalat-Receipt"] == "opened"
    assert message["Murasalat-Reference"] == "MOJ/2026/000001"
    assert message["Murasalat-Letter-Id"] == OPENED.letter_id
    assert message["Murasalat-Evidence"] == OPENED.evidence_id
    assert message["Return-Path"] is None
    assert message["Disposition-Notification-To"] is None


@pytest.mark.parametrize(
    ("late", "date"),
    [
        (timedelta(minutes=29), "Mon, 23 Nov 2026 12:00:00 +0300"),
        (timedelta(minutes=-29), "Mon, 23 Nov 2026 12:00:00 +0300"),
        (timedelta(minutes=31), "Mon, 23 Nov 2026 12:31:00 +0300"),
        (timedelta(hours=13), "Tue, 24 Nov 2026 01:00:00 +0300"),
    ],
)
def test_a_late_receipt_is_dated_when_it_was_signed_and_tells_when_the_event_was(
    late: timedelta, date: str, unsealed: Sealing
) -> None:
    message = other(made(OPENED, unsealed, late=late))
    assert message["Date"] == date
    body = message.get_body(("html",))
    assert body is not None
    assert "23 November 2026 (13 Jumada al-Akhirah 1448 AH), <bdi>12:00:00</bdi>" in body.get_content()


def test_mail_programs_find_the_sealing_key_in_the_autocrypt_field(unsealed: Sealing, sealer: Sealer) -> None:
    value = str(other(made(OPENED, unsealed))["Autocrypt"])
    address, keydata = re.sub(r"\s", "", value).removeprefix("addr=").split(";keydata=")
    assert address == ADDRESS
    assert base64.b64decode(keydata, validate=True) == dearmor(sealer.public_key(), "PUBLIC KEY BLOCK")
    assert len(value) < 10_000  # Autocrypt 1.1 section 2.1.1


@each
def test_the_same_facts_make_the_same_signed_octets(facts: Facts, unsealed: Sealing) -> None:
    assert made(facts, unsealed) == made(facts, unsealed)


@pytest.mark.parametrize(
    "message_id",
    [
        "",
        "no angles",
        "<a b@x>",
        "<a@x>\r\nBcc: v@x",
        "<\u0643@x>",
        "<" + "a" * 990 + "@x>",
        "<a@x><b@x>",
        "<>",
    ],
)
def test_a_message_id_that_cannot_be_repeated_is_left_out(message_id: str, unsealed: Sealing) -> None:
    message = other(made(replace(OPENED, message_id=message_id), unsealed))
    assert message["In-Reply-To"] is None
    assert message["References"] is None
    (fields,) = status_fields_of_disposition(made(replace(OPENED, message_id=message_id), unsealed))
    assert fields["Original-Message-ID"] is None


FRAGMENTS = (
    *(
        "\r\nBcc: victim@gov.example",
        "\nSubject: forged",
        "\r\n\r\n<b>body</b>",
        "\r",
        "\0",
        "\x1b[2J",
        "\x85",
    ),
    *("=?utf-8?B?DQpCY2M6IHg=?=", "=?utf-8?q?=0D=0ABcc=3A_x?=", "=?", "?=", "\u2028Bcc: x", "\u2029"),
    *("\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\u200f", "\u061c", "\ufeff", "\U000e0041", "\ud800"),
    *("<script>alert(1)</script>", "</bdi></td>", "&lt;", '"><img src=x>', "{name}", "{0}", "%s", "\\r\\n"),
    *(
        "--=_boundary",
        "From ",
        ".",
        "\t",
        " ",
        "كتاب رسمي",
        "Budget",
        "🕌",
        "a\u0300" * 30,
        "ﷺ",
        "٠١٢",
        "x" * 120,
    ),
    *("<a@b>", "; addr=x", 'boundary="x"', "()", "\\", '"', "'", ",", ";", ":"),
)


CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")


def naughty(seed: int) -> str:
    chance = random.Random(seed)
    return "".join(chance.choice(FRAGMENTS) for _ in range(chance.randrange(1, 7)))


def names_of(message: Message) -> tuple[list[str], list[str]]:
    """The names of all header fields, outside and under the signature, as another reader sees them."""
    inner = message.get_payload(0)
    assert isinstance(inner, Message)
    return message.keys(), inner.keys()


def test_five_hundred_hostile_texts_never_make_a_header_field(unsealed: Sealing) -> None:
    usual = made(OPENED, unsealed)
    names = names_of(email.message_from_bytes(usual))
    ours = [field.name for field in parse(usual).fields]
    skeleton = [part.content_type.media_type for part in parse(usual).children[0].children]
    for seed in range(500):
        text = naughty(seed)
        office = NamedOffice(MOF, text, text, text, text, text)
        one = replace(TO, recipient=office, incoming_reference=text)
        octets = made(
            replace(
                OPENED,
                subject=text,
                reference=text.replace("\ud800", ""),  # no record can hold a lone surrogate
                actor=Actor(text, text, text, text, text, client=text),
                consignments=(one,),
            ),
            unsealed,
        )
        root, message = parse(octets), email.message_from_bytes(octets)
        room = "Autocrypt" in message  # a receipt that long texts fill has no room for the key
        outside, inside = names_of(message)
        assert (outside, inside) == ([one for one in names[0] if room or one != "Autocrypt"], names[1]), text
        assert [one.name for one in root.fields] == [one for one in ours if room or one != "autocrypt"], text
        assert [part.content_type.media_type for part in root.children[0].children] == skeleton, text
        assert not root.anomalies, text
        for name in ("Subject", "Murasalat-Reference"):
            decoded = str(make_header(decode_header(message[name].replace("\r\n", ""))))
            assert not CONTROLS.search(decoded), text


@pytest.mark.parametrize("seed", range(0, 500, 25))
def test_a_hostile_envelope_id_adds_nothing_to_the_delivery_status(seed: int, unsealed: Sealing) -> None:
    message, *rest = status_fields(made(replace(DISPATCH, envelope_id=naughty(seed)), unsealed))
    assert set(message.keys()) <= {"Reporting-MTA", "Original-Envelope-Id"}
    assert len(rest) == 1
