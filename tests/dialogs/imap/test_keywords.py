"""A keyword new to the mailbox is announced in the same synchronisation as the message that bears it.

RFC 9051 section 7.3.5: the client has heard of a flag, in FLAGS and PERMANENTFLAGS, before a message shows it.
"""

import asyncio

import pytest

from tests.dialogs.imap.rig import Client, World

DRAFT = b"Subject: draft\r\n\r\ntext\r\n"
SYSTEM = "\\Answered \\Flagged \\Deleted \\Seen \\Draft"


def announced(*words: str) -> list[str]:
    every = " ".join((SYSTEM, *words))
    return [f"* FLAGS ({every})", f"* OK [PERMANENTFLAGS ({every} \\*)] Flags permitted"]


async def stored(client: Client) -> None:
    await client.ok("STORE 1 +FLAGS.SILENT ($Urgent)")


async def appended(client: Client) -> None:
    assert (await client.append("Drafts", DRAFT, "($Urgent)")).startswith("OK")


async def copied(client: Client) -> None:
    await client.ok("SELECT INBOX")
    await client.ok("STORE 1 +FLAGS.SILENT ($Urgent)")
    await client.ok("CREATE Work")
    await client.append("Work", DRAFT, "($Urgent)")
    await client.ok("SELECT Work")
    await client.ok("COPY 1 Drafts")


@pytest.mark.parametrize("how", [stored, appended, copied])
@pytest.mark.parametrize("asked", ["NOOP", "CHECK", "STATUS INBOX (MESSAGES)", "IDLE"])
async def test_keyword_of_another_session_is_announced_before_it_is_shown(
    world: World, how: object, asked: str
) -> None:
    world.letters(1)
    one = await world.logged_in()
    await one.append("Drafts", DRAFT)
    await one.ok("SELECT Drafts")
    two = await world.selected("Drafts")
    if asked == "IDLE":
        await two.send(b"a IDLE\r\n")
        await two.line()
    await how(one)  # type: ignore[operator]
    if asked == "IDLE":
        heard = [(await asyncio.wait_for(two.line(), 2)).decode() for _ in range(3)]
    else:
        heard = [line for line in await two.ok(asked) if not line.startswith("* STATUS")]
    assert heard[:2] == announced("$Urgent")
    assert heard[2].endswith(("EXISTS", "FETCH (UID 1 FLAGS ($Urgent))"))
    if asked != "IDLE":  # once
        assert await two.ok(asked) in ([], ["* STATUS INBOX (MESSAGES 1)"])


async def test_keyword_of_the_sessions_own_append_is_announced_with_it(world: World) -> None:
    client = await world.selected("Drafts")
    *lines, last = await client.ask(b"APPEND Drafts ($New) {%d+}\r\n" % len(DRAFT) + DRAFT)
    assert last.startswith("OK [APPENDUID ")
    assert lines == [*announced("$New"), "* 1 EXISTS", "* 1 RECENT"]
    await client.ok("ENABLE IMAP4rev2")
    *lines, last = await client.ask(b"APPEND Drafts ($Newer) {%d+}\r\n" % len(DRAFT) + DRAFT)
    assert lines == [*announced("$New", "$Newer"), "* 2 EXISTS"]


async def test_keyword_of_a_message_that_goes_before_it_is_told_is_not_missed_later(world: World) -> None:
    one, two = await world.selected("Drafts"), await world.selected("Drafts")
    await one.append("Drafts", DRAFT, "($Brief \\Deleted)")
    await one.ok("EXPUNGE")
    assert await two.ok("NOOP") == []
    await one.append("Drafts", DRAFT, "($Brief)")
    assert (await two.ok("NOOP"))[:2] == announced("$Brief")


async def test_keyword_that_the_gateway_sets_is_announced_and_may_not_be_set(world: World) -> None:
    world.letters(1)
    sender = await world.selected("Sent", user="huda")
    reader = await world.selected()
    await reader.ok("FETCH 1 BODY[]")
    flags, permitted, shown = await sender.ok("NOOP")
    assert flags == f"* FLAGS ({SYSTEM} $MsHandedOver $MsSeen)"
    assert "$Ms" not in permitted
    assert "$MsSeen" in shown
    assert (await sender.ok('SEARCH KEYWORD "$MsSeen"')) == ["* SEARCH 1"]
