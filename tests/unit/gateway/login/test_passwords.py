import asyncio
import re
import threading

import pytest

from gateway.login import passwords
from gateway.login.passwords import Rank, VerificationRoom, canonical, generate_secret, hash_secret, which
from gateway.runtime.faults import Unavailable


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
    assert which((hash_secret("other"), stored), "secret") == 1
    assert which((stored,), "secrets") is None


@pytest.mark.parametrize("stored", ["", "plain", "$argon2id$", "$argon2id$v=19$m=1,t=1,p=1$AA$AA", "{SHA}x"])
def test_a_damaged_hash_matches_nothing(stored: str) -> None:
    assert which((stored,), "secret") is None


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Verification that waits for the event."""
    event = threading.Event()
    monkeypatch.setattr(passwords, "which", lambda _hashes, _secret: event.wait(5))
    return event


async def test_a_full_room_refuses_at_once(slow: threading.Event) -> None:
    room = VerificationRoom(threads=1, seats=3)
    waiting = [asyncio.create_task(room.which((), "", "192.0.2.1", Rank.ORDINARY)) for _ in range(4)]
    await asyncio.sleep(0)
    assert room.taken("192.0.2.1") == 4
    with pytest.raises(Unavailable):
        await room.which((), "", "192.0.2.1", Rank.ORDINARY)
    slow.set()
    assert await asyncio.gather(*waiting) == [True] * 4
    assert room.taken("192.0.2.1") == 0
    assert await room.which((), "", "192.0.2.2", Rank.ORDINARY)
    room.close()


async def test_a_source_with_many_leaves_room_for_one_with_few(slow: threading.Event) -> None:
    room = VerificationRoom(threads=1, seats=4)
    many = [asyncio.create_task(room.which((), "", "192.0.2.1", Rank.ORDINARY)) for _ in range(5)]
    await asyncio.sleep(0)
    few = [asyncio.create_task(room.which((), "", "192.0.2.2", Rank.ORDINARY)) for _ in range(3)]
    await asyncio.sleep(0)
    slow.set()
    outcomes = await asyncio.gather(*many, *few, return_exceptions=True)
    assert [outcome is True for outcome in outcomes] == [True] * 3 + [False] * 2 + [True] * 2 + [False]
    assert {type(outcome) for outcome in outcomes if outcome is not True} == {Unavailable}
    assert room._free == 1
    room.close()


async def test_the_known_go_first_and_the_sources_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[str] = []
    gate = threading.Event()

    def note(_hashes: tuple[str, ...], secret: str) -> bool:
        gate.wait(5)
        served.append(secret)
        return True

    monkeypatch.setattr(passwords, "which", note)
    room = VerificationRoom(threads=1)
    order = ("running ordinary", "a1", "a2", "a3", "b1", "b2", "known")
    waiting = [
        asyncio.create_task(room.which((), name, f"192.0.2.{ord(name[0])}", Rank(name != "known")))
        for name in order
    ]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*waiting)
    assert served == ["running ordinary", "known", "a1", "b1", "a2", "b2", "a3"]
    room.close()


async def test_who_leaves_the_line_takes_no_thread_with_him(slow: threading.Event) -> None:
    room = VerificationRoom(threads=1)
    first, second, third = (
        asyncio.create_task(room.which((), "", "192.0.2.1", Rank.ORDINARY)) for _ in range(3)
    )
    await asyncio.sleep(0)
    second.cancel()
    slow.set()
    assert all(await asyncio.gather(first, third))
    assert await room.which((), "", "192.0.2.1", Rank.ORDINARY)
    assert (room._free, room.taken("192.0.2.1")) == (1, 0)
    room.close()


async def test_verification_runs_beside_the_event_loop() -> None:
    room = VerificationRoom()
    stored = hash_secret("secret")
    verification = asyncio.create_task(room.which((stored,), "secret", "192.0.2.1", Rank.ORDINARY))
    turns = 0
    while not verification.done():
        turns += 1
        await asyncio.sleep(0)
    assert await verification == 0
    assert turns > 10
    room.close()


@pytest.mark.parametrize(
    "typed",
    [
        "abcd-efgh-2345",
        "abcdefgh2345",
        "ABCD-EFGH-2345",
        "AbcdEfgh2345",
        "  abcd efgh 2345\n",
        "abcd-efgh2345-",
    ],
)
def test_hyphens_blanks_and_case_of_what_is_typed_do_not_count(typed: str) -> None:
    stored = hash_secret("abcd-efgh-2345")
    assert which((stored,), typed) == 0
    assert which((stored,), typed + "x") is None
    assert canonical(typed) == "abcdefgh2345"


def test_secrets_beyond_ascii_and_none_at_all_are_hashed_without_a_fault() -> None:
    stored = hash_secret("مرور-١٢٣")
    assert which((stored,), "مرور ١٢٣") == 0
    for nothing in ("", "-", " - ", "\ud800"):
        assert which((stored,), nothing) is None
