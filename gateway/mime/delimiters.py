"""The boundary of a multipart and the delimiter lines it makes (RFC 2046 section 5.1.1).

Invariants:
- A delimiter line is exact: `--`, the boundary, for a close delimiter `--`, blanks, a line end. A line that
  only begins so is content, with an anomaly, since readers that compare prefixes would cut there.
- The line end before a delimiter belongs to the delimiter.
"""

import re
from typing import NamedTuple

from gateway.mime.limits import Limits, MimeLimitExceeded
from gateway.mime.parameters import Parameter

# What may follow the boundary on a delimiter line.
_TAIL = re.compile(rb"(--)?[ \t]*+(?:\r?\n|\Z)")
# bchars, the last of which may not be a space.
_BCHARS = re.compile(rb"[0-9A-Za-z'()+_,\-./:=? ]*[0-9A-Za-z'()+_,\-./:=?]")
_RECOMMENDED_OCTETS = 70


class Cut(NamedTuple):
    """A multipart's body cut at its delimiters; each position is -1 where there is no such delimiter."""

    spans: list[tuple[int, int]]
    preamble_end: int
    epilogue_start: int
    lookalikes: int


def boundary_of(params: tuple[Parameter, ...], limits: Limits, flaws: list[str]) -> bytes:
    """Return the boundary, b"" when there is none: the plain parameter goes before any RFC 2231 form."""
    plain = [param.value for param in params if param.name.lower() == b"boundary"]
    extended = [param for param in params if param.name[:9].lower() == b"boundary*"]
    if len(plain) > 1 or (plain and extended):
        flaws.append("duplicate-boundary")
    if plain:
        given = plain[0]
    elif extended:
        flaws.append("boundary-extended")
        given = _join_extended(extended)
    else:
        given = b""
    boundary = given.rstrip(b" \t")
    if not boundary:
        flaws.append("boundary-missing")
        return b""
    if len(boundary) > limits.boundary_octets:
        raise MimeLimitExceeded("boundary-too-long", limits.boundary_octets, len(boundary))
    if len(boundary) > _RECOMMENDED_OCTETS:
        flaws.append("boundary-long")
    if boundary != given or _BCHARS.fullmatch(boundary) is None:
        flaws.append("boundary-malformed")
    return boundary


def _join_extended(params: list[Parameter]) -> bytes:
    """Join the sections of a boundary in RFC 2231 form, as readers that know it do; never trusted."""
    sections = sorted(params, key=lambda param: param.name)
    joined = b"".join(section.value for section in sections)
    return joined.rpartition(b"'")[2]


def cut(octets: bytes, boundary: bytes, start: int, end: int, most: int) -> Cut:
    """Cut octets[start:end], the body of a multipart, at the delimiters of `boundary`.

    The octet before `start` must be the line end of the header. Raises `MimeLimitExceeded` with
    `too-many-parts` when more than `most` lines are, or begin like, delimiters.
    """
    needle = b"\n--" + boundary
    spans: list[tuple[int, int]] = []
    preamble_end = -1
    lookalikes = 0
    content = start  # where the preamble, or the part being looked through, begins
    position = start - 1  # the line end before it, as a delimiter may be its very first line
    while True:
        hit = octets.find(needle, position, end)
        if hit < 0:
            if preamble_end >= 0:
                spans.append((content, end))
            return Cut(spans, preamble_end, -1, lookalikes)
        if len(spans) + lookalikes > most:
            raise MimeLimitExceeded("too-many-parts", most, len(spans) + lookalikes)
        tail = _TAIL.match(octets, hit + len(needle), end)
        if tail is None:
            lookalikes += 1
            position = hit + 1
            continue
        stop = max(content, hit - 1 if octets[hit - 1] == 0x0D else hit)
        if preamble_end < 0:
            preamble_end = stop
        else:
            spans.append((content, stop))
        content = tail.end()
        if tail[1] is not None:
            return Cut(spans, preamble_end, content, lookalikes)
        if octets[content - 1] != 0x0A:  # the body stops on the delimiter line: it opens nothing
            return Cut(spans, preamble_end, -1, lookalikes)
        position = max(content - 1, hit + 1)
