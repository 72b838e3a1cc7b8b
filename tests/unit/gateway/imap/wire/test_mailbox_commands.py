from collections.abc import Callable
from typing import Any

import pytest

from gateway.imap.wire import commands
from gateway.imap.wire.commands import List, Qresync
from gateway.imap.wire.errors import BadCommand
from gateway.imap.wire.sequence import SequenceSet

BAD = "BAD"
NO = "NO"

SELECTS = [
    (b"SELECT INBOX", commands.Select("t", "INBOX")),
    (b"select inBox", commands.Select("t", "INBOX")),
    (b'EXAMINE "Sent Items"', commands.Select("t", "Sent Items", read_only=True)),
    (b"SELECT {5+}\r\nInbox", commands.Select("t", "INBOX")),
    (b'SELECT ""', commands.Select("t", "")),
    (b"SELECT NIL", commands.Select("t", "NIL")),
    (b"SELECT ~foo", commands.Select("t", "~foo")),
    (b"SELECT a]b", commands.Select("t", "a]b")),
    (b"SELECT {0+}\r\n", commands.Select("t", "")),
    (b"SELECT x (CONDSTORE)", commands.Select("t", "x", condstore=True)),
    (b"SELECT x (qresync (67890007 20050715194045000))", Qresync(67890007, 20050715194045000)),
    (b"SELECT x (QRESYNC (1 2 1:3,9))", Qresync(1, 2, SequenceSet.parse(b"1:3,9"))),
    (
        b"SELECT x (QRESYNC (1 2 41:211 (1,3 41,43)) CONDSTORE)",
        Qresync(1, 2, SequenceSet.parse(b"41:211"), SequenceSet.parse(b"1,3"), SequenceSet.parse(b"41,43")),
    ),
    (
        b"SELECT x (QRESYNC (1 2 (1,3 41,43)))",
        Qresync(1, 2, None, SequenceSet.parse(b"1,3"), SequenceSet.parse(b"41,43")),
    ),
    (b"SELECT x (QRESYNC (1 2 1:*))", BAD),
    (b"SELECT x (QRESYNC (1 2 $))", BAD),
    (b"SELECT x (QRESYNC (0 2))", BAD),
    (b"SELECT x (QRESYNC (4294967296 2))", BAD),
    (b"SELECT x (QRESYNC (1 9223372036854775808))", BAD),
    (b"SELECT x (QRESYNC (1 2) QRESYNC (1 2))", BAD),
    (b"SELECT x (QRESYNC)", BAD),
    (b"SELECT x ()", BAD),
    (b"SELECT x (FOO)", BAD),
    (b"SELECT x CONDSTORE", BAD),
    (b"SELECT", BAD),
    (b"SELECT ", BAD),
    (b"SELECT a b", BAD),
    (b"SELECT a*b", BAD),
    (b"SELECT \\foo", BAD),
    (b"SELECT (x)", BAD),
    (b"SELECT &Jjo", NO),
    (b"SELECT &AGE-", NO),
    (b"SELECT !#$&'+,-.0123456789:;<=>?@^_`|[}", NO),
    (b'SELECT "\xd9\x85"', NO),
    (b'SELECT "a\tb"', NO),
    (b"SELECT {3+}\r\na\nb", NO),
    (b"SELECT &AAo-", NO),
    (b"SELECT {1025+}\r\n" + b"x" * 1025, NO),
    (b'SELECT "&AAA-"', NO),
]


@pytest.mark.parametrize(("line", "expected"), SELECTS)
def test_select(read: Callable[..., Any], line: bytes, expected: Any) -> None:
    octets = b"t " + line + b"\r\n"
    if isinstance(expected, str):
        with pytest.raises(BadCommand) as refused:
            read(octets)
        assert (refused.value.tag, refused.value.status) == ("t", expected)
        assert refused.value.code == ("CANNOT" if expected == NO else None)
        return
    command = read(octets)
    assert (command.qresync if isinstance(expected, Qresync) else command) == expected


def test_names_are_utf_8_once_enabled(read: Callable[..., Any]) -> None:
    raw = 'SELECT "واردة & صادرة"'.encode()
    assert read(b"t " + raw + b"\r\n", utf8=True).mailbox == "واردة & صادرة"
    assert read(b"t SELECT &Jjo-\r\n", utf8=True).mailbox == "&Jjo-"
    with pytest.raises(BadCommand):
        read(b't SELECT "\xff"\r\n', utf8=True)


def test_names_are_in_nfc(read: Callable[..., Any]) -> None:
    decomposed = "Cafe\u0301"
    assert read(f't SELECT "{decomposed}"\r\n'.encode(), utf8=True).mailbox == "Caf\u00e9"
    assert read(b"t SELECT Cafe&AwE-\r\n").mailbox == "Caf\u00e9"


OTHERS = [
    (b"CREATE Drafts", commands.Create("t", "Drafts")),
    (b"CREATE x (USE (\\Drafts \\Sent))", commands.Create("t", "x", ("\\Drafts", "\\Sent"))),
    (b"CREATE x (USE ())", commands.Create("t", "x")),
    (b"CREATE x (USE (Drafts))", BAD),
    (b"CREATE x (USE (\\))", BAD),
    (b"CREATE x (USE)", BAD),
    (b"CREATE x ()", BAD),
    (b"CREATE", BAD),
    (b"DELETE &BkUGMQ-", commands.Delete("t", "مر")),
    (b"DELETE", BAD),
    (b"RENAME a b", commands.Rename("t", "a", "b")),
    (b'RENAME "a b" {1+}\r\nc', commands.Rename("t", "a b", "c")),
    (b"RENAME a", BAD),
    (b"RENAME a b c", BAD),
    (b"RENAME a &x", NO),
    (b"SUBSCRIBE a/b", commands.Subscribe("t", "a/b")),
    (b"UNSUBSCRIBE a.b", commands.Unsubscribe("t", "a.b")),
    (b"STATUS x (messages UIDNEXT Messages)", commands.Status("t", "x", ("MESSAGES", "UIDNEXT"))),
    (
        b"STATUS x (RECENT UIDVALIDITY UNSEEN SIZE DELETED HIGHESTMODSEQ APPENDLIMIT MAILBOXID)",
        commands.Status(
            "t",
            "x",
            (
                "RECENT",
                "UIDVALIDITY",
                "UNSEEN",
                "SIZE",
                "DELETED",
                "HIGHESTMODSEQ",
                "APPENDLIMIT",
                "MAILBOXID",
            ),
        ),
    ),
    (b"STATUS x ()", BAD),
    (b"STATUS x (FOO)", BAD),
    (b"STATUS x (MESSAGES", BAD),
    (b"STATUS  x  ( MESSAGES  UNSEEN )  ", commands.Status("t", "x", ("MESSAGES", "UNSEEN"))),
    (b"SELECT  x  ( CONDSTORE )", commands.Select("t", "x", False, True)),
    (b"RENAME  a  b", commands.Rename("t", "a", "b")),
    (b"STATUS x MESSAGES", BAD),
    (b"STATUS x", BAD),
    (b"GETACL INBOX", commands.GetAcl("t", "INBOX")),
    (b"MYRIGHTS Sent", commands.MyRights("t", "Sent")),
    (b"LISTRIGHTS Sent anyone", commands.ListRights("t", "Sent", "anyone")),
    (b"SETACL Sent bob +lrs", commands.SetAcl("t", "Sent", "bob", "+", "lrs")),
    (b'SETACL Sent bob ""', commands.SetAcl("t", "Sent", "bob", "", "")),
    (b"SETACL Sent -bob lrswipkxtea", commands.SetAcl("t", "Sent", "-bob", "", "lrswipkxtea")),
    (b"SETACL Sent bob LRS", BAD),
    (b'SETACL Sent "" lrs', BAD),
    (b"SETACL Sent bob", BAD),
    (b"DELETEACL Sent bob", commands.DeleteAcl("t", "Sent", "bob")),
    (b"DELETEACL Sent " + b"x" * 1025, BAD),
    (b'GETQUOTA ""', commands.GetQuota("t", "")),
    (b"GETQUOTAROOT INBOX", commands.GetQuotaRoot("t", "INBOX")),
    (
        b'SETQUOTA "" (storage 512 MESSAGE 10)',
        commands.SetQuota("t", "", (("STORAGE", 512), ("MESSAGE", 10))),
    ),
    (b'SETQUOTA "" ()', commands.SetQuota("t", "", ())),
    (b'SETQUOTA "" (STORAGE)', BAD),
    (b'SETQUOTA "" (STORAGE -1)', BAD),
    (b'SETQUOTA "" (STORAGE 9223372036854775808)', BAD),
    (b'SETQUOTA ""', BAD),
    (b"GETQUOTA", BAD),
]


@pytest.mark.parametrize(("line", "expected"), OTHERS)
def test_mailbox_commands(read: Callable[..., Any], line: bytes, expected: Any) -> None:
    octets = b"t " + line + b"\r\n"
    if not isinstance(expected, str):
        assert read(octets) == expected
        return
    with pytest.raises(BadCommand) as refused:
        read(octets)
    assert (refused.value.tag, refused.value.status) == ("t", expected)


LISTS = [
    (b'LIST "" *', List("t", "", ("*",))),
    (b'LIST "" ""', List("t", "", ("",))),
    (b'LIST "" NIL', List("t", "", ("NIL",))),
    (b'LIST "" ~foo', List("t", "", ("~foo",))),
    (b'LIST "" !#$&\'+,-.0123456789:;<=>?@^_`|[}%*', List("t", "", ("!#$&'+,-.0123456789:;<=>?@^_`|[}%*",))),
    (b'LIST "" &BkUGMQ-/%', List("t", "", ("مر/%",))),
    (b"LIST Offices/ {1+}\r\n*", List("t", "Offices/", ("*",))),
    (b'LIST () "" ""', List("t", "", ("",), extended=True)),
    (b'LIST "" ("")', List("t", "", ("",), extended=True)),
    (b'LIST "" (a* "b c")', List("t", "", ("a*", "b c"), extended=True)),
    (b'LIST "" "" RETURN ()', List("t", "", ("",), extended=True)),
    (b'LIST (remote) "" %', List("t", "", ("%",), frozenset({"REMOTE"}), extended=True)),
    (
        b'LIST (SUBSCRIBED RecursiveMatch subscribed) "" * return (children)',
        List(
            "t",
            "",
            ("*",),
            frozenset({"SUBSCRIBED", "RECURSIVEMATCH"}),
            frozenset({"CHILDREN"}),
            extended=True,
        ),
    ),
    (
        b'LIST (SPECIAL-USE) "" * RETURN (STATUS (MESSAGES unseen) SPECIAL-USE SUBSCRIBED)',
        List(
            "t",
            "",
            ("*",),
            frozenset({"SPECIAL-USE"}),
            frozenset({"SPECIAL-USE", "SUBSCRIBED"}),
            ("MESSAGES", "UNSEEN"),
            extended=True,
        ),
    ),
    (b'LSUB "" *', commands.Lsub("t", "", "*")),
    (b'XLIST "" %', commands.Xlist("t", "", "%")),
    (b'LIST (imaptest) "" ""', BAD),
    (b'LIST (recursivematch) "" ""', BAD),
    (b'LIST (recursivematch remote) "" ""', BAD),
    (b'LIST "" "" return (imaptest)', BAD),
    (b'LIST "" "" return', BAD),
    (b'LIST "" "" return (status)', BAD),
    (b'LIST "" "" return (status ())', BAD),
    (b'LIST "" "" return (status (foo))', BAD),
    (b'LIST "" "" foo (children)', BAD),
    (b'LIST "" ()', BAD),
    (b'LIST "" ((x))', BAD),
    (b'LIST ""', BAD),
    (b"LIST", BAD),
    (b'LIST "" (' + b"x " * 101 + b"x)", BAD),
    (b'LIST "" ' + b"x" * 1025, BAD),
    (b'LIST "" "\xff"', BAD),
    (b'LIST "" x\\', BAD),
    (b'LIST "" ~{1+}\r\nx', BAD),
    (b'LSUB "" (x)', BAD),
    (b'XLIST ""', BAD),
]


@pytest.mark.parametrize(("line", "expected"), LISTS)
def test_list(read: Callable[..., Any], line: bytes, expected: Any) -> None:
    octets = b"t " + line + b"\r\n"
    if not isinstance(expected, str):
        assert read(octets) == expected
        return
    with pytest.raises(BadCommand) as refused:
        read(octets)
    assert (refused.value.tag, refused.value.status) == ("t", expected)
