"""IMAP ENVELOPE: the header of a message as FETCH gives it (RFC 9051 section 7.5.2, RFC 3501 section 7.4.2).

Invariants:
- Header text goes out as written, unfolded and never decoded; what a quoted string cannot carry is a literal.
- An absent field is NIL and an empty one "" (an empty address list is NIL, there being nothing else).
- Sender and Reply-To without an address take From's (section 7.5.2).
"""

from gateway.mime.addresses import Address, parse_addresses
from gateway.mime.header import unfolded_value
from gateway.mime.nstring import nstring
from gateway.mime.part import Part

EMPTY_ENVELOPE = b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"

_STRINGS = frozenset({"date", "subject", "in-reply-to", "message-id"})
_LISTS = frozenset({"from", "sender", "reply-to", "to", "cc", "bcc"})


def envelope(part: Part, octets: bytes) -> bytes:
    """Return the parenthesised ENVELOPE list of a message: the root, or the message inside a message/rfc822.

    Of repeated Date, Subject, In-Reply-To and Message-ID fields the first counts; the addresses of repeated
    address fields all show.
    """
    strings: dict[str, bytes] = {}
    lists: dict[str, list[bytes]] = {}
    for field in part.fields:
        name = field.name
        if name in _STRINGS:
            if name not in strings:
                strings[name] = nstring(unfolded_value(octets, field))
        elif name in _LISTS:
            lists.setdefault(name, []).append(unfolded_value(octets, field))
    written = {name: _address_list(parse_addresses(b",".join(values))) for name, values in lists.items()}
    sender = written.get("from", b"NIL")
    return b"(%b %b %b %b %b %b %b %b %b %b)" % (
        strings.get("date", b"NIL"),
        strings.get("subject", b"NIL"),
        sender,
        _or(written.get("sender"), sender),
        _or(written.get("reply-to"), sender),
        written.get("to", b"NIL"),
        written.get("cc", b"NIL"),
        written.get("bcc", b"NIL"),
        strings.get("in-reply-to", b"NIL"),
        strings.get("message-id", b"NIL"),
    )


def _or(written: bytes | None, default: bytes) -> bytes:
    return default if written is None or written == b"NIL" else written


def _address_list(addresses: list[Address]) -> bytes:
    if not addresses:
        return b"NIL"
    return b"(%b)" % b"".join([
        b"(%b %b %b %b)" % (nstring(name or None), nstring(route), nstring(mailbox), nstring(host))
        for name, route, mailbox, host in addresses
    ])  # fmt: skip
