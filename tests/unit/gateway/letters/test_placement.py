"""The header block, octet for octet, and that no value can add a line or a result to it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.letters.placement import Trace, header_block
from gateway.mime.tree import parse
from policies.envelope import Envelope
from policies.letter import SignatureRecord
from policies.people.identity import Account
from tests.unit.policies.factories import envelope, program

TRACE = Trace("murasalat.gov.example", "murasalat.gov.example", "01a209e2-1", "MOJ/2026/000001", "01a209e2-2")
TO_RECIPIENT = replace(TRACE, incoming_reference="MOF/IN/2026/000001")
SIGNED = SignatureRecord("openpgp", "A1" * 20, headers_protected=True, engines=("sequoia", "gnupg"))
SEALED = SignatureRecord("sealed", "", headers_protected=False, engines=())


def test_the_senders_own_copy() -> None:
    assert header_block(TRACE, envelope(), SIGNED) == (
        b"Received: from [192.0.2.7] by murasalat.gov.example with ESMTPSA\r\n"
        b"\tid 01a209e2-1; Mon, 23 Nov 2026 10:00:00 +0000\r\n"
        b"Murasalat-Reference: MOJ/2026/000001\r\n"
        b"Murasalat-Letter-Id: 01a209e2-1\r\n"
        b"Murasalat-Evidence: 01a209e2-2\r\n"
        b"Authentication-Results: murasalat.gov.example;\r\n"
        b"\tauth=pass smtp.auth=clerk.moj;\r\n"
        b"\topenpgp=pass header.from=registry@moj.gov.example\r\n"
    )


def test_a_recipients_copy_bears_its_own_number() -> None:
    block = header_block(TO_RECIPIENT, envelope(), SIGNED)
    assert block == header_block(TRACE, envelope(), SIGNED).replace(
        b"000001\r\n", b"000001\r\nMurasalat-Incoming-Reference: MOF/IN/2026/000001\r\n"
    )


def test_the_seal_is_no_signature_of_the_sender() -> None:
    block = header_block(TRACE, envelope(account=program()), SEALED)
    assert b"\tauth=pass smtp.auth=dms.moj;\r\n\tmurasalat-seal=pass header.from=registry@moj" in block
    assert b"openpgp" not in block


@pytest.mark.parametrize(
    ("source", "smtputf8", "line"),
    [
        ("192.0.2.7", True, b"Received: from [192.0.2.7] by murasalat.gov.example with UTF8SMTPSA\r\n"),
        (
            "2001:db8::7",
            False,
            b"Received: from [IPv6:2001:db8::7] by murasalat.gov.example with ESMTPSA\r\n",
        ),
        ("::ffff:192.0.2.7", False, b"from [IPv6:::ffff:192.0.2.7] by"),
    ],
)
def test_how_it_came(source: str, smtputf8: bool, line: bytes) -> None:
    assert line in header_block(TRACE, replace(envelope(), source=source, smtputf8=smtputf8), SIGNED)


def test_the_name_that_a_client_gives_itself_is_not_repeated() -> None:
    named = replace(envelope(), client="evil.example\r\nX-Evil: 1")
    assert header_block(TRACE, named, SIGNED) == header_block(TRACE, envelope(), SIGNED)


HOSTILE = [
    "a\r\nX-Evil: 1",
    "a\nX-Evil: 1",
    "a\rX-Evil: 1",
    "a\u2028X-Evil: 1",
    "a\x85X-Evil: 1",
    "a\r\n\r\nbody",
    "a; openpgp=pass header.from=evil.example",
    'a"; openpgp=pass',
    "a\\",
    "\r\n",
    "",
    "أحمد",
    "\ud800",
]


def as_account(login: str) -> Envelope:
    return replace(envelope(), account=Account(login, "password"))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_value_adds_a_field(text: str) -> None:
    honest = names(header_block(TO_RECIPIENT, envelope(), SIGNED))
    hostile = replace(TO_RECIPIENT, gateway=text, letter_id=text, reference=text, evidence_id=text)
    for trace, sent in (
        (TO_RECIPIENT, as_account(text)),
        (TO_RECIPIENT, replace(envelope(), source=text)),
        (hostile, as_account(text)),
    ):
        block = header_block(trace, sent, SIGNED)
        assert names(block) == honest
        assert block.endswith(b"\r\n")
        assert b"\r\n\r\n" not in block


def names(block: bytes) -> list[str]:
    root = parse(block + b"\r\nbody\r\n")
    assert block.count(b"\r\n") == block.count(b"\n") == block.count(b"\r")
    return [field.name for field in root.fields]


@given(st.text(max_size=60))
def test_no_login_adds_a_result(login: str) -> None:
    """What stands between quotation marks is one value; outside of them no method but ours is named."""
    block = header_block(TRACE, as_account(login), SIGNED).decode()
    results = block.partition("Authentication-Results: ")[2]
    bare, quoted, escaped = "", False, False
    for character in results:
        if quoted:
            escaped, quoted = (False, True) if escaped else (character == "\\", character != '"')
        elif character == '"':
            quoted = True
        else:
            bare += character
    assert not quoted
    server, login_result, signature = (one.strip() for one in bare.split(";"))
    assert server == "murasalat.gov.example"
    assert login_result.startswith("auth=pass smtp.auth=")
    assert " " not in login_result.removeprefix("auth=pass ")
    assert signature == "openpgp=pass header.from=registry@moj.gov.example"
