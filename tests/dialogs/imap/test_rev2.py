"""After ENABLE IMAP4rev2 nothing of IMAP4rev1 is said any longer, whatever is asked and whatever happens meanwhile.

RFC 9051 appendix E: no RECENT and no \\Recent, no UNSEEN code, no SEARCH response, no modified UTF-7.
"""

import asyncio
import random
import re
import unicodedata

import pytest

from tests.dialogs.imap.rig import MINISTER, MOF, Client, World, letter_octets

OLD = re.compile(
    rb"^\* [0-9]+ RECENT|\\Recent|^\* SEARCH\b|\[UNSEEN|&[A-Za-z0-9+,]*-", re.IGNORECASE | re.MULTILINE
)
NAMES = (
    "INBOX",
    "Archive",
    "Drafts",
    "Trash",
    '"مشاريع"',
    '"مشاريع/ماء"',
    '"R&D"',
    f"Offices/{MINISTER}/INBOX",
)
COMMANDS = (
    "SELECT {name}",
    "EXAMINE {name}",
    "SELECT {name} (CONDSTORE)",
    "STATUS {name} (MESSAGES UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE)",
    'LIST "" "*"',
    'LIST "" "%" RETURN (CHILDREN STATUS (MESSAGES UNSEEN))',
    'LIST (SUBSCRIBED RECURSIVEMATCH) "" "*"',
    'LSUB "" "*"',
    'XLIST "" "*"',
    "NAMESPACE",
    "MYRIGHTS {name}",
    "GETACL {name}",
    "GETQUOTAROOT {name}",
    "SUBSCRIBE {name}",
    "UNSUBSCRIBE {name}",
    "CREATE {name}",
    "RENAME {name} {other}",
    "DELETE {name}",
    "NOOP",
    "CHECK",
    "FETCH 1:* (UID FLAGS)",
    "UID FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE)",
    "FETCH 1 ALL",
    "UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1)",
    "STORE 1:* +FLAGS (\\Flagged k{digit})",
    "UID STORE 1:* -FLAGS.SILENT (\\Flagged)",
    "STORE 1 +FLAGS.SILENT (\\Deleted)",
    "EXPUNGE",
    "SEARCH ALL",
    "SEARCH NEW",
    "SEARCH OLD UNSEEN",
    "UID SEARCH RECENT",
    "SEARCH RETURN (MIN MAX COUNT SAVE) ALL",
    "SEARCH RETURN () MODSEQ 1",
    "SORT (ARRIVAL) UTF-8 ALL",
    "UID SORT RETURN (ALL) (SUBJECT) UTF-8 NEW",
    "THREAD REFERENCES UTF-8 ALL",
    "COPY 1 {name}",
    "MOVE 1 {name}",
    "ENABLE CONDSTORE",
)


def command(chance: random.Random) -> str:
    wanted = chance.choice(COMMANDS)
    return wanted.format(name=chance.choice(NAMES), other=chance.choice(NAMES), digit=chance.randrange(5))


async def heard(client: Client, wanted: str) -> bytes:
    return "\n".join(await client.ask(wanted)).encode("utf-8", "surrogateescape")


async def enabled(world: World, user: str = "noura") -> Client:
    client = await world.logged_in(user)
    assert await client.ok("ENABLE IMAP4rev2") == ["* ENABLED IMAP4rev2"]
    return client


@pytest.mark.parametrize("seed", range(6))
async def test_nothing_of_rev1_is_said_whatever_is_asked(world: World, seed: int) -> None:
    chance = random.Random(seed)
    client, other = await enabled(world), await world.selected()
    verbs = set()
    for turn in range(150):
        if turn % 10 == 0:  # somebody else adds, flags and removes
            await asyncio.to_thread(world.letters, 1, MOF)
            await other.ask("STORE 1 +FLAGS (\\Seen)")
            await other.append("Drafts", letter_octets(turn))
        wanted = command(chance)
        said = await heard(client, wanted)
        assert OLD.search(said) is None, (turn, wanted, said)
        if b"\nOK " in b"\n" + said:
            verbs.add(wanted.split()[0])
    assert len(verbs) > 18


async def test_the_pattern_finds_what_rev1_says(world: World) -> None:
    """What is looked for above is there without ENABLE."""
    world.letters(1)
    client = await world.logged_in()
    await client.ok("CREATE &BiMGMQY0BkoGQQ-")
    for wanted in ("SELECT INBOX", "FETCH 1 FLAGS", "SEARCH ALL", 'LIST "" "*"'):
        assert OLD.search(await heard(client, wanted)) is not None, wanted


async def test_idling_is_told_of_letters_without_recent(world: World) -> None:
    client = await enabled(world)
    await client.ok("SELECT INBOX")
    await client.send(b"i IDLE\r\n")
    assert (await client.line()).startswith(b"+ ")
    for count in (1, 2):
        await asyncio.to_thread(world.letters, 1, MOF)
        assert await client.line() == b"* %d EXISTS" % count
    await client.send(b"DONE\r\n")
    assert await client.until("i") == ["OK Idle ended"]


async def test_rev2_takes_recent_from_no_other_session(world: World) -> None:
    world.letters(2)
    client = await enabled(world)
    await client.ok("SELECT INBOX")
    assert "* 2 RECENT" in await (await world.logged_in()).ok("SELECT INBOX")


async def test_unsolicited_flags_name_the_uid(world: World) -> None:
    world.letters(2)
    client, other = await enabled(world), await world.selected()
    await client.ok("SELECT INBOX")
    await other.ok("STORE 2 +FLAGS (\\Flagged)")
    assert await client.ok("NOOP") == ["* 2 FETCH (UID 2 FLAGS (\\Flagged))"]


async def test_names_in_modified_utf7_are_plain_text(world: World) -> None:
    client = await enabled(world)
    await client.ok('CREATE "&BiMGMQY0BkoGQQ-"')
    other = await world.logged_in()
    assert '* LIST (\\HasNoChildren) "/" "&-BiMGMQY0BkoGQQ-"' in await other.ok('LIST "" "*"')


async def test_it_may_be_left_out_and_the_session_stays_rev1(world: World) -> None:
    world.letters(1)
    client = await world.logged_in()
    assert await client.ok("ENABLE IMAP4rev1 X-IMAP4rev2") == ["* ENABLED"]
    assert "* 1 RECENT" in await client.ok("SELECT INBOX")
    assert await client.ok("SEARCH ALL") == ["* SEARCH 1"]


async def test_capabilities_are_the_same_after_it(world: World) -> None:
    client = await world.logged_in()
    before = await client.ok("CAPABILITY")
    await client.ok("ENABLE IMAP4rev2 UTF8=ACCEPT CONDSTORE")
    assert await client.ok("CAPABILITY") == before


async def test_utf8_in_a_header_and_in_an_envelope_goes_in_and_out_as_it_is(world: World) -> None:
    client = await enabled(world)
    octets = "From: هند <hind@mof.gov.example>\r\nSubject: مشروع\r\n\r\nنص\r\n".encode()
    assert (await client.append("Drafts", octets)).startswith("OK [APPENDUID ")
    await client.ok("SELECT Drafts")
    (line,) = await client.ok("FETCH 1 (ENVELOPE BODY.PEEK[])")
    assert "مشروع" in line.partition("BODY[]")[0]
    assert octets.decode() in line
    assert await client.ok('SEARCH SUBJECT "مشروع"') == ['* ESEARCH (TAG "t6") ALL 1']


async def test_status_recent_is_none_for_rev2_and_stays_for_others(world: World) -> None:
    world.letters(2)
    client = await enabled(world)
    assert await client.ok("STATUS INBOX (RECENT)") == ["* STATUS INBOX (RECENT 0)"]
    assert await (await world.logged_in()).ok("STATUS INBOX (RECENT)") == ["* STATUS INBOX (RECENT 2)"]


async def test_names_are_made_nfc_without_a_word_where_rev2_is_not_enabled(world: World) -> None:
    client = await world.logged_in()
    await client.ok("ENABLE UTF8=ACCEPT")
    assert await client.ok(f'CREATE "{unicodedata.normalize("NFD", "أرشيف")}"') == []
    assert await client.ok('LIST "" "أ*"') == ['* LIST (\\HasNoChildren) "/" "أرشيف"']
