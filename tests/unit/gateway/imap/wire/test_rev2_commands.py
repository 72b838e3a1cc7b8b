"""What is read otherwise when the client has enabled IMAP4rev2 (RFC 9051)."""

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from gateway.imap.wire import commands
from gateway.imap.wire.commands_message import Append, AppendMessage
from gateway.imap.wire.errors import BadCommand
from gateway.imap.wire.search_keys import TextKey

NFC = "أرشيف"
NFD = unicodedata.normalize("NFD", NFC)


CASES = [
    (b'SELECT "%b"', commands.Select("t", NFC, supplied=NFD)),
    (b'EXAMINE "%b"', commands.Select("t", NFC, read_only=True, supplied=NFD)),
    (b'CREATE "%b"', commands.Create("t", NFC, (), NFD)),
    (b'CREATE "%b" (USE (\\Junk))', commands.Create("t", NFC, ("\\Junk",), NFD)),
    (b'DELETE "%b"', commands.Delete("t", NFC, NFD)),
    (b'RENAME "%b" x', commands.Rename("t", NFC, "x", NFD)),
    (b'RENAME x "%b"', commands.Rename("t", "x", NFC, "x")),
    (b'APPEND "%b" {1+}\r\nm', Append("t", NFC, (AppendMessage(b"m"),), NFD)),
]


@pytest.mark.parametrize(("line", "expected"), CASES)
def test_a_name_that_is_not_in_nfc_is_kept_beside_the_one_that_is(
    read: Callable[..., Any], line: bytes, expected: Any
) -> None:
    assert read(b"t " + line % NFD.encode() + b"\r\n", rev2=True) == expected


@pytest.mark.parametrize("verb", [b"SELECT", b"CREATE", b"DELETE", b"RENAME x"])
@pytest.mark.parametrize("name", [NFC, "INBOX", "inbox", "R&D"])
def test_a_name_in_nfc_was_supplied_as_it_is(read: Callable[..., Any], verb: bytes, name: str) -> None:
    command = read(b"t %b " % verb + b'"' + name.encode() + b'"\r\n', rev2=True)
    assert command.supplied is None


def test_a_charset_may_be_named_unless_utf8_accept_is_enabled_too(read: Callable[..., Any]) -> None:
    line = b't SEARCH CHARSET UTF-8 SUBJECT "' + NFC.encode() + b'"\r\n'
    assert read(line, rev2=True).key == TextKey("SUBJECT", NFC)
    with pytest.raises(BadCommand):
        read(line, rev2=True, utf8=True)


def test_names_are_utf8_and_no_modified_utf7(read: Callable[..., Any]) -> None:
    assert read(b"t SUBSCRIBE &BiM-\r\n", rev2=True).mailbox == "&BiM-"
    assert read(b't LIST "" "%b*"\r\n' % NFD.encode(), rev2=True).patterns == (NFC + "*",)
    with pytest.raises(BadCommand):
        read(b't SELECT "\xd9"\r\n', rev2=True)
