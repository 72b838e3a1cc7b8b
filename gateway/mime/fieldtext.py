"""Fields of a header section, found by name without parsing the rest.

Invariant: total and linear in the size of the section, whatever it holds.
"""

import re
from functools import lru_cache

from gateway.mime.header import unfold

_FIELD = re.compile(rb"^([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)", re.MULTILINE)


@lru_cache(maxsize=256)
def pattern(name: str) -> re.Pattern[bytes]:
    """Return what finds the fields of that name; the first group is the value as it is written."""
    return re.compile(
        rb"^" + re.escape(name.encode()) + rb"[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)",
        re.IGNORECASE | re.MULTILINE,
    )


def values(head: bytes, name: str) -> list[bytes]:
    """Return the unfolded values of every field of that name."""
    return [unfold(value) for value in pattern(name).findall(head)]


def fields(head: bytes) -> list[tuple[str, bytes]]:
    """Return name, as it is written, and unfolded value of every field."""
    return [(name.decode("ascii"), unfold(value)) for name, value in _FIELD.findall(head)]
