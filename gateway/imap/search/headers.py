"""Fields of a stored header section, found by name without parsing the rest; decoded for search and sorting.

Invariant: total and linear in the size of the section, whatever it holds.
"""

from gateway.mime.decode import decode_words
from gateway.mime.fieldtext import pattern, values
from gateway.mime.header import unfold

__all__ = ["first", "may_hold", "text", "values"]


def first(head: bytes, name: str) -> bytes | None:
    """Return the unfolded value of the first field of that name, or None."""
    found = pattern(name).search(head)
    return None if found is None else unfold(found[1])


def text(head: bytes, name: str) -> str:
    """Return the decoded value of the first field of that name, "" when there is none."""
    value = first(head, name)
    return "" if value is None else decode_words(value)


def may_hold(head: bytes, needle: bytes) -> bool:
    """Whether some field's text may hold `needle`, which is searchable ASCII: a quick no for most messages.

    Its words are looked for one by one, as a field may have other blanks between them.
    """
    if b"=?" in head or not head.isascii():
        return True
    lowered = head.replace(b"\r", b"").replace(b"\n", b"").lower()
    return all(word in lowered for word in needle.split())
