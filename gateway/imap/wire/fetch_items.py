"""What a FETCH may ask for, and how each item is named in the response.

RFC 3501/9051 section 6.4.5; BINARY RFC 3516, MODSEQ RFC 7162, object ids RFC 8474, SAVEDATE RFC 8514,
PREVIEW RFC 8970.
"""

from dataclasses import dataclass

from gateway.imap.wire.encoder import astring


@dataclass(frozen=True, slots=True)
class Attribute:
    """An item without arguments.

    FLAGS UID INTERNALDATE ENVELOPE BODYSTRUCTURE MODSEQ EMAILID THREADID SAVEDATE RFC822 RFC822.SIZE
    RFC822.HEADER RFC822.TEXT, and BODY: the structure without extension fields.
    """

    name: str

    @property
    def label(self) -> bytes:
        """The item's name in the response."""
        return self.name.encode("ascii")


@dataclass(frozen=True, slots=True)
class Section:
    """A section-spec: a part number and what of that part.

    `part` () is the message itself. `what` is "" (all of it), HEADER, TEXT, MIME, HEADER.FIELDS or
    HEADER.FIELDS.NOT; `fields` are the field names as the client wrote them.
    """

    part: tuple[int, ...] = ()
    what: str = ""
    fields: tuple[str, ...] = ()

    def __bytes__(self) -> bytes:
        """Write the section without its brackets."""
        words = [str(number) for number in self.part]
        if self.what:
            words.append(self.what)
        written = ".".join(words).encode("ascii")
        if not self.what.startswith("HEADER.FIELDS"):
            return written
        return written + b" (" + b" ".join(astring(name.encode("ascii")) for name in self.fields) + b")"


@dataclass(frozen=True, slots=True)
class BodySection:
    """BODY[section]<offset.length>, `peek` for BODY.PEEK; `partial` is (offset, length)."""

    section: Section
    partial: tuple[int, int] | None = None
    peek: bool = False

    @property
    def label(self) -> bytes:
        """The item's name in the response: without PEEK, with the offset alone."""
        return b"BODY[" + bytes(self.section) + b"]" + _origin(self.partial)


@dataclass(frozen=True, slots=True)
class BinarySection:
    """BINARY[part]<offset.length>, `peek` for BINARY.PEEK (RFC 3516)."""

    part: tuple[int, ...]
    partial: tuple[int, int] | None = None
    peek: bool = False

    @property
    def label(self) -> bytes:
        """The item's name in the response."""
        return b"BINARY[" + bytes(Section(self.part)) + b"]" + _origin(self.partial)


@dataclass(frozen=True, slots=True)
class BinarySize:
    """BINARY.SIZE[part]."""

    part: tuple[int, ...]

    @property
    def label(self) -> bytes:
        """The item's name in the response."""
        return b"BINARY.SIZE[" + bytes(Section(self.part)) + b"]"


@dataclass(frozen=True, slots=True)
class Preview:
    """PREVIEW, `lazy` for PREVIEW (LAZY) (RFC 8970)."""

    lazy: bool = False

    @property
    def label(self) -> bytes:
        """The item's name in the response."""
        return b"PREVIEW"


FetchItem = Attribute | BodySection | BinarySection | BinarySize | Preview


def _origin(partial: tuple[int, int] | None) -> bytes:
    return b"" if partial is None else b"<%d>" % partial[0]
