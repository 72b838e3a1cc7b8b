import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.login import attempts as module
from gateway.login.attempts import Credentials, Login
from gateway.login.passwords import Rank, VerificationRoom
from gateway.login.throttle import Throttle
from gateway.runtime.faults import Throttled, Unavailable
from policies.people.identity import Account, Officer, System

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

HERE, THERE = "192.0.2.1", "198.51.100.7"
OFFICER = Account("noura", "", officer=Officer("noura", "نورة", "Noura", "س", "Registrar"))
SYSTEM = Account("dms", "", system=System("dms", "MOJ", "ن", "DMS", (), ("192.0.2.0/24", "2001:db8::/32")))


class Room(VerificationRoom):
    """Counts verifications; a hash is its secret."""

    def __init__(self) -> None:
        super().__init__(threads=1)
        self.ranks: list[Rank] = []
        self.verified: list[tuple[tuple[str, ...], str]] = []

    async def which(self, hashes: tuple[str, ...], secret: str, _source: str, rank: Rank) -> int | None:
        self.verified.append((hashes, secret))
        self.ranks.append(rank)
        await asyncio.sleep(0.001)
        return hashes.index(secret) if secret in hashes else None


class Bench:
    """A Login with everything in reach."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "hash_secret", lambda _secret: "hash of nobody")
        self.now = 0.0
        self.stored = {
            "noura": Credentials(OFFICER, ("phone", "desk"), 1),
            "dms": Credentials(SYSTEM, ("dms-secret",), 1),
        }
        self.certificates: dict[str, Account] = {}
        self.alarms: list[str] = []
        self.room = Room()
        self.load: Callable[[str], Awaitable[Credentials | None]] = self.find
        self.login = Login(
            self.load_now,
            self.find_certificate,
            Throttle(now=lambda: self.now),
            self.room,
            now=lambda: self.now,
            alarm=self.alarms.append,
        )

    async def load_now(self, name: str) -> Credentials | None:
        return await self.load(name)

    async def find(self, name: str) -> Credentials | None:
        return self.stored.get(name)

    async def find_certificate(self, fingerprint: str) -> Account | None:
        return self.certificates.get(fingerprint)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


async def test_each_app_password_of_an_officer_logs_in(bench: Bench) -> None:
    for secret in ("phone", "desk"):
        assert await bench.login.password("noura", secret, HERE) == replace(OFFICER, method="password")
    assert await bench.login.password("noura", "other", HERE) is None


async def test_unknown_suspended_and_known_logins_cost_the_same_and_say_the_same(bench: Bench) -> None:
    assert OFFICER.officer is not None
    gone = replace(OFFICER, officer=replace(OFFICER.officer, suspended=True))
    bench.stored |= {"gone": Credentials(gone, ("right",), 1), "bare": Credentials(OFFICER, (), 1)}
    for name, secret in (
        ("noura", "wrong"),
        ("gone", "right"),
        ("nobody", "right"),
        ("bare", "right"),
        ("", ""),
    ):
        assert await bench.login.password(name, secret, HERE) is None
    assert len(bench.room.verified) == 5
    assert bench.room.verified[2][0] == bench.room.verified[3][0] == ("hash of nobody",)


@pytest.mark.parametrize(
    ("name", "secret"), [("x" * 255, "phone"), ("noura", "p" * 257), ("noura\0", "phone")]
)
async def test_oversized_words_are_an_unknown_login(bench: Bench, name: str, secret: str) -> None:
    assert await bench.login.password(name, secret, HERE) is None
    assert len(bench.room.verified) == 1


async def test_a_system_logs_in_from_its_networks_only(bench: Bench) -> None:
    for source in (HERE, "2001:db8::5", "::ffff:192.0.2.9"):
        assert await bench.login.password("dms", "dms-secret", source) is not None
    for source in (THERE, "", "not an address", "2001:db9::1"):
        assert await bench.login.password("dms", "dms-secret", source) is None
        assert await bench.login.certificate("ab", source) is None
    assert SYSTEM.system is not None
    for damaged in (replace(SYSTEM.system, networks=()), replace(SYSTEM.system, networks=("nonsense",))):
        bench.stored["dms"] = Credentials(replace(SYSTEM, system=damaged), ("dms-secret",), 2)
        assert await bench.login.password("dms", "dms-secret", HERE) is None


async def test_a_certificate_is_found_by_its_fingerprint_in_lower_case(bench: Bench) -> None:
    bench.certificates["ab"] = SYSTEM
    assert await bench.login.certificate("AB", HERE) == replace(SYSTEM, method="certificate")
    assert await bench.login.certificate("cd", HERE) is None
    assert SYSTEM.system is not None
    bench.certificates["ab"] = replace(SYSTEM, system=replace(SYSTEM.system, suspended=True))
    assert await bench.login.certificate("ab", HERE) is None


async def test_an_account_that_is_nobody_or_two_never_logs_in(bench: Bench) -> None:
    for account in (Account("odd", ""), replace(SYSTEM, officer=OFFICER.officer)):
        bench.stored["odd"] = Credentials(account, ("secret",), 1)
        assert await bench.login.password("odd", "secret", HERE) is None


async def test_a_success_is_cached_for_a_minute_and_no_longer(bench: Bench) -> None:
    for bench.now in (0.0, 30.0, 59.0):
        assert await bench.login.password("noura", "desk", HERE) is not None
    assert len(bench.room.verified) == 1
    bench.now = 60.0
    assert await bench.login.password("noura", "desk", HERE) is not None
    assert len(bench.room.verified) == 2


async def test_a_changed_or_suspended_credential_ends_the_cache(bench: Bench) -> None:
    assert await bench.login.password("noura", "desk", HERE) is not None
    bench.stored["noura"] = Credentials(OFFICER, ("new",), 2)
    assert await bench.login.password("noura", "desk", HERE) is None
    bench.stored["noura"] = Credentials(OFFICER, ("desk",), 1)
    assert OFFICER.officer is not None
    bench.stored["noura"] = Credentials(
        replace(OFFICER, officer=replace(OFFICER.officer, suspended=True)), (), 1
    )
    assert await bench.login.password("noura", "desk", HERE) is None


async def test_failures_are_not_cached_and_secrets_are_not_kept(bench: Bench) -> None:
    for _ in range(2):
        assert await bench.login.password("noura", "wrong", HERE) is None
    assert await bench.login.password("noura", "desk", HERE) is not None
    assert len(bench.room.verified) == 3
    bench.room.verified.clear()
    assert "desk" not in repr(vars(bench.login))
    assert "wrong" not in repr(vars(bench.login))


async def test_parallel_logins_of_one_program_are_verified_once(bench: Bench) -> None:
    found = await asyncio.gather(*(bench.login.password("noura", "desk", HERE) for _ in range(50)))
    assert found == [replace(OFFICER, method="password")] * 50
    assert len(bench.room.verified) == 1
    assert bench.login._running == {}


async def test_parallel_guesses_are_held_like_others(bench: Bench) -> None:
    guesses = (bench.login.password("noura", f"guess{number}", HERE) for number in range(50))
    outcomes = await asyncio.gather(*guesses, return_exceptions=True)
    assert sum(isinstance(outcome, Throttled) for outcome in outcomes) == 40
    assert await bench.login.password("noura", "desk", THERE) is not None
    with pytest.raises(Throttled):
        await bench.login.password("noura", "desk", HERE)
    bench.now = 61.0
    assert await bench.login.password("noura", "desk", HERE) is not None


async def test_an_attempt_that_taught_nothing_does_not_count(bench: Bench) -> None:
    async def fail(_name: str) -> Credentials | None:
        raise Unavailable("no database")

    bench.load = fail
    for number in range(30):
        with pytest.raises(Unavailable):
            await bench.login.password("noura", f"guess{number}", HERE)
    bench.load = bench.find
    assert await bench.login.password("noura", "desk", HERE) is not None


async def test_one_waiter_that_goes_away_takes_nothing_from_the_others(bench: Bench) -> None:
    first = asyncio.create_task(bench.login.password("noura", "desk", HERE))
    second = asyncio.create_task(bench.login.password("noura", "desk", HERE))
    await asyncio.sleep(0)
    first.cancel()
    assert await second is not None
    assert first.cancelled()


async def test_who_came_from_the_same_source_before_goes_first(bench: Bench) -> None:
    assert await bench.login.password("noura", "desk", HERE) is not None
    for name, secret, source in (("noura", "a", HERE), ("noura", "a", THERE), ("dms", "a", HERE)):
        assert await bench.login.password(name, secret, source) is None
    assert bench.room.ranks == [Rank.ORDINARY, Rank.KNOWN, Rank.ORDINARY, Rank.ORDINARY]


async def test_a_spray_is_reported_once_a_minute(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(150):
        try:
            await bench.login.password(f"user{number}", "Winter2026", HERE)
        except Throttled:
            continue
    assert bench.alarms == [HERE]
    assert [json.loads(record.message) for record in caplog.records] == [
        {"event": "password-guessing", "source": HERE}
    ]
    assert sum(secret == "Winter2026" for _, secret in bench.room.verified) == 100
    bench.now = 61.0
    for number in range(40):
        await bench.login.password(f"user{number}", "Winter2026", HERE)
    assert bench.alarms == [HERE, HERE]


async def test_lone_surrogates_are_only_a_wrong_password(bench: Bench) -> None:
    assert await bench.login.password("noura", "\udc80", HERE) is None


async def test_the_case_of_a_login_makes_no_second_account(bench: Bench) -> None:
    assert await bench.login.password("NOURA", "desk", HERE) == replace(OFFICER, method="password")
    for number in range(10):
        spelling = "".join(one.upper() if number >> at & 1 else one for at, one in enumerate("noura"))
        assert await bench.login.password(spelling, "wrong", HERE) is None
    with pytest.raises(Throttled):
        await bench.login.password("nOURa", "wrong", HERE)
