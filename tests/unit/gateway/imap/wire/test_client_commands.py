"""What real mail clients send, word for word where it was recorded: each command must be understood."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.imap.wire.fetch_items import BodySection, Section

THUNDERBIRD = [
    b"1 capability",
    b"2 authenticate PLAIN AGJvYgBzZWNyZXQ=",
    b"3 namespace",
    b'4 ID ("name" "Thunderbird" "version" "153.7.0")',
    b'5 select "INBOX"',
    b'6 myrights "INBOX"',
    b'7 getacl "INBOX"',
    b'8 getquotaroot "INBOX"',
    b'9 list (subscribed) "" "*" return (special-use)',
    b'10 list "" "INBOX"',
    b'11 create "Trash"',
    b'12 subscribe "Trash"',
    b"13 UID fetch 1:* (FLAGS)",
    (
        b"14 UID fetch 1:12 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID"
        b" Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To Received)])"
    ),
    b"15 UID fetch 12 (UID RFC822.SIZE BODY.PEEK[])",
    b"16 UID fetch 12 (UID BODY.PEEK[HEADER.FIELDS (Content-Type Content-Transfer-Encoding)] BODY.PEEK[TEXT]<0.2048>)",
    b"17 IDLE",
    b'18 STATUS "Drafts" (UIDNEXT MESSAGES UNSEEN RECENT)',
    b"19 enable UTF8=ACCEPT",
    b'20 lsub "" "*"',
    b"21 uid store 12 +Flags (\\Seen)",
    b"22 uid store 12 +FLAGS ($label1)",
    b'23 uid move 12 "Archive"',
    b'24 append "Sent" (\\Seen) {5+}\r\nhello',
    b"25 UID fetch 12 (UID BODYSTRUCTURE)",
    b"26 noop",
    b"27 close",
    b"28 logout",
]
MBSYNC = [
    b'1 LOGIN "bob" "secret"',
    b"2 NAMESPACE",
    b'3 LIST "" "*"',
    b'4 SELECT "INBOX"',
    b"5 UID FETCH 1:* (UID FLAGS)",
    b"6 UID FETCH 3 (UID FLAGS BODY.PEEK[])",
    b'7 APPEND "INBOX" (\\Seen) "12-Nov-2026 10:00:00 +0300" {5+}\r\nhello',
    b"8 UID STORE 3 +FLAGS.SILENT (\\Deleted)",
    b"9 UID SEARCH HEADER X-TUID 0123456789AB",
    b"10 CLOSE",
    b"11 LOGOUT",
]
K9 = [
    b"1 CAPABILITY",
    b"2 AUTHENTICATE EXTERNAL Ym9i",
    b"3 ENABLE UTF8=ACCEPT",
    b'4 ID ("name" "K-9 Mail" "version" "8.0")',
    b'5 LIST "" "*" RETURN (SPECIAL-USE)',
    b'6 SELECT "INBOX"',
    b"7 UID SEARCH 1:25 NOT DELETED SINCE 1-Nov-2026",
    b"8 UID SEARCH 1:* NOT DELETED",
    b"9 UID FETCH 7,9,12:15 (UID FLAGS)",
    (
        b"10 UID FETCH 7 (UID INTERNALDATE RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (date subject from content-type to"
        b" cc reply-to message-id references in-reply-to list-unsubscribe sender x-k9mail-identity x-chat-version)])"
    ),
    b"11 UID FETCH 7 (UID BODYSTRUCTURE)",
    b"12 UID FETCH 7 (UID BODY.PEEK[]<0.131072>)",
    b"13 UID FETCH 7 (UID BODY.PEEK[1.2])",
    b'14 UID MOVE 7 "Trash"',
    b'15 UID COPY 7 "Trash"',
    b"16 UID STORE 7 +FLAGS.SILENT (\\Deleted)",
    b"17 UID EXPUNGE 7",
    b"18 IDLE",
    b'19 UID SEARCH HEADER MESSAGE-ID "<x@gov.example>"',
    b'20 UID SEARCH CHARSET UTF-8 OR SUBJECT "x" FROM "x"',
]
APPLE_MAIL = [
    (
        b'1 ID ("name" "Mac OS X Mail" "version" "16.0 (3774.200.91.1.1)" "os" "Mac OS X" "os-version" "14.2"'
        b' "vendor" "Apple Inc.")'
    ),
    b"2 AUTHENTICATE PLAIN",
    b'2.1 LOGIN "bob" "secret"',
    b'3 LIST "" "*"',
    b'4 LSUB "" "*"',
    b"5 SELECT INBOX",
    b"6 FETCH 1:12 (FLAGS UID)",
    (
        b"7 UID FETCH 1:12 (INTERNALDATE UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (date subject from to cc"
        b" message-id in-reply-to references content-type x-priority x-uniform-type-identifier"
        b" x-universally-unique-identifier"
        b" received-spf reply-to list-id list-unsubscribe list-unsubscribe-post)])"
    ),
    b"8 UID FETCH 12 (BODYSTRUCTURE BODY.PEEK[HEADER])",
    b"9 UID FETCH 12 BODY.PEEK[]<0.10000>",
    b"10 UID STORE 12 +FLAGS.SILENT ($MailFlagBit0 \\Flagged)",
    b"11 UID SEARCH 1:* NOT DELETED",
    b"12 STATUS INBOX (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)",
    b"13 EXPUNGE",
    b"14 CHECK",
]
IOS_MAIL = [
    b'1 ID ("name" "iPhone Mail" "version" "22A3354" "os" "iOS" "os-version" "18.0 (22A3354)")',
    b'2 LIST "" "*" RETURN (SPECIAL-USE STATUS (UNSEEN))',
    b"3 SELECT INBOX (CONDSTORE)",
    b"4 FETCH 1:* (FLAGS UID) (CHANGEDSINCE 0)",
    b"5 UID FETCH 1:* (UID FLAGS) (CHANGEDSINCE 1234)",
    b"6 UID SEARCH RETURN (ALL) 1:* UNDELETED",
    b"7 UID FETCH 3 (BODY.PEEK[1.MIME] BODY.PEEK[1])",
    b"8 ENABLE CONDSTORE",
]
MUTT = [
    b"a0000 CAPABILITY",
    b'a0001 AUTHENTICATE PLAIN "AGJvYgBzZWNyZXQ="',
    b"a0002 ENABLE UTF8=ACCEPT",
    b'a0003 LIST "" ""',
    b'a0004 STATUS "INBOX" (MESSAGES)',
    b'a0005 SELECT "INBOX" (QRESYNC (1 20 1:100))',
    b"a0006 MYRIGHTS INBOX",
    (
        b"a0007 FETCH 1:3 (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (DATE FROM SENDER SUBJECT TO CC"
        b" MESSAGE-ID REFERENCES CONTENT-TYPE CONTENT-DESCRIPTION IN-REPLY-TO REPLY-TO LINES LIST-POST X-LABEL)])"
    ),
    b"a0008 UID FETCH 3 BODY.PEEK[]",
    b"a0009 UID STORE 3 +FLAGS.SILENT (\\Seen)",
    b"a0010 IDLE",
    b"a0011 UID FETCH 1:* FLAGS (CHANGEDSINCE 5 VANISHED)",
    b"a0012 UNSELECT",
]
OUTLOOK = [
    b"b1 CAPABILITY",
    b'b2 LOGIN "bob" "secret"',
    b'b3 XLIST "" "*"',
    b'b4 LSUB "" "*"',
    b'b5 LIST "" "INBOX"',
    b'b6 SELECT "INBOX"',
    b"b7 UID FETCH 1:* (UID FLAGS BODY.PEEK[HEADER] INTERNALDATE RFC822.SIZE)",
    b"b8 UID STORE 3 +FLAGS (\\Deleted)",
    b"b9 EXPUNGE",
    b"b10 IDLE",
]
EVOLUTION_AND_ROUNDCUBE = [
    b'A1 LIST (SUBSCRIBED) "" * RETURN (CHILDREN SPECIAL-USE STATUS (MESSAGES UNSEEN UIDNEXT HIGHESTMODSEQ))',
    b"A2 SELECT INBOX (QRESYNC (1163538571 6 1:5 (1,5 1,5)))",
    b"A3 UID SORT (REVERSE ARRIVAL) US-ASCII UNDELETED",
    b"A4 SORT RETURN (ALL COUNT) (REVERSE DATE) UTF-8 ALL UNDELETED",
    b"A5 THREAD REFERENCES US-ASCII ALL UNDELETED",
    b"A6 UID SEARCH RETURN (ALL) CHARSET UTF-8 OR SUBJECT {6+}\r\n\xd9\x85\xd8\xb1\xd8\xb3 HEADER FROM x",
    b"A7 GETQUOTAROOT INBOX",
    b"A8 UID FETCH 3 (UID BODY.PEEK[1.MIME] BINARY.PEEK[1])",
    b"A9 STATUS Archive (MESSAGES UNSEEN UIDNEXT SIZE)",
    b"A10 CREATE Sent (USE (\\Sent))",
    b'A11 RENAME "old" "new"',
    b"A12 UID STORE 3 (UNCHANGEDSINCE 99) +FLAGS.SILENT ($Forwarded)",
]

ALL = [
    *((line, "Thunderbird") for line in THUNDERBIRD),
    *((line, "mbsync") for line in MBSYNC),
    *((line, "K-9") for line in K9),
    *((line, "Apple Mail") for line in APPLE_MAIL),
    *((line, "iOS Mail") for line in IOS_MAIL),
    *((line, "mutt") for line in MUTT),
    *((line, "Outlook") for line in OUTLOOK),
    *((line, "Evolution and Roundcube") for line in EVOLUTION_AND_ROUNDCUBE),
]


@pytest.mark.parametrize(
    ("line", "client"), ALL, ids=lambda value: value if isinstance(value, str) else value[:32]
)
def test_clients_are_understood(read: Callable[..., Any], line: bytes, client: str) -> None:
    command = read(line + b"\r\n")
    assert command.tag == line.split()[0].decode(), client


def test_the_autosync_of_thunderbird_asks_for_whole_letters_without_a_mark(read: Callable[..., Any]) -> None:
    command = read(b"15 UID fetch 1:12 (UID RFC822.SIZE BODY.PEEK[])\r\n")
    assert command.uid
    assert command.numbers.ranges == ((1, 12),)
    assert command.items[2] == BodySection(Section(), peek=True)


def test_thunderbird_sends_a_plain_ampersand_once_utf_8_is_enabled(read: Callable[..., Any]) -> None:
    assert read(b'5 select "R & D"\r\n', utf8=True).mailbox == "R & D"


def test_the_append_that_thunderbird_once_tried_is_bad_with_its_literal_taken(
    pull: Callable[..., list[Any]],
) -> None:
    events = pull(b'1 APPEND "Sent" UTF8 (~{16+}\r\n2 DELETE INBOX\r\n)\r\n3 NOOP\r\n')
    assert [event.tag for event in events] == ["1", "3"]
