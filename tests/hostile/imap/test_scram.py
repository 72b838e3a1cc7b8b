"""Guessing, listing accounts and replaying over AUTHENTICATE SCRAM-SHA-256.

The attacker comes from 127.0.0.2, the honest officer from 127.0.0.1.
"""

import asyncio
from base64 import b64decode, b64encode

import pytest

from gateway.login import passwords
from gateway.login.scram import Proof, read_keys
from mailstore.database.transaction import Unit
from mailstore.directory import directory
from mailstore.directory.credentials import live_passwords
from policies.people.identity import Officer
from tests.dialogs.imap.rig import MINISTER, MOF, SECRET, Client, World
from tests.hostile.imap.test_guessing import ELSEWHERE, WAIT, WRONG, guess, stranger
from tests.scramclient import ScramSpeaker


async def begin(client: Client, speaker: ScramSpeaker) -> bytes:
    """Return the whole first answer, decoded when it is a challenge."""
    await client.send(b"s AUTHENTICATE SCRAM-SHA-256 " + b64encode(speaker.first()) + b"\r\n")
    line = await client.line()
    return b64decode(line[2:], validate=True) if line.startswith(b"+ ") else line[2:]


async def finish(client: Client, final: bytes) -> str:
    await client.send(b64encode(final) + b"\r\n")
    line = await client.line()
    if line.startswith(b"+ "):
        await client.send(b"\r\n")
        line = await client.line()
    return line.decode()[2:]


async def attempt(world: World, login: str, secret: str, source: str = ELSEWHERE) -> str:
    client, speaker = await stranger(world, source), ScramSpeaker(login, secret)
    challenge = await begin(client, speaker)
    said = (
        challenge.decode() if challenge == WAIT.encode() else await finish(client, speaker.final(challenge))
    )
    client.writer.transport.abort()
    return said


def more_people(unit: Unit) -> None:
    hashed = passwords.hash_secret(SECRET)
    for login in ("gone", "old"):
        keys = passwords.scram_keys(unit, login, SECRET) if login == "gone" else ""
        directory.add_officer(unit, Officer(login, "س", login, "س", "Clerk"), hashed, keys)
    directory.suspend_account(unit, "gone", suspended=True)


async def test_no_account_looks_other_than_any(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Octet for octet, apart from nonces and salts, whose form is the same; and so is what is done about it."""
    world.store.write(more_people)
    tried: list[int] = []
    real = Proof.found_in

    def counted(proof: Proof, keys: object) -> object:
        every = list(keys)  # type: ignore[call-overload]
        tried.append(len(every))
        return real(proof, every)

    monkeypatch.setattr(Proof, "found_in", counted)
    tries = ("noura", "NOURA", f"salem*{MINISTER}", "nobody", "gone", "old", "x" * 300, "'; --", "dms")
    shapes = set()
    for login in tries:
        client, speaker = await stranger(world), ScramSpeaker(login, "wrong")
        challenge = await begin(client, speaker)
        nonce, salt, iterations = challenge.split(b",")
        assert len(b64decode(salt[2:], validate=True)) == 16
        shapes.add((len(nonce), iterations, await finish(client, speaker.final(challenge))))
        client.writer.transport.abort()
    assert shapes == {(46, b"i=4096", WRONG)}
    assert tried == [2] * len(tries)  # the keys of two spellings


async def test_a_salt_tells_nothing_of_what_becomes_of_an_account(world: World) -> None:
    """The same before the account is there, with keys, suspended, with another password."""

    def another(unit: Unit) -> None:
        keys = passwords.scram_keys(unit, "gone", "new")
        directory.add_password(unit, "gone", "hash", keys, replace=True)

    async def salt() -> bytes:
        client = await stranger(world, "127.0.0.1")
        found = (await begin(client, ScramSpeaker("gone", "x"))).split(b",")[1]
        client.writer.transport.abort()
        return found

    salts = [await salt()]
    world.store.write(more_people)
    salts.append(await salt())
    world.store.write(lambda unit: directory.suspend_account(unit, "gone", suspended=False))
    salts.append(await salt())
    world.store.write(another)
    salts.append(await salt())
    assert len(set(salts)) == 1


async def test_an_attacker_elsewhere_locks_nobody_out(world: World) -> None:
    answers = [await attempt(world, "noura", f"guess-{number}") for number in range(12)]
    assert answers == [WRONG] * 10 + [WAIT] * 2
    assert await attempt(world, "noura", SECRET) == WAIT  # for him the right one, too
    assert await guess(world, f"NOURA*{MOF}", SECRET) == WAIT  # by any mechanism
    assert (await attempt(world, "noura", SECRET, "127.0.0.1")).startswith("OK")
    assert (await attempt(world, "salem", SECRET)).startswith("OK")


async def test_challenges_that_are_not_answered_are_attempts(world: World) -> None:
    clients = [await stranger(world) for _ in range(12)]
    heard = [await begin(client, ScramSpeaker("noura", SECRET)) for client in clients]
    assert [one == WAIT.encode() for one in heard] == [False] * 10 + [True] * 2
    for client in clients[:5]:
        client.writer.transport.abort()
    assert await attempt(world, "noura", SECRET) == WAIT


async def test_one_password_for_many_names_is_noticed_and_stopped(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    answers = [await attempt(world, f"name{number}", "Summer2026") for number in range(103)]
    assert answers == [WRONG] * 100 + [WAIT] * 3
    heard = [record.getMessage() for record in caplog.records if record.name == "murasalat.login"]
    assert heard == ['{"event": "password-guessing", "source": "127.0.0.2"}']


async def test_a_proof_that_was_overheard_is_worth_nothing(world: World) -> None:
    speaker = ScramSpeaker("noura", SECRET)
    honest = await stranger(world, "127.0.0.1")
    overheard = speaker.final(await begin(honest, speaker))
    assert (await finish(honest, overheard)).startswith("OK")
    thief = await stranger(world)
    nonce = (await begin(thief, speaker)).split(b",")[0]
    assert await finish(thief, overheard) == "BAD The nonce is not the one that was given"
    nonce = (await begin(thief, speaker)).split(b",")[0]
    assert await finish(thief, b"c=biws," + nonce + b"," + overheard.split(b",")[2]) == WRONG


async def test_what_lies_in_the_database_logs_nobody_in(world: World) -> None:
    """StoredKey and ServerKey in place of the client's key: neither proves anything."""
    kept = read_keys(world.store.read(lambda c: live_passwords(c, "noura"))[0].scram.split()[0])
    assert kept is not None
    for key in (kept.stored, kept.server):
        client, speaker = await stranger(world), ScramSpeaker("noura", "")
        challenge = await begin(client, speaker)
        assert await finish(client, speaker.final(challenge, client_key=key)) == WRONG


async def test_a_hundred_exchanges_under_way_hold_nobody_up(world: World) -> None:
    clients = await asyncio.gather(*(stranger(world) for _ in range(100)))
    await asyncio.gather(*(begin(one, ScramSpeaker(f"n{at}", "x")) for at, one in enumerate(clients)))
    honest = await stranger(world, "127.0.0.1")
    speaker = ScramSpeaker("noura", SECRET)
    assert (await finish(honest, speaker.final(await begin(honest, speaker)))).startswith("OK")
