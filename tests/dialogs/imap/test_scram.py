"""AUTHENTICATE SCRAM-SHA-256: who gets in and as what, and how the exchange breaks off."""

import asyncio
from base64 import b64decode, b64encode
from functools import partial

import pytest

from mailstore.directory import directory
from policies.people.identity import Office
from tests.dialogs.imap.rig import MINISTER, MOF, SECRET, Client, World
from tests.scramclient import ScramSpeaker

WRONG = "NO [AUTHENTICATIONFAILED] The login or the password is wrong"


OTHER_BINDING = b"s BAD The channel binding is not the one of the first message"


async def fresh(world: World) -> Client:
    client = await world.connect()
    await client.line()
    return client


async def challenge(client: Client) -> bytes:
    """Return what the server asks."""
    line = await client.line()
    assert line.startswith(b"+ "), line
    return b64decode(line.removeprefix(b"+ "), validate=True)


async def answer(client: Client, octets: bytes) -> None:
    await client.send(b64encode(octets) + b"\r\n")


async def prove(client: Client, speaker: ScramSpeaker, *, initial: bool = True) -> str:
    """Go through the whole exchange, believing nothing that is not proven; return the tagged answer."""
    if initial:
        await client.send(b"s AUTHENTICATE SCRAM-SHA-256 " + b64encode(speaker.first()) + b"\r\n")
    else:
        await client.send(b"s AUTHENTICATE SCRAM-SHA-256\r\n")
        assert await challenge(client) == b""
        await answer(client, speaker.first())
    await answer(client, speaker.final(await challenge(client)))
    line = await client.line()
    if line.startswith(b"s "):
        return line.decode().removeprefix("s ")
    assert b64decode(line.removeprefix(b"+ "), validate=True) == speaker.confirmation
    await client.send(b"\r\n")
    return (await client.until("s"))[-1]


@pytest.mark.parametrize("initial", [True, False])
@pytest.mark.parametrize("flag", ["n", "y"])
async def test_an_officer_gets_in_without_sending_the_password(
    world: World, *, initial: bool, flag: str
) -> None:
    (placed,) = world.letters(1)
    client = await fresh(world)
    said = await prove(client, ScramSpeaker("NOURA", SECRET, flag=flag), initial=initial)
    assert said.startswith("OK [CAPABILITY IMAP4rev1 ")
    assert "AUTH=" not in said
    await client.ok("SELECT INBOX")
    await client.ok("FETCH 1 BODY[TEXT]")
    assert world.methods(placed.letter) == {("noura", "scram")}


@pytest.mark.parametrize(
    ("login", "identity"),
    [
        ("noura", MINISTER),
        ("noura", MINISTER.upper()),
        ("noura", f"noura*{MINISTER}"),
        (f"noura*{MINISTER}", ""),
        (f"noura*{MINISTER}", "noura"),
    ],
)
async def test_one_office_is_opened_as_with_plain(world: World, login: str, identity: str) -> None:
    client = await fresh(world)
    assert (await prove(client, ScramSpeaker(login, SECRET, identity))).startswith("OK")
    assert await client.ok("NAMESPACE") == ['* NAMESPACE (("" "/")) NIL NIL']


@pytest.mark.parametrize(
    ("login", "secret", "identity", "said"),
    [
        ("noura", "wrong", "", WRONG),
        ("nobody", SECRET, "", WRONG),
        ("salem", SECRET, MINISTER, WRONG),
        ("salem", SECRET, "nobody@x.example", WRONG),
        ("sender", SECRET, "", "NO [AUTHORIZATIONFAILED] This account may not read any office"),
        (
            "dms",
            SECRET,
            "",
            "NO [AUTHENTICATIONFAILED] This account is a system: systems send and never read",
        ),
    ],
)
async def test_who_does_not_get_in(world: World, login: str, secret: str, identity: str, said: str) -> None:
    client = await fresh(world)
    assert await prove(client, ScramSpeaker(login, secret, identity)) == said
    assert await client.ask("SELECT INBOX") == ["BAD Not in the state not authenticated"]


async def test_nobody_acts_as_another_person(world: World) -> None:
    client = await fresh(world)
    first = b64encode(ScramSpeaker("noura", SECRET, f"huda*{MOF}").first()).decode()
    assert await client.ask(f"AUTHENTICATE SCRAM-SHA-256 {first}") == [WRONG]


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (b"", "BAD Not a first message of SCRAM"),
        (b"\0noura\0secret", "BAD A SCRAM message has no NUL"),
        (b"n,,n=\xff,r=abc", "BAD A SCRAM message is UTF-8"),
        (b"p=tls-unique,,n=noura,r=abc", "BAD Channel binding is not offered"),
        (b"n,,m=x,n=noura,r=abc", "BAD Extensions of SCRAM are not supported"),
        (b"n,,n=nou=ra,r=abc", "BAD Not a name as SCRAM writes it"),
        (b"n,,n=" + b"x" * 1100 + b",r=abc", "BAD The SCRAM message is too long"),
    ],
)
async def test_a_first_message_that_is_none(world: World, first: bytes, said: str) -> None:
    client = await fresh(world)
    written = b64encode(first).decode() or "="
    assert await client.ask(f"AUTHENTICATE SCRAM-SHA-256 {written}") == [said]
    assert (await prove(client, ScramSpeaker("noura", SECRET))).startswith("OK")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"*", b"s BAD Authentication given up"),
        (b"!", b"s BAD Not base64"),
        (b"", b"s BAD Not a last message of SCRAM"),
        (b"AAAA", b"s BAD A SCRAM message has no NUL"),
        (b64encode(b"c=eSws,r=x,p=" + b"A" * 43 + b"="), OTHER_BINDING),
        (b64encode(b"c=biws,r=x,p=" + b"A" * 43 + b"="), b"s BAD The nonce is not the one that was given"),
        (b64encode(b"c=biws,r=x,p=AAAA"), b"s BAD Not a last message of SCRAM"),
    ],
)  # fmt: skip
async def test_a_last_message_that_is_none(world: World, line: bytes, said: bytes) -> None:
    client = await fresh(world)
    first = b64encode(ScramSpeaker("noura", SECRET).first())
    await client.send(b"s AUTHENTICATE SCRAM-SHA-256 " + first + b"\r\n")
    await challenge(client)
    await client.send(line + b"\r\n")
    assert await client.line() == said


@pytest.mark.parametrize(
    ("last", "said"),
    [(b"*", b"s BAD Authentication given up"), (b"AAAA", b"s BAD Nothing more was asked for"),
     (b"!", b"s BAD Not base64")],
)  # fmt: skip
async def test_a_client_that_does_not_take_the_confirmation_is_not_let_in(
    world: World, last: bytes, said: bytes
) -> None:
    client, speaker = await fresh(world), ScramSpeaker("noura", SECRET)
    await client.send(b"s AUTHENTICATE SCRAM-SHA-256 " + b64encode(speaker.first()) + b"\r\n")
    await answer(client, speaker.final(await challenge(client)))
    assert await challenge(client) == speaker.confirmation
    await client.send(last + b"\r\n")
    assert await client.line() == said
    assert await client.ask("SELECT INBOX") == ["BAD Not in the state not authenticated"]


async def test_the_binding_is_the_header_that_was_sent(world: World) -> None:
    """A man in the middle who took the channel binding out of the first message is noticed."""
    for header in ("y,,", "p=tls-unique,,", f"n,a={MINISTER},"):
        client, speaker = await fresh(world), ScramSpeaker("noura", SECRET)
        await client.send(b"s AUTHENTICATE SCRAM-SHA-256 " + b64encode(speaker.first()) + b"\r\n")
        await answer(client, speaker.final(await challenge(client), binding=header))
        assert await client.line() == OTHER_BINDING


async def test_answers_that_do_not_wait_end_the_session(world: World) -> None:
    client = await fresh(world)
    first = b64encode(ScramSpeaker("noura", SECRET).first())
    await client.send(b"s AUTHENTICATE SCRAM-SHA-256 " + first + b"\r\nYz1iaXdz\r\n")
    assert await client.line() == b"* BYE Pipelining across AUTHENTICATE"
    assert await client.line() == b""


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
async def test_a_change_of_the_directory_disturbs_no_exchange(world: World, mechanism: str) -> None:
    """Every session is woken by it; one that waits for an answer goes on waiting, and lets the others work."""
    waiting = await fresh(world)
    await waiting.send(f"s AUTHENTICATE {mechanism}\r\n".encode())
    assert await challenge(waiting) == b""
    for number in range(3):
        address = f"office{number}@mof.gov.example"
        world.store.write(partial(directory.add_office, office=Office(address, "MOF", "مكتب", "Office")))
        await asyncio.sleep(0.15)  # the service looks every 0.1 s
        assert (await prove(await fresh(world), ScramSpeaker("noura", SECRET))).startswith("OK")
    if mechanism == "PLAIN":
        await answer(waiting, f"\0noura\0{SECRET}".encode())
    else:
        speaker = ScramSpeaker("noura", SECRET)
        await answer(waiting, speaker.first())
        await answer(waiting, speaker.final(await challenge(waiting)))
        assert await challenge(waiting) == speaker.confirmation
        await waiting.send(b"\r\n")
    assert (await waiting.until("s"))[-1].startswith("OK")


async def test_broken_exchanges_count_as_errors(world: World) -> None:
    client = await fresh(world)
    for _ in range(10):
        assert (await client.ask("AUTHENTICATE SCRAM-SHA-256 ="))[0].startswith("BAD")
    assert await client.line() == b"* BYE Too many errors"
    assert await client.line() == b""


async def test_exchanges_side_by_side_do_not_mix(world: World) -> None:
    clients = [await fresh(world) for _ in range(6)]
    logins = ("noura", "salem", "huda") * 2
    said = await asyncio.gather(
        *(prove(client, ScramSpeaker(login, SECRET)) for client, login in zip(clients, logins, strict=True))
    )
    assert all(one.startswith("OK") for one in said)
    for client, login in zip(clients, logins, strict=True):
        mine = await client.ok("GETACL INBOX")
        assert mine[0].split()[3] == login
