import asyncio
import re
import threading

import pytest

from gateway import passwords
from gateway.faults import Unavailable
from gateway.passwords import VerificationRoom, generate_secret, hash_secret, matches


def test_a_secret_is_long_and_easy_to_type() -> None:
    made = {generate_secret() for _ in range(200)}
    assert len(made) == 200
    for secret in made:
        assert re.fullmatch(r"[a-z2-9]{4}(-[a-z2-9]{4}){6}", secret)
        assert not set(secret) & set("01ol")


def test_every_symbol_is_used() -> None:
    used = set("".join(generate_secret() for _ in range(200))) - {"-"}
    assert len(used) == 32  # five bits each: 28 symbols are 140 bits


def test_a_stored_hash_is_argon2id_with_the_documented_cost() -> None:
    stored = hash_secret("secret")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert stored != hash_secret("secret")
    assert matches((hash_secret("other"), stored), "secret")
    assert not matches((stored,), "Secret")


@pytest.mark.parametrize("stored", ["", "plain", "$argon2id$", "$argon2id$v=19$m=1,t=1,p=1$AA$AA", "{SHA}x"])
def test_a_damaged_hash_matches_nothing(stored: str) -> None:
    assert not matches((stored,), "secret")


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Verification that waits for the event."""
    event = threading.Event()
    monkeypatch.setattr(passwords, "matches", lambda _hashes, _secret: event.wait(5))
    return event


async def test_a_full_room_refuses_at_once(slow: threading.Event) -> None:
    room = VerificationRoom(threads=1, seats=3)
    waiting = [asyncio.create_task(room.matches((), "", "192.0.2.1", suspect=False)) for _ in range(3)]
    await asyncio.sleep(0)
    assert room.taken("192.0.2.1") == 3
    with pytest.raises(Unavailable):
        await room.matches((), "", "192.0.2.2", suspect=False)
    slow.set()
    assert await asyncio.gather(*waiting) == [True] * 3
    assert room.taken("192.0.2.1") == 0
    assert await room.matches((), "", "192.0.2.2", suspect=False)
    room.close()


async def test_a_suspect_source_leaves_room_for_others(slow: threading.Event) -> None:
    room = VerificationRoom(threads=1, seats=10, seats_of_suspect=2)
    waiting = [asyncio.create_task(room.matches((), "", "192.0.2.1", suspect=True)) for _ in range(5)]
    await asyncio.sleep(0)
    assert [task.done() and isinstance(task.exception(), Unavailable) for task in waiting] == [False] * 2 + [
        True
    ] * 3
    honest = asyncio.create_task(room.matches((), "", "192.0.2.2", suspect=False))
    slow.set()
    assert await honest
    await asyncio.gather(*waiting[:2])
    room.close()


async def test_verification_runs_beside_the_event_loop() -> None:
    room = VerificationRoom()
    stored = hash_secret("secret")
    verification = asyncio.create_task(room.matches((stored,), "secret", "192.0.2.1", suspect=False))
    turns = 0
    while not verification.done():
        turns += 1
        await asyncio.sleep(0)
    assert await verification
    assert turns > 10
    room.close()
