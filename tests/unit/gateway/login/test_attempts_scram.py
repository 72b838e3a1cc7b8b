"""Login by SCRAM: counted before anything is looked up, and silent about who exists."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.login import attempts as module
from gateway.login.attempts import Credentials, Login, Proven
from gateway.login.passwords import Rank, VerificationRoom
from gateway.login.scram import Malformed, Proof, client_first, make_keys, salt_of, stored_keys
from gateway.login.throttle import Throttle
from gateway.runtime.faults import Throttled, Unavailable
from policies.people.identity import Account, Officer, System
from tests.scramclient import ScramSpeaker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from gateway.login.scram import Keys

HERE, THERE = "192.0.2.1", "198.51.100.7"
SALT_KEY = b"k" * 32
OFFICER = Account("noura", "", officer=Officer("noura", "نورة", "Noura", "س", "Registrar"))
GONE = Account("gone", "", officer=Officer("gone", "س", "Gone", "س", "Clerk", suspended=True))
OLD = Account("old", "", officer=Officer("old", "س", "Old", "س", "Clerk"))
SYSTEM = Account("dms", "", system=System("dms", "MOJ", "ن", "DMS", (), ("192.0.2.0/24",)))


def kept(login: str, *secrets: str) -> tuple[str, ...]:
    return tuple(stored_keys(secret, SALT_KEY, login) for secret in secrets)


class Room(VerificationRoom):
    """Remembers as whom it was entered, and lets nobody out with success but by a secret that is said to be right."""

    def __init__(self) -> None:
        super().__init__(threads=1)
        self.ranks: list[Rank] = []
        self.right: tuple[str, ...] = ()

    async def which(self, hashes: tuple[str, ...], secret: str, _source: str, rank: Rank) -> int | None:
        self.ranks.append(rank)
        return next((place for place, one in enumerate(hashes) if one == secret and one in self.right), None)


class Bench:
    """A Login with everything in reach."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "hash_secret", lambda _secret: "hash of nobody")
        self.now = 0.0
        self.stored = {
            "noura": Credentials(OFFICER, ("phone", "desk"), 1, kept("noura", "phone", "desk")),
            "gone": Credentials(GONE, ("right",), 1, kept("gone", "right")),
            "old": Credentials(OLD, ("right",), 1),
            "dms": Credentials(SYSTEM, ("right",), 1, kept("dms", "right")),
        }
        self.asked: list[str] = []
        self.alarms: list[str] = []
        self.room = Room()
        self.load: Callable[[str], Awaitable[Credentials | None]] = self.find
        self.throttle = Throttle(now=lambda: self.now)
        self.login = Login(
            self.load_now,
            self.find_certificate,
            self.throttle,
            self.room,
            salt_key=SALT_KEY,
            now=lambda: self.now,
            alarm=self.alarms.append,
        )

    def accepts(self, *secrets: str) -> None:
        """Let the Argon2id hashes of these secrets, and of no others, be theirs."""
        self.room.right = secrets

    async def load_now(self, name: str) -> Credentials | None:
        self.asked.append(name)
        return await self.load(name)

    async def find(self, name: str) -> Credentials | None:
        return self.stored.get(name)

    async def find_certificate(self, _fingerprint: str) -> Account | None:
        return None

    async def attempt(self, login: str, secret: str, source: str = HERE) -> Proven | None:
        speaker = ScramSpeaker(login, secret)
        with self.login.scram(client_first(speaker.first()), login, source) as attempt:
            proven = await attempt.answer(speaker.final(attempt.challenge))
        assert proven is None or proven.confirmation == speaker.confirmation
        return proven


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(monkeypatch)


async def test_each_app_password_of_an_officer_logs_in_and_hears_its_own_server(bench: Bench) -> None:
    for secret in ("phone", "desk"):
        proven = await bench.attempt("noura", secret)
        assert proven is not None
        assert proven.account == replace(OFFICER, method="scram")
    assert await bench.attempt("NouRa", "desk")  # one account, however it is written
    assert await bench.attempt("noura", "other") is None
    assert bench.room.ranks == []  # no Argon2id


async def test_a_system_logs_in_from_its_networks_alone(bench: Bench) -> None:
    proven = await bench.attempt("dms", "right")
    assert proven is not None
    assert proven.account == replace(SYSTEM, method="scram")
    assert await bench.attempt("dms", "right", THERE) is None


async def test_whoever_cannot_log_in_costs_the_same_look_up_and_the_same_work(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for login in ("noura", "gone", "dms"):  # a password has the keys of two spellings
        bench.stored[login] = replace(bench.stored[login], scram=kept(login, "right", "phone"))
    bench.stored["noura"] = replace(bench.stored["noura"], scram=kept("noura", "pho-ne", "phone"))
    real, tried = Proof.found_in, []

    def counted(proof: Proof, keys: "Iterable[Keys]") -> "Keys | None":
        every = list(keys)
        tried.append(len(every))
        return real(proof, every)

    monkeypatch.setattr(Proof, "found_in", counted)
    tries = [("noura", "wrong"), ("gone", "right"), ("old", "right"), ("nobody", "right"), ("dms", "wrong")]
    for login, secret in tries:
        assert await bench.attempt(login, secret) is None
    assert bench.asked == [login for login, _ in tries]
    assert tried == [2] * len(tries)


async def test_nothing_is_looked_up_before_the_proof(bench: Bench) -> None:
    first = client_first(ScramSpeaker("noura", "").first())
    for login in ("noura", "nobody", "gone", "old", "x" * 300, "a\0b"):
        with bench.login.scram(first, login, HERE) as attempt:
            assert f",s={salt(login)},i=4096" in attempt.challenge.decode()
    assert bench.asked == []


def salt(login: str) -> str:
    named = "" if len(login) > 254 or "\0" in login else login
    return str(make_keys("", salt_of(SALT_KEY, named))).split(":")[1].split("$")[0]


async def test_keys_of_another_salt_or_count_are_as_if_there_were_none(bench: Bench) -> None:
    strange = (
        stored_keys("right", b"another key", "noura"),
        str(make_keys("right", salt_of(SALT_KEY, "noura"), 8192)),
        "damaged",
    )
    bench.stored["noura"] = Credentials(OFFICER, ("right",), 1, strange)
    assert await bench.attempt("noura", "right") is None
    bench.stored["noura"] = Credentials(OFFICER, ("right",), 1, (*strange, *kept("noura", "right")))
    assert await bench.attempt("noura", "right")


async def test_ten_failures_a_minute_whatever_the_mechanism_and_then_none_is_heard(bench: Bench) -> None:
    for number in range(5):
        assert await bench.attempt("noura", f"wrong{number}") is None
        assert await bench.login.password("NOURA", f"wrong{number}", HERE) is None
    bench.asked.clear()
    with pytest.raises(Throttled):
        await bench.attempt("noura", "phone")
    with pytest.raises(Throttled):
        await bench.login.password("noura", "phone", HERE)
    assert bench.asked == []
    assert await bench.attempt("noura", "phone", THERE)
    bench.now = 61.0
    assert await bench.attempt("noura", "phone")


async def test_success_is_forgiven(bench: Bench) -> None:
    for _ in range(30):
        assert await bench.attempt("noura", "phone")
    assert bench.throttle.attempts(HERE) == 0


async def test_an_attempt_that_is_broken_off_stays_counted(bench: Bench) -> None:
    first = client_first(ScramSpeaker("noura", "phone").first())
    for _ in range(4):
        with bench.login.scram(first, "noura", HERE):
            pass  # given up after the challenge
    for _ in range(3):
        with pytest.raises(ConnectionResetError), bench.login.scram(first, "noura", HERE):
            raise ConnectionResetError
    for final in (b"", b"c=biws,r=x,p=AAAA", b"c=biws,r=x,p=" + b"A" * 43 + b"="):
        with pytest.raises(Malformed), bench.login.scram(first, "noura", HERE) as attempt:
            await attempt.answer(final)
    assert bench.throttle.attempts(HERE) == 10
    with pytest.raises(Throttled):
        await bench.attempt("noura", "phone")


async def test_a_burst_is_counted_from_its_start(bench: Bench) -> None:
    first = client_first(ScramSpeaker("noura", "phone").first())
    heard = []
    for _ in range(12):
        try:
            bench.login.scram(first, "noura", HERE).__enter__()
            heard.append("challenge")
        except Throttled:
            heard.append("wait")
    assert heard == ["challenge"] * 10 + ["wait"] * 2


async def test_what_nothing_was_learnt_by_is_forgiven(bench: Bench) -> None:
    async def fail(_name: str) -> Credentials | None:
        raise Unavailable("the database is away")

    bench.load = fail
    for _ in range(15):
        with pytest.raises(Unavailable):
            await bench.attempt("noura", "phone")
    assert bench.throttle.attempts(HERE) == 0


async def test_guessing_sounds_the_alarm_and_attempts_under_way_do_not(bench: Bench) -> None:
    first = client_first(ScramSpeaker("x", "x").first())
    open_ones = [bench.login.scram(first, f"waiting{number}", HERE) for number in range(40)]
    for one in open_ones:
        one.__enter__()
    for number in range(29):
        assert await bench.attempt(f"name{number}", "Summer2026") is None
    assert bench.alarms == []
    assert await bench.attempt("name29", "Summer2026") is None
    assert bench.alarms == [HERE]
    bench.now = 61.0
    bench.alarms.clear()
    for one in open_ones:
        one.__exit__(None, None, None)
    assert bench.alarms == []  # they are a minute old
    for number in range(29):
        with bench.login.scram(first, f"broken off {number}", HERE):
            pass
    assert bench.alarms == []
    with bench.login.scram(first, "broken off", HERE):
        pass
    assert bench.alarms == [HERE]


async def test_who_came_by_scram_goes_first_with_a_password(bench: Bench) -> None:
    await bench.login.password("noura", "wrong", HERE)
    assert await bench.attempt("noura", "phone")
    await bench.login.password("noura", "wrong", HERE)
    await bench.login.password("noura", "wrong", THERE)
    assert bench.room.ranks == [Rank.ORDINARY, Rank.KNOWN, Rank.ORDINARY]


async def test_attempts_side_by_side_do_not_mix(bench: Bench) -> None:
    logins = [("noura", "phone"), ("noura", "wrong"), ("dms", "right"), ("noura", "desk"), ("gone", "right")]
    found = await asyncio.gather(*(bench.attempt(*one) for one in logins))
    assert [one.account.login if one else None for one in found] == ["noura", None, "dms", "noura", None]


def broken_off(bench: Bench, times: int, source: str = HERE) -> None:
    """Start as noura and go away, as any stranger can; at the limit nobody more is heard."""
    first = client_first(ScramSpeaker("noura", "").first())
    for _ in range(times):
        with suppress(Throttled), bench.login.scram(first, "noura", source):
            pass


@pytest.mark.parametrize("came_by", ["scram", "password"])
async def test_a_strangers_starts_lock_nobody_who_came_from_there_before(bench: Bench, came_by: str) -> None:
    bench.accepts("phone")
    if came_by == "scram":
        assert await bench.attempt("noura", "phone")
    else:
        assert await bench.login.password("noura", "phone", HERE)
    for _ in range(3):
        broken_off(bench, 150)
        assert await bench.attempt("noura", "phone")
        assert await bench.login.password("noura", "phone", HERE)
    bench.asked.clear()
    for secret in ("wrong", "desk"):  # one that never succeeded from here is heard no more than before
        with pytest.raises(Throttled):
            await bench.attempt("noura", secret)
        with pytest.raises(Throttled):
            await bench.login.password("noura", secret, HERE)
    assert bench.asked == []  # and costs no look-up
    first = client_first(ScramSpeaker("x", "").first())
    for number in range(100):
        with suppress(Throttled), bench.login.scram(first, f"name{number}", HERE):
            pass
    with pytest.raises(Throttled):
        await bench.attempt("salem", "phone")  # the source's own limit holds for everybody else
    assert await bench.attempt("noura", "phone")


async def test_wrong_proofs_and_passwords_of_a_stranger_lock_nobody_either(bench: Bench) -> None:
    bench.accepts("phone")
    assert await bench.login.password("noura", "phone", HERE)
    for number in range(12):
        with suppress(Throttled):
            assert await bench.attempt("noura", f"guess{number}") is None
        with suppress(Throttled):
            assert await bench.login.password("noura", f"guess{number}", HERE) is None
    assert bench.throttle.attempts(HERE) == 10
    assert await bench.attempt("noura", "phone")
    assert await bench.login.password("noura", "phone", HERE)
    assert bench.throttle.attempts(HERE) == 10  # the stranger's failures are not forgiven by it


async def test_a_secret_that_succeeds_no_more_is_no_way_past_the_throttle(bench: Bench) -> None:
    bench.accepts("phone")
    assert await bench.attempt("noura", "phone")
    bench.accepts()
    bench.stored["noura"] = Credentials(OFFICER, ("new",), 2, kept("noura", "new"))
    broken_off(bench, 10)
    assert await bench.attempt("noura", "phone") is None
    with pytest.raises(Throttled):
        await bench.attempt("noura", "phone")
