"""Small pure rooms: flags an officer may change, ASCII envelopes, binary parts, headers by name."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imap.binary import to_base64
from gateway.imap.fetch.downgrade import conventional, conventional_envelope
from gateway.imap.flagging import changed, in_known_case, permitted
from gateway.imap.search import headers
from gateway.imap.selected.index import encode_flags
from gateway.messages.search_text import head_text
from gateway.mime.bodystructure import bodystructure
from gateway.mime.decode import decode_words
from gateway.mime.envelope import envelope
from gateway.mime.sections import locate
from gateway.mime.transfer import decode_transfer
from gateway.mime.tree import parse

SEEN, DELETED, FLAGGED = "\\Seen", "\\Deleted", "\\Flagged"


@pytest.mark.parametrize(
    ("flags", "rights", "allowed", "refused"),
    [
        ({SEEN, DELETED, FLAGGED, "tag"}, "lrswte", {SEEN, DELETED, FLAGGED, "tag"}, set()),
        ({SEEN, DELETED, FLAGGED, "tag"}, "lrsw", {SEEN, FLAGGED, "tag"}, {DELETED}),
        ({SEEN, DELETED, FLAGGED}, "lrs", {SEEN}, {DELETED, FLAGGED}),
        ({SEEN}, "lr", set(), {SEEN}),
        ({"$MsSeen", "$msOther", "$Mdn"}, "lrswte", {"$Mdn"}, {"$MsSeen", "$msOther"}),
    ],
)
def test_rights_say_which_flags_change(
    flags: set[str], rights: str, allowed: set[str], refused: set[str]
) -> None:
    assert permitted(flags, rights) == (allowed, refused)


def test_what_may_not_be_changed_stays_through_a_replacement() -> None:
    own = frozenset({SEEN, DELETED, "tag"})
    assert changed(own, "replace", frozenset({FLAGGED}), "lrsw") == {FLAGGED, DELETED}
    assert changed(own, "add", frozenset({FLAGGED}), "lrsw") == {*own, FLAGGED}
    assert changed(own, "remove", frozenset({SEEN}), "lrsw") == {DELETED, "tag"}


def test_keywords_keep_their_first_case() -> None:
    assert in_known_case({"$LABEL1", SEEN, "New"}, {"$Label1"}) == {"$Label1", SEEN, "New"}
    assert encode_flags(frozenset({"b", SEEN, "a", DELETED})) == b"(\\Deleted \\Seen a b)"


LETTER = (
    "From: =?utf-8?Q?x?= <a@x.example>, مكتب <سجل@x.example>\r\nTo: plain <b@x.example>\r\n"
    'Subject: خطاب "مهم" جداً جداً جداً جداً\r\n'
    'Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; name="ملف.txt"\r\n\r\nنص\r\n'
    "--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: داخل\r\n\r\nنص\r\n--x--\r\n"
).encode()


def test_envelope_in_ascii_says_what_it_said() -> None:
    root = parse(LETTER)
    plain = conventional_envelope(envelope(root, LETTER))
    assert plain.isascii()
    assert plain.count(b"(") == envelope(root, LETTER).count(b"(")
    assert b'("plain" NIL "b" "x.example")' in plain
    assert b'NIL "invalid" "internationalized-address.invalid"' in plain
    subject = plain.split(b'" "' if b'" "' in plain[:3] else b'NIL "', 1)[1].split(b'"')[0]
    assert decode_words(subject) == 'خطاب "مهم" جداً جداً جداً جداً'


def test_structure_in_ascii_is_the_same_structure() -> None:
    written = bodystructure(parse(LETTER), LETTER, extended=True)
    plain = conventional(written)
    assert plain.isascii()
    assert plain.count(b"(") == written.count(b"(")
    assert b'"=?utf-8?B?' in plain


@given(st.binary(max_size=200))
def test_any_header_gives_an_ascii_envelope_or_the_same(head: bytes) -> None:
    octets = b"Subject: " + head.replace(b"\n", b"") + b"\r\n\r\n"
    written = envelope(parse(octets), octets)
    assert conventional_envelope(written).isascii()
    if written.isascii():
        assert conventional_envelope(written) == written


def test_binary_parts_are_kept_octet_for_octet() -> None:
    data = bytes(range(256)) * 3
    octets = (
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Transfer-Encoding: binary\r\nX: y\r\n\r\n"
        + data
        + b"\r\n--x\r\n\r\ntext\r\n--x--\r\n"
    )
    stored = to_base64(octets)
    assert b"\0" not in stored
    part = locate(parse(stored), (1,))
    assert part is not None
    assert part.transfer_encoding == "base64"
    assert decode_transfer(stored[part.body_start : part.end], "base64") == data
    assert to_base64(b"Subject: x\r\n\r\ntext\r\n") == b"Subject: x\r\n\r\ntext\r\n"


def test_fields_are_found_by_name_whatever_stands_around() -> None:
    head = b"X-Subject: no\r\nsubject : one\r\n two\r\nSUBJECT:three\r\nSubject-X: no\r\nbroken line\r\n\r\n"
    assert headers.values(head, "subject") == [b"one two", b"three"]
    assert headers.first(head, "missing") is None
    encoded = base64.b64encode("خطاب".encode()).decode()
    assert headers.text(f"Subject: =?utf-8?B?{encoded}?=\r\n".encode(), "subject") == "خطاب"
    assert head_text(head).splitlines()[:2] == ["x-subject: no", "subject: one two"]
    assert head_text(b"Subject: =?utf-8?q?_one=0Atwo?=\r\n") == "subject: one two"


def test_quick_look_at_a_header_takes_other_blanks_between_words() -> None:
    head = b"Subject: One\t two\r\n  three\r\n"
    assert headers.may_hold(head, b"one two three")
    assert not headers.may_hold(head, b"one four")
