from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from gateway.imap.wire.commands_message import Append, AppendMessage, Copy, Expunge, Fetch, Move, Store
from gateway.imap.wire.errors import BadCommand
from gateway.imap.wire.fetch_items import (
    Attribute,
    BinarySection,
    BinarySize,
    BodySection,
    FetchItem,
    Preview,
    Section,
)
from gateway.imap.wire.sequence import SAVED, SequenceSet

BAD = "BAD"
NO = "NO"
ONE = SequenceSet.parse(b"1")


def check(read: Callable[..., Any], line: bytes, expected: Any, *, utf8: bool = False) -> None:
    octets = b"t " + line + b"\r\n"
    if not isinstance(expected, str):
        assert read(octets, utf8=utf8) == expected
        return
    with pytest.raises(BadCommand) as refused:
        read(octets, utf8=utf8)
    assert (refused.value.tag, refused.value.status) == ("t", expected)


def fetch(*items: FetchItem, **others: Any) -> Fetch:
    return Fetch("t", uid=others.pop("uid", False), numbers=ONE, items=items, **others)


FETCHES = [
    (b"FETCH 1 flags", fetch(Attribute("FLAGS"))),
    (b"FETCH 1 (flags)", fetch(Attribute("FLAGS"))),
    (b"FETCH 1 (UID uid FLAGS UID)", fetch(Attribute("UID"), Attribute("FLAGS"))),
    (b"FETCH 1 BODY", fetch(Attribute("BODY"))),
    (b"FETCH 1 BODY[]", fetch(BodySection(Section()))),
    (b"FETCH 1 body.peek[]", fetch(BodySection(Section(), peek=True))),
    (b"FETCH 1 BODY[]<0.2048>", fetch(BodySection(Section(), (0, 2048)))),
    (b"FETCH 1 BODY[]<0.0>", fetch(BodySection(Section(), (0, 0)))),
    (
        b"FETCH 1 BODY[]<9223372036854775807.1>",
        fetch(BodySection(Section(), (9223372036854775807, 1))),
    ),
    (b"FETCH 1 BODY[TEXT]", fetch(BodySection(Section((), "TEXT")))),
    (b"FETCH 1 BODY.PEEK[1.2.header]", fetch(BodySection(Section((1, 2), "HEADER"), peek=True))),
    (b"FETCH 1 BODY[3.MIME]", fetch(BodySection(Section((3,), "MIME")))),
    (b"FETCH 1 BODY[4294967295]", fetch(BodySection(Section((4294967295,))))),
    (
        b'FETCH 1 BODY[HEADER.FIELDS (From "To" {2+}\r\nCC)]',
        fetch(BodySection(Section((), "HEADER.FIELDS", ("From", "To", "CC")))),
    ),
    (
        b"FETCH 1 BODY.PEEK[2.HEADER.FIELDS.NOT (X)]<1.2>",
        fetch(BodySection(Section((2,), "HEADER.FIELDS.NOT", ("X",)), (1, 2), peek=True)),
    ),
    (b"FETCH 1 BINARY[]", fetch(BinarySection(()))),
    (b"FETCH 1 BINARY.PEEK[1.2]<3.4>", fetch(BinarySection((1, 2), (3, 4), peek=True))),
    (b"FETCH 1 BINARY.SIZE[1]", fetch(BinarySize((1,)))),
    (b"FETCH 1 (PREVIEW (LAZY) EMAILID)", fetch(Preview(lazy=True), Attribute("EMAILID"))),
    (b"FETCH 1 PREVIEW", fetch(Preview())),
    (
        b"FETCH 1 (RFC822 RFC822.HEADER RFC822.SIZE RFC822.TEXT THREADID SAVEDATE MODSEQ)",
        fetch(
            *(
                Attribute(name)
                for name in (
                    "RFC822",
                    "RFC822.HEADER",
                    "RFC822.SIZE",
                    "RFC822.TEXT",
                    "THREADID",
                    "SAVEDATE",
                    "MODSEQ",
                )
            )
        ),
    ),
    (b"FETCH 1 fast", fetch(*map(Attribute, ("FLAGS", "INTERNALDATE", "RFC822.SIZE")))),
    (b"FETCH 1 ALL", fetch(*map(Attribute, ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE")))),
    (b"FETCH 1 Full", fetch(*map(Attribute, ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY")))),
    (b"FETCH 1 FLAGS (CHANGEDSINCE 0)", fetch(Attribute("FLAGS"), changed_since=0)),
    (
        b"UID FETCH 1 (FLAGS) (CHANGEDSINCE 12345 VANISHED)",
        fetch(Attribute("FLAGS"), uid=True, changed_since=12345, vanished=True),
    ),
    (b"UID FETCH $ FLAGS", Fetch("t", uid=True, numbers=SAVED, items=(Attribute("FLAGS"),))),
    (b"FETCH 1 (ALL)", BAD),
    (b"FETCH 1 ()", BAD),
    (b"FETCH 1 (FLAGS", BAD),
    (b"FETCH 1 FLAGS UID", BAD),
    (b"FETCH 1 FOO", BAD),
    (b"FETCH 1", BAD),
    (b"FETCH", BAD),
    (b"FETCH 0 FLAGS", BAD),
    (b"FETCH 1:0 FLAGS", BAD),
    (b"FETCH 4294967296 FLAGS", BAD),
    (b"FETCH 1, FLAGS", BAD),
    (b"FETCH 1:2:3 FLAGS", BAD),
    (b"FETCH $,1 FLAGS", BAD),
    (b"FETCH 01 FLAGS", BAD),
    (b"FETCH ** FLAGS", BAD),
    (b"FETCH 1 BODY[MIME]", BAD),
    (b"FETCH 1 BODY[0]", BAD),
    (b"FETCH 1 BODY[1.0]", BAD),
    (b"FETCH 1 BODY[1.]", BAD),
    (b"FETCH 1 BODY[1..2]", BAD),
    (b"FETCH 1 BODY[FOO]", BAD),
    (b"FETCH 1 BODY[HEADERX]", BAD),
    (b"FETCH 1 BODY[HEADER.FIELDS]", BAD),
    (b"FETCH 1 BODY[HEADER.FIELDS ()]", BAD),
    (b'FETCH 1 BODY[HEADER.FIELDS ("a b")]', BAD),
    (b'FETCH 1 BODY[HEADER.FIELDS ("a:")]', BAD),
    (b'FETCH 1 BODY[HEADER.FIELDS ("")]', BAD),
    (b"FETCH 1 BODY[HEADER.FIELDS (a]b", BAD),
    (b"FETCH 1 BODY[HEADER.FIELDS (" + b"x" * 999 + b")]", BAD),
    (b"FETCH 1 BODY[", BAD),
    (b"FETCH 1 BODY]", BAD),
    (b"FETCH 1 BODY.PEEK", BAD),
    (b"FETCH 1 BODY[]<1>", BAD),
    (b"FETCH 1 BODY[]<1.>", BAD),
    (b"FETCH 1 BODY[]<-1.5>", BAD),
    (b"FETCH 1 BODY[]<9223372036854775808.1>", BAD),
    (b"FETCH 1 BINARY", BAD),
    (b"FETCH 1 BINARY[TEXT]", BAD),
    (b"FETCH 1 BINARY[1.MIME]", BAD),
    (b"FETCH 1 BINARY.SIZE[1]<0.1>", BAD),
    (b"FETCH 1 FLAGS[]", BAD),
    (b"FETCH 1 PREVIEW (FOO)", BAD),
    (b"FETCH 1 FLAGS ()", BAD),
    (b"FETCH 1 FLAGS (FOO)", BAD),
    (b"FETCH 1 FLAGS (VANISHED)", BAD),
    (b"FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)", BAD),
    (b"UID FETCH 1 FLAGS (VANISHED)", BAD),
    (b"FETCH 1 FLAGS (CHANGEDSINCE)", BAD),
    (b"FETCH 1 FLAGS (CHANGEDSINCE 9223372036854775808)", BAD),
    (b"FETCH 1 (" + b" ".join([b"FLAGS"] * 101) + b")", BAD),
    (b"FETCH 1 BODY[" + b".".join([b"1"] * 101) + b"]", BAD),
    (b"FETCH 1 BODY[HEADER.FIELDS (" + b" ".join([b"x"] * 501) + b")]", BAD),
]


@pytest.mark.parametrize(("line", "expected"), FETCHES)
def test_fetch(read: Callable[..., Any], line: bytes, expected: Any) -> None:
    check(read, line, expected)


@pytest.mark.parametrize(
    ("item", "label"),
    [
        (b"BODY.PEEK[]", b"BODY[]"),
        (b"BODY[]<5.10>", b"BODY[]<5>"),
        (b"body.peek[header.fields (From X-y)]", b"BODY[HEADER.FIELDS (From X-y)]"),
        (b'BODY[1.HEADER.FIELDS.NOT ("a(b")]', b'BODY[1.HEADER.FIELDS.NOT ("a(b")]'),
        (b"BODY[1.2.MIME]<0.1>", b"BODY[1.2.MIME]<0>"),
        (b"BINARY.PEEK[1]<7.1>", b"BINARY[1]<7>"),
        (b"BINARY.SIZE[1.3]", b"BINARY.SIZE[1.3]"),
        (b"PREVIEW (LAZY)", b"PREVIEW"),
        (b"rfc822.size", b"RFC822.SIZE"),
    ],
)
def test_the_name_of_an_item_in_the_response(read: Callable[..., Any], item: bytes, label: bytes) -> None:
    assert read(b"t FETCH 1 (" + item + b")\r\n").items[0].label == label


def store(
    mode: str = "add",
    flags: tuple[str, ...] = ("\\Seen",),
    *,
    silent: bool = False,
    unchanged_since: int | None = None,
    uid: bool = False,
) -> Store:
    return Store(
        "t", uid=uid, numbers=ONE, mode=mode, silent=silent, flags=flags, unchanged_since=unchanged_since
    )


STORES = [
    (b"STORE 1 +flags (\\seen)", store()),
    (b"STORE 1 +flags \\seen", store()),
    (
        b"uid store 1 -Flags.Silent (\\SEEN $label1)",
        store("remove", ("\\Seen", "$label1"), silent=True, uid=True),
    ),
    (b"STORE 1 FLAGS ()", store("replace", ())),
    (b"STORE  1  FLAGS  \\Seen  ", store("replace")),
    (b"STORE 1 FLAGS (  \\Seen   \\Draft )", store("replace", ("\\Seen", "\\Draft"))),
    (b"STORE 1 FLAGS \\Seen ", store("replace")),
    (b"STORE 1 FLAGS \\Seen \\Draft", store("replace", ("\\Seen", "\\Draft"))),
    (b"STORE 1 +flags NIL", store(flags=("NIL",))),
    (b"STORE 1 +FLAGS ($MailFlagBit0 $mailflagbit0)", store(flags=("$MailFlagBit0", "$mailflagbit0"))),
    (b"STORE 1 (UNCHANGEDSINCE 12) FLAGS (\\Deleted)", store("replace", ("\\Deleted",), unchanged_since=12)),
    (b"STORE 1 (unchangedsince 0) FLAGS (\\Deleted)", store("replace", ("\\Deleted",), unchanged_since=0)),
    (b"STORE 1 FLAGS (\\Recent)", BAD),
    (b"STORE 1 FLAGS (\\*)", BAD),
    (b"STORE 1 FLAGS (\\Foo)", BAD),
    (b"STORE 1 FLAGS (\\)", BAD),
    (b"STORE 1 FLAGS (a b", BAD),
    (b"STORE 1 FLAGS (a]b)", BAD),
    (b"STORE 1 FLAGS (" + b"k" * 256 + b")", BAD),
    (b"STORE 1 FLAGS (\xd9\x85)", BAD),
    (b"STORE 1 FLAGS (" + b" ".join(b"k%d" % n for n in range(101)) + b")", BAD),
    (b"STORE 1 FLAGS" + b" k" * 101, BAD),
    (b"STORE 1 FLAGS", BAD),
    (b"STORE 1 *FLAGS (\\Seen)", BAD),
    (b"STORE 1 FLAGS.LOUD (\\Seen)", BAD),
    (b"STORE 1 .SILENT (\\Seen)", BAD),
    (b"STORE 1 FLAGS.SILENT.SILENT (\\Seen)", BAD),
    (b"STORE 1 () FLAGS (\\Seen)", BAD),
    (b"STORE 1 (UNCHANGEDSINCE x) FLAGS (\\Seen)", BAD),
    (b"STORE 1 (CHANGEDSINCE 1) FLAGS (\\Seen)", BAD),
    (b"STORE FLAGS (\\Seen)", BAD),
    (b"COPY 1 Trash", Copy("t", uid=False, numbers=ONE, mailbox="Trash")),
    (b'UID COPY $ "a b"', Copy("t", uid=True, numbers=SAVED, mailbox="a b")),
    (b"MOVE 1 inbox", Move("t", uid=False, numbers=ONE, mailbox="INBOX")),
    (b"UID MOVE 1 x", Move("t", uid=True, numbers=ONE, mailbox="x")),
    (b"COPY 1Trash", BAD),
    (b"COPY 1", BAD),
    (b"COPY x y", BAD),
    (b"MOVE 1 a b", BAD),
    (b"MOVE 1 &x", NO),
    (b"EXPUNGE", Expunge("t")),
    (b"UID EXPUNGE 1", Expunge("t", ONE)),
    (b"UID EXPUNGE", BAD),
    (b"EXPUNGE 1", BAD),
]


@pytest.mark.parametrize(("line", "expected"), STORES)
def test_store_copy_move_expunge(read: Callable[..., Any], line: bytes, expected: Any) -> None:
    check(read, line, expected)


def append(*messages: AppendMessage, mailbox: str = "Sent") -> Append:
    return Append("t", mailbox, messages)


HI = AppendMessage(b"hi")
QATAR = timezone(timedelta(hours=3))
APPENDS = [
    (b"APPEND Sent {2+}\r\nhi", append(HI)),
    (b"append inbox {2}\r\nhi", append(HI, mailbox="INBOX")),
    (b"APPEND {4+}\r\nSent {2+}\r\nhi", append(HI)),
    (b"APPEND Sent () {2+}\r\nhi", append(HI)),
    (b"APPEND Sent (\\seen $Forwarded) {2+}\r\nhi", append(AppendMessage(b"hi", ("\\Seen", "$Forwarded")))),
    (
        b'APPEND Sent (\\Seen) " 1-Feb-2026 03:04:05 +0300" {2+}\r\nhi',
        append(AppendMessage(b"hi", ("\\Seen",), datetime(2026, 2, 1, 3, 4, 5, tzinfo=QATAR))),
    ),
    (
        b'APPEND Sent "17-jul-1996 02:44:25 -0730" {2+}\r\nhi',
        append(
            AppendMessage(
                b"hi", (), datetime(1996, 7, 17, 2, 44, 25, tzinfo=timezone(-timedelta(hours=7, minutes=30)))
            )
        ),
    ),
    (b"APPEND Sent ~{3+}\r\n\0\r\n", append(AppendMessage(b"\0\r\n", binary=True))),
    (b"APPEND Sent {0+}\r\n", append(AppendMessage(b""))),
    (
        b'APPEND Sent (\\Seen) {2+}\r\nhi (\\Draft) " 1-Jan-2026 00:00:00 +0000" {1+}\r\nx {2+}\r\nhi',
        append(
            AppendMessage(b"hi", ("\\Seen",)),
            AppendMessage(b"x", ("\\Draft",), datetime(2026, 1, 1, tzinfo=UTC)),
            HI,
        ),
    ),
    (b"APPEND Sent {1+}\r\n\0", BAD),
    (b"APPEND Sent", BAD),
    (b"APPEND Sent ", BAD),
    (b'APPEND Sent "hi"', BAD),
    (b"APPEND Sent hi", BAD),
    (b"APPEND {4+}\r\nSent", BAD),
    (b"APPEND Sent {2+}\r\nhi{2+}\r\nhi", BAD),
    (b"APPEND Sent {2+}\r\nhi x", BAD),
    (b"APPEND Sent(\\Seen) {2+}\r\nhi", BAD),
    (b"APPEND Sent (\\Recent) {2+}\r\nhi", BAD),
    (b"APPEND Sent (\\Seen){2+}\r\nhi", BAD),
    (b'APPEND Sent "32-Jan-2026 00:00:00 +0000" {2+}\r\nhi', BAD),
    (b'APPEND Sent "29-Feb-2025 00:00:00 +0000" {2+}\r\nhi', BAD),
    (b'APPEND Sent " 1-Foo-2026 00:00:00 +0000" {2+}\r\nhi', BAD),
    (b'APPEND Sent " 1-Jan-0000 00:00:00 +0000" {2+}\r\nhi', BAD),
    (b'APPEND Sent " 1-Jan-2026 24:00:00 +0000" {2+}\r\nhi', BAD),
    (b'APPEND Sent " 1-Jan-2026 00:00:00 +2400" {2+}\r\nhi', BAD),
    (b'APPEND Sent " 1-Jan-2026 00:00:00 +9959" {2+}\r\nhi', BAD),
    (b'APPEND Sent " 1-Jan-2026 00:00:00" {2+}\r\nhi', BAD),
    (b"APPEND Sent UTF8 (~{2+}\r\nhi)", BAD),
    (b"APPEND Sent CATENATE (TEXT {2+}\r\nhi)", BAD),
    (b"APPEND Sent " + b"{1+}\r\nx " * 100 + b"{1+}\r\nx", BAD),
]


@pytest.mark.parametrize(("line", "expected"), APPENDS)
def test_append(line: bytes, expected: Any, pull: Callable[..., list[Any]], read: Callable[..., Any]) -> None:
    if b"{2}" in line:
        assert len(pull(b"t " + line + b"\r\n")) == 2
    check(read, line, expected)


UTF8_APPENDS = [
    (b"APPEND Sent UTF8 (~{2+}\r\nhi)", append(AppendMessage(b"hi", binary=True, utf8=True))),
    (b"APPEND Sent utf8(~{2+}\r\nhi)", append(AppendMessage(b"hi", binary=True, utf8=True))),
    (b"APPEND Sent UTF8 ({2+}\r\nhi)", BAD),
    (b"APPEND Sent UTF8 (~{2+}\r\nhi", BAD),
    (b"APPEND Sent UTF8 ~{2+}\r\nhi", BAD),
    (b"APPEND Sent UTF8", BAD),
]


@pytest.mark.parametrize(("line", "expected"), UTF8_APPENDS)
def test_append_of_utf_8(read: Callable[..., Any], line: bytes, expected: Any) -> None:
    check(read, line, expected, utf8=True)
