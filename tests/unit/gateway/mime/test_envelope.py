import pytest

from gateway.mime.addresses import parse_addresses
from gateway.mime.envelope import EMPTY_ENVELOPE, envelope
from gateway.mime.nstring import nstring
from gateway.mime.tree import parse
from tests.unit.gateway.mime.material import SAMPLES, read_list


def envelope_of(header: bytes) -> bytes:
    octets = header.replace(b"\n", b"\r\n") + b"\r\n"
    return envelope(parse(octets), octets)


def test_the_envelope_of_a_real_letter() -> None:
    octets = (SAMPLES / "thunderbird-pgp-pdf-two-recipients.eml").read_bytes()
    sender = [[b"=?UTF-8?B?2KPYrdmF2K8g2KfZhNmD2YjYp9ix2Yo=?=", None, b"registry", b"moj.gov.example"]]
    assert read_list(envelope(parse(octets), octets)) == [
        b"Mon, 23 Nov 2026 19:19:58 +0000",
        b"=?UTF-8?B?QnVkZ2V0IGNpcmN1bGFyIDIwMjYvMTcg4oCUINmF2Lkg2YXYsdmB2YI=?=",
        sender,
        sender,
        sender,
        [[None, None, b"registry", b"mof.gov.example"], [None, None, b"archive", b"cm.gov.example"]],
        None,
        None,
        None,
        b"<abd3fa90-88c4-4fc5-88e1-88cedfbb6fe8@moj.gov.example>",
    ]


def test_every_field_has_its_place() -> None:
    assert (
        envelope_of(
            b"Message-ID: <m@i>\nIn-Reply-To: <r@t>\nDate: Sat, 01 Feb 2007 01:02:03 +0200\nSubject: s h\n"
            b"From: F R <f@d>\nTo: T <t@d>\nCc: C <c@d>\nBcc: B <b@d>\nSender: S <s@d>\nReply-To: R <r@d>\n"
        )
        == b'("Sat, 01 Feb 2007 01:02:03 +0200" "s h" (("F R" NIL "f" "d")) (("S" NIL "s" "d")) (("R" NIL "r" "d"))'
        b' (("T" NIL "t" "d")) (("C" NIL "c" "d")) (("B" NIL "b" "d")) "<r@t>" "<m@i>")'
    )


def test_a_message_without_a_header_has_an_empty_envelope() -> None:
    assert envelope_of(b"") == EMPTY_ENVELOPE


def test_absent_is_nil_and_empty_is_an_empty_string() -> None:
    written = envelope_of(b"Subject:\nDate: \nTo:\nFrom:\n")
    assert written == b'("" "" NIL NIL NIL NIL NIL NIL NIL NIL)'


def test_sender_and_reply_to_without_an_address_take_from() -> None:
    assert envelope_of(b"From: a@b\nSender: \nReply-To: ,\n") == (
        b'(NIL NIL ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) NIL NIL NIL NIL NIL)'
    )


def test_of_repeated_fields_the_first_subject_and_all_addresses_show() -> None:
    read = read_list(envelope_of(b"Subject: one\nSubject: two\nFrom: a@b\nFrom: c@d\n"))
    assert read[1] == b"one"
    assert read[2] == [[None, None, b"a", b"b"], [None, None, b"c", b"d"]]


def test_what_quotes_cannot_carry_is_a_literal() -> None:
    subject = "كتاب".encode()
    written = envelope_of(b"Subject: " + subject + b"\nMessage-ID: a\rb\n")
    assert b"{8}\r\n" + subject in written
    assert b"{3}\r\na\rb" in written


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (None, b"NIL"),
        (b"", b'""'),
        (b"NIL", b'"NIL"'),
        (b'a"b\\c', b'"a\\"b\\\\c"'),
        (b"\ta", b'"\ta"'),
        (b"a\nb", b"{3}\r\na\nb"),
        ("ك".encode(), b"{2}\r\n\xd9\x83"),
        (b"\xdf", b"{2}\r\n\xd9\x83"),  # windows-1256
        (b"a\0b", b"{3}\r\na\x80b"),
    ],
)
def test_strings_on_the_wire(value: bytes | None, wire: bytes) -> None:
    assert nstring(value) == wire


N = None
MISSING = b"MISSING_DOMAIN"


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        (b"", []),
        (b" , ,", []),
        (b"a@b", [(N, N, b"a", b"b")]),
        (b"<a@b>", [(N, N, b"a", b"b")]),
        (b"A  B <a.c@b.d>, e@f", [(b"A B", N, b"a.c", b"b.d"), (N, N, b"e", b"f")]),
        (b'"A, \\"B\\"" <a@b>', [(b'A, "B"', N, b"a", b"b")]),
        (b'John Q. "P" <a@b>', [(b"John Q. P", N, b"a", b"b")]),
        (b"a@b (Real (Nested) \\) Name)", [(b"Real (Nested) ) Name", N, b"a", b"b")]),
        (b"<a@b> (Name)", [(b"Name", N, b"a", b"b")]),
        (b"=?utf-8?q?a=2C?= <a@b>", [(b"=?utf-8?q?a=2C?=", N, b"a", b"b")]),
        ("أحمد <a@b>".encode(), [("أحمد".encode(), N, b"a", b"b")]),
        (b'"odd local"@b', [(N, N, b"odd local", b"b")]),
        (b"a@[1.2::3]", [(N, N, b"a", b"[1.2::3]")]),
        (b"<@r1,@r2:a@b>", [(N, b"@r1,@r2", b"a", b"b")]),
        (
            b"group: a@b, C <c@d>;",
            [(N, N, b"group", N), (N, N, b"a", b"b"), (b"C", N, b"c", b"d"), (N, N, N, N)],
        ),
        (b"undisclosed recipients:;", [(N, N, b"undisclosed recipients", N), (N, N, N, N)]),
        (
            b"g:a@b;, h: c@d",
            [(N, N, b"g", N), (N, N, b"a", b"b"), (N,) * 4, (N, N, b"h", N), (N, N, b"c", b"d"), (N,) * 4],
        ),
        # what is broken still shows, all of it
        (b"alice@moi.gov.qa <bob@evil.com>", [(b"alice@moi.gov.qa", N, b"bob", b"evil.com")]),
        (b"alice@moi.gov.qa)bob@evil.com", [(N, N, b"alice", b"moi.gov.qa)bob@evil.com")]),
        (b"a@b(<c@d>", [(b"<c@d>", N, b"a", b"b")]),
        (b"foo", [(N, N, b"foo", MISSING)]),
        (b"foo bar", [(b"foo", N, b"bar", MISSING)]),
        (b"foo <>", [(b"foo", N, b"MISSING_MAILBOX", MISSING)]),
        (b"foo <bar>", [(b"foo", N, b"bar", MISSING)]),
        (b"@b", [(N, N, b"MISSING_MAILBOX", b"b")]),
        (b"a@", [(N, N, b"a", MISSING)]),
        (b"a@b c d", [(b"c d", N, b"a", b"b")]),
        (b"a@b@c", [(N, N, b"a", b"b@c")]),
        (b"<a@b, c@d", [(N, N, b"a", b"b"), (N, N, b"c", b"d")]),
        (b'"open', [(N, N, b"open", MISSING)]),
        (b"<a@b>x<c@d>", [(b"x", N, b"a", b"bc@d")]),
    ],
)
def test_address_lists_show_whatever_they_hold(
    value: bytes, addresses: list[tuple[bytes | None, ...]]
) -> None:
    assert [tuple(address) for address in parse_addresses(value)] == addresses
