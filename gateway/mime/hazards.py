"""What an HTML text would do in a mail program besides being read: run, ask, or load from elsewhere.

Invariants:
- Linear: each pattern is tried once at each place and looks a bounded way ahead; the caller bounds the text.
- Too much is seen rather than too little. Elements and attributes are looked for wherever they could stand, in comments
  and odd quotes too, since mail programs disagree about where those end. Text that shows markup is written with `&lt;`.
- An address is harmless only when it is known to be: of the letter itself (`cid:`, `mid:`, `data:`, `#`), or relative.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Literal

Hazard = Literal["script", "form", "remote", "utf-7"]

_END = r"(?=[\t\n\f\r />]|\Z)"
_ACTIVE = re.compile(
    r"<(?:[a-z][a-z0-9._-]{0,30}:)?(?:script|iframe|frame|frameset|object|embed|applet|portal|fencedframe|foreignobject"
    r"|handler)" + _END + r"|<!entity\b|<\?xml-stylesheet\b",
    re.IGNORECASE,
)
_FORM = re.compile(r"<(?:form|input|button|textarea|select|isindex|keygen)" + _END, re.IGNORECASE)
_EVENT = re.compile(
    r"[\t\n\f\r \"'/]on(?:abort|activate|after[a-z]{1,20}|animation[a-z]{1,20}|aux[a-z]{1,20}|before[a-z]{1,20}|begin"
    r"|blur|bounce|cancel|canplay[a-z]{0,20}|change|click|close|content[a-z]{1,24}|contextmenu|copy|cuechange|cut"
    r"|data[a-z]{1,20}|dblclick|deactivate|drag[a-z]{0,20}|drop|duration[a-z]{1,20}|emptied|end|ended|error|finish|focus[a-z]{0,20}"
    r"|formdata|fullscreen[a-z]{1,20}|gesture[a-z]{1,20}|gotpointercapture|hashchange|help|input|invalid|key[a-z]{1,20}"
    r"|language[a-z]{1,20}|load[a-z]{0,20}|lostpointercapture|message[a-z]{0,20}|mouse[a-z]{1,20}|move[a-z]{0,20}"
    r"|offline|online|page[a-z]{1,20}|paste|pause|play|playing|pointer[a-z]{1,20}|popstate|progress|propertychange"
    r"|ratechange|readystatechange|repeat|reset|resize[a-z]{0,20}|row[a-z]{1,20}|scroll[a-z]{0,20}|search"
    r"|security[a-z]{1,24}|seek|seeked|seeking|select[a-z]{0,20}|show|slotchange|stalled|start|stop|storage|submit|suspend|timeupdate|toggle"
    r"|touch[a-z]{1,20}|transition[a-z]{1,20}|unload|volumechange|waiting|webkit[a-z]{1,24}|wheel|zoom)[\t\n\f\r ]*+=",
    re.IGNORECASE,
)
_LONGEST = 300  # of a value that is looked at, here and below: what is cut is not harmless
# Text without blanks and references: an attribute's value that begins with a scheme under which programs run.
_ACTIVE_ADDRESS = re.compile(
    r"=[\"']?(?:javascript|vbscript|livescript|data:text/html|data:text/xml|data:application/xhtml|data:image/svg)",
    re.IGNORECASE,
)
_PADDED = re.compile(r"&#[xX]?[0-9A-Fa-f]{9}")  # longer than any character's number: to hide it
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*+:")
_LOADING = re.compile(
    r"[\t\n\f\r \"'/](src|srcset|imagesrcset|background|poster|lowsrc|dynsrc)[\t\n\f\r ]*+=[\t\n\f\r ]*+"
    r"(?=(\"[^\"]{0,300}|'[^']{0,300}|[^\t\n\f\r >]{0,300}))",
    re.IGNORECASE,
)
_LINKING = re.compile(r"<(?:[a-z]{1,10}:)?(base|link|meta|image|use|feimage)" + _END, re.IGNORECASE)
_MOST_LINKING = 400  # honest letters have a handful
_MOST_ATTRIBUTES = 40
_ATTRIBUTE = re.compile(
    r"[\t\n\f\r /]*+([^\t\n\f\r />][^\t\n\f\r />=]{0,100})"
    r"(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(\"[^\"]*+|'[^']*+|[^\t\n\f\r >]*+)[\"']?)?",
)
_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})(?:\r\n|[\t\n\f\r ])?|([^0-9a-fA-F\n]))")
_CSS_URL = re.compile(r"(?:\burl|image-set)\([\t\n\f\r ]*+(?=([\"']?[^\"')]{0,300}))", re.IGNORECASE)
_CSS_IMPORT = re.compile(r"@import\b", re.IGNORECASE)
_CSS_ACTIVE = re.compile(r":[\t\n\f\r ]*+expression[\t\n\f\r ]*+\(|-moz-binding", re.IGNORECASE)
_UTF7 = re.compile(r"charset[\t\n\f\r ]*+=[\t\n\f\r \"']*+[a-z0-9_-]{0,20}utf[-_]?7", re.IGNORECASE)
_EMBEDDED = re.compile(r"data:image/[a-z.+-]{1,20};base64,[A-Za-z0-9+/=%\r\n]*+", re.IGNORECASE)
_BLANKS = dict.fromkeys(range(0x21))
_HARMLESS = ("cid:", "mid:", "data:", "about:blank", "#")


def without_embedded(markup: str) -> str:
    """Return the text with pictures that are written into it taken out: they load nothing, and are large."""
    return _EMBEDDED.sub("data:", markup)


def hazards(markup: str) -> frozenset[Hazard]:
    """Return what the text of an HTML or SVG part would do."""
    found: set[Hazard] = set()
    text = _resolved(markup)
    if _ACTIVE.search(markup) or _EVENT.search(markup) or _PADDED.search(markup):
        found.add("script")
    if _ACTIVE_ADDRESS.search(text.translate(_BLANKS)):
        found.add("script")
    if _FORM.search(markup):
        found.add("form")
    if any(_loads(match[1], match[2]) for match in _LOADING.finditer(markup)):
        found.add("remote")
    if _UTF7.search(markup):
        found.add("utf-7")
    found.update(_linked(markup))
    found.update(_styled(text))
    return frozenset(found)


def _resolved(text: str) -> str:
    """Resolve character references; hidden ones are a hazard of their own, and Python reads no endless numbers."""
    return unescape(_PADDED.sub("", text)) if "&" in text else text


def _bare(value: str) -> str:
    """Return a value as a browser takes an address: references resolved, blanks and controls gone, lower case."""
    return _resolved(value).translate(_BLANKS).lower()


def _loads(attribute: str, value: str) -> bool:
    addresses = value.split(",") if attribute.lower().endswith("srcset") else [value]
    return not all(map(harmless, addresses))


def harmless(value: str) -> bool:
    """Say whether a value as written, with its opening quote, loads nothing from outside the letter."""
    address = _bare(value.lstrip("\"'"))
    if address.startswith(_HARMLESS):
        return True
    return len(value) < _LONGEST and _SCHEME.match(address) is None and address[:1] not in {"/", "\\"}


def _linked(markup: str) -> Iterator[Hazard]:
    for count, match in enumerate(_LINKING.finditer(markup)):
        if count == _MOST_LINKING:
            yield "remote"
            return
        kind = match[1].lower()
        if kind == "base":
            yield "remote"
        for name, value in _attributes(markup, match.end()):
            if kind == "meta" and name == "http-equiv" and "refresh" in _bare(value):
                yield "script"
            elif kind != "meta" and name.endswith("href") and not harmless(value):
                yield "remote"


def _attributes(markup: str, position: int) -> Iterator[tuple[str, str]]:
    """Yield names and values, with the opening quote, of the tag whose name ends at `position`, as browsers do."""
    for _count in range(_MOST_ATTRIBUTES):
        match = _ATTRIBUTE.match(markup, position)
        if match is None:
            return
        yield match[1].lower(), match[2] or ""
        position = match.end()
    yield "href", "more:than can be honest"


def _styled(text: str) -> Iterator[Hazard]:
    if "\\" in text:
        text += "\n" + _CSS_ESCAPE.sub(_css_character, text)
    if _CSS_ACTIVE.search(text):
        yield "script"
    if _CSS_IMPORT.search(text) or any(not harmless(match[1]) for match in _CSS_URL.finditer(text)):
        yield "remote"


def _css_character(match: re.Match[str]) -> str:
    if match[1] is None:
        return match[2]
    code = int(match[1], 16)
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\N{REPLACEMENT CHARACTER}"
