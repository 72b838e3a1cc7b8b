"""The octets after DATA: where they end, what was meant, and what is wrong with them.

Pure: octets in, a letter or a fault out. RFC 5321 sections 4.1.1.4 and 4.5.2.

Invariants:
- Data ends at CRLF "." CRLF and nowhere else. A wrong message is read to that end too, so that nothing inside
  it is ever taken for a command.
- A letter that comes out has no bare CR, no bare LF, no NUL and no line of more than 998 octets and CRLF, and
  is what the client meant, octet for octet: only the dot that it put before a dot is taken away.
- Memory stays within the limit of size and one read.
"""

import re
from dataclasses import dataclass
from enum import Enum
from io import BytesIO

LINE_OCTETS = 1_000  # RFC 5321 section 4.5.3.1.6, with CRLF, without the doubled dot
_END = b"\r\n.\r\n"
_BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_PATIENCE = 4  # a message of more than this many times the limit is not read to its end


class Flaw(Enum):
    """What is wrong with a message; the value says it in English."""

    BARE = "a CR or LF that is not part of CRLF"
    NUL = "a NUL octet"
    LONG = "a line of more than 998 octets"
    LARGE = "too large"


@dataclass(frozen=True, slots=True)
class Fault:
    """The first flaw of a message: at or before which octet of it (from 0) it was seen, and on which line (from 1)."""

    flaw: Flaw
    octet: int
    line: int = 0

    @property
    def smuggling(self) -> bool:
        """Whether another reader could see another end of the message than we do."""
        return self.flaw in {Flaw.BARE, Flaw.NUL}


class EndOfData:
    """Reads one message. `limit` is the most octets that it may have, as RFC 1870 section 5 counts them."""

    def __init__(self, limit: int) -> None:
        self.fault: Fault | None = None
        self.received = 0
        self._limit = limit
        self._kept = BytesIO()
        self._size = 0
        self._lines = 0
        # What is not yet looked at. It begins with the CRLF of the line before (of DATA, at first); after a
        # fault it is only as much as may be the beginning of the end.
        self._window = bytearray(b"\r\n")

    def feed(self, octets: bytes) -> bytes | None:
        """Take octets; return those after the end of the data, or None when the end is still to come."""
        window = self._window
        searched = max(0, len(window) + 1 - len(_END))
        window += octets
        self.received += len(octets)
        end = window.find(_END, searched)
        if end >= 0:
            surplus = bytes(window[end + len(_END) :])
            self._take_lines(end)
            return surplus
        self._take_lines(window.rfind(b"\r\n"))
        if self.fault is None and len(window) > 2 + 1 + LINE_OCTETS:
            self._fail_in_line()
        if self.fault is not None:
            del window[: 1 - len(_END)]
        return None

    @property
    def hopeless(self) -> bool:
        """Whether so much has come that the end is not worth waiting for."""
        return self.received > _PATIENCE * self._limit + LINE_OCTETS

    def letter(self) -> bytes:
        """Return the message after its end, when it has no fault."""
        assert self.fault is None
        return self._kept.getvalue()

    def _take_lines(self, last: int) -> None:
        """Take the whole lines of the window up to the CRLF at `last`, which stays."""
        if self.fault is not None or last <= 0:
            return
        # RFC 5321 section 4.5.2: the first dot of a line is taken away.
        lines = self._window[: last + 2].replace(b"\r\n.", b"\r\n")
        del self._window[:last]
        del lines[:2]
        ends = lines.count(b"\r\n")
        if lines.count(b"\n") != ends or lines.count(b"\r") != ends:
            bare = _BARE.search(lines)
            self._fail(Flaw.BARE, bare.start() if bare else 0, lines)
        elif b"\0" in lines:
            self._fail(Flaw.NUL, lines.index(b"\0"), lines)
        elif (long := _long_line(lines)) is not None:
            self._fail(Flaw.LONG, long, lines)
        elif self._size + len(lines) > self._limit:
            self._fail(Flaw.LARGE)
        else:
            self._size += len(lines)
            self._lines += ends
            self._kept.write(lines)

    def _fail_in_line(self) -> None:
        """Name what is wrong with a line that has become too long before its end came."""
        line = self._window[2:-1]  # its last octet may be the CR of CRLF
        bare = _BARE.search(line)
        if bare:
            self._fail(Flaw.BARE, bare.start())
        elif b"\0" in line:
            self._fail(Flaw.NUL, line.index(b"\0"))
        else:
            self._fail(Flaw.LONG)

    def _fail(self, flaw: Flaw, offset: int = 0, lines: bytes | bytearray = b"") -> None:
        """Note a flaw at `offset` of what is not yet kept, which begins with `lines`."""
        self.fault = Fault(flaw, self._size + offset, self._lines + lines.count(b"\n", 0, offset) + 1)
        self._kept = BytesIO()


def _long_line(lines: bytes | bytearray) -> int | None:
    """Return where the first line that is too long begins; `lines` ends with CRLF and has no bare LF.

    From a line's start it jumps to the last line end that is near enough: short lines cost nothing each.
    """
    start = 0
    while len(lines) - start > LINE_OCTETS:
        line_end = lines.rfind(b"\n", start, start + LINE_OCTETS)
        if line_end < 0:
            return start
        start = line_end + 1
    return None
