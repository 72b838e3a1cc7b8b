"""Read the arguments of one framed command, token by token (RFC 3501/9051 section 9).

Invariants kept here:
- Whatever is read or refused, the only exception is `BadCommand`, carrying the command's tag.
- Each call looks at its token once; nothing is scanned again because something else failed.
- A literal ends its line: it is only read where the text before it is used up.
- Between arguments, and within parentheses, more blanks than the one that the grammar has mean no more than one.

Strings come out as octets; `ascii`, `text` and `mailbox` decide which characters they may hold. Quoted
strings may hold 8-bit octets at this level, because clients send them with `CHARSET UTF-8` before they enable
UTF-8.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from gateway.imap.wire import dates, mutf7
from gateway.imap.wire.alphabet import ASTRING_CHAR, ATOM_CHAR, LIST_CHAR
from gateway.imap.wire.errors import BadCommand
from gateway.imap.wire.flags import canonical
from gateway.imap.wire.framing import Frame, Literal
from gateway.imap.wire.sequence import SequenceSet

T = TypeVar("T")

MAILBOX_OCTETS = 1024
"""Longest mailbox name that is read, in UTF-8."""
LIST_ITEMS = 2000
"""Most items in one parenthesised list."""
MAX_NUMBER32 = 0xFFFFFFFF
MAX_NUMBER63 = 0x7FFFFFFFFFFFFFFF

_ATOM = re.compile(ATOM_CHAR + rb"+")
_ASTRING = re.compile(ASTRING_CHAR + rb"+")
_LIST_MAILBOX = re.compile(LIST_CHAR + rb"+")
_QUOTED = re.compile(rb'"([^"\\]*(?:\\["\\][^"\\]*)*)"')
_ESCAPE = re.compile(rb"\\(.)")
_WORD = re.compile(rb"[A-Za-z][A-Za-z0-9.=_-]*")
_NUMBER = re.compile(rb"[0-9]+")
_SEQUENCE = re.compile(rb"[0-9*:,]+|\$")
_FLAG = re.compile(rb"\\?" + ATOM_CHAR + rb"+")
_BLANKS = re.compile(rb" +")
_OPENING = re.compile(rb" +\( *")
_CLOSING = re.compile(rb" *\)")
_PARTIAL = re.compile(rb"<([0-9]{1,19})\.([0-9]{1,19})>")


class Lexer:
    """A cursor over the arguments of `frame`; `utf8`, `rev2`: the client has enabled UTF8=ACCEPT or IMAP4rev2."""

    __slots__ = ("_at", "_frame", "_part", "_text", "charsets", "supplied", "tag", "utf8", "verb")

    def __init__(self, frame: Frame, *, utf8: bool, rev2: bool = False) -> None:
        self._frame = frame
        self._part = 0
        self._text = frame.texts[0]
        self._at = frame.arguments
        self.tag = frame.tag or ""
        self.verb = frame.verb
        self.utf8 = utf8 or rev2
        """Whether names are UTF-8, not modified UTF-7."""
        self.charsets = not utf8
        """Whether SEARCH may name a charset (RFC 6855 section 3)."""
        self.supplied: str | None = None
        """The last mailbox name as the client wrote it, where that is not in NFC."""

    # -- where the cursor is

    def bad(self, text: str, *, status: str = "BAD", code: str | None = None) -> BadCommand:
        """Return the refusal of this command, to be raised."""
        return BadCommand(self.tag, text, status=status, code=code)

    def take(self, octets: bytes) -> bool:
        """Step over `octets` if they are next."""
        if self._text.startswith(octets, self._at):
            self._at += len(octets)
            return True
        return False

    def expect(self, octets: bytes) -> None:
        """Step over `octets` or refuse."""
        if not self.take(octets):
            raise self.bad(f"Expected '{octets.decode('ascii')}'")

    def space(self) -> None:
        """Step over the blanks between arguments, one or more."""
        if not self.blanks():
            raise self.bad("Missing argument" if self.at_end() else "Expected a space")

    def blanks(self) -> bool:
        """Step over the blanks that are next; say whether there were any."""
        return self.match(_BLANKS) is not None

    def more(self) -> bool:
        """Step over blanks, and say whether another argument follows them."""
        return not self.at_end() and self.blanks() and not self.at_end()

    def take_opening(self) -> bool:
        """Step over blanks and the parenthesis that they lead to, if those are next."""
        return self.match(_OPENING) is not None

    def take_closing(self) -> bool:
        """Step over the parenthesis that ends a list, if it is next."""
        return self.match(_CLOSING) is not None

    def opening(self) -> None:
        """Step over the parenthesis that begins a list or refuse."""
        self.expect(b"(")
        self.blanks()

    def closing(self) -> None:
        """Step over the parenthesis that ends a list or refuse."""
        if not self.take_closing():
            raise self.bad("Expected ')'")

    def upcoming(self, octets: bytes) -> bool:
        """Say whether `octets` are next, without a step."""
        return self._text.startswith(octets, self._at)

    def at_end(self) -> bool:
        """Say whether everything is read."""
        return self._at >= len(self._text) and self._part >= len(self._frame.literals)

    def end(self) -> None:
        """Refuse anything left over, except blanks before the line end, which some clients leave."""
        self.blanks()
        if not self.at_end():
            raise self.bad("Unexpected argument")

    def match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        """Step over `pattern` if it is next."""
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()
        return found

    def _require(self, pattern: re.Pattern[bytes], name: str) -> bytes:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise self.bad("Missing argument" if self.at_end() else f"Expected {name}")
        self._at = found.end()
        return found[0]

    # -- words, numbers

    def atom(self) -> str:
        """Read an atom, case kept."""
        return self._require(_ATOM, "an atom").decode("ascii")

    def word(self) -> str:
        """Read a keyword of the grammar, in upper case."""
        return self._require(_WORD, "a keyword").decode("ascii").upper()

    def keyword(self, *words: str) -> str:
        """Read one of `words` or refuse."""
        word = self.word()
        if word not in words:
            raise self.bad("Unknown keyword here")
        return word

    def take_word(self, word: bytes) -> bool:
        """Step over the upper-case keyword `word` if it is next and a space follows."""
        end = self._at + len(word)
        if self._text[self._at : end].upper() != word or self._text[end : end + 1] != b" ":
            return False
        self._at = end
        return True

    def number(self, largest: int = MAX_NUMBER32, *, least: int = 0) -> int:
        """Read a number of at most 32 bits, or of another range."""
        digits = self._require(_NUMBER, "a number")
        if len(digits) > 20 or not least <= int(digits) <= largest:
            raise self.bad("Number out of range")
        return int(digits)

    def number63(self, *, least: int = 0) -> int:
        """Read a 63-bit number: sizes (RFC 9051 number64) and mod-sequences (RFC 7162)."""
        return self.number(MAX_NUMBER63, least=least)

    def sequence_set(self) -> SequenceSet:
        """Read message numbers or UIDs, or `$`."""
        try:
            return SequenceSet.parse(self._require(_SEQUENCE, "a sequence set"))
        except ValueError:
            raise self.bad("Not a sequence set") from None

    def partial(self) -> tuple[int, int] | None:
        """Read `<offset.length>` if it is next. Length 0, which the RFC lacks, asks for nothing."""
        if not self.upcoming(b"<"):
            return None
        found = self.match(_PARTIAL)
        if found is None or max(int(found[1]), int(found[2])) > MAX_NUMBER63:
            raise self.bad("Not a partial range")
        return int(found[1]), int(found[2])

    # -- strings

    def literal(self) -> Literal | None:
        """Read a literal of either kind if it is next."""
        if self._at < len(self._text) or self._part >= len(self._frame.literals):
            return None
        literal = self._frame.literals[self._part]
        self._part += 1
        self._text = self._frame.texts[self._part]
        self._at = 0
        return literal

    def _string(self) -> bytes | None:
        quoted = self.match(_QUOTED)
        if quoted is not None:
            body = quoted[1]
            return _ESCAPE.sub(rb"\1", body) if b"\\" in body else body
        literal = self.literal()
        if literal is None:
            return None
        if literal.binary:
            raise self.bad("A literal8 is not allowed here")
        if b"\0" in literal.octets:
            raise self.bad("A literal may not hold NUL")
        return literal.octets

    def string(self) -> bytes:
        """Read a quoted string or a literal."""
        octets = self._string()
        if octets is None:
            raise self.bad("Expected a string")
        return octets

    def astring(self) -> bytes:
        """Read an atom (`]` allowed), a quoted string or a literal. NIL is a name like any other here."""
        octets = self._string()
        return self._require(_ASTRING, "a string") if octets is None else octets

    def login_name(self) -> bytes:
        """Read an astring; `*` and `%` may stand in the atom, as in `officer*office`, which programs do not quote."""
        octets = self._string()
        return self._require(_LIST_MAILBOX, "a name") if octets is None else octets

    def nstring(self) -> bytes | None:
        """Read a string, or NIL as None."""
        octets = self._string()
        if octets is None and self._require(_ATOM, "a string or NIL").upper() != b"NIL":
            raise self.bad("Expected a string or NIL")
        return octets

    def ascii(self, octets: bytes) -> str:
        """Decode what must be printable ASCII."""
        if not octets.isascii() or not octets.decode("ascii").isprintable():
            raise self.bad("Characters outside ASCII here")
        return octets.decode("ascii")

    def text(self, octets: bytes) -> str:
        """Decode UTF-8."""
        try:
            return octets.decode("utf-8")
        except UnicodeDecodeError:
            raise self.bad("Not UTF-8") from None

    # -- mailboxes

    def mailbox(self) -> str:
        """Read a mailbox name, decoded and in NFC; INBOX in any case is "INBOX".

        A name that cannot be the name of a mailbox is answered NO, not BAD: it may be a stale name that a
        client keeps (RFC 9051 section 5.1; code CANNOT of RFC 5530).
        """
        octets = self.astring()
        try:
            written = self.text(octets) if self.utf8 else mutf7.decode(octets)
        except mutf7.InvalidModifiedUtf7:
            raise self.bad("Not a mailbox name in modified UTF-7", status="NO", code="CANNOT") from None
        name = unicodedata.normalize("NFC", written)
        self.supplied = written if written != name else None
        if len(name.encode()) > MAILBOX_OCTETS:
            raise self.bad("Mailbox name too long", status="NO", code="CANNOT")
        if any(unicodedata.category(c) == "Cc" for c in name):
            raise self.bad("Control character in a mailbox name", status="NO", code="CANNOT")
        return "INBOX" if name.upper() == "INBOX" else name

    def list_mailbox(self) -> str:
        """Read a LIST pattern, decoded. One that no name can match in modified UTF-7 stays as it came."""
        octets = self._string()
        if octets is None:
            octets = self._require(_LIST_MAILBOX, "a mailbox pattern")
        if len(octets) > MAILBOX_OCTETS:
            raise self.bad("Mailbox pattern too long")
        if self.utf8:
            return unicodedata.normalize("NFC", self.text(octets))
        try:
            return unicodedata.normalize("NFC", mutf7.decode(octets))
        except mutf7.InvalidModifiedUtf7:
            return self.ascii(octets)

    # -- flags, dates, lists

    def flag(self) -> str:
        """Read one flag: a system flag in its RFC spelling or a keyword as written."""
        flag = canonical(self._require(_FLAG, "a flag").decode("ascii"))
        if flag is None:
            raise self.bad("Not a flag that can be set")
        return flag

    def date(self) -> date:
        """Read a date, quoted or not."""
        found = self.match(dates.DATE)
        try:
            if found is not None:
                return dates.read_date(found)
        except ValueError:
            pass
        raise self.bad("Not a date")

    def date_time(self) -> datetime:
        """Read a quoted date-time with its zone."""
        found = self.match(dates.DATE_TIME)
        try:
            if found is not None:
                return dates.read_date_time(found)
        except ValueError:
            pass
        raise self.bad("Not a date and time")

    def items(self, read: Callable[[], T], *, least: int = 1, most: int = LIST_ITEMS) -> tuple[T, ...]:
        """Read `(item item …)`. Lists nest only where `read` calls this again, so depth is the grammar's."""
        self.opening()
        found: list[T] = []
        spaced = True
        while not self.take_closing():
            if not spaced:
                self.space()
            if len(found) >= most:
                raise self.bad("Too many items in a list")
            found.append(read())
            spaced = self.blanks()
        if len(found) < least:
            raise self.bad("Empty list")
        return tuple(found)
