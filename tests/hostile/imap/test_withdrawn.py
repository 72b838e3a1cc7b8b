"""Rights that an administrator takes away, from another process, while sessions are open.

Every session that lost its office or its officer ends by itself, whatever it is doing; nobody else's does.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from mailstore.database.transaction import Store, Unit
from mailstore.directory import directory
from policies.people.identity import Grant, Right
from tests.dialogs.imap.rig import MINISTER, MOF, SECRET, Client, World, letter_octets

REVOKED = b"* BYE The rights of this account have been withdrawn"
SHARED = f"Offices/{MINISTER}/INBOX"


@contextmanager
def administrator(world: World) -> Iterator[Callable[[Callable[[Unit], None]], None]]:
    """Another process's way to the store: the service is not told by it."""
    store = Store(world.store.url.render_as_string(hide_password=False))
    try:
        yield store.write
    finally:
        store.close()


def suspend(login: str) -> Callable[[Unit], None]:
    return lambda unit: directory.suspend_account(unit, login, suspended=True)


def revoke(login: str, office: str) -> Callable[[Unit], None]:
    return lambda unit: directory.revoke_grant(unit, login, office)


async def last_line(client: Client) -> bytes:
    """Read to the end of the stream; return the last line."""
    last = b""
    while line := await client.line():
        last = line
    return last


async def idling(world: World, user: str, mailbox: str = "") -> Client:
    client = await world.selected(mailbox, user) if mailbox else await world.logged_in(user)
    await client.send(b"i IDLE\r\n")
    assert (await client.line()).startswith(b"+ ")
    return client


async def test_a_suspended_officer_loses_every_session_and_nobody_else_does(world: World) -> None:
    world.letters(2)
    noura = [
        await idling(world, "noura", "INBOX"),
        await idling(world, "noura", SHARED),
        await idling(world, "noura"),
        await world.selected(),
        await world.logged_in(),
    ]
    half = await world.logged_in()
    await half.send(b"a APPEND Drafts {10}\r\n")
    assert (await half.line()).startswith(b"+ ")
    await half.send(b"abc")
    salem = await idling(world, "salem", "INBOX")
    huda = await world.selected("Sent", user="huda")
    with administrator(world) as change:
        await asyncio.to_thread(change, suspend("noura"))
        for client in [*noura, half]:
            assert await last_line(client) == REVOKED
    stranger = await world.connect()
    await stranger.line()
    assert (await stranger.no(f"LOGIN noura {SECRET}")).startswith("[AUTHENTICATIONFAILED]")
    assert (await huda.ask("NOOP"))[-1] == "OK Nothing done"
    await salem.send(b"DONE\r\n")
    assert (await salem.until("i"))[-1].startswith("OK")


async def test_a_suspended_officer_loses_idle_sessions_also_when_others_are_busy(world: World) -> None:
    """A busy session that reads the new directory first must not keep the idle ones from hearing of it."""
    noura = await idling(world, "noura", "INBOX")
    huda = await world.logged_in("huda")
    ended = asyncio.ensure_future(last_line(noura))
    with administrator(world) as change:
        change(suspend("noura"))  # in the loop's own thread: nothing looks in between
        while not ended.done():
            await huda.ok("NAMESPACE")
    assert await ended == REVOKED


async def test_a_revoked_grant_ends_the_sessions_in_that_office_alone(world: World) -> None:
    world.letters(1, MINISTER)
    inside = [await idling(world, "noura", SHARED), await world.selected(SHARED)]
    direct = await world.connect()
    await direct.line()
    await direct.ok(f"LOGIN noura*{MINISTER} {SECRET}")
    own = await idling(world, "noura", "INBOX")
    with administrator(world) as change:
        await asyncio.to_thread(change, revoke("noura", MINISTER))
        for client in [*inside, direct]:
            assert await last_line(client) == REVOKED
    await own.send(b"DONE\r\n")
    assert (await own.until("i"))[-1].startswith("OK")
    assert (await own.no(f"SELECT {SHARED}")).startswith("[NONEXISTENT]")
    assert not any(MINISTER in line for line in await own.ok('LIST "" "*"'))


async def test_losing_the_primary_office_ends_every_session(world: World) -> None:
    clients = [
        await idling(world, "noura", "INBOX"),
        await idling(world, "noura", SHARED),
        await world.logged_in(),
    ]
    with administrator(world) as change:
        await asyncio.to_thread(change, revoke("noura", MOF))
        for client in clients:
            assert await last_line(client) == REVOKED


async def test_losing_the_right_to_read_is_losing_the_office(world: World) -> None:
    salem = await idling(world, "salem", "INBOX")
    with administrator(world) as change:
        await asyncio.to_thread(
            change,
            lambda unit: directory.grant(unit, "salem", Grant(MOF, frozenset({Right.SEND}), primary=True)),
        )
        assert await last_line(salem) == REVOKED


async def test_what_is_on_its_way_stops_when_rights_do(world: World) -> None:
    """A client that reads slowly is sent no more of a large letter once its officer is suspended."""
    body = ("x" * 76 + "\r\n") * 160_000  # 12 MiB
    world.deliver(letter_octets(1, body=body))
    client = await world.selected()
    client.reader._transport.pause_reading()  # type: ignore[attr-defined]
    await client.send(b"a FETCH 1 BODY.PEEK[]\r\n")
    async with asyncio.timeout(10):
        while not any(one.connection._writable for one in world.server.all_sessions()):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    with administrator(world) as change:
        await asyncio.to_thread(change, suspend("noura"))
    client.reader._transport.resume_reading()  # type: ignore[attr-defined]
    heard = 0
    last = b""
    while octets := await asyncio.wait_for(client.reader.read(2**20), 10):
        heard += len(octets)
        last = (last + octets)[-200:]
    assert heard < len(body) // 2
    assert b"BYE" not in last  # nothing is said within a literal: the connection is cut
    assert b"a NO" not in last


async def test_suspension_during_the_login_is_heeded(world: World) -> None:
    """The password is right and the hash takes a while; what counts is the directory at the end."""
    client = await world.connect()
    await client.line()
    await client.send(f"a LOGIN noura {SECRET}\r\n".encode())
    with administrator(world) as change:
        change(suspend("noura"))
    answer = await client.line()
    if answer.startswith(b"a OK"):  # it was quicker: then the session ends
        answer = await last_line(client)
    assert answer.startswith((b"a NO [AUTH", REVOKED))


@pytest.mark.parametrize("how", ["suspended", "password"])
async def test_a_remembered_password_is_worth_nothing_after_a_change(world: World, how: str) -> None:
    (await world.logged_in()).writer.transport.abort()  # now the success is remembered
    with administrator(world) as change:
        if how == "suspended":
            await asyncio.to_thread(change, suspend("noura"))
        else:
            await asyncio.to_thread(
                change, lambda unit: directory.add_password(unit, "noura", "x", replace=True)
            )
    client = await world.connect()
    await client.line()
    assert (await client.no(f"LOGIN noura {SECRET}")).startswith("[AUTHENTICATIONFAILED]")


async def test_reading_very_many_letters_at_once_is_noticed_and_can_be_ended(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """A stolen password sweeps the mailbox: the journal names the account, and the administrator ends it."""
    world.letters(600)
    client = await world.selected()
    await client.ok("FETCH 1:400 BODY.PEEK[]")
    noticed = "bulk-reading"
    assert noticed not in caplog.text
    await client.ok("FETCH 401:600 BODY[]")
    await client.ok("FETCH 1:600 BODY[]")  # nothing that is new
    lines = [record.getMessage() for record in caplog.records if noticed in record.getMessage()]
    assert lines == ['{"event": "bulk-reading", "account": "noura", "letters": 600}']
    with administrator(world) as change:
        await asyncio.to_thread(change, suspend("noura"))
        assert await last_line(client) == REVOKED
