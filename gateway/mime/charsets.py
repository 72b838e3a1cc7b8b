"""Charsets, decoded for reading and search; the names come from letters and are not trusted.

Invariants:
- Total: unknown charsets and impossible octets give replacement characters, never an exception.
- A name reaches Python's codec registry only when it is in the table below, so that a letter can neither
  import modules by name nor pick a codec that is no charset, and unknown names cost nothing.
- The text returned holds no NUL and no surrogate, so that it can be stored and encoded anywhere.
"""

import re
from encodings.aliases import aliases

# Codecs of Python that turn octets into octets, or into something other than text.
_NOT_CHARSETS = frozenset({
    "base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "uu_codec", "zlib_codec", "rot_13", "mbcs",
})  # fmt: skip
# Charsets that Python has without an alias.
_UNALIASED = ("cp720", "cp737", "cp856", "cp874", "cp1006", "koi8_r", "koi8_u", "mac_arabic", "mac_farsi")
# Names that letters use for charsets that Python has under others; supersets as in the Encoding Standard.
_OTHER_NAMES = {
    "iso_8859_6_i": "iso8859_6", "iso_8859_6_e": "iso8859_6", "iso_8859_8_i": "iso8859_8",
    "windows_1256": "cp1256", "gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601_1987": "cp949",
    "iso_8859_1": "cp1252", "latin1": "cp1252", "us_ascii": "utf_8", "ascii": "utf_8",
}  # fmt: skip

_CODECS: dict[str, str] = {
    **{alias: codec for alias, codec in aliases.items() if codec not in _NOT_CHARSETS},
    **{codec: codec for codec in (*aliases.values(), *_UNALIASED) if codec not in _NOT_CHARSETS},
    **_OTHER_NAMES,
}
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def codec_of(charset: str) -> str | None:
    """Return Python's name of the codec for a charset as a letter names it, or None when it is unknown."""
    if len(charset) > 40:
        return None
    name = _SEPARATORS.sub("_", charset.lower()).strip("_")
    return _CODECS.get(name) or _CODECS.get(name.removeprefix("x_")) or _CODECS.get(name.replace("_", ""))


def decode_text(octets: bytes, charset: str = "") -> str:
    """Decode octets; without a known charset as UTF-8, which holds US-ASCII, with replacement characters."""
    try:
        text = octets.decode((codec_of(charset) if charset else None) or "utf_8", "replace")
    except (UnicodeError, LookupError):
        text = octets.decode("utf_8", "replace")
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text if text.isascii() else _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)
