"""Abuse by somebody who has logged in and selected a mailbox, over the real listener.

Each case is answered BAD, NO or BYE, or does no harm; a session that was there before goes on.
"""

import asyncio

import pytest

from gateway.net.tls import cut
from mailstore.mailboxes import mailboxes
from tests.dialogs.imap.rig import MOF, Client, World

pytestmark = pytest.mark.asyncio(loop_scope="module")


def search(keys: bytes) -> bytes:
    return b"a UID SEARCH " + keys + b"\r\n"


def named(name: bytes, verb: bytes = b"SELECT") -> bytes:
    return b"a " + verb + b" " + name + b"\r\n"


# What is sent, and what the tagged answer (or the BYE) must begin with.
CASES: dict[str, tuple[bytes, str]] = {
    "10,000 small literals": (b"a SEARCH" + b" TEXT {1+}\r\nx" * 10_000 + b"\r\n", "a NO [TOOBIG]"),
    "1,001 empty literals": (b"a SEARCH" + b" TEXT {0+}\r\n" * 1001 + b"\r\n", "a NO [TOOBIG]"),
    "literals of more than 1 MiB": (
        b"a SEARCH" + b" TEXT {262144+}\r\n%s" % (b"x" * 262_144) * 5 + b"\r\n",
        "a NO [TOOBIG]",
    ),
    "literal of 4 GiB": (b"a SEARCH TEXT {4294967295}\r\n", "a NO [TOOBIG]"),
    "literal above 64 bits": (b"a SEARCH TEXT {18446744073709551616}\r\n", "a NO [TOOBIG]"),
    "literal of 4 GiB, not waiting": (b"a SEARCH TEXT {4294967295+}\r\n", "* BYE"),
    "negative literal": (b"a SEARCH TEXT {-1}\r\n", "a BAD"),
    "command of 1 MiB": (search(b"TEXT " + b"x" * 1_048_576), "a BAD"),
    "16,000 NOTs": (search(b"NOT " * 16_000 + b"ALL"), "a BAD"),
    "100,000 NOTs": (search(b"NOT " * 100_000 + b"ALL"), "a BAD"),
    "20,000 ORs": (search(b"OR " * 20_000 + b"ALL"), "a BAD"),
    "100,000 ORs": (search(b"OR ALL " * 100_000 + b"ALL"), "a BAD"),
    "65,000 open parentheses": (search(b"(" * 65_000), "a BAD"),
    "100,000 open parentheses": (search(b"(" * 100_000), "a BAD"),
    "16,000 keys": (search(b"ALL " * 16_000 + b"ALL"), "a BAD"),
    "1,000 keys that each look into every text": (search(b'BODY "q" ' * 990 + b"ALL"), "a OK"),
    "set of 30,000 ranges": (search(b",".join(b"%d:%d" % (n, n + 1) for n in range(1, 6000))), "a OK"),
    "set that names everything 13,000 times": (search(b",".join([b"1:*"] * 13_000)), "a OK"),
    "giant number": (search(b"LARGER " + b"9" * 60_000), "a BAD"),
    "size of 63 bits": (search(b"LARGER 9223372036854775807"), "a OK"),
    "size of 64 bits": (search(b"LARGER 18446744073709551615"), "a BAD"),
    "age of 4 billion seconds": (search(b"OLDER 4294967295 YOUNGER 4294967295"), "a OK"),
    "first and last day": (search(b"SINCE 1-Jan-0001 BEFORE 31-Dec-9999 SENTON 31-Dec-9999"), "a OK"),
    "day that is none": (search(b"SINCE 31-Feb-2026"), "a BAD"),
    "mod-sequence of 63 bits": (search(b"MODSEQ 9223372036854775807"), "a OK"),
    "charset that is a codec of Python": (b"a SEARCH CHARSET zlib TEXT x\r\n", "a NO [BADCHARSET"),
    "charset that is a path": (b"a SEARCH CHARSET ../../etc/passwd TEXT x\r\n", "a NO [BADCHARSET"),
    "word that is not UTF-8": (b"a SEARCH CHARSET UTF-8 TEXT {2+}\r\n\xff\xfe\r\n", "a BAD"),
    "word with half a surrogate": (b"a SEARCH CHARSET UTF-8 TEXT {3+}\r\n\xed\xa0\x80\r\n", "a BAD"),
    "header name that is a pattern": (search(b'HEADER "(.*)*$" x'), "a OK"),
    "object id of quotes": (search(b'EMAILID "x\' OR 1=1 --"'), "a BAD"),
    "part number of 60,000 octets": (b"a FETCH 1:* BODY.PEEK[" + b"1." * 30_000 + b"1]\r\n", "a BAD"),
    "part number of a hundred levels": (b"a FETCH 1:* BODY.PEEK[" + b"1." * 99 + b"1]\r\n", "a OK"),
    "part number of ten digits": (b"a FETCH 1:* BODY.PEEK[9999999999]\r\n", "a OK"),
    "9,000 bodies": (b"a FETCH 1:* (" + b"BODY.PEEK[] " * 9000 + b"BODY.PEEK[])\r\n", "a BAD"),
    "30,000 header fields": (b"a FETCH 1 BODY.PEEK[HEADER.FIELDS (" + b"x " * 30_000 + b"x)]\r\n", "a BAD"),
    "header field that is a pattern": (b'a FETCH 1 BODY.PEEK[HEADER.FIELDS ("(a+)+$")]\r\n', "a OK"),
    "partial above 63 bits": (b"a FETCH 1 BODY.PEEK[]<18446744073709551615.1>\r\n", "a BAD"),
    "partial of 63 bits": (b"a FETCH 1 BODY.PEEK[]<9223372036854775807.9223372036854775807>\r\n", "a OK"),
    "negative partial": (b"a FETCH 1 BODY.PEEK[]<-1.1>\r\n", "a BAD"),
    "section that does not end": (b"a FETCH 1 BODY.PEEK[HEADER.FIELDS (From\r\n", "a BAD"),
    "number above 32 bits": (b"a FETCH 1:4294967296 FLAGS\r\n", "a BAD"),
    "number zero": (b"a FETCH 0:* FLAGS\r\n", "a BAD"),
    "number of 60,000 digits": (b"a FETCH " + b"9" * 60_000 + b" FLAGS\r\n", "a BAD"),
    "message that is not there": (b"a FETCH 4294967295 BODY[]\r\n", "a BAD"),
    "UID that is not there": (b"a UID FETCH 4294967295 BODY[]\r\n", "a OK"),
    "changed since 63 bits": (b"a FETCH 1:* FLAGS (CHANGEDSINCE 9223372036854775807)\r\n", "a OK"),
    "unchanged since 64 bits": (b"a STORE 1 (UNCHANGEDSINCE 18446744073709551615) +FLAGS (x)\r\n", "a BAD"),
    "saved result that was never saved": (b"a FETCH $ BODY[]\r\n", "a OK"),
    "keyword of 64 kB": (b"a STORE 1 +FLAGS (" + b"k" * 60_000 + b")\r\n", "a BAD"),
    "30,000 keywords": (
        b"a STORE 1 +FLAGS (" + b" ".join(b"k%d" % n for n in range(9_000)) + b")\r\n",
        "a BAD",
    ),
    "the gateway's own keywords": (b"a STORE 1 +FLAGS ($MsSeen $MSHANDEDOVER)\r\n", "a NO [NOPERM]"),
    "flags within flags": (b"a STORE 1 +FLAGS ((\\Seen))\r\n", "a BAD"),
    "Recent": (b"a STORE 1 +FLAGS (\\Recent)\r\n", "a BAD"),
    "name that walks up": (named(b"../../../etc/passwd"), "a NO [NONEXISTENT]"),
    "name that walks up, to create": (named(b"../x", b"CREATE"), "a NO [CANNOT]"),
    "name that walks within, to create": (named(b"a/../INBOX", b"CREATE"), "a NO [CANNOT]"),
    "name that walks up, in base64": (named(b"&AC4ALgAv-x"), "a NO [CANNOT]"),
    "name with NUL": (named(b"x\0"), "a BAD"),
    "name with NUL, as a literal": (b"a SELECT {3+}\r\nx\0y\r\n", "a BAD"),
    "name with NUL, in base64": (named(b"&AAA-"), "a NO [CANNOT]"),
    "name with a line end, in base64": (named(b"&AAoADQ-", b"CREATE"), "a NO [CANNOT]"),
    "name with half a surrogate": (named(b"&2AA-", b"CREATE"), "a NO [CANNOT]"),
    "name in base64 without an end": (named(b"&AAAA"), "a NO [CANNOT]"),
    "name in overlong base64": (named(b"&AGEAYgBj-", b"CREATE"), "a NO [CANNOT]"),
    "name in 8-bit octets": (named(b'"\xff\xfe"'), "a NO [CANNOT]"),
    "name with an override": (named(b"&IC4-x", b"CREATE"), "a NO [CANNOT]"),
    "name with an isolate": (named(b"a&IGY-b", b"CREATE"), "a NO [CANNOT]"),
    "name with a mark": (named(b"x&IA8-", b"CREATE"), "a NO [CANNOT]"),
    "name in both directions": (named(b"INBOX&BkQ-", b"CREATE"), "a NO [CANNOT]"),
    "name of 64 kB": (named(b"x" * 64_000, b"CREATE"), "a NO [CANNOT]"),
    "name of 1 MiB": (b"a CREATE {1048576+}\r\n" + b"x" * 1_048_576 + b"\r\n", "a NO [CANNOT]"),
    "name of 500 levels": (named(b"x/" * 500, b"CREATE"), "a NO [CANNOT]"),
    "name of quotes": (named(b'"x\'; DROP TABLE entries; --"'), "a NO [NONEXISTENT]"),
    "name of a template": (named(b'"{0.__class__}"'), "a NO [NONEXISTENT]"),
    "name that is empty": (named(b'""', b"CREATE"), "a NO [CANNOT]"),
    "standard mailbox, to delete": (named(b"INBOX", b"DELETE"), "a NO [CANNOT]"),
    "Archive, to rename": (named(b"Archive x", b"RENAME"), "a NO [CANNOT]"),
    "pattern of 64 kB": (b'a LIST "" "' + b"*%" * 30_000 + b'"\r\n', "a BAD"),
    "pattern of 200 wildcards": (b'a LIST "" "' + b"*a%" * 200 + b'"\r\n', "a OK"),
    "pattern of 300 stars": (b'a LIST "" "' + b"*x" * 300 + b'"\r\n', "a OK"),
    "10,000 patterns": (b'a LIST "" (' + b" ".join([b"*x*"] * 10_000) + b")\r\n", "a BAD"),
    "10,000 status items": (b"a STATUS INBOX (" + b" ".join([b"MESSAGES"] * 7000) + b")\r\n", "a BAD"),
    "APPEND of 200 messages": (b"a APPEND Drafts" + b" {1+}\r\nx" * 200 + b"\r\n", "a BAD"),
    "APPEND of nothing": (b"a APPEND Drafts {0+}\r\n\r\n", "a BAD"),
    "APPEND above the limit": (b"a APPEND Drafts {26214401}\r\n", "a NO [TOOBIG]"),
    "APPEND far above the limit, not waiting": (b"a APPEND Drafts {4294967296+}\r\n", "* BYE"),
    "APPEND of NUL": (b"a APPEND Drafts {3+}\r\na\0b\r\n", "a BAD"),
    "APPEND to the INBOX": (b"a APPEND INBOX {10}\r\n", "a NO [NOPERM]"),
    "APPEND to nowhere": (b"a APPEND Nowhere {10}\r\n", "a NO [TRYCREATE]"),
    "APPEND of year 0": (b'a APPEND Drafts " 1-Jan-0000 00:00:00 +0000" {1+}\r\nx\r\n', "a BAD"),
    "APPEND of year 1": (b'a APPEND Drafts " 1-Jan-0001 00:00:00 +1400" {1+}\r\nx\r\n', "a BAD"),
    "APPEND of year 9999": (b'a APPEND Drafts "31-Dec-9999 23:59:59 -1200" {1+}\r\nx\r\n', "a BAD"),
    "APPEND in an impossible zone": (b'a APPEND Drafts " 1-Jan-2026 00:00:00 +9959" {1+}\r\nx\r\n', "a BAD"),
    "APPEND of a thousand nestings": (
        b"a APPEND Drafts {32000+}\r\n" + b"Content-Type: message/rfc822\r\n\r\n" * 1000 + b"\r\n",
        "a NO [CANNOT]",
    ),
    "APPEND of 300 kB of header": (
        b"a APPEND Drafts {300002+}\r\n" + (b"X-Long: " + b"x" * 90 + b"\r\n") * 3000 + b"\r\n\r\n",
        "a NO [CANNOT]",
    ),
    "ID of 60 kB": (b'a ID ("name" "' + b"n" * 60_000 + b'")\r\n', "a BAD"),
    "second login": (b"a LOGIN huda x\r\n", "a BAD"),
    "STARTTLS": (b"a STARTTLS\r\n", "a BAD"),
    "rights for everybody": (b"a SETACL INBOX anyone lrswipkxtea\r\n", "a NO [NOPERM]"),
    "quota of 64 bits": (b'a SETQUOTA "" (STORAGE 18446744073709551615)\r\n', "a BAD"),
    "resynchronising everything": (b"a SELECT INBOX (QRESYNC (1 1 1:* (1:* 1:*)))\r\n", "a BAD"),
    "COMPRESS": (b"a COMPRESS DEFLATE\r\n", "a BAD"),
    "NOTIFY": (b"a NOTIFY SET (selected MessageNew (BODY.PEEK[]))\r\n", "a BAD"),
    "URLFETCH": (b'a URLFETCH "imap://x/INBOX"\r\n', "a BAD"),
}


@pytest.mark.parametrize("name", CASES)
async def test_abuse_after_login_is_answered_and_hurts_nobody(
    besieged: World, honest: Client, name: str
) -> None:
    octets, expected = CASES[name]
    client = await besieged.selected()
    sending = asyncio.ensure_future(client.send(octets))
    while True:
        heard = (await client.line()).decode("utf-8", "surrogateescape")
        if not heard.startswith("* ") or heard.startswith("* BYE"):
            break
    sending.cancel()
    assert heard.startswith(expected), heard[:200]
    if not expected.startswith("* BYE"):
        assert (await client.ask("NOOP"))[-1] == "OK Nothing done"
    cut(client.writer.transport)
    assert (await honest.ask("NOOP"))[-1] == "OK Nothing done"


# ── IDLE ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def idling(world: World) -> Client:
    client = await world.selected()
    await client.send(b"i IDLE\r\n")
    assert (await client.line()).startswith(b"+ ")
    return client


@pytest.mark.parametrize(
    "line",
    [b"x LOGOUT", b"DONE x", b"", b"\xff\xfe", b"NOOP", b"x" * 60_000],
    ids=lambda line: line[:8].decode("latin-1"),
)
async def test_other_input_ends_the_idling_as_an_error(besieged: World, line: bytes) -> None:
    client = await idling(besieged)
    await client.send(line + b"\r\n")
    assert await client.line() == b"i BAD Expected DONE"
    assert (await client.ask("NOOP"))[-1] == "OK Nothing done"


@pytest.mark.parametrize("marker", [b"{13}", b"{13+}", b"~{13+}"])
async def test_a_literal_while_idling_is_never_read_as_commands(besieged: World, marker: bytes) -> None:
    client = await idling(besieged)
    await client.send(b"x APPEND Drafts " + marker + b"\r\nb DELETE Work\r\n")
    assert await client.line() == b"* BYE Expected DONE"
    assert await client.line() == b""


async def test_a_line_without_an_end_while_idling_ends_the_session(besieged: World, honest: Client) -> None:
    client = await idling(besieged)
    sending = asyncio.ensure_future(client.send(b"x" * 1_000_000))
    assert await client.line() == b"* BYE Line too long"
    sending.cancel()
    assert (await honest.ask("NOOP"))[-1] == "OK Nothing done"


async def test_commands_sent_with_done_are_answered_in_order(besieged: World) -> None:
    client = await besieged.selected()
    await client.send(b"i IDLE\r\ndone\r\nj NOOP\r\nk IDLE\r\nDONE\r\nl NOOP\r\n")
    heard = [await client.line() for _ in range(6)]
    assert [line[:1] for line in heard] == [b"+", b"i", b"j", b"+", b"k", b"l"]


async def test_done_without_idling_is_a_wrong_command(besieged: World) -> None:
    client = await besieged.selected()
    await client.send(b"DONE\r\na NOOP\r\n")
    assert (await client.line()).startswith(b"DONE BAD")
    assert await client.line() == b"a OK Nothing done"


# ── What adds up ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_keywords_of_a_mailbox_are_counted(besieged: World) -> None:
    client = await besieged.selected("Trash")
    await client.append("Trash", b"Subject: x\r\n\r\nx\r\n")
    await client.ok("NOOP")
    await client.ok("STORE 1 +FLAGS (" + " ".join(f"a{number}" for number in range(100)) + ")")
    assert (await client.no("STORE 1 +FLAGS (one.more)")).startswith("[LIMIT]")
    await client.ok("STORE 1 +FLAGS (A7)")  # the same in any case


async def test_errors_in_a_row_end_the_session(besieged: World, honest: Client) -> None:
    client = await besieged.selected()
    await client.send(b"a FETCH 0 X\r\n" * 200)
    heard = []
    while line := await client.line():
        heard.append(line)
    assert heard[-1] == b"* BYE Too many errors"
    assert len(heard) == 101
    assert (await honest.ask("NOOP"))[-1] == "OK Nothing done"


async def test_a_flood_of_commands_lets_others_have_their_turn(besieged: World, honest: Client) -> None:
    """What is sent without waiting is answered bit by bit: an honest command does not wait for the flood's end."""
    client = await besieged.selected()
    flood = 20_000
    sending = asyncio.ensure_future(client.send(b"a NOOP\r\n" * flood))
    assert await client.line() == b"a OK Nothing done"
    answered = 1

    async def take() -> None:
        nonlocal answered
        while answered < flood:
            answered += (await client.reader.read(65_536)).count(b"\n")

    taking = asyncio.ensure_future(take())
    assert (await honest.ask("NOOP"))[-1] == "OK Nothing done"
    assert answered < flood // 2
    await taking
    await sending


async def test_sessions_of_one_account_are_counted(besieged: World) -> None:
    there = sum(one.account is not None and one.login == "huda" for one in besieged.server.all_sessions())
    assert there == 0
    clients = [await besieged.logged_in("huda") for _ in range(50)]
    one_more = await besieged.connect()
    await one_more.line()
    assert (await one_more.no("LOGIN huda abcd-efgh-jkmn-pqrs")).startswith("[LIMIT]")
    for client in clients[:2]:
        await client.ask("LOGOUT")
    assert (await one_more.ask("LOGIN huda abcd-efgh-jkmn-pqrs"))[-1].startswith("OK")
    for client in clients:
        cut(client.writer.transport)


async def test_names_that_are_nothing_are_not_collected(besieged: World) -> None:
    client = await besieged.logged_in("salem")
    for number in range(20):
        assert (await client.ask(f"UNSUBSCRIBE nothing-{number}"))[-1] == "OK Unsubscribed"
        assert (await client.no(f"SUBSCRIBE nothing-{number}")).startswith("[NONEXISTENT]")
    stored = besieged.store.read(lambda c: mailboxes.subscriptions(c, "salem"))
    assert stored == {}
    await client.ok("CREATE Once")
    await client.ok("SUBSCRIBE Once")
    await client.ok("DELETE Once")
    await client.ok("UNSUBSCRIBE Once")
    assert besieged.store.read(lambda c: mailboxes.subscriptions(c, "salem")) == {(MOF, "Once"): False}
