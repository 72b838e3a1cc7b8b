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
    "windows_1256": "cp1256", "windows1256": "cp1256", "dos_720": "cp720", "unicode": "utf_16",
    "gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601_1987": "cp949",
    "iso_8859_1": "cp1252", "latin1": "cp1252", "us_ascii": "utf_8", "ascii": "utf_8",
    **dict.fromkeys(("unknown_8bit", "unknown", "x_unknown", "8bit", "default"), "utf_8"),
}  # fmt: skip

_CODECS: dict[str, str] = {
    **{alias: codec for alias, codec in aliases.items() if codec not in _NOT_CHARSETS},
    **{codec: codec for codec in (*aliases.values(), *_UNALIASED) if codec not in _NOT_CHARSETS},
    **_OTHER_NAMES,
}
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def codec_of(charset: str) -> str | None:
    """Return Python's name of the codec for a charset as a letter names it, or None when it is unknown."""
    if len(charset) > 40:
        return None
    name = _SEPARATORS.sub("_", charset.lower()).strip("_")
    return _CODECS.get(name) or _CODECS.get(name.removeprefix("x_")) or _CODECS.get(name.replace("_", ""))


def decode_text(octets: bytes, charset: str = "") -> str:
    """Decode octets, with replacement characters where it cannot be done.

    Without a known charset they are read as UTF-8, which holds US-ASCII, and where they are not that, as
    windows-1256: what mail programs in Arabic write without saying so.
    """
    codec = codec_of(charset) if charset else None
    try:
        if codec == "utf_16" and b"\0" not in octets and octets[:2] not in _BYTE_ORDER_MARKS:
            codec = None  # the label "unicode" over text that is not
        if codec is None or (codec == "utf_8" and not charset.lower().startswith("utf")):
            text = _guessed(octets)
        else:
            text = octets.decode(codec, "replace")
    except (UnicodeError, LookupError):
        text = octets.decode("utf_8", "replace")
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text if text.isascii() else _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def _guessed(octets: bytes) -> str:
    """Read octets without a label: in damaged UTF-8 more characters are whole than broken, in other text not."""
    if octets.isascii():
        return octets.decode("ascii")
    text = octets.decode("utf_8", "replace")
    broken = text.count("\N{REPLACEMENT CHARACTER}")
    if not broken:
        return text
    whole = len(text) - len(text.encode("ascii", "ignore")) - broken
    return text if whole > broken else octets.decode("cp1256", "replace")
