"""The text of an HTML part, for search and for comparison with a plain text; never for display.

Invariants:
- Linear in the length of the text: no pattern fails after scanning ahead, so none scans twice.
- The caller bounds what is read: tags cost far more time than the octets that make them.
"""

import re
from html import unescape

# Each of these matches to the end of the text when what it opens is never closed, as browsers read it.
_HIDDEN = re.compile(
    r"<!--(?:-?>|(?:[^-]++|-(?!-!?>))*(?:--!?>|\Z))"
    r"|<(script|style)\b(?:[^<]++|<(?!/\1\b))*(?:</\1[^>]*+>?|\Z)",
    re.IGNORECASE,
)
# What Outlook alone reads: comments with markup inside, in which islands of XML hold settings.
_CONDITIONAL = re.compile(r"<!--\[if\b((?:[^-]++|-(?!->))*)(?:-->|\Z)", re.IGNORECASE)
_ISLAND = re.compile(r"<xml\b(?:[^<]++|<(?!/xml\b))*(?:</xml[^>]*+>?|\Z)", re.IGNORECASE)
_CONDITION = re.compile(r"^[^>]*+>|<!\[endif\]", re.IGNORECASE)
_TITLE = re.compile(r"<title\b(?:[^<]++|<(?!/title\b))*(?:</title[^>]*+>?|\Z)", re.IGNORECASE)
_RAISED = re.compile(r"</?su[bp]\b[^<>]*+>", re.IGNORECASE)
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
    return references_resolved(text)


def references_resolved(text: str) -> str:
    """Return the text, tags and all, with its character references resolved."""
    return _REFERENCE.sub(lambda reference: unescape(reference[0]), text) if "&" in text else text


def visible_text(markup: str) -> str:
    """Return what some mail program shows of an HTML text, in Outlook's conditional comments too."""
    if "<!--[" in markup:
        markup = _CONDITIONAL.sub(lambda comment: _CONDITION.sub(" ", _ISLAND.sub(" ", comment[1])), markup)
    return strip_tags(_RAISED.sub(" ", _TITLE.sub(" ", markup)))
