"""Charsets, decoded for reading and search; the names come from letters and are not trusted.

Invariants:
- Total: unknown charsets and impossible octets give replacement characters, never an exception.
- A name reaches Python's codec registry only when it is in the table below, so that a letter can neither
  import modules by name nor pick a codec that is no charset, and unknown names cost nothing.
- Octets whose charset the letter does not tell, or tells wrongly, are guessed: UTF-8, else windows-1256, in which
  Arabic offices' old programs write. What is labelled with a charset that is known is read in it and no other.
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
# No charsets, but ways to find the one that is meant.
_GUESSED, _UTF_16_OR_8 = "guessed", "utf-16 or utf-8"
# Names that letters use for charsets that Python has under others; supersets as in the Encoding Standard.
_OTHER_NAMES = {
    "iso_8859_6_i": "iso8859_6", "iso_8859_6_e": "iso8859_6", "iso_8859_8_i": "iso8859_8",
    "windows_1256": "cp1256", "gb2312": "gb18030", "gbk": "gb18030", "ks_c_5601_1987": "cp949",
    "iso_8859_1": "cp1252", "latin1": "cp1252",
    "dos_720": "cp720", "ibm720": "cp720", "ibm_720": "cp720", "dos_862": "cp862",
    **{f"{maker}125{page}": f"cp125{page}" for page in range(9) for maker in ("windows", "win", "win_", "ms", "ms_")},
    # RFC 1428 section 3; US-ASCII, which holds no eighth bit
    "unknown_8bit": _GUESSED, "unknown": _GUESSED, "8bit": _GUESSED, "us_ascii": _GUESSED, "ascii": _GUESSED,
    # as in the Encoding Standard, by which browsers go; some programs mean UTF-8
    "unicode": _UTF_16_OR_8, "csunicode": _UTF_16_OR_8, "ucs_2": _UTF_16_OR_8, "iso_10646_ucs_2": _UTF_16_OR_8,
    "unicodefeff": "utf_16", "unicodefffe": "utf_16_be",
}  # fmt: skip

_CODECS: dict[str, str] = {
    **{alias: codec for alias, codec in aliases.items() if codec not in _NOT_CHARSETS},
    **{codec: codec for codec in (*aliases.values(), *_UNALIASED) if codec not in _NOT_CHARSETS},
    **_OTHER_NAMES,
}
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_SURROGATE = re.compile("[\ud800-\udfff]")
# What UTF-8 text does not hold and Arabic and Latin text in UTF-16 does: U+0627 has the octets 27 06.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_EIGHTH_BIT = bytes(range(0x80, 0x100))


def codec_of(charset: str) -> str | None:
    """Return the codec for a charset as a letter names it, or None when it is unknown.

    It is Python's name of the codec, or else one of this module's own for what has to be guessed.
    """
    if len(charset) > 40:
        return None
    name = _SEPARATORS.sub("_", charset.lower()).strip("_")
    return _CODECS.get(name) or _CODECS.get(name.removeprefix("x_")) or _CODECS.get(name.replace("_", ""))


def decode_text(octets: bytes, charset: str = "") -> str:
    """Decode octets, with replacement characters; without a known charset as UTF-8 or windows-1256."""
    codec = (codec_of(charset) if charset else None) or _GUESSED
    if codec == _UTF_16_OR_8:
        codec = _GUESSED if _is_utf_8(octets) else "utf_16"
    try:
        text = _guessed(octets) if codec == _GUESSED else octets.decode(codec, "replace")
    except (UnicodeError, LookupError):
        text = _guessed(octets)
    if "\0" in text:
        text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text if text.isascii() else _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def is_guessed(octets: bytes) -> bool:
    """Whether octets of no known charset are no UTF-8, and so have to be guessed."""
    if octets.isascii():
        return False
    try:
        octets.decode()
    except UnicodeDecodeError:
        return True
    return False


def _guessed(octets: bytes) -> str:
    """Decode octets of an unknown charset: UTF-8 that was cut or damaged stays UTF-8, all other is windows-1256."""
    text = octets.decode("utf_8", "replace")
    if "\ufffd" not in text or not is_guessed(octets):
        return text
    damaged = text.count("\ufffd")
    whole = len(text) - damaged - len(octets.translate(None, _EIGHTH_BIT))
    return octets.decode("cp1256", "replace") if damaged > whole else text


def _is_utf_8(octets: bytes) -> bool:
    return _CONTROL.search(octets) is None and not is_guessed(octets)
