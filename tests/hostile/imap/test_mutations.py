"""Valid commands, damaged at random, over the real listener: every one is answered, and none breaks anything.

The short form runs with the suite; `--long` runs a hundred times as many.
"""

import random

import pytest

from gateway.net.tls import cut
from tests.dialogs.imap.rig import MINISTER, SECRET, Client, World

pytestmark = pytest.mark.asyncio(loop_scope="module")

BEFORE = (
    b"CAPABILITY",
    b"NOOP",
    b'ID ("name" "Thunderbird" "version" NIL)',
    b"ID NIL",
    b"LOGIN noura wrong",
    b'LOGIN "noura" {5+}\r\nwrong',
    b"AUTHENTICATE PLAIN AG5vdXJhAHdyb25n",
    b"STARTTLS",
)
AFTER = (
    b'LIST (SUBSCRIBED RECURSIVEMATCH) "" ("*" "%/%") RETURN (CHILDREN SPECIAL-USE STATUS (MESSAGES UNSEEN SIZE))',
    b'LIST "" "*"',
    b'LSUB "" "%"',
    b'XLIST "" "*"',
    b"STATUS INBOX (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ MAILBOXID DELETED DELETED-STORAGE)",
    b"SELECT INBOX (CONDSTORE)",
    b"EXAMINE &BkUGMQYzBi8-",
    b"CREATE Work/2026 (USE (\\Junk))",
    b"CREATE &BkUGRAZB-",
    b"RENAME Work Play",
    b"DELETE Work",
    b"SUBSCRIBE Work",
    b"UNSUBSCRIBE Offices/" + MINISTER.encode() + b"/INBOX",
    b"NAMESPACE",
    b"ENABLE CONDSTORE UTF8=ACCEPT",
    b"ENABLE IMAP4rev2",
    b"GETACL INBOX",
    b"MYRIGHTS Archive",
    b"LISTRIGHTS INBOX noura",
    b"SETACL INBOX noura +x",
    b'GETQUOTA ""',
    b"GETQUOTAROOT INBOX",
    b"FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE MODSEQ EMAILID THREADID SAVEDATE)",
    b"FETCH 1:3 (BODY.PEEK[HEADER.FIELDS (From To)] BODY.PEEK[1.MIME] BODY.PEEK[TEXT]<0.20>)",
    b"UID FETCH 1:* (BINARY.PEEK[1]<0.5> BINARY.SIZE[1] RFC822.HEADER) (CHANGEDSINCE 1)",
    b"UID FETCH * BODY[]",
    b"FETCH 2 FULL",
    b"STORE 1 (UNCHANGEDSINCE 99) +FLAGS.SILENT (\\Seen $Label1)",
    b"UID STORE 1:* -FLAGS (\\Deleted \\Flagged)",
    b"SEARCH RETURN (MIN MAX COUNT ALL SAVE) CHARSET UTF-8 OR NOT SEEN (TEXT {4+}\r\nbody LARGER 10)",
    b'UID SEARCH SENTSINCE 1-Nov-2026 HEADER Message-ID "" UNKEYWORD x 1:* UID 1:* OLDER 5 MODSEQ 3',
    b'SEARCH FROM "huda" SUBJECT letter BODY body SAVEDBEFORE 1-Jan-2030',
    b"SORT RETURN (COUNT) (REVERSE DATE SUBJECT DISPLAYFROM) UTF-8 ALL",
    b"UID SORT (ARRIVAL SIZE CC) US-ASCII UNDELETED",
    b"THREAD REFERENCES UTF-8 ALL",
    b"UID THREAD ORDEREDSUBJECT US-ASCII SEEN",
    b"COPY 1:2 Drafts",
    b"UID COPY 1:* Work",
    b"UID MOVE 9 Trash",
    b"UID EXPUNGE 7:9",
    b"CHECK",
    b'APPEND Drafts (\\Seen x) "24-Nov-2026 10:00:00 +0300" {20+}\r\nSubject: x\r\n\r\nhallo\r\n',
    b"APPEND Work ~{6+}\r\na: b\r\n {8+}\r\nc: d\r\n\r\n",
)
JUNK = (
    *(b"*", b"%", b"(", b")", b"{", b"}", b'"', b"\\", b" ", b"0", b"4294967295"),
    *(b"NIL", b"\x80", b"\xd9\x85", b"[]", b"&-"),
)


def damaged(command: bytes, choice: random.Random) -> bytes:
    octets = bytearray(command)
    for _ in range(choice.randint(1, 3)):
        at = choice.randrange(len(octets) + 1)
        kind = choice.randrange(6)
        if kind == 0:
            del octets[at : at + choice.randint(1, 4)]
        elif kind == 1:
            octets[at:at] = choice.choice(JUNK) * choice.choice((1, 1, 2, 40))
        elif kind == 2:
            words = bytes(octets).split(b" ")
            choice.shuffle(words)
            octets = bytearray(b" ".join(words))
        elif kind == 3:
            other = choice.choice(AFTER)
            cut = choice.randrange(len(other))
            octets[at:] = other[cut:]
        elif kind == 4:
            piece = octets[at : at + choice.randint(1, 9)]
            octets[at:at] = piece * choice.randint(1, 30)
        elif octets:
            octets[at % len(octets)] = choice.randrange(256)
    return bytes(octets)


def sendable(octets: bytes) -> bool:
    """Whether a damaged command is still one, so that exactly one answer is due: no stray line end, no open literal."""
    lines = octets.split(b"\r\n")
    return (
        not any(b"\n" in line or b"\r" in line or line.endswith(b"}") for line in lines) and len(lines) == 1
    )


@pytest.mark.parametrize("seed", range(6))
async def test_damaged_commands_are_answered_and_break_nothing(
    besieged: World, honest: Client, seed: int, request: pytest.FixtureRequest
) -> None:
    choice = random.Random(seed)
    count = 6000 if request.config.getoption("--long") else 60
    client = await besieged.selected()
    answered = 0
    for _ in range(count):
        octets = damaged(choice.choice(AFTER), choice)
        if not sendable(octets) or octets[:4].upper() == b"IDLE":
            continue
        heard = await client.ask(octets)
        if not heard or not heard[-1].startswith(("OK", "NO", "BAD")):
            assert heard[-1].startswith("* BYE") or "BAD" in heard[-1], (octets, heard[-1:])
            cut(client.writer.transport)
            client = await besieged.selected()
            continue
        assert "SERVERBUG" not in heard[-1], octets
        answered += 1
    assert answered > count // 3
    cut(client.writer.transport)
    assert (await honest.ask("FETCH 1 BODY.PEEK[TEXT]"))[-1] == "OK Messages fetched"


@pytest.mark.parametrize("seed", range(4))
async def test_damaged_octets_before_login_are_answered_or_end_the_connection(
    besieged: World, honest: Client, seed: int, request: pytest.FixtureRequest
) -> None:
    choice = random.Random(seed)
    for _ in range(1000 if request.config.getoption("--long") else 12):
        client = await besieged.connect()
        await client.line()
        script = b"".join(b"a%d %b\r\n" % (n, damaged(choice.choice(BEFORE), choice)) for n in range(4))
        # More lines than any literal that may be waited for, and more errors than are suffered.
        await client.send(script + b"\r\n" + (b"y" * 70 + b"\r\n") * 90)
        heard = []
        while line := await client.line():
            heard.append(line)
        assert heard[-1].startswith((b"* BYE", b"a")), script
        assert not any(SECRET.encode() in line for line in heard)
        cut(client.writer.transport)
    assert (await honest.ask("NOOP"))[-1] == "OK Nothing done"
