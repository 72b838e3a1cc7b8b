"""Encoded words in header fields (RFC 2047), decoded for people to read; nobody is identified by the result.

Invariants:
- Only the charsets in the table are decoded, strictly: an octet that the charset does not have makes the word
  undecodable.
- One pass: what a decoded word says is never decoded again.
- Time is linear in the length of the text.
"""

import binascii
import re

CHARSETS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "latin-1",
    "windows-1252": "cp1252",
    "iso-8859-6": "iso8859-6",
    "windows-1256": "cp1256",
    "cp1256": "cp1256",
}

# RFC 2047 section 2, with the language suffix of RFC 2231 section 5. The limit of 75 characters is not held
# against a sender: many mail programs write longer words.
_ENCODED_WORD = re.compile(
    r"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z0-9-]{0,40})?\?([BbQq])\?([!->@-~]*)\?=",
)
_Q_OCTET = re.compile(rb"=([0-9A-Fa-f]{2})")
_Q_STRAY = re.compile(rb"=(?![0-9A-Fa-f]{2})")


def decode_encoded_words(text: str) -> tuple[str, bool]:
    """Decode every encoded word in the unfolded `text`; return the text and whether all could be decoded.

    White space between two encoded words is dropped (RFC 2047 section 6.2). Adjacent words of one charset
    are joined before they are decoded, as some programs cut inside a character. An undecodable word stays
    as it is written.
    """
    if "=?" not in text:
        return text, True
    pieces: list[str] = []
    complete = True
    run: list[tuple[str, bytes | None, str]] = []  # the words not yet written out: codec, octets, as written
    position = 0
    for match in _ENCODED_WORD.finditer(text):
        between = text[position : match.start()]
        word = _octets(match)
        joins = not between.strip(" \t")
        if run and not (joins and word[0] == run[0][0]):
            complete &= _write(run, pieces)
            run = []
        if not joins or position == 0:
            pieces.append(between)
        run.append(word)
        position = match.end()
    complete &= _write(run, pieces)
    pieces.append(text[position:])
    return "".join(pieces), complete


def _octets(match: re.Match[str]) -> tuple[str, bytes | None, str]:
    codec = CHARSETS.get(match[1].lower(), "")
    encoded = match[3].encode("ascii")
    if match[2] in "Bb":
        try:
            return codec, binascii.a2b_base64(encoded, strict_mode=True), match[0]
        except binascii.Error:
            return codec, None, match[0]
    if _Q_STRAY.search(encoded):
        return codec, None, match[0]
    spaced = encoded.replace(b"_", b" ")
    return codec, _Q_OCTET.sub(lambda octet: bytes((int(octet[1], 16),)), spaced), match[0]


def _write(run: list[tuple[str, bytes | None, str]], pieces: list[str]) -> bool:
    """Append the decoded run; when it cannot be decoded, the words as written and False."""
    if not run:
        return True
    octets = [word for _, word, _ in run if word is not None]
    if run[0][0] and len(octets) == len(run):
        try:
            pieces.append(b"".join(octets).decode(run[0][0]))
        except UnicodeDecodeError:
            pass
        else:
            return True
    pieces.append(" ".join(written for _, _, written in run))
    return False
