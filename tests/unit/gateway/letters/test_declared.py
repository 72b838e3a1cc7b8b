"""What a header declares, read for the register: dates, identifiers, grade, urgency and hostile subjects."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.letters.declared import SUBJECT_LENGTH, declared_by, header_of
from gateway.mime.tree import parse
from policies.letter import Declared, Grade, Urgency


def declared(*lines: bytes) -> Declared:
    octets = b"\r\n".join((*lines, b"", b"text", b""))
    return declared_by(parse(octets), octets)


@pytest.mark.parametrize(
    ("lines", "grade"),
    [
        ([], Grade.ORDINARY),
        ([b"Murasalat-Grade: secret"], Grade.SECRET),
        ([b"Murasalat-Grade:  Top-Secret "], Grade.TOP_SECRET),
        ([b"Murasalat-Grade: ordinary", b"Sensitivity: Private"], Grade.RESTRICTED),
        ([b"Murasalat-Grade: =?utf-8?b?2LPYsdmK?="], Grade.SECRET),
        ([b"Sensitivity: Private"], Grade.RESTRICTED),
        ([b"Sensitivity: Company-Confidential"], Grade.SECRET),
        ([b"Sensitivity: Personal"], Grade.ORDINARY),
        ([b"Murasalat-Grade: unheard-of", b"Sensitivity: private"], Grade.RESTRICTED),
        ([b"Murasalat-Grade: \xff", b"Sensitivity: \xff"], Grade.ORDINARY),
    ],
)
def test_grades(lines: list[bytes], grade: Grade) -> None:
    assert declared(*lines).grade is grade


@pytest.mark.parametrize(
    ("lines", "urgency"),
    [
        ([], Urgency.ORDINARY),
        ([b"Murasalat-Urgency: Immediate"], Urgency.IMMEDIATE),
        ([b"Murasalat-Urgency: ordinary", b"X-Priority: 1"], Urgency.VERY_URGENT),
        ([b"Importance: High"], Urgency.URGENT),
        ([b"Importance: normal"], Urgency.ORDINARY),
        ([b"X-Priority: 1 (Highest)"], Urgency.VERY_URGENT),
        ([b"X-Priority: 2", b"Importance: low"], Urgency.URGENT),
        ([b"X-Priority: 5", b"Importance: high"], Urgency.URGENT),
        ([b"X-Priority:"], Urgency.ORDINARY),
    ],
)
def test_urgencies(lines: list[bytes], urgency: Urgency) -> None:
    assert declared(*lines).urgency is urgency


@pytest.mark.parametrize(
    ("line", "subject"),
    [
        (b"Subject: =?UTF-8?B?2K7Yt9in2Kg=?=", "خطاب"),
        (b"Subject: =?UTF-8?B?2K7Yt9in2Kg=?=\r\n =?UTF-8?Q?_1?=", "خطاب 1"),
        (b"Subject: one\r\n two", "one two"),
        (b"Subject: =?UTF-8?Q?a=0D=0ABcc:_x@evil.example?=", "a Bcc: x@evil.example"),
        (b"Subject: =?UTF-8?Q?=1B[31mred=07?=", "[31mred"),
        ("Subject: abc\u202etxt.exe\u2066".encode(), "abctxt.exe"),
        (b"Subject: =?UTF-8?Q?=ED=A0=80?=", "\ufffd\ufffd\ufffd"),  # a surrogate in UTF-8 is not UTF-8
        (b"Subject: =?UTF-7?Q?+2AA-?=", "\ufffd"),  # a lone surrogate
        (b"Subject: =?UTF-8?Q?=00?=", "\ufffd"),
        (b"Subject:", ""),
        (b"X-Other: x", ""),
    ],
)
def test_subjects_are_one_safe_line(line: bytes, subject: str) -> None:
    assert declared(line).subject == subject


def test_a_long_subject_is_cut_for_the_register() -> None:
    found = declared(b"Subject: " + b"\r\n ".join([b"x" * 900] * 3)).subject
    assert len(found) == SUBJECT_LENGTH


def test_identifiers_of_the_thread() -> None:
    found = declared(
        b"Message-ID:  <a@b.example> ",
        b"In-Reply-To: <p@b.example>",
        b"References: <r1@b.example>\r\n <r2@b.example>,junk <r3@b.example>",
    )
    assert found.message_id == "<a@b.example>"
    assert found.in_reply_to == ("<p@b.example>",)
    assert found.references == ("<r1@b.example>", "<r2@b.example>", "<r3@b.example>")


@pytest.mark.parametrize(
    "value", [b"", b"a@b.example", b"<a b@c.example>", b"<>", b"<<a@b>", b"<" + b"x" * 996 + b">"]
)
def test_what_is_no_message_id_is_none(value: bytes) -> None:
    found = declared(b"Message-ID: " + value).message_id
    assert found in ({"<a@b>"} if value == b"<<a@b>" else {""})


def test_the_header_as_the_rules_see_it() -> None:
    octets = b"From: a@b.example\r\nTO: c@d.example,\r\n e@f.example\r\nX-A: 1\r\nx-a: 2\r\nDate: now\r\n\r\n"
    found = header_of(parse(octets), octets)
    assert found.names == ("from", "to", "x-a", "x-a", "date")
    assert found.froms == (b"a@b.example",)
    assert found.tos == (b"c@d.example, e@f.example",)
    assert (found.eight_bit, found.utf8) == (False, True)
    for line, utf8 in (("X: خ".encode(), True), (b"X: \xff", False)):
        whole = line + b"\r\n" + octets
        seen = header_of(parse(whole), whole)
        assert (seen.eight_bit, seen.utf8) == (True, utf8)
    body = octets + b"\xff\xff"
    assert not header_of(parse(body), body).eight_bit


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_header_declares_something_and_fails_at_nothing(lines: list[bytes]) -> None:
    names = (b"Subject: ", b"Date: ", b"Message-ID: ", b"Murasalat-Grade: ", b"X-Priority: ", b"References: ")
    octets = b"\r\n".join([*(name + line for name, line in zip(names, lines, strict=False)), b"", b""])
    root = parse(octets)
    found = declared_by(root, octets)
    header_of(root, octets)
    assert "\n" not in found.subject
    assert len(found.subject) <= SUBJECT_LENGTH
    found.subject.encode()
