from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from gateway.imap.wire import search_keys as keys
from gateway.imap.wire.commands_message import Search, Sort, SortCriterion, Thread
from gateway.imap.wire.errors import BadCommand
from gateway.imap.wire.search_keys import (
    AgeKey,
    All,
    And,
    DateKey,
    HasFlag,
    HeaderKey,
    InSet,
    ModSeqKey,
    Not,
    ObjectIdKey,
    Or,
    SizeKey,
    TextKey,
)
from gateway.imap.wire.sequence import SAVED, SequenceSet

ARABIC = "مرسوم"
SEEN = HasFlag("\\Seen", present=True)
UNSEEN = HasFlag("\\Seen", present=False)


def in_set(octets: bytes, *, uid: bool = False) -> InSet:
    return InSet(SequenceSet.parse(octets), uid)


KEYS = [
    (b"ALL", All()),
    (b"answered", HasFlag("\\Answered", present=True)),
    (b"UNDELETED", HasFlag("\\Deleted", present=False)),
    (b"NEW", And((HasFlag("\\Recent", present=True), UNSEEN))),
    (b"OLD", HasFlag("\\Recent", present=False)),
    (b"RECENT", HasFlag("\\Recent", present=True)),
    (b"UNSEEN SEEN", And((UNSEEN, SEEN))),
    (b"KEYWORD $label1", HasFlag("$label1", present=True)),
    (b"unkeyword NIL", HasFlag("NIL", present=False)),
    (b'KEYWORD "$label1"', HasFlag("$label1", present=True)),
    (b"UNKEYWORD {4+}\r\nwork", HasFlag("work", present=False)),
    (b'KEYWORD "two words"', HasFlag("two words", present=True)),
    (b" UNSEEN   SEEN  ", And((UNSEEN, SEEN))),
    (b"(  UNSEEN   SEEN )", And((UNSEEN, SEEN))),
    (b"OR  ( SEEN )  UNSEEN", Or(SEEN, UNSEEN)),
    (b"HEADER  x   y", HeaderKey("x", "y")),
    (b"1:5,*", in_set(b"1:5,*")),
    (b"$", InSet(SAVED, uid=False)),
    (b"UID 4:2", in_set(b"2:4", uid=True)),
    (b"UID $", InSet(SAVED, uid=True)),
    (b"NOT 2,4", Not(in_set(b"2,4"))),
    (b"NOT NOT SEEN", Not(Not(SEEN))),
    (b"OR 1 UID 3", Or(in_set(b"1"), in_set(b"3", uid=True))),
    (b"OR OR SEEN UNSEEN ALL", Or(Or(SEEN, UNSEEN), All())),
    (b"(3) UID 4", And((in_set(b"3"), in_set(b"4", uid=True)))),
    (b"((SEEN))", SEEN),
    (b"(SEEN (UNSEEN ALL))", And((SEEN, And((UNSEEN, All()))))),
    (b"FROM bob", TextKey("FROM", "bob")),
    (b'SUBJECT ""', TextKey("SUBJECT", "")),
    (b"BODY nil", TextKey("BODY", "nil")),
    (b"TEXT {5+}\r\na b c", TextKey("TEXT", "a b c")),
    (b'TO a CC "b" BCC c', And((TextKey("TO", "a"), TextKey("CC", "b"), TextKey("BCC", "c")))),
    (b"CHARSET UTF-8 SUBJECT {10+}\r\n" + ARABIC.encode(), TextKey("SUBJECT", ARABIC)),
    (b'CHARSET utf-8 SUBJECT "' + ARABIC.encode() + b'"', TextKey("SUBJECT", ARABIC)),
    (b'charset "UTF-8" ALL', All()),
    (b'SUBJECT "' + ARABIC.encode() + b'"', TextKey("SUBJECT", ARABIC)),
    (b"CHARSET US-ASCII TEXT x", TextKey("TEXT", "x")),
    (b'HEADER Message-ID "<a@b>"', HeaderKey("Message-ID", "<a@b>")),
    (b'HEADER x ""', HeaderKey("x", "")),
    (b"BEFORE 1-Feb-2026", DateKey("INTERNAL", "BEFORE", date(2026, 2, 1))),
    (b'ON "01-feb-2026"', DateKey("INTERNAL", "ON", date(2026, 2, 1))),
    (b"SENTSINCE 24-MAR-2007", DateKey("SENT", "SINCE", date(2007, 3, 24))),
    (b"SAVEDON 1-Jan-2026", DateKey("SAVED", "ON", date(2026, 1, 1))),
    (b"SAVEDATESUPPORTED", keys.SaveDateSupported()),
    (b"LARGER 0", SizeKey("LARGER", 0)),
    (b"SMALLER 9223372036854775807", SizeKey("SMALLER", 2**63 - 1)),
    (b"OLDER 3600 YOUNGER 1", And((AgeKey("OLDER", 3600), AgeKey("YOUNGER", 1)))),
    (b"MODSEQ 620162338", ModSeqKey(620162338)),
    (b'MODSEQ "/flags/\\\\seen" all 1', ModSeqKey(1, "\\Seen", "ALL")),
    (b'MODSEQ "/flags/$x" PRIV 0', ModSeqKey(0, "$x", "PRIV")),
    (b"EMAILID M6d99ac3275bb4e", ObjectIdKey("EMAILID", "M6d99ac3275bb4e")),
    (b'THREADID "T-1_x"', ObjectIdKey("THREADID", "T-1_x")),
    (b"1:4 NOT DELETED SINCE 1-Jan-2026 ", None),
    (b"ALL ", All()),
]


@pytest.mark.parametrize(("key", "expected"), KEYS)
def test_search_keys(read: Callable[..., Any], key: bytes, expected: Any) -> None:
    command = read(b"t SEARCH " + key + b"\r\n")
    assert command.returns is None
    if expected is not None:
        assert command.key == expected


REFUSED = [
    b"",
    b"FOO",
    b"SEEN,",
    b'KEYWORD "\\\\Seen"',
    b"SEEN\tUNSEEN",
    b"()",
    b"(SEEN",
    b"SEEN)",
    b"NOT",
    b"OR SEEN",
    b"OR SEEN ",
    b"FROM",
    b"HEADER x",
    b"HEADER",
    b"KEYWORD \\Seen",
    b"KEYWORD",
    b"UID",
    b"UID x",
    b"0",
    b"1:4294967296",
    b"BEFORE yesterday",
    b"BEFORE 30-Feb-2026",
    b"BEFORE 1-Feb-26",
    b'BEFORE "1-Feb-2026',
    b"LARGER -1",
    b"LARGER 9223372036854775808",
    b"LARGER " + b"9" * 5000,
    b"OLDER 0",
    b"OLDER 4294967296",
    b"MODSEQ x",
    b'MODSEQ "/flags/" all 1',
    b'MODSEQ "/flags/\\\\foo" all 1',
    b'MODSEQ "/acl/x" all 1',
    b'MODSEQ "/flags/x" none 1',
    b'MODSEQ "/flags/x" all',
    b"EMAILID (x)",
    b'EMAILID "a b"',
    b"EMAILID " + b"x" * 256,
    b"CHARSET",
    b"CHARSET UTF-8",
    b"CHARSET US-ASCII TEXT {2+}\r\n\xd9\x85",
    b"SUBJECT {1+}\r\n\xff",
    b"SUBJECT {1+}\r\n\0",
    b"SUBJECT ~{1+}\r\nx",
    b"RETURN (FOO) ALL",
    b"RETURN (partial 1) all",
    b"RETURN (partial 1:*) all",
    b"RETURN ALL",
    b"RETURN ()",
    b"RETURN (MIN",
]


@pytest.mark.parametrize("key", REFUSED)
def test_what_is_no_search_is_bad(read: Callable[..., Any], key: bytes) -> None:
    with pytest.raises(BadCommand) as refused:
        read(b"t SEARCH " + key + b"\r\n")
    assert (refused.value.tag, refused.value.status) == ("t", "BAD")


@pytest.mark.parametrize(
    "charset", [b"windows-1256", b"ISO-8859-6", b'"UTF-7"', b"rot13", b"idna", b"utf-16", b"x\\"]
)
def test_other_charsets_are_answered_no_with_the_known_ones(read: Callable[..., Any], charset: bytes) -> None:
    with pytest.raises(BadCommand) as refused:
        read(b"t SEARCH CHARSET " + charset + b" TEXT x\r\n")
    if charset != b"x\\":
        assert (refused.value.status, refused.value.code) == ("NO", "BADCHARSET (UTF-8 US-ASCII)")


def test_a_charset_is_bad_once_utf_8_is_enabled(read: Callable[..., Any]) -> None:
    line = b't SEARCH CHARSET UTF-8 SUBJECT "x"\r\n'
    with pytest.raises(BadCommand):
        read(line, utf8=True)
    assert read(b't SEARCH SUBJECT "' + ARABIC.encode() + b'"\r\n', utf8=True).key == TextKey(
        "SUBJECT", ARABIC
    )


@pytest.mark.parametrize(
    ("options", "returns", "save"),
    [
        (b"()", {"ALL"}, False),
        (b"(min max)", {"MIN", "MAX"}, False),
        (b"(COUNT ALL COUNT)", {"COUNT", "ALL"}, False),
        (b"(SAVE)", set(), True),
        (b"(SAVE MIN)", {"MIN"}, True),
    ],
)
def test_search_return_options(
    read: Callable[..., Any], options: bytes, returns: set[str], save: bool
) -> None:
    command = read(b"t UID SEARCH RETURN " + options + b" CHARSET UTF-8 1:*\r\n")
    assert command == Search("t", uid=True, key=in_set(b"1:*"), returns=frozenset(returns), save=save)


def chain(word: bytes, depth: int) -> bytes:
    return word * depth + b"ALL"


@pytest.mark.parametrize(
    "key",
    [
        chain(b"NOT ", 100),
        b"(" * 100 + b"ALL" + b")" * 100,
        b"OR " * 100 + b" ".join([b"ALL"] * 101),
        b" ".join([b"ALL"] * 1000),
    ],
)
def test_depth_and_count_up_to_the_limit_are_read(read: Callable[..., Any], key: bytes) -> None:
    command = read(b"t SEARCH " + key + b"\r\n")
    assert repr(command)
    assert hash(command) == hash(command)


@pytest.mark.parametrize(
    "key",
    [
        chain(b"NOT ", 101),
        chain(b"NOT ", 15_000),
        b"(" * 60_000,
        b"(" * 30_000 + b"ALL" + b")" * 30_000,
        b"OR " * 15_000,
        b"OR ALL " * 9_000 + b"ALL",
        b" ".join([b"ALL"] * 1001),
        b"(" + b" ".join([b"ALL"] * 1001) + b")",
        b"NOT (" * 10_000,
    ],
)
def test_deeper_or_more_is_refused(read: Callable[..., Any], key: bytes) -> None:
    with pytest.raises(BadCommand) as refused:
        read(b"t SEARCH " + key + b"\r\n")
    assert refused.value.tag == "t"


SORTS = [
    (b"SORT (arrival) us-ascii 1:5", Sort("t", False, (SortCriterion("ARRIVAL"),), in_set(b"1:5"))),
    (
        b"UID SORT (reverse DATE Subject) UTF-8 ALL",
        Sort("t", True, (SortCriterion("DATE", reverse=True), SortCriterion("SUBJECT")), All()),
    ),
    (
        b"SORT RETURN (MIN) (DISPLAYFROM) UTF-8 SEEN UNSEEN",
        Sort("t", False, (SortCriterion("DISPLAYFROM"),), And((SEEN, UNSEEN)), frozenset({"MIN"})),
    ),
    (b"THREAD references us-ascii all", Thread("t", False, "REFERENCES", All())),
    (b"UID THREAD ORDEREDSUBJECT UTF-8 1", Thread("t", True, "ORDEREDSUBJECT", in_set(b"1"))),
]


@pytest.mark.parametrize(("line", "expected"), SORTS)
def test_sort_and_thread(read: Callable[..., Any], line: bytes, expected: Any) -> None:
    assert read(b"t " + line + b"\r\n") == expected
    # their charset is part of the grammar, so it stays lawful with UTF-8 enabled
    assert read(b"t " + line + b"\r\n", utf8=True) == expected


@pytest.mark.parametrize(
    "line",
    [
        b"SORT () UTF-8 ALL",
        b"SORT (REVERSE) UTF-8 ALL",
        b"SORT (REVERSE REVERSE DATE) UTF-8 ALL",
        b"SORT (FOO) UTF-8 ALL",
        b"SORT DATE UTF-8 ALL",
        b"SORT (DATE) ALL",
        b"SORT (DATE) UTF-8",
        b"SORT (DATE) windows-1256 ALL",
        b"SORT",
        b"SORT return (partial 1:*) (arrival) us-ascii all",
        b"SORT (" + b" ".join([b"DATE"] * 21) + b") UTF-8 ALL",
        b"THREAD FOO UTF-8 ALL",
        b"THREAD REFERENCES ALL",
        b"THREAD REFERENCES UTF-8",
        b"THREAD",
    ],
)
def test_what_is_no_sort_or_thread_is_refused(read: Callable[..., Any], line: bytes) -> None:
    with pytest.raises(BadCommand):
        read(b"t " + line + b"\r\n")
