"""Real letters, octets made by chance, and a reader of IMAP lists, for the tests of the MIME parser."""

import re
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

SAMPLES = Path(__file__).parents[3] / "samples" / "thunderbird"
LETTERS = sorted(path.name for path in SAMPLES.glob("*.eml"))

# What a MIME parser stumbles over, to be strung together by chance.
_FRAGMENTS = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\r\n ", b"\t", b"--", b"--a", b"--a--", b"--ab", b"\r\n--a\r\n",
    b"\r\n--a--\r\n", b"\r\n--b\r\n", b"\r\n--b--\r\n", b"\n--a \n", b"MIME-Version: 1.0\r\n", b"no field\r\n",
    b"Content-Type: multipart/mixed; boundary=a\r\n", b'Content-Type: multipart/digest; boundary="b"\r\n',
    b'Content-Type: multipart/signed; boundary*0=a; boundary=b; protocol="x/y"\r\n',
    b"Content-Type: message/rfc822\r\n", b"Content-Type: text/html; charset=windows-1256\r\n",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"Content-Disposition: attachment; filename*0*=utf-8''%D9; filename*1=x\r\n",
    b'From: "A, B" <a@b.example>, c (d) , group: e@f;\r\n', b"Subject: =?utf-8?b?2KM=?= =?x?q?=41?=\r\n",
    b"To : (((\r\n",
    b"2KM=", b"=D9=83", b"<b>&lt;</b><script>", b"\xd9\x83", b"\xff\0", b'"\\', b"<", b">",
]  # fmt: skip


def soup() -> st.SearchStrategy[bytes]:
    """Octets that look like a message here and there."""
    fragment = st.one_of(st.sampled_from(_FRAGMENTS), st.binary(max_size=8))
    return st.lists(fragment, max_size=40).map(b"".join)


def read_list(wire: bytes) -> list[Any]:
    """Read an IMAP list: lists as lists, strings as bytes, NIL as None, numbers as int. Fails on bad form."""
    value, position = _read(wire, 0)
    assert position == len(wire), wire[position:]
    assert isinstance(value, list)
    return value


_NUMBER = re.compile(rb"[0-9]+")
_LITERAL = re.compile(rb"\{([0-9]+)\}\r\n")
_QUOTED = re.compile(rb'"((?:[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x5b\x5d-\x7f]|\\["\\])*)"')


def _read(wire: bytes, position: int) -> tuple[Any, int]:
    if wire.startswith(b"NIL", position):
        return None, position + 3
    if wire[position : position + 1] == b"(":
        return _read_items(wire, position + 1)
    if quoted := _QUOTED.match(wire, position):
        return re.sub(rb"\\(.)", rb"\1", quoted[1]), quoted.end()
    if literal := _LITERAL.match(wire, position):
        end = literal.end() + int(literal[1])
        assert b"\0" not in wire[literal.end() : end]
        return wire[literal.end() : end], end
    number = _NUMBER.match(wire, position)
    assert number is not None, wire[position : position + 40]
    return int(number[0]), number.end()


def _read_items(wire: bytes, position: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    while wire[position : position + 1] != b")":
        if wire[position : position + 1] == b" ":
            position += 1
        item, position = _read(wire, position)
        items.append(item)
    return items, position + 1
