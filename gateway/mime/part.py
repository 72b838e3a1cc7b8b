"""What the parser finds: entities as offsets into the received octets.

Invariants:
- An entity is octets[start:end], its header octets[start:body_start], its body octets[body_start:end].
- Children lie inside their parent's body, in order, without overlap.
- `end` excludes the line end before the next delimiter, which belongs to the delimiter (RFC 2046 section
  5.1.1): the same octets that a detached signature covers (RFC 1847 section 2.1).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.mime.header import Field
from gateway.mime.parameters import Parameter


@dataclass(frozen=True, slots=True)
class ContentType:
    """The content type that counts: `type` and `subtype` in lower case, the parameters as written.

    `written` is type/subtype in the letter's own case. It is b"" when the header gives none that can be read
    and a default stands here: text/plain, or message/rfc822 inside multipart/digest (RFC 2046 section 5.1.5).
    """

    type: str
    subtype: str
    params: tuple[Parameter, ...] = ()
    written: bytes = b""

    @property
    def media_type(self) -> str:
        """Return type and subtype as one lower-case string, `text/plain`."""
        return f"{self.type}/{self.subtype}"

    def value(self, name: str) -> bytes | None:
        """Return the first parameter of that lower-case name as written; RFC 2231 forms do not match."""
        wanted = name.encode("ascii")
        for param in self.params:
            if param.name.lower() == wanted:
                return param.value
        return None


TEXT_PLAIN = ContentType("text", "plain")
MESSAGE_RFC822 = ContentType("message", "rfc822")


@dataclass(frozen=True, slots=True)
class Part:
    """One entity. Offsets count octets from the start of the whole message; ranges are [start, end).

    `children` are the parts of a multipart, or the one message inside message/rfc822 and message/global when
    its transfer encoding is the identity. `preamble` and `epilogue` are empty ranges at the body's end when
    there are none. `closed` is false only for a multipart without its close delimiter. `anomalies` are stable
    words, each at most once:

    - of any header: `malformed-header-line`, `space-before-colon`, `blank-folded-line`,
      `duplicate-content-type`, `duplicate-content-transfer-encoding`, `malformed-content-type`,
      `malformed-parameter`, `comment` (both in Content-Type), `duplicate-parameter`,
      `malformed-transfer-encoding`;
    - of a multipart: `boundary-missing` (it is read as text/plain), `duplicate-boundary`, `boundary-extended`
      (given in RFC 2231 form), `boundary-malformed`, `boundary-long` (over 70 octets), `boundary-reused`,
      `encoded-multipart`, `delimiter-lookalike`, `delimiter-after-close`, `no-parts`, `not-closed`;
    - of an embedded message: `encoded-message` (it is not looked into).
    """

    start: int
    body_start: int
    end: int
    fields: tuple[Field, ...]
    content_type: ContentType
    transfer_encoding: str
    children: tuple["Part", ...]
    preamble: tuple[int, int]
    epilogue: tuple[int, int]
    closed: bool
    anomalies: tuple[str, ...]


def walk(part: Part) -> Iterator[Part]:
    """Yield `part` and everything below it in the order of the octets."""
    waiting = [part]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(reversed(one.children))
