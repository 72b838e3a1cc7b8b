import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imap.wire import encoder
from gateway.imap.wire.framing import CommandReader, Frame
from gateway.imap.wire.lexer import Lexer
from gateway.imap.wire.limits import logged_in

TEXTS = st.text(max_size=60)


def lexed(written: bytes, *, utf8: bool = False) -> Lexer:
    """Read a written value the way a client's parser would: framed, then lexed. Literals need no waiting here."""
    reader = CommandReader(logged_in())
    reader.feed(
        b"t X " + written.replace(b"}\r\n", b"+}\r\n", 1 if written.startswith(b"{") else 0) + b"\r\n"
    )
    frame = reader.next()
    assert isinstance(frame, Frame), frame
    lexer = Lexer(frame, utf8=utf8)
    lexer.space()
    return lexer


@given(st.binary(max_size=60).filter(lambda octets: b"\0" not in octets), st.booleans())
def test_every_string_is_read_back_as_it_was(octets: bytes, utf8: bool) -> None:
    for write in (encoder.string, encoder.astring):
        lexer = lexed(write(octets, utf8=utf8))
        assert lexer.astring() == octets
        assert lexer.at_end()


@given(st.binary(max_size=60))
def test_nothing_but_a_literal_holds_line_ends_nul_or_8_bit(octets: bytes) -> None:
    written = encoder.string(octets)
    if not written.startswith(b"{"):
        assert written.isascii()
        assert written.decode("ascii").isprintable()


@pytest.mark.parametrize(
    ("octets", "written"),
    [
        (b"", b'""'),
        (b"a b", b'"a b"'),
        (b'say "\\"', b'"say \\"\\\\\\""'),
        (b"a\r\nb", b"{4}\r\na\r\nb"),
        (b"\0", b"{1}\r\n\0"),
        (b"\xff", b"{1}\r\n\xff"),
        (b"x" * 1024, b'"' + b"x" * 1024 + b'"'),
        (b"x" * 1025, b"{1025}\r\n" + b"x" * 1025),
        ("مر".encode(), b"{4}\r\n" + "مر".encode()),
    ],
)
def test_strings(octets: bytes, written: bytes) -> None:
    assert encoder.string(octets) == written


def test_utf_8_is_quoted_only_when_enabled_and_true() -> None:
    assert encoder.string("مر".encode(), utf8=True) == '"مر"'.encode()
    assert encoder.string(b"\xff", utf8=True) == b"{1}\r\n\xff"


@pytest.mark.parametrize(
    ("octets", "written"),
    [
        (b"abc", b"abc"),
        (b"", b'""'),
        (b"NIL", b'"NIL"'),
        (b"nil", b'"nil"'),
        (b"a]", b'"a]"'),
        (b"a*", b'"a*"'),
    ],
)
def test_astrings(octets: bytes, written: bytes) -> None:
    assert encoder.astring(octets) == written


def test_nstring_is_nil_for_none_alone() -> None:
    assert encoder.nstring(None) == b"NIL"
    assert encoder.nstring(b"") == b'""'
    assert encoder.nstring(b"NIL") == b'"NIL"'


@pytest.mark.parametrize("octets", [b"a\r", b"a\n", b"\0", b"\x7f"])
def test_quoting_what_cannot_be_quoted_is_an_error(octets: bytes) -> None:
    with pytest.raises(ValueError, match="quotable"):
        encoder.quoted(octets)


@pytest.mark.parametrize(
    ("octets", "binary", "written"),
    [
        (None, False, b"NIL"),
        (b"", False, b'""'),
        (b"hi", False, [b"{2}\r\n", b"hi"]),
        (b"h\0", False, [b"{2}\r\n", b"h\0"]),
        (b"h\0", True, [b"~{2}\r\n", b"h\0"]),
        (b"hi", True, [b"{2}\r\n", b"hi"]),
    ],
)
def test_bodies(octets: bytes | None, binary: bool, written: Any) -> None:
    assert encoder.body(octets, binary=binary) == written


def test_a_body_is_not_copied() -> None:
    octets = bytes(100_000)
    assert encoder.body(octets)[1] is octets


@pytest.mark.parametrize(
    ("name", "utf8", "written"),
    [
        ("INBOX", False, b"INBOX"),
        ("Sent", False, b'"Sent"'),
        ("", False, b'""'),
        ("R & D", False, b'"R &- D"'),
        ("R & D", True, b'"R & D"'),
        ("واردة", False, b'"&BkgGJwYxBi8GKQ-"'),
        ("واردة", True, '"واردة"'.encode()),
        ('a"b\\', False, b'"a\\"b\\\\"'),
    ],
)
def test_mailbox_names(name: str, utf8: bool, written: bytes) -> None:
    assert encoder.mailbox(name, utf8=utf8) == written


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60), st.booleans())
def test_every_mailbox_name_is_read_back(name: str, utf8: bool) -> None:
    name = unicodedata.normalize("NFC", name)
    name = "INBOX" if name.upper() == "INBOX" else name
    assert lexed(encoder.mailbox(name, utf8=utf8), utf8=utf8).mailbox() == name


def test_flag_lists() -> None:
    assert encoder.flag_list(()) == b"()"
    assert encoder.flag_list(("\\Seen", "$label1", "\\*")) == b"(\\Seen $label1 \\*)"
    for flag in ("", "a b", "a)", "\\", "مر", "a\r\n", "a]"):
        with pytest.raises(ValueError, match="flag"):
            encoder.flag_list([flag])


def test_atoms_and_object_ids() -> None:
    assert encoder.object_id("M1-x_2") == b"(M1-x_2)"
    for value in ("", "a b", "a\r\nb", "é"):
        with pytest.raises(ValueError, match="atom"):
            encoder.atom(value)


@given(TEXTS, st.booleans())
def test_human_text_is_one_line_and_never_a_code(text: str, utf8: bool) -> None:
    written = encoder.human_text(text, utf8=utf8)
    shown = written.decode("utf-8")
    assert written
    assert not written.startswith((b"[", b" "))
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or "\u202a" <= c <= "\u202e" for c in shown)
    assert utf8 or written.isascii()
    assert len(written) <= encoder.TEXT_OCTETS


@pytest.mark.parametrize(
    ("text", "utf8", "written"),
    [
        ("Done", False, b"Done"),
        ("", False, b"."),
        ("\r\n", False, b"."),
        ("a\r\nb OK", False, b"a b OK"),
        ("[ALERT] x", False, b"(ALERT] x"),
        ("لا يمكن", True, "لا يمكن".encode()),
        ("لا", False, b"??"),
        ("a\u202eb\u2066c", True, b"abc"),
        ("x" * 5000, False, b"x" * 900),
        ("م" * 5000, True, ("م" * 450).encode()),
    ],
)
def test_human_text(text: str, utf8: bool, written: bytes) -> None:
    assert encoder.human_text(text, utf8=utf8) == written
