"""RENAME: the mailbox stays itself under another name, for whoever looks at it, on every node.

So do DELETE and CREATE of the same name, which make another mailbox, and what was subscribed.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest

from mailstore.database.transaction import Store
from mailstore.evidence import records
from mailstore.integrity import verify
from mailstore.mailboxes import mailboxes
from tests.dialogs.imap.rig import MINISTER, MOF, Client, World, fill, running
from tests.dialogs.smtp.rig import Authority
from tests.postgres import PostgreSQL, binaries, running_postgres

DRAFT = b"Subject: draft\r\n\r\ntext\r\n"


def told(lines: list[str], code: str) -> int:
    """Return the number of a code that SELECT or STATUS told."""
    words = " ".join(lines).replace("[", " ").replace("(", " ").replace("]", " ").replace(")", " ").split()
    return int(words[words.index(code) + 1])


def names(lines: list[str]) -> set[str]:
    return {line.rpartition(' "/" ')[2].strip('"') for line in lines}


def rename_elsewhere(world: World, old: str, new: str) -> None:
    """Rename a folder as another process does, which this one hears of when it looks."""
    other = Store(world.store.url.render_as_string(hide_password=False))
    other.write(partial(mailboxes.rename, mailbox=world.mailbox(MOF, old).id, name=new))
    other.close()


async def with_letters(world: World, name: str, count: int = 2) -> Client:
    """Return a session of noura's in a folder with so many letters."""
    world.letters(count)
    client = await world.selected()
    await client.ok(f"CREATE {name}")
    await client.ok(f"COPY 1:* {name}")
    await client.ok(f"SELECT {name}")
    return client


async def test_uids_and_uidvalidity_stay_and_the_first_select_finds_them(world: World) -> None:
    client = await with_letters(world, "Work")
    before = await client.ok("STATUS Work (UIDVALIDITY UIDNEXT MAILBOXID)")
    await client.ok("UNSELECT")
    await client.ok("RENAME Work Done")
    other = await world.logged_in("salem")
    for session in (client, other):
        lines = await session.ok("SELECT Done")
        assert "* 2 EXISTS" in lines
        for code in ("UIDVALIDITY", "UIDNEXT"):
            assert told(lines, code) == told(before, code)
        assert await session.ok("UID SEARCH ALL") == ["* SEARCH 1 2"]
    after = await client.ok("STATUS Done (UIDVALIDITY UIDNEXT MAILBOXID)")
    assert after == [line.replace('"Work"', '"Done"') for line in before]
    assert (await client.no("SELECT Work")).startswith("[NONEXISTENT]")


async def test_sessions_in_it_go_on(world: World) -> None:
    renaming = await with_letters(world, "Work")
    another, salem = await world.selected("Work"), await world.selected("Work", user="salem")
    await renaming.ok("RENAME Work Done")
    for client in (renaming, another, salem):
        assert await client.ok("NOOP") == []
        assert len(await client.ok("FETCH 1:2 (UID FLAGS)")) == 2
    await another.ok("UID STORE 1 +FLAGS.SILENT (\\Deleted \\Flagged)")
    assert "* 1 FETCH (UID 1 FLAGS (\\Deleted \\Flagged \\Recent))" in await renaming.ok("NOOP")
    await another.ok("EXPUNGE")
    assert "* 1 EXPUNGE" in await salem.ok("NOOP")
    await renaming.append("Done", DRAFT)
    assert "* 2 EXISTS" in await salem.ok("NOOP")


async def test_idling_session_goes_on_through_a_rename(world: World) -> None:
    renaming = await with_letters(world, "Work")
    idling = await world.selected("Work", user="salem")
    await idling.send(b"a IDLE\r\n")
    await idling.line()
    await renaming.ok("RENAME Work Done")
    await renaming.append("Done", DRAFT)
    assert await asyncio.wait_for(idling.line(), 2) == b"* 3 EXISTS"
    await idling.send(b"DONE\r\n")
    assert (await idling.until("a"))[-1] == "OK Idle ended"


async def test_evidence_goes_on_and_names_the_mailbox_as_it_is_called(world: World) -> None:
    (placed,) = world.letters(1)
    client = await world.selected()
    await client.ok("CREATE Work")
    await client.ok("COPY 1 Work")
    await client.ok("SELECT Work")
    await client.ok("FETCH 1 BODY[]")
    rename_elsewhere(world, "Work", "Done")
    await client.ok("FETCH 1 BODY[]")
    assert world.facts(placed.letter, "HANDED-OVER", "SEEN") == [("HANDED-OVER", "noura"), ("SEEN", "noura")]
    await client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    rename_elsewhere(world, "Done", "Filed")
    await client.ok("EXPUNGE")
    found = world.store.read(lambda c: records.of_letter(c, placed.letter.letter_id))
    (unlinked,) = [one.members["detail"] for one in found if one.event == "UNLINKED"]
    assert unlinked == {"mailbox": "Filed", "office": MOF}
    report = world.store.read(lambda c: verify(c, lambda _note: ""))
    assert not [fault for fault in report.faults if fault.kind.startswith("entry-")]


async def test_a_name_made_again_is_another_mailbox(world: World) -> None:
    client = await with_letters(world, "Work")
    first = told(await client.ok("STATUS Work (UIDVALIDITY)"), "UIDVALIDITY")
    await client.ok("RENAME Work Done")
    await client.ok("CREATE Work")
    again = await client.ok("STATUS Work (UIDVALIDITY MESSAGES)")
    assert told(again, "UIDVALIDITY") > first
    assert told(again, "MESSAGES") == 0
    assert "* 2 EXISTS" in await client.ok("SELECT Done")


async def test_deleted_and_made_again_it_is_another_mailbox_and_its_sessions_end(world: World) -> None:
    inside = await with_letters(world, "Work")
    first = told(await inside.ok("STATUS Work (UIDVALIDITY)"), "UIDVALIDITY")
    other = await world.logged_in("salem")
    await other.ok("DELETE Work")
    await other.ok("CREATE Work")
    assert await inside.ask("NOOP") == ["* BYE The mailbox was deleted"]
    lines = await other.ok("SELECT Work")
    assert "* 0 EXISTS" in lines
    assert told(lines, "UIDVALIDITY") > first


async def test_children_move_with_it_and_sessions_in_them_go_on(world: World) -> None:
    client = await with_letters(world, "Work/Water/Wells")
    salem = await world.selected("Work/Water/Wells", user="salem")
    before = await client.ok("STATUS Work/Water/Wells (UIDVALIDITY UIDNEXT)")
    await client.ok("RENAME Work Done/Year")
    listed = names(await client.ok('LIST "" "*"'))
    assert {"Done", "Done/Year", "Done/Year/Water", "Done/Year/Water/Wells"} <= listed
    assert not any(name.startswith("Work") for name in listed)
    assert [
        line.replace("Done/Year", "Work")
        for line in await client.ok("STATUS Done/Year/Water/Wells (UIDVALIDITY UIDNEXT)")
    ] == before
    for one in (client, salem):
        assert len(await one.ok("UID FETCH 1:* (FLAGS)")) == 2
    assert "* 2 EXISTS" in await salem.ok("SELECT Done/Year/Water/Wells")


async def test_it_moves_up_over_its_own_levels_whatever_was_made_first(world: World) -> None:
    client = await world.logged_in()
    await client.ok("CREATE A/A/A")
    for name in ("A/A", "A"):
        await client.ok(f"DELETE {name}")
    await client.ok("CREATE A/A")  # later than what is below it, with A above it again
    await client.ok("DELETE A")
    await client.ok("RENAME A/A A")
    assert {"A", "A/A"} <= names(await client.ok('LIST "" "*"'))
    assert (await client.no("SELECT A/A/A")).startswith("[NONEXISTENT]")


async def test_a_taken_name_refuses_the_whole(world: World) -> None:
    client = await world.logged_in()
    await client.ok("CREATE A/B")
    await client.ok("CREATE C/B")
    await client.ok("DELETE C")
    before = await client.ok('LIST "" "*"')
    assert (await client.no("RENAME A C")).startswith("[ALREADYEXISTS]")
    assert await client.ok('LIST "" "*"') == before


async def test_nothing_below_gets_a_name_that_could_not_be_made(world: World) -> None:
    client = await world.logged_in()
    await client.ok("CREATE " + "/".join("abcdefgh"))
    assert (await client.no("RENAME a x/y/z/w")).startswith("[CANNOT]")
    await client.ok("RENAME a x/y")
    assert "x/y/b/c/d/e/f/g/h" in names(await client.ok('LIST "" "*"'))


async def test_levels_that_a_rename_makes_count_as_mailboxes(
    authority: Authority, bare_store: Path, tmp_path: Path
) -> None:
    async with running(authority, bare_store, tmp_path, mailboxes=9) as world:
        client = await world.logged_in()
        await client.ok("CREATE Work")
        assert (await client.no("CREATE a/b/c")).startswith("[LIMIT]")
        assert (await client.no("RENAME Work a/b/c/d")).startswith("[LIMIT]")
        await client.ok("RENAME Work a/b")
        await client.ok("CREATE a/c")
        assert (await client.no("CREATE a/d")).startswith("[LIMIT]")


async def test_inbox_stays_where_it_is(world: World) -> None:
    """What came to an office is not carried away by one command (RFC 9051 section 6.3.6 lets a server refuse)."""
    world.letters(1)
    client = await world.selected()
    for name in ("INBOX", "inbox", f"Offices/{MINISTER}/INBOX"):
        assert (await client.no(f"RENAME {name} Old")).startswith("[CANNOT]")
    assert "* 1 EXISTS" in await client.ok("SELECT INBOX")
    assert "Old" not in names(await client.ok('LIST "" "*"'))


async def test_subscriptions_of_every_officer_follow(world: World) -> None:
    noura, salem = await world.logged_in(), await world.logged_in("salem")
    await noura.ok("CREATE Work/Water")
    for client in (noura, salem):
        await client.ok("SUBSCRIBE Work/Water")
    await noura.ok("RENAME Work Done")
    for client in (noura, salem):
        subscribed = names(await client.ok('LIST (SUBSCRIBED) "" "*"'))
        assert "Done/Water" in subscribed
        assert not any(name.startswith("Work") for name in subscribed)
        assert '* LSUB () "/" "Done/Water"' in await client.ok('LSUB "" "*"')
    await noura.ok("UNSUBSCRIBE Work/Water")  # as mail programs do after their RENAME
    await noura.ok("SUBSCRIBE Done/Water")
    assert "Done/Water" in names(await noura.ok('LIST (SUBSCRIBED) "" "*"'))


# ── Another node ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_another_process_renames_and_the_session_goes_on(world: World) -> None:
    client = await with_letters(world, "Work")
    rename_elsewhere(world, "Work", "Done")
    (session,) = world.server.all_sessions()
    until = asyncio.get_running_loop().time() + 5
    while session.selected().mailbox.name != "Done":
        assert asyncio.get_running_loop().time() < until
        assert await client.ok("NOOP") == []
        await asyncio.sleep(0.05)
    await client.ok("STORE 1:2 +FLAGS.SILENT (\\Deleted)")
    await client.ok("EXPUNGE")


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgreSQL]:
    install = binaries()
    if install is None:
        pytest.skip("no PostgreSQL is installed")
    with running_postgres(install) as server:
        yield server


@pytest.fixture
async def nodes(
    postgres: PostgreSQL, authority: Authority, bare_store: Path, tmp_path: Path
) -> AsyncIterator[tuple[World, World]]:
    """Two services on one PostgreSQL database."""
    database = postgres.url(postgres.create())
    fill(database)
    async with (
        running(authority, bare_store, tmp_path, database=database) as first,
        running(authority, bare_store, tmp_path, database=database) as second,
    ):
        yield first, second


@pytest.mark.postgres
async def test_a_rename_on_one_node_is_seen_on_the_other(nodes: tuple[World, World]) -> None:
    here, there = nodes
    client = await with_letters(here, "Work/Water")
    far, idling = await there.selected("Work/Water", user="salem"), await there.selected("Work/Water")
    await idling.send(b"a IDLE\r\n")
    await idling.line()
    before = await far.ok("STATUS Work/Water (UIDVALIDITY UIDNEXT)")
    await client.ok("RENAME Work Done")
    after = await far.ok("STATUS Done/Water (UIDVALIDITY UIDNEXT)")
    assert after == [line.replace("Work", "Done") for line in before]
    await client.append("Done/Water", DRAFT)
    assert await asyncio.wait_for(idling.line(), 3) == b"* 3 EXISTS"
    assert "* 3 EXISTS" in [*await far.ok("NOOP"), *await far.ok("NOOP")]
    assert len(await far.ok("UID FETCH 1:* (FLAGS)")) == 3
    await far.ok("UNSELECT")
    assert "* 3 EXISTS" in await far.ok("SELECT Done/Water")
