"""Encoded words in header fields, decoded for reading and search (RFC 2047); lenient where letters are not.

Nobody is identified by the result: rules that decide use `policies.addresses.encoded_word`, which is strict.

Invariant: total, and linear in the length of the value, whatever it holds.
"""

import re

from gateway.mime.charsets import codec_of, decode_text
from gateway.mime.transfer import decode_base64

# Section 2, with the language of RFC 2231 section 5. Blanks inside the encoded text are wrong and seen.
_WORD = re.compile(rb"=\?([^?*\s]*+)(?:\*[^?\s]*+)?\?([BbQq])\?([^?]*+)\?=")
_Q_OCTET = re.compile(rb"=([0-9A-Fa-f]{2})")


def decode_words(value: bytes) -> str:
    """Decode an unfolded header value.

    Blanks between encoded words go away (section 6.2). Neighbours of one charset are joined before they are
    decoded, as some programs cut inside a character. Octets outside encoded words are read as UTF-8 or
    windows-1256.
    """
    if b"=?" not in value:
        return decode_text(value)
    pieces: list[str] = []
    run: list[bytes] = []  # octets of neighbouring words of one charset
    charset = ""
    position = 0
    for match in _WORD.finditer(value):
        between = value[position : match.start()]
        neighbours = position > 0 and not between.strip()
        name = match[1].decode("latin-1").lower()
        if run and not (neighbours and name == charset):
            pieces.append(decode_text(b"".join(run), charset))
            run = []
        if not neighbours:
            pieces.append(decode_text(between))
        charset = name
        run.append(_word_octets(match, name))
        position = match.end()
    if run:
        pieces.append(decode_text(b"".join(run), charset))
    pieces.append(decode_text(value[position:]))
    return "".join(pieces)


def _word_octets(match: re.Match[bytes], charset: str) -> bytes:
    """Return the octets of one word; the word as written when its charset is unknown."""
    if codec_of(charset) is None:
        return match[0]
    if match[2] in b"Bb":
        return decode_base64(match[3])
    spaced = match[3].replace(b"_", b" ")
    return _Q_OCTET.sub(lambda octet: bytes((int(octet[1], 16),)), spaced)
