"""IMAP strings inside the lists that FETCH answers with (RFC 9051 section 9: nstring, quoted, literal)."""

import re

# What a quoted string cannot carry to every client (TEXT-CHAR of RFC 3501), and what it carries escaped.
_NOT_QUOTABLE = re.compile(rb"[\0\r\n\x80-\xff]")
_SPECIAL = re.compile(rb"[\0\r\n\x80-\xff\"\\]")


def nstring(value: bytes | None) -> bytes:
    """Write an octet string as NIL, quoted, or a literal `{n}` where quoting cannot carry it.

    A NUL cannot travel in either (CHAR8 leaves it out); it becomes the octet 0x80, so that counts stay.
    """
    if value is None:
        return b"NIL"
    if _SPECIAL.search(value) is None:
        return b'"%b"' % value
    if _NOT_QUOTABLE.search(value) is not None:
        return b"{%d}\r\n%b" % (len(value), value.replace(b"\0", b"\x80"))
    return b'"%b"' % value.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
