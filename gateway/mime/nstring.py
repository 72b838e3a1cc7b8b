"""IMAP strings inside the lists that FETCH answers with (RFC 9051 section 9: nstring, quoted, literal)."""

import re

from gateway.mime.charsets import decode_text, is_guessed

# What a quoted string cannot carry to every client (TEXT-CHAR of RFC 3501), and what it carries escaped.
_NOT_QUOTABLE = re.compile(rb"[\0\r\n\x80-\xff]")
_SPECIAL = re.compile(rb"[\0\r\n\x80-\xff\"\\]")


def nstring(value: bytes | None) -> bytes:
    """Write an octet string as NIL, quoted, or a literal `{n}` where quoting cannot carry it.

    Octets beyond US-ASCII are UTF-8 there (RFC 9051 section 7.5.2, RFC 6855 section 3): what a letter has of another
    charset, in a file name or a subject without encoding, is read as it is for search and given in UTF-8.

    A NUL cannot travel in either (CHAR8 leaves it out); it becomes the octet 0x80, so that counts stay.
    """
    if value is None:
        return b"NIL"
    if _SPECIAL.search(value) is None:
        return b'"%b"' % value
    if is_guessed(value):
        value = decode_text(value).encode()
    if _NOT_QUOTABLE.search(value) is not None:
        return b"{%d}\r\n%b" % (len(value), value.replace(b"\0", b"\x80"))
    return b'"%b"' % value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
