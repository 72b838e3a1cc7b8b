"""Hostile input. Each case ends in a refusal or a harmless command: never another exception, never much memory."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.imap.wire.commands import Command
from gateway.imap.wire.errors import BadCommand
from gateway.imap.wire.framing import CommandReader, Event, Fatal, Frame, NeedContinuation, NeedData, Refused
from gateway.imap.wire.limits import KIB, PRE_LOGIN, Limits, logged_in
from gateway.imap.wire.list_pattern import matcher
from gateway.imap.wire.parser import parse

AFTER = logged_in()
DEEP = 100_000

BEFORE_LOGIN = {
    "literal of 4 GiB": b"a LOGIN {4294967295}\r\n",
    "literal of 4 GiB, not waiting": b"a LOGIN {4294967295+}\r\n",
    "literal above 64 bits": b"a LOGIN {18446744073709551616}\r\n",
    "literal above 64 bits, not waiting": b"a LOGIN {18446744073709551616+}\r\n",
    "literal of a thousand digits": b"a LOGIN {" + b"9" * 1000 + b"}\r\n",
    "literal of a thousand digits, not waiting": b"a LOGIN {" + b"9" * 1000 + b"+}\r\n",
    "negative literal": b"a LOGIN {-1}\r\n",
    "negative literal, not waiting": b"a LOGIN {-1+}\r\n",
    "100 kB not waiting": b"a LOGIN {100000+}\r\n" + b"x" * 100_000 + b"\r\n",
    "literal8 for a name": b"a LOGIN ~{3+}\r\nbob x\r\n",
    "literal with NUL": b"a LOGIN {3+}\r\nb\0b x\r\n",
    "literal never sent": b"a LOGIN {10+}\r\nabc",
    "many small literals": b"a LOGIN" + b" {1+}\r\nx" * 10_000 + b"\r\n",
    "many empty literals": b"a LOGIN" + b" {0+}\r\n" * 10_000 + b"\r\n",
    "open parentheses": b"(" * DEEP + b"\r\n",
    "open parentheses after a tag": b"a " + b"(" * DEEP + b"\r\n",
    "open parentheses in ID": b"a ID " + b"(" * 30_000 + b"\r\n",
    "nested ID": b'a ID (("x" "y"))\r\n',
    "giant ID": b"a ID (" + b'"n" "' + b"v" * 50_000 + b'")\r\n',
    "ID of many pairs": b"a ID (" + b'"n" "v" ' * 3000 + b'"n" "v")\r\n',
    "tag of 64 kB": b"x" * 65_536 + b" NOOP\r\n",
    "tag that is a literal": b"{1+}\r\nx NOOP\r\n",
    "tag with plus": b"a+ NOOP\r\n",
    "tag of control characters": b"\x01\x02 NOOP\r\n",
    "tag of 8-bit octets": b"\xff\xfe NOOP\r\n",
    "only spaces": b" " * 5000 + b"\r\n",
    "unclosed quote": b'a LOGIN "' + b"x" * 5000 + b"\r\n",
    "quote with NUL": b'a LOGIN "a\0b" x\r\n',
    "quote with bare CR": b'a LOGIN "a\rb" x\r\n',
    "quote with bare LF": b'a LOGIN "a\nb LOGOUT" x\r\n',
    "backslashes": b'a LOGIN "' + b"\\" * 4001 + b'" x\r\n',
    "escaped letter": b'a LOGIN "\\n" x\r\n',
    "bare LF line": b"a NOOP\nb NOOP\n",
    "TLS hello": bytes.fromhex("16030100c8010000c40303") + bytes(200) + b"\r\n",
    "HTTP": b"GET / HTTP/1.1\r\nHost: gov.example\r\n\r\n",
    "SMTP": b"EHLO gov.example\r\nMAIL FROM:<a@gov.example>\r\n",
    "bad base64": b"a AUTHENTICATE PLAIN !!!!\r\n",
    "base64 with rest": b"a AUTHENTICATE PLAIN AAAA=AAA\r\n",
    "long mechanism": b"a AUTHENTICATE " + b"X" * 9000 + b"\r\n",
    "NUL tag": b"\0 NOOP\r\n",
    "empty line": b"\r\n",
    "many capabilities": b"a ENABLE" + b" X" * 3000 + b"\r\n",
}
AFTER_LOGIN = {
    "10,000 small literals in one search": b"a SEARCH" + b" TEXT {1+}\r\nx" * 10_000 + b"\r\n",
    "literals of more than 1 MiB in one search": b"a SEARCH"
    + b" TEXT {262144+}\r\n%s" % (b"x" * 262_144) * 5
    + b"\r\n",
    "search of NOTs": b"a SEARCH " + b"NOT " * 16_000 + b"ALL\r\n",
    "search of ORs": b"a SEARCH " + b"OR " * 20_000 + b"ALL\r\n",
    "search of parentheses": b"a SEARCH " + b"(" * 65_000 + b"\r\n",
    "search of NOTs beyond the line": b"a SEARCH " + b"NOT " * DEEP + b"ALL\r\n",
    "search of many keys": b"a SEARCH " + b"ALL " * 16_000 + b"ALL\r\n",
    "search of a giant number": b"a SEARCH LARGER " + b"9" * 60_000 + b"\r\n",
    "set of a giant number": b"a FETCH " + b"9" * 60_000 + b" FLAGS\r\n",
    "set above 32 bits": b"a FETCH 1:4294967296 FLAGS\r\n",
    "set of zero": b"a FETCH 0:* FLAGS\r\n",
    "set of commas": b"a FETCH " + b"," * 60_000 + b" FLAGS\r\n",
    "set of colons": b"a FETCH 1:2:3:4 FLAGS\r\n",
    "deep part": b"a FETCH 1:* BODY[" + b"1." * 30_000 + b"1]\r\n",
    "many bodies": b"a FETCH 1:* (" + b"BODY[] " * 9000 + b"BODY[])\r\n",
    "many fields": b"a FETCH 1:* BODY[HEADER.FIELDS (" + b"x " * 30_000 + b"x)]\r\n",
    "partial above 63 bits": b"a FETCH 1 BODY[]<18446744073709551615.18446744073709551615>\r\n",
    "negative partial": b"a FETCH 1 BODY[]<-1.1>\r\n",
    "unclosed section": b"a FETCH 1 BODY[HEADER.FIELDS (From\r\n",
    "mailbox that walks up, in base64": b"a SELECT &AC4ALgAv-\r\n",
    "mailbox with NUL": b"a SELECT x\0\r\n",
    "mailbox with NUL in base64": b"a SELECT &AAA-\r\n",
    "mailbox with LF in base64": b"a CREATE &AAo-\r\n",
    "mailbox with half a surrogate": b"a CREATE &2AA-\r\n",
    "mailbox in unfinished base64": b"a SELECT &AAAA\r\n",
    "mailbox in 8-bit octets": b'a SELECT "\xff\xfe"\r\n',
    "mailbox of 64 kB": b"a SELECT " + b"x" * 65_000 + b"\r\n",
    "mailbox literal of 1 MiB": b"a SELECT {1048576+}\r\n" + b"x" * 1_048_576 + b"\r\n",
    "APPEND without a literal": b"a APPEND Sent hello\r\n",
    "APPEND of 200 messages": b"a APPEND Sent" + b" {1+}\r\nx" * 200 + b"\r\n",
    "APPEND above the limit": b"a APPEND Sent {26214401}\r\n",
    "APPEND far above the limit, not waiting": b"a APPEND Sent {4294967296+}\r\n",
    "APPEND of NUL": b"a APPEND Sent {3+}\r\na\0b\r\n",
    "APPEND of year 0": b'a APPEND Sent " 1-Jan-0000 00:00:00 +0000" {1+}\r\nx\r\n',
    "APPEND in an impossible zone": b'a APPEND Sent " 1-Jan-2026 00:00:00 +9999" {1+}\r\nx\r\n',
    "flags without end": b"a STORE 1 FLAGS (" + b"x " * 30_000 + b"\r\n",
    "flag of 64 kB": b"a STORE 1 FLAGS (" + b"x" * 65_000 + b")\r\n",
    "nested flags": b"a STORE 1 FLAGS ((\\Seen))\r\n",
    "nested status": b"a STATUS x ((MESSAGES))\r\n",
    "status of many items": b"a STATUS x (" + b"MESSAGES " * 7000 + b"MESSAGES)\r\n",
    "list of many patterns": b'a LIST "" (' + b"* " * 30_000 + b"*)\r\n",
    "nested list options": b'a LIST ((SUBSCRIBED)) "" *\r\n',
    "list pattern of 64 kB": b'a LIST "" ' + b"*%" * 30_000 + b"\r\n",
    "sort of many criteria": b"a SORT (" + b"DATE " * 10_000 + b"DATE) UTF-8 ALL\r\n",
    "charset that is a Python codec": b"a SEARCH CHARSET unicode_escape TEXT x\r\n",
    "charset that is a path": b"a SEARCH CHARSET ../../x TEXT x\r\n",
    "quota above 63 bits": b'a SETQUOTA "" (STORAGE 99999999999999999999)\r\n',
    "line of 1 MiB": b"a NOOP " + b"x" * 1_048_576 + b"\r\n",
    "qresync of everything": b"a SELECT x (QRESYNC (1 1 1:*))\r\n",
}


def outcome(event: Event) -> Event | Command | BadCommand:
    try:
        return parse(event) if isinstance(event, Frame) else event
    except BadCommand as refused:
        return refused


def outcomes(octets: bytes, limits: Limits) -> tuple[list[Any], int]:
    """Feed as a connection would; return the events other than NeedData, frames replaced by what parse makes."""
    reader = CommandReader(limits)
    found = []
    held = 0
    for at in range(0, len(octets), 16 * KIB):
        reader.feed(octets[at : at + 16 * KIB])
        while not isinstance(event := reader.next(), NeedData):
            found.append(outcome(event))
            held = max(held, reader.held)
            if isinstance(event, Fatal):
                return found, held
        held = max(held, reader.held)
    return found, held


@pytest.mark.parametrize("case", BEFORE_LOGIN)
def test_before_login(case: str) -> None:
    found, held = outcomes(BEFORE_LOGIN[case], PRE_LOGIN)
    assert all(isinstance(event, BadCommand | Refused | Fatal) for event in found), found
    assert found or case == "literal never sent"
    assert held <= 64 * KIB


@pytest.mark.parametrize("case", AFTER_LOGIN)
def test_after_login(case: str) -> None:
    found, held = outcomes(AFTER_LOGIN[case], AFTER)
    assert found
    assert all(isinstance(event, BadCommand | Refused | Fatal) for event in found), found
    assert held <= 1024 * KIB + 96 * KIB


def test_there_are_more_than_sixty_cases() -> None:
    assert len(BEFORE_LOGIN) + len(AFTER_LOGIN) > 60


def test_a_walk_up_in_plain_letters_is_a_name_like_any_other(read: Callable[..., Any]) -> None:
    # Whether a name may be is the store's to say; here it is only text, and nothing here makes a path of it.
    assert read(b"a SELECT ../../etc/passwd\r\n").mailbox == "../../etc/passwd"


@pytest.mark.parametrize(
    "pattern", ["*%" * 200, "*a%b" * 200, "%" * 1000, "*" * 1000, "%*a" * 300, "a*" * 500]
)
def test_the_worst_list_patterns_are_answered(pattern: str) -> None:
    matches = matcher("", pattern)
    for name in ("a" * 1000, "ab" * 500, "a/" * 500, ""):
        assert matches(name) in {True, False}


def test_refusals_repeat_nothing_the_client_sent() -> None:
    for case in (*BEFORE_LOGIN.values(), *AFTER_LOGIN.values()):
        for event in outcomes(case, AFTER)[0]:
            if isinstance(event, BadCommand):
                assert event.text.isascii()
                assert event.text.isprintable()
                assert len(event.text) < 80


def test_an_append_flood_is_held_to_the_total() -> None:
    size = 20 * 1024 * KIB
    reader = CommandReader(logged_in(append=size))
    for _ in range(2):
        reader.feed(b"a APPEND Sent {%d}\r\n" % size if _ == 0 else b" {%d}\r\n" % size)
        assert isinstance(reader.next(), NeedContinuation)
        reader.feed(bytes(size))
        assert isinstance(reader.next(), NeedData)
    reader.feed(b" {1}\r\n")
    assert reader.next() == Refused("a", "NO", "TOOBIG", "Literal too large")
    assert reader.held == 0
