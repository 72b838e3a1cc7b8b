"""Guessing passwords over IMAP: slow for the guesser, harmless to the officer, and silent about who exists.

The attacker comes from 127.0.0.2, the honest officer from 127.0.0.1.
"""

import asyncio
import base64

import pytest

from gateway.login import passwords
from mailstore.directory import directory
from policies.people.identity import Officer
from tests.dialogs.imap.rig import MINISTER, MOF, SECRET, Client, World

ELSEWHERE = "127.0.0.2"
WRONG = "NO [AUTHENTICATIONFAILED] The login or the password is wrong"
WAIT = "NO [LIMIT] Too many failed logins; wait a minute"


async def stranger(world: World, source: str = ELSEWHERE) -> Client:
    """Return a connection from an address, whose greeting has been read."""
    streams = await asyncio.open_connection(
        "127.0.0.1", world.port, ssl=world.client_context(), local_addr=(source, 0)
    )
    client = Client(*streams)
    world.clients.append(client)
    await client.line()
    return client


async def guess(world: World, login: str, secret: str, source: str = ELSEWHERE) -> str:
    client = await stranger(world, source)
    answer = (await client.ask(f'LOGIN "{login}" "{secret}"'))[-1]
    client.writer.transport.abort()
    return answer


async def test_an_attacker_elsewhere_locks_nobody_out(world: World) -> None:
    answers = [await guess(world, "noura", f"guess-{number}") for number in range(12)]
    assert answers == [WRONG] * 10 + [WAIT] * 2
    assert await guess(world, "noura", SECRET) == WAIT  # for him the right one, too
    honest = await stranger(world, "127.0.0.1")
    assert (await honest.ask(f"LOGIN noura {SECRET}"))[-1].startswith("OK")
    assert (await guess(world, "salem", SECRET)).startswith(
        "OK"
    )  # another account from there is another matter


async def test_spellings_offices_and_mechanisms_are_one_account(world: World) -> None:
    for login in ("noura", "NOURA", "Noura", f"noura*{MOF}", f"nourA*{MINISTER}", "noura*x", "NOURA*"):
        assert await guess(world, login, "wrong") == WRONG
    for response in (b"\0noura\0wrong", b"x\0noura\0wrong", b"noura\0NoUrA\0wrong"):
        client = await stranger(world)
        encoded = base64.b64encode(response).decode()
        assert (await client.ask(f"AUTHENTICATE PLAIN {encoded}"))[-1] == WRONG
    assert await guess(world, "noura*y", "wrong") == WAIT


async def test_a_burst_is_counted_before_it_is_answered(world: World) -> None:
    clients = await asyncio.gather(*(stranger(world) for _ in range(30)))
    answers = await asyncio.gather(
        *(client.ask(f"LOGIN noura guess-{number}") for number, client in enumerate(clients))
    )
    said = [answer[-1] for answer in answers]
    assert said.count(WRONG) == 10
    assert said.count(WAIT) == 20


async def test_one_password_for_many_names_is_noticed_and_stopped(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(passwords, "which", lambda _hashes, _secret: None)  # only the counting matters here
    answers = [await guess(world, f"name{number}", "Summer2026") for number in range(103)]
    assert answers == [WRONG] * 100 + [WAIT] * 3
    heard = [record.getMessage() for record in caplog.records if record.name == "murasalat.login"]
    assert heard == ['{"event": "password-guessing", "source": "127.0.0.2"}']
    assert "Summer2026" not in caplog.text


async def test_known_unknown_suspended_and_wrong_are_told_the_same_and_cost_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = Officer("gone", "س", "Gone", "س", "Clerk")
    hashed = passwords.hash_secret(SECRET)

    def add(unit: object) -> None:
        directory.add_officer(unit, gone, hashed)  # type: ignore[arg-type]
        directory.suspend_account(unit, "gone", suspended=True)  # type: ignore[arg-type]

    world.store.write(add)
    verified: list[int] = []
    real = passwords.which

    def counted(hashes: tuple[str, ...], secret: str) -> int | None:
        verified.append(len(hashes))
        return real(hashes, secret)

    monkeypatch.setattr(passwords, "which", counted)
    tries = {
        "noura": "wrong",
        "nobody": "wrong",
        "gone": SECRET,
        "GONE": "wrong",
        "huda": "wrong",
        "x" * 300: "wrong",
        "salem": "w" * 300,
        "'; --": "wrong",
        f"salem*{MINISTER}": SECRET,
    }
    answers = {await guess(world, login, secret) for login, secret in tries.items()}
    assert answers == {WRONG}
    assert verified == [1] * len(tries)


async def test_the_loop_is_not_blocked_by_fifty_wrong_logins(world: World) -> None:
    """Held by order, not by time: an honest session's commands overtake the hashing of the guesses."""
    honest = await world.selected()
    clients = await asyncio.gather(*(stranger(world) for _ in range(50)))
    answered = 0

    async def ask(number: int, client: Client) -> str:
        nonlocal answered
        said = (await client.ask(f"LOGIN name{number} wrong"))[-1]
        answered += 1
        return said

    guesses = asyncio.gather(*(ask(number, client) for number, client in enumerate(clients)))
    for _ in range(10):
        assert (await honest.ask("NOOP"))[-1] == "OK Nothing done"
        assert (await honest.ask("FETCH 1:* FLAGS"))[-1].startswith("OK")
    assert answered < 25
    assert set(await guesses) == {WRONG}


async def test_an_honest_login_does_not_stand_in_the_guessers_line(world: World) -> None:
    """Sources take turns, and one that came before goes first."""
    (await world.logged_in()).writer.transport.abort()
    world.store.write(
        lambda unit: directory.add_password(unit, "noura", passwords.hash_secret("new"), replace=True)
    )
    clients = await asyncio.gather(*(stranger(world) for _ in range(90)))
    answered = 0

    async def ask(number: int, client: Client) -> None:
        nonlocal answered
        assert (await client.ask(f"LOGIN name{number} wrong"))[-1] == WRONG
        answered += 1

    guesses = asyncio.gather(*(ask(number, client) for number, client in enumerate(clients)))
    honest = await stranger(world, "127.0.0.1")
    assert (await honest.ask("LOGIN noura new"))[-1].startswith("OK")
    assert answered < 45
    guesses.cancel()


async def test_bad_base64_of_one_client_is_nobody_elses_trouble(world: World) -> None:
    good = await stranger(world)
    bad = await stranger(world)
    await good.send(b"a AUTHENTICATE PLAIN\r\n")
    await bad.send(b"b AUTHENTICATE PLAIN\r\n")
    assert await good.line() == await bad.line() == b"+ "
    await bad.send(b"!!!!\r\n")
    assert (await bad.until("b"))[-1] == "BAD Not base64"
    await good.send(base64.b64encode(f"\0noura\0{SECRET}".encode()) + b"\r\n")
    assert (await good.until("a"))[-1].startswith("OK")
