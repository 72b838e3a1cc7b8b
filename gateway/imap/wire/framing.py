"""Cut the octets of one connection into whole commands. No I/O: push with `feed`, pull with `next`.

Invariants kept here:
- A literal's octets are never looked at as commands, whether the command is answered OK, NO or BAD.
- Every octet of a command is counted against `Limits` before it is kept; what is refused keeps nothing but
  its tag.
- The same octets give the same events, in whatever pieces they arrive.
- Work is linear in the octets received: nothing is scanned or copied once per piece.

Line ends: a command line ends in CRLF and nothing else. mox and Dovecot also take a bare LF; we end the
connection instead. No mail client sends one, and a tolerated bare LF turns a client that filters only CRLF
out of a search word or a mailbox name into a way to inject commands. A bare CR or a NUL within a line makes
the command BAD.

Literals: `{n}`, `{n+}`, `~{n}`, `~{n+}` at the end of any line (RFC 7888 section 4: the end of every line is
checked, also of lines that are wrong). A synchronising literal that is too large is answered at once, with no
`+`; a non-synchronising one is read to its end and thrown away first, or ends the connection when it is
absurd.
"""

import re
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from gateway.imap.wire.alphabet import TAG_CHAR
from gateway.imap.wire.limits import ID_TEXT_OCTETS, PRE_LOGIN, TAG_OCTETS, Limits

_HEAD = re.compile(
    rb"("
    + TAG_CHAR
    + rb"{1,%d})(?= |\Z)(?: ((?:[Uu][Ii][Dd] )?[A-Za-z][A-Za-z-]{0,31})(?= |\Z))?" % TAG_OCTETS,
)
_HEAD_OCTETS = TAG_OCTETS + 48
_MARKER = re.compile(rb"(~?)\{([0-9]+)(\+?)\}\Z")
_MARKER_OCTETS = 64  # how much of the end of a refused line is kept to see its literal
_SIZE_DIGITS = 19  # RFC 9051 number64 has at most 19 digits
_CR = 0x0D


@dataclass(frozen=True, slots=True)
class Literal:
    """One literal of a command. `binary` is literal8, `~{n}` (RFC 4466), the only kind that may hold NUL."""

    octets: bytes = field(repr=False)
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole command: `texts[0] literals[0] texts[1] literals[1] … texts[n]`, literal markers taken out.

    `tag` is None when the line does not begin with a usable tag. `verb` is in upper case, "UID FETCH" for the
    UID forms, "" when there is none; the arguments begin at `texts[0][arguments]`.
    """

    tag: str | None
    verb: str
    arguments: int
    texts: tuple[bytes, ...] = field(repr=False)  # may hold a password
    literals: tuple[Literal, ...] = ()


@dataclass(frozen=True, slots=True)
class NeedContinuation:
    """The client waits to send a literal of `size` octets, and it is within the limits.

    Send `+ …` and pull again, or call `CommandReader.refuse` and send the tagged refusal instead.
    `frame` is the command so far.
    """

    frame: Frame
    size: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A whole command was dropped. Answer it (tag or `*`, `status`, `code`, `text`) and go on."""

    tag: str | None
    status: str
    code: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Fatal:
    """The stream can no longer be trusted. Send `* BYE text` and close. Every later pull gives the same."""

    text: str


@dataclass(frozen=True, slots=True)
class NeedData:
    """Nothing whole is there: read from the client and feed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is no command (SASL answer, DONE), without its CRLF."""

    octets: bytes = field(repr=False)


NEED_DATA: Final = NeedData()

Event = Frame | NeedContinuation | Refused | Fatal | NeedData


def read_head(line: bytes) -> tuple[str | None, str, int]:
    """Return tag, verb in upper case and where the arguments begin."""
    head = _HEAD.match(line)
    if head is None:
        return None, "", 0
    return head[1].decode("ascii"), (head[2] or b"").decode("ascii").upper(), head.end()


class _Incoming:
    """The literal that is arriving. Octets of a refused command are counted, not kept."""

    __slots__ = ("binary", "kept", "missing")

    def __init__(self, size: int, *, binary: bool, keep: bool) -> None:
        self.missing = size
        self.binary = binary
        # BytesIO grows in place and hands its buffer over uncopied: a letter is held once, not twice.
        self.kept = BytesIO() if keep else None


class CommandReader:
    """Turns received octets into events. One reader a connection.

    Feed pieces of moderate size (16 KiB) and pull until `NeedData` before feeding again: then nothing is held
    beyond the limits and one piece.
    """

    def __init__(self, limits: Limits = PRE_LOGIN) -> None:
        self.limits = limits
        """May be replaced between commands, when somebody has logged in."""
        self._buffer = bytearray()
        self._fatal: Fatal | None = None
        self._reset()

    def _reset(self) -> None:
        self._searched = 0  # octets of the buffer known to hold no LF
        self._tag: str | None = None
        self._verb = ""
        self._arguments = 0
        self._texts: list[bytes] = []
        self._literals: list[Literal] = []
        self._started = False
        self._octets = 0  # of the whole command, kept or not
        self._text_octets = 0
        self._literal_octets = 0
        self._incoming: _Incoming | None = None
        self._refusal: Refused | None = None  # set: the rest of the command is drained, then this is given

    # -- pushing

    def feed(self, octets: bytes) -> None:
        """Take octets received from the client."""
        if self._fatal is None:
            self._buffer += octets

    def discard(self) -> int:
        """Throw away what was received and not yet pulled, as after STARTTLS; return how many octets."""
        count = len(self._buffer)
        self._buffer.clear()
        self._reset()
        return count

    def refuse(self) -> None:
        """Drop the command whose `NeedContinuation` was just given; its literal will not come."""
        self._reset()

    @property
    def pending(self) -> int:
        """Octets received and not yet part of an event; more than none means that the client did not wait."""
        return len(self._buffer)

    @property
    def held(self) -> int:
        """All octets in memory: pending ones and those of the unfinished command."""
        kept = None if self._incoming is None else self._incoming.kept
        arrived = 0 if kept is None else kept.tell()
        literals = sum(len(literal.octets) for literal in self._literals)
        return len(self._buffer) + sum(map(len, self._texts)) + literals + arrived

    # -- pulling

    def next(self) -> Event:
        """Return the next event; `NeedData` when no whole one is there."""
        while self._fatal is None:
            if self._incoming is not None and not self._fill(self._incoming):
                return NEED_DATA
            line = self._cut_line()
            if line is None and self._fatal is None:
                self._bound_unfinished_line()
            if line is None:
                return self._fatal or NEED_DATA
            event = self._accept(line)
            if event is not None:
                return event
        return self._fatal

    def next_line(self) -> Line | Fatal | NeedData:
        """Return one line outside any command. Its braces mean nothing. Too long a line is fatal."""
        line = None if self._fatal is not None else self._cut_line()
        if self._fatal is not None:
            return self._fatal
        if len(self._buffer if line is None else line) > self.limits.text + 1:
            return self._die("Line too long")
        return NEED_DATA if line is None else Line(line)

    # -- lines

    def _cut_line(self) -> bytes | None:
        """Take one line from the buffer, if a whole one is there."""
        end = self._buffer.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._buffer)
            return None
        if end == 0 or self._buffer[end - 1] != _CR:
            self._die("Lines must end in CR LF")
            return None
        line = bytes(self._buffer[: end - 1])
        del self._buffer[: end + 1]
        self._searched = 0
        return line

    def _bound_unfinished_line(self) -> None:
        """Hold no more of an unfinished line than the limits allow; of a refused one, only its end."""
        if self._refusal is None:
            # The last octet may be the CR of the line end, which is not text.
            if self._text_octets + len(self._buffer) - 1 <= self.limits.text:
                return
            self._start(self._buffer[:_HEAD_OCTETS])
            if self._text_octets + len(self._buffer) - 1 <= self._text_limit():
                return
            self._drop("BAD", None, "Command line too long")
        surplus = len(self._buffer) - _MARKER_OCTETS
        if surplus > 0:
            del self._buffer[:surplus]
            self._searched = len(self._buffer)
            self._count(surplus)

    def _start(self, line: bytes | bytearray) -> None:
        if not self._started:
            self._started = True
            self._tag, self._verb, self._arguments = read_head(bytes(line[:_HEAD_OCTETS]))

    def _text_limit(self) -> int:
        return max(self.limits.text, ID_TEXT_OCTETS) if self._verb == "ID" else self.limits.text

    def _accept(self, line: bytes) -> Event | None:
        self._start(line)
        self._text_octets += len(line)
        if self._refusal is None:
            if self._text_octets > self._text_limit():
                self._drop("BAD", None, "Command line too long")
            elif b"\0" in line or b"\r" in line:
                self._drop("BAD", None, "NUL or bare CR in a command")
        self._count(len(line) + 2)
        marker = _MARKER.search(line) if line.endswith(b"}") else None
        if self._fatal is not None:
            return self._fatal
        if marker is not None:
            return self._announce(line, marker)
        if self._refusal is not None:
            return self._refused()
        self._texts.append(line)
        frame = self._frame()
        self._reset()
        return frame

    def _frame(self) -> Frame:
        return Frame(self._tag, self._verb, self._arguments, tuple(self._texts), tuple(self._literals))

    # -- literals

    def _announce(self, line: bytes, marker: re.Match[bytes]) -> Event | None:
        binary, digits, plus = marker.groups()
        size = int(digits[: _SIZE_DIGITS + 1])  # one digit too many is as good as a thousand
        if self._refusal is None:
            self._judge_literal(size, waits=not plus)
        if self._refusal is None:
            self._texts.append(line[: marker.start()])
            self._literal_octets += size
        elif not plus:
            return self._refused()  # the client waits: it gets the refusal in place of "+"
        elif self._octets + size > self.limits.drain:
            return self._die("Literal too large")
        self._octets += size
        self._incoming = _Incoming(size, binary=bool(binary), keep=self._refusal is None)
        return None if plus else NeedContinuation(self._frame(), size)

    def _judge_literal(self, size: int, *, waits: bool) -> None:
        limits = self.limits
        append = self._verb == "APPEND"
        each = limits.append_literal if append else limits.literal
        total = limits.append_total if append else limits.literal
        if size > each or self._literal_octets + size > total:
            self._drop("NO", "TOOBIG", "Literal too large")
        elif not waits and size > limits.non_sync:
            self._drop("NO", "TOOBIG", "Literal too large to be sent without waiting")
        elif len(self._literals) >= limits.literals:
            self._drop("NO", "TOOBIG", "Too many literals in one command")

    def _fill(self, incoming: _Incoming) -> bool:
        """Move octets from the buffer to the literal; return whether it is whole."""
        taken = min(incoming.missing, len(self._buffer))
        if incoming.kept is not None and taken:
            with memoryview(self._buffer) as view:
                incoming.kept.write(view[:taken])
        del self._buffer[:taken]
        incoming.missing -= taken
        if incoming.missing:
            return False
        if incoming.kept is not None:
            self._literals.append(Literal(incoming.kept.getvalue(), incoming.binary))
        self._incoming = None
        return True

    # -- refusing

    def _drop(self, status: str, code: str | None, text: str) -> None:
        """Refuse the current command: keep nothing of it, and let the rest of it pass by."""
        self._refusal = Refused(self._tag, status, code, text)
        self._texts.clear()
        self._literals.clear()
        self._literal_octets = 0

    def _refused(self) -> Event | None:
        refusal = self._refusal
        self._reset()
        return refusal

    def _count(self, octets: int) -> None:
        self._octets += octets
        if self._refusal is not None and self._octets > self.limits.drain:
            self._die("Command too long")

    def _die(self, text: str) -> Fatal:
        self._fatal = Fatal(text)
        self._buffer.clear()
        self._reset()
        return self._fatal
