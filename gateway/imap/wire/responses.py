"""Status responses and their codes (RFC 9051 section 7.1, RFC 5530), and what a session is told.

Every function returns whole response lines with their CRLF. `code` is what stands between the brackets; the
functions ending in `_code` build those with arguments.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence

from gateway.imap.wire.encoder import capability_list, flag_list, human_text, nstring, parenthesized, string
from gateway.imap.wire.sequence import compact

_CODE = re.compile(rb"[ -\\^-~]+\Z")  # printable ASCII but "]"


def status_response(
    tag: str | None, status: str, text: str, *, code: bytes | str | None = None, utf8: bool = False
) -> bytes:
    """Write `tag status [code] text`; `*` where the tag is None. `status` is OK, NO, BAD, BYE or PREAUTH.

    Raises ValueError for a code that would not stay within its brackets.
    """
    words = [(tag or "*").encode("ascii"), status.encode("ascii")]
    if code:
        octets = code.encode("ascii") if isinstance(code, str) else code
        if _CODE.match(octets) is None:
            raise ValueError("not a response code")
        words.append(b"[" + octets + b"]")
    words.append(human_text(text, utf8=utf8))
    return b" ".join(words) + b"\r\n"


def ok(tag: str | None, text: str, code: bytes | str | None = None, *, utf8: bool = False) -> bytes:
    """Write OK; untagged where the tag is None."""
    return status_response(tag, "OK", text, code=code, utf8=utf8)


def no(tag: str | None, text: str, code: bytes | str | None = None, *, utf8: bool = False) -> bytes:
    """Write NO. Clients show its text to the person: one short sentence with the reason."""
    return status_response(tag, "NO", text, code=code, utf8=utf8)


def bad(tag: str | None, text: str, code: bytes | str | None = None, *, utf8: bool = False) -> bytes:
    """Write BAD."""
    return status_response(tag, "BAD", text, code=code, utf8=utf8)


def bye(text: str, code: bytes | str | None = None, *, utf8: bool = False) -> bytes:
    """Write the untagged BYE before the connection ends."""
    return status_response(None, "BYE", text, code=code, utf8=utf8)


def untagged(response: bytes) -> bytes:
    """Write any untagged response, given in full but for `*` and CRLF."""
    return b"* " + response + b"\r\n"


def continuation(text: str = "Ready") -> bytes:
    """Write `+ text`: send the literal, or the lines of IDLE."""
    return b"+ " + human_text(text) + b"\r\n"


def sasl_challenge(octets: bytes = b"") -> bytes:
    """Write `+ base64`: the server's part of a SASL exchange; empty for an empty challenge."""
    return b"+ " + b64encode(octets) + b"\r\n"


# -- response codes


def capability_code(names: Sequence[str]) -> bytes:
    """CAPABILITY …, to save the client a round trip after login."""
    return b"CAPABILITY " + capability_list(names)


def appenduid_code(uidvalidity: int, uids: Iterable[int]) -> bytes:
    """APPENDUID (RFC 4315); `uids` in the order of the messages."""
    return b"APPENDUID %d %s" % (uidvalidity, compact(uids))


def copyuid_code(uidvalidity: int, sources: Iterable[int], copies: Iterable[int]) -> bytes:
    """COPYUID (RFC 4315): the n-th of `copies` is the copy of the n-th of `sources`.

    Raises ValueError when nothing was copied: the code is left out then.
    """
    source_set, copy_set = compact(sources), compact(copies)
    if not source_set or not copy_set:
        raise ValueError("COPYUID of nothing")
    return b"COPYUID %d %s %s" % (uidvalidity, source_set, copy_set)


def permanentflags_code(flags: Iterable[str]) -> bytes:
    r"""PERMANENTFLAGS; `\*` among them allows new keywords."""
    return b"PERMANENTFLAGS " + flag_list(flags)


def modified_code(numbers: Iterable[int]) -> bytes:
    """Return MODIFIED: what STORE UNCHANGEDSINCE left alone (RFC 7162 section 3.1.3)."""
    return b"MODIFIED " + compact(numbers)


def number_code(name: str, value: int) -> bytes:
    """UIDVALIDITY, UIDNEXT, UNSEEN, HIGHESTMODSEQ, APPENDLIMIT with their number."""
    return b"%s %d" % (name.encode("ascii"), value)


def mailboxid_code(value: str) -> bytes:
    """MAILBOXID (RFC 8474)."""
    return b"MAILBOXID (" + value.encode("ascii") + b")"


# -- the server to the session


def capability(names: Sequence[str]) -> bytes:
    """Write CAPABILITY."""
    return untagged(b"CAPABILITY " + capability_list(names))


def enabled(names: Sequence[str]) -> bytes:
    """Write ENABLED (RFC 5161); with no names nothing was enabled."""
    return untagged(b"ENABLED " + capability_list(names) if names else b"ENABLED")


def server_id(fields: Sequence[tuple[str, str | None]]) -> bytes:
    """Write ID (RFC 2971); NIL when there is nothing to say."""
    if not fields:
        return untagged(b"ID NIL")
    words = (
        string(name.encode()) + b" " + nstring(None if value is None else value.encode())
        for name, value in fields
    )
    return untagged(b"ID " + parenthesized(words))
