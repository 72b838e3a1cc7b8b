from collections.abc import Iterator
from typing import Any

import pytest

from gateway.imap.wire import responses, responses_mailbox, responses_message
from gateway.imap.wire.encoder import body, flag_list, literal_head
from gateway.imap.wire.responses_mailbox import Listing
from gateway.imap.wire.responses_message import SearchResult, ThreadNode

ARABIC = "واردة"

LINES = [
    (responses.ok("a1", "Done"), b"a1 OK Done\r\n"),
    (responses.ok(None, "Ready", "READ-ONLY"), b"* OK [READ-ONLY] Ready\r\n"),
    (responses.no("a1", "No right to delete", "NOPERM"), b"a1 NO [NOPERM] No right to delete\r\n"),
    (responses.no("a1", ARABIC, utf8=True), b"a1 NO " + ARABIC.encode() + b"\r\n"),
    (responses.bad(None, "No tag"), b"* BAD No tag\r\n"),
    (responses.bad("a", "x\r\n* OK y"), b"a BAD x * OK y\r\n"),
    (responses.bye("Closing"), b"* BYE Closing\r\n"),
    (responses.continuation(), b"+ Ready\r\n"),
    (responses.continuation(""), b"+ .\r\n"),
    (responses.sasl_challenge(), b"+ \r\n"),
    (responses.sasl_challenge(b"r=x"), b"+ cj14\r\n"),
    (responses.capability(["IMAP4rev1", "AUTH=PLAIN"]), b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"),
    (responses.enabled([]), b"* ENABLED\r\n"),
    (responses.enabled(["CONDSTORE"]), b"* ENABLED CONDSTORE\r\n"),
    (responses.server_id([]), b"* ID NIL\r\n"),
    (responses.server_id([("name", "Murasalat"), ("os", None)]), b'* ID ("name" "Murasalat" "os" NIL)\r\n'),
    (responses.ok("a", "x", responses.appenduid_code(7, [9])), b"a OK [APPENDUID 7 9] x\r\n"),
    (responses.ok("a", "x", responses.appenduid_code(7, [9, 10])), b"a OK [APPENDUID 7 9:10] x\r\n"),
    (
        responses.ok("a", "x", responses.copyuid_code(7, [1, 2, 5], [9, 10, 11])),
        b"a OK [COPYUID 7 1:2,5 9:11] x\r\n",
    ),
    (
        responses.ok(None, "x", responses.permanentflags_code(["\\Seen", "\\*"])),
        b"* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n",
    ),
    (responses.ok("a", "x", responses.modified_code([7, 9])), b"a OK [MODIFIED 7,9] x\r\n"),
    (responses.ok(None, "x", responses.number_code("UIDNEXT", 5)), b"* OK [UIDNEXT 5] x\r\n"),
    (responses.ok("a", "x", responses.mailboxid_code("M1")), b"a OK [MAILBOXID (M1)] x\r\n"),
    (responses.no("a", "x", "BADCHARSET (UTF-8 US-ASCII)"), b"a NO [BADCHARSET (UTF-8 US-ASCII)] x\r\n"),
    (responses_mailbox.mailbox_list(Listing("", ["\\Noselect"])), b'* LIST (\\Noselect) "/" ""\r\n'),
    (responses_mailbox.mailbox_list(Listing("INBOX", [], None)), b"* LIST () NIL INBOX\r\n"),
    (
        responses_mailbox.mailbox_list(Listing(ARABIC, ["\\HasNoChildren", "\\Sent"]), verb="XLIST"),
        b'* XLIST (\\HasNoChildren \\Sent) "/" "&BkgGJwYxBi8GKQ-"\r\n',
    ),
    (
        responses_mailbox.mailbox_list(Listing(ARABIC, ()), utf8=True, verb="LSUB"),
        b'* LSUB () "/" "' + ARABIC.encode() + b'"\r\n',
    ),
    (
        responses_mailbox.mailbox_list(Listing("a", (), "\\", ("SUBSCRIBED",), "b")),
        b'* LIST () "\\\\" "a" ("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("b"))\r\n',
    ),
    (
        responses_mailbox.status("Sent", {"MESSAGES": 3, "MAILBOXID": "F1", "APPENDLIMIT": None}),
        b'* STATUS "Sent" (MESSAGES 3 MAILBOXID (F1) APPENDLIMIT NIL)\r\n',
    ),
    (
        responses_mailbox.namespace([("", "/")], None, [("Offices/", "/"), ("x", None)]),
        b'* NAMESPACE (("" "/")) NIL (("Offices/" "/")("x" NIL))\r\n',
    ),
    (responses_mailbox.flags(["\\Seen"]), b"* FLAGS (\\Seen)\r\n"),
    (responses_mailbox.exists(3), b"* 3 EXISTS\r\n"),
    (responses_mailbox.recent(0), b"* 0 RECENT\r\n"),
    (responses_mailbox.acl("Sent", [("bob", "lrs"), ("a b", "")]), b'* ACL "Sent" bob lrs "a b" ""\r\n'),
    (responses_mailbox.my_rights("INBOX", "lrs"), b"* MYRIGHTS INBOX lrs\r\n"),
    (responses_mailbox.list_rights("INBOX", "bob", "", ["l", "te"]), b'* LISTRIGHTS INBOX bob "" l te\r\n'),
    (responses_mailbox.quota("", [("STORAGE", 10, 512)]), b'* QUOTA "" (STORAGE 10 512)\r\n'),
    (responses_mailbox.quota_root("INBOX", [""]), b'* QUOTAROOT INBOX ""\r\n'),
    (responses_message.expunge(3), b"* 3 EXPUNGE\r\n"),
    (responses_message.vanished([1, 2, 9]), b"* VANISHED 1:2,9\r\n"),
    (responses_message.vanished([1], earlier=True), b"* VANISHED (EARLIER) 1\r\n"),
    (responses_message.search([]), b"* SEARCH\r\n"),
    (responses_message.search([], modseq=5), b"* SEARCH\r\n"),
    (responses_message.search([2, 3], modseq=5), b"* SEARCH 2 3 (MODSEQ 5)\r\n"),
    (responses_message.sort([3, 1, 2]), b"* SORT 3 1 2\r\n"),
    (responses_message.esearch("a", SearchResult(), uid=False), b'* ESEARCH (TAG "a")\r\n'),
    (
        responses_message.esearch("a", SearchResult(count=0, numbers=[]), uid=True),
        b'* ESEARCH (TAG "a") UID COUNT 0\r\n',
    ),
    (
        responses_message.esearch("a", SearchResult(1, 9, 3, [1, 2, 9], 7), uid=True),
        b'* ESEARCH (TAG "a") UID MIN 1 MAX 9 COUNT 3 ALL 1:2,9 MODSEQ 7\r\n',
    ),
    (responses_message.modseq_value(12), b"(12)"),
]


@pytest.mark.parametrize(("written", "expected"), LINES, ids=[repr(line[1][:24]) for line in LINES])
def test_responses(written: bytes, expected: bytes) -> None:
    assert written == expected


@pytest.mark.parametrize("code", ["x]", "x\r\n", b"\xff", "[", "a\0"])
def test_a_code_that_would_leave_its_brackets_is_an_error(code: Any) -> None:
    if code == "[":
        assert responses.ok("a", "x", code) == b"a OK [[] x\r\n"
        return
    with pytest.raises(ValueError, match="code"):
        responses.ok("a", "x", code)


def test_copyuid_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing"):
        responses.copyuid_code(1, [], [])


def test_capability_names_are_atoms() -> None:
    with pytest.raises(ValueError, match="atom"):
        responses.capability(["IMAP4rev1 X\r\n"])


def test_a_fetch_of_small_values_is_one_piece() -> None:
    items = [
        (b"UID", b"7"),
        (b"FLAGS", flag_list(["\\Seen"])),
        (b"MODSEQ", responses_message.modseq_value(9)),
    ]
    assert list(responses_message.fetch(3, items)) == [b"* 3 FETCH (UID 7 FLAGS (\\Seen) MODSEQ (9))\r\n"]


def test_a_large_body_passes_through_a_fetch_untouched() -> None:
    octets = bytes(100_000)
    pieces = list(responses_message.fetch(1, [(b"UID", b"7"), (b"BODY[]", body(octets)), (b"FLAGS", b"()")]))
    assert pieces[0] == b"* 1 FETCH (UID 7 BODY[] {100000}\r\n"
    assert pieces[1] is octets
    assert pieces[2] == b" FLAGS ())\r\n"


def test_a_body_may_come_in_pieces_that_are_read_one_at_a_time() -> None:
    read = []

    def letter() -> Iterator[bytes]:
        yield literal_head(15_000)
        for number in range(3):
            read.append(number)
            yield bytes(5000)

    pieces = responses_message.fetch(1, [(b"BODY[]", letter())])
    assert next(pieces) == b"* 1 FETCH (BODY[] {15000}\r\n"
    assert next(pieces) == bytes(5000)
    assert read == [0]
    assert b"".join(pieces) == bytes(10_000) + b")\r\n"


def node(number: int | None, *children: ThreadNode) -> ThreadNode:
    return ThreadNode(number, list(children))


@pytest.mark.parametrize(
    ("threads", "written"),
    [
        ([], b"* THREAD\r\n"),
        ([node(2)], b"* THREAD (2)\r\n"),
        ([node(3, node(2)), node(1)], b"* THREAD (3 2)(1)\r\n"),
        # the example of RFC 5256 section 4
        (
            [node(2), node(3, node(6, node(4, node(23)), node(44, node(7, node(96)))))],
            b"* THREAD (2)(3 6 (4 23)(44 7 96))\r\n",
        ),
        ([node(None, node(3), node(5))], b"* THREAD ((3)(5))\r\n"),
        ([node(None, node(3, node(4)), node(5))], b"* THREAD ((3 4)(5))\r\n"),
        ([node(1, node(None, node(3), node(5)))], b"* THREAD (1 (3)(5))\r\n"),
        ([node(None, node(3))], b"* THREAD (3)\r\n"),
    ],
)
def test_threads(threads: list[ThreadNode], written: bytes) -> None:
    assert responses_message.thread(threads) == written


def test_a_very_long_conversation_needs_no_stack() -> None:
    deep = node(1)
    for number in range(2, 50_000):
        deep = node(number, deep)
    written = responses_message.thread([deep])
    assert written.startswith(b"* THREAD (49999 49998 ")
    assert written.endswith(b" 2 1)\r\n")
    while deep.children:  # taken apart by hand, for destroying it would need the stack
        deep = deep.children.pop()
