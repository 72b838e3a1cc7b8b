"""The first way through: log in, list, select, fetch, flag, search, append, idle, expunge a view."""

import asyncio

from tests.dialogs.imap.rig import MOF, Client, World, letter_octets


async def test_whole_way_of_an_ordinary_client(world: World) -> None:
    placed = world.letters(3)
    client = await world.logged_in()
    listed = await client.ok('LIST "" "*"')
    assert '* LIST (\\HasNoChildren) "/" INBOX' in listed
    assert '* LIST (\\HasNoChildren \\Sent) "/" "Sent"' in listed
    selected = await client.ask("SELECT INBOX")
    assert "* 3 EXISTS" in selected
    assert selected[-1].startswith("OK [READ-WRITE]")
    lines = await client.ok("FETCH 1:2 (UID FLAGS RFC822.SIZE BODY.PEEK[HEADER.FIELDS (Subject)])")
    assert "Subject: letter 1" in lines[0]
    assert world.facts(placed[0].letter, "HANDED-OVER") == []
    (line,) = await client.ok("UID FETCH 2 BODY[]")
    assert "body 2" in line
    assert "FLAGS (\\Recent \\Seen)" in line
    assert world.facts(placed[1].letter, "HANDED-OVER", "SEEN") == [
        ("HANDED-OVER", "noura"),
        ("SEEN", "noura"),
    ]
    assert await client.ok("STORE 1 +FLAGS (\\Seen $Label1)")
    assert world.facts(placed[0].letter, "SEEN") == [("SEEN", "noura")]
    assert await client.ok('SEARCH SUBJECT "letter 3"') == ["* SEARCH 3"]
    assert await client.ok("SEARCH BODY {6+}\r\nbody 1") == ["* SEARCH 1"]
    answer = await client.append("Drafts", letter_octets(9), "(\\Draft)")
    assert answer.startswith("OK [APPENDUID ")
    await client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    assert await client.ok("EXPUNGE") == ["* 1 EXPUNGE", "* 2 RECENT"]
    assert world.facts(placed[0].letter, "UNLINKED") == [("UNLINKED", "noura")]
    assert (await client.ask("LOGOUT"))[0].startswith("* BYE")


async def test_idling_session_hears_of_a_new_letter_at_once(world: World) -> None:
    client = await world.selected()
    await client.send(b"i IDLE\r\n")
    assert (await client.line()).startswith(b"+ ")
    await asyncio.to_thread(world.letters, 1, MOF)
    assert await client.line() == b"* 1 EXISTS"
    assert await client.line() == b"* 1 RECENT"
    await client.send(b"DONE\r\n")
    assert (await client.until("i"))[-1].startswith("OK")


async def test_every_idling_session_of_an_officer_hears_of_it(world: World) -> None:
    clients = [await world.selected() for _ in range(6)]
    for client in clients:
        await client.send(b"i IDLE\r\n")
        await client.line()
    for count in (1, 2):
        await asyncio.to_thread(world.letters, 1, MOF)
        for client in clients:
            assert await client.line() == b"* %d EXISTS" % count
            assert (await client.line()).endswith(b" RECENT")


async def test_session_sees_its_own_change_while_others_look(world: World) -> None:
    world.letters(1)
    clients = [await world.selected() for _ in range(5)]

    async def flag(number: int) -> None:
        for turn in range(8):
            (line,) = await own(clients[number], f"STORE 1 +FLAGS (K{number}x{turn})")
            assert f"K{number}x{turn}" in line

    await asyncio.gather(*[flag(number) for number in range(5)])


async def own(client: Client, command: str) -> list[str]:
    """Return what a STORE answers about the message: the first untagged FETCH."""
    return [line for line in await client.ok(command) if " FETCH (" in line][:1]
