"""The text of an HTML part, for search; never for display.

Invariants:
- Linear in the length of the text: no pattern fails after scanning ahead, so none scans twice.
- The caller bounds what is read: tags cost far more time than the octets that make them.
"""

import re
from html import unescape

# Each of these matches to the end of the text when what it opens is never closed, as browsers read it.
_HIDDEN = re.compile(
    r"<!--(?:[^-]++|-(?!->))*(?:-->|\Z)"
    r"|<(script|style)\b(?:[^<]++|<(?!/\1\b))*(?:</\1[^>]*+>?|\Z)",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    r"</?(?:address|blockquote|br|dd|div|dl|dt|h[1-6]|hr|li|ol|p|pre|table|td|th|title|tr|ul)\b[^<>]*+>",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[A-Za-z/!?][^<>]*+>")
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def strip_tags(text: str) -> str:
    """Return the text without comments, scripts, styles and tags, character references resolved.

    Block elements end a line; others, such as bold, leave words together.
    """
    if "<" in text:
        text = _HIDDEN.sub(" ", text)
        text = _TAG.sub("", _BLOCK.sub("\n", text))
    if "&" in text:
        text = _REFERENCE.sub(lambda reference: unescape(reference[0]), text)
    return text
