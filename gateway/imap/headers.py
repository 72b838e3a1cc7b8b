"""Fields of a stored header section, found by name without parsing the rest; decoded for search and sorting.

Invariant: total and linear in the size of the section, whatever it holds.
"""

import re
from functools import lru_cache

from gateway.mime.decode import decode_words
from gateway.mime.header import unfold

_FOLD_END = re.compile(rb"\r?\n(?=[ \t])")
_FIELD = re.compile(rb"^([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE)


@lru_cache(maxsize=256)
def _pattern(name: str) -> re.Pattern[bytes]:
    return re.compile(
        rb"^" + re.escape(name.encode()) + rb"[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)",
        re.IGNORECASE | re.MULTILINE,
    )


def values(head: bytes, name: str) -> list[bytes]:
    """Return the unfolded values of every field of that name."""
    return [unfold(value) for value in _pattern(name).findall(head)]


def first(head: bytes, name: str) -> bytes | None:
    """Return the unfolded value of the first field of that name, or None."""
    found = _pattern(name).search(head)
    return None if found is None else unfold(found[1])


def text(head: bytes, name: str) -> str:
    """Return the decoded value of the first field of that name, "" when there is none."""
    value = first(head, name)
    return "" if value is None else decode_words(value)


def whole_text(head: bytes) -> str:
    """Return the header section as it reads: every field decoded, one a line."""
    return "\n".join(
        f"{name.decode('ascii')}: {decode_words(unfold(value))}" for name, value in _FIELD.findall(head)
    )


def may_hold(head: bytes, needle: bytes) -> bool:
    """Whether some field's text may hold `needle`, which is lower-case ASCII: a quick no for most messages."""
    if b"=?" in head or not head.isascii():
        return True
    return needle in head.replace(b"\r", b"").replace(b"\n", b"").lower()
