from hypothesis import given
from hypothesis import strategies as st

from gateway.login.throttle import Throttle


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_ten_failures_a_minute_and_then_no_more() -> None:
    clock = Clock()
    throttle = Throttle(now=clock)
    assert [throttle.admit("noura", "192.0.2.1") for _ in range(12)] == [True] * 10 + [False] * 2
    clock.now = 59.9
    assert not throttle.admit("noura", "192.0.2.1")
    clock.now = 60.1
    assert throttle.admit("noura", "192.0.2.1")


def test_an_attacker_elsewhere_locks_nobody_out() -> None:
    throttle = Throttle(now=Clock())
    for number in range(50):
        for _ in range(20):
            throttle.admit("noura", f"198.51.100.{number}")
    assert throttle.admit("noura", "192.0.2.1")


def test_one_source_tries_a_hundred_accounts_a_minute() -> None:
    throttle = Throttle(now=Clock())
    assert sum(throttle.admit(f"user{number}", "192.0.2.1") for number in range(10_000)) == 100
    assert throttle.admit("user1", "192.0.2.2")
    assert throttle.attempts("192.0.2.1") == 100


def test_addresses_of_one_ipv6_host_are_one_source() -> None:
    throttle = Throttle(per_source=3, now=Clock())
    assert [throttle.admit(f"u{n}", f"2001:db8::{n}") for n in range(5)] == [True] * 3 + [False] * 2
    assert throttle.admit("u", "2001:db8:0:1::1")


def test_what_succeeded_does_not_count() -> None:
    throttle = Throttle(now=Clock())
    for _ in range(500):
        assert throttle.admit("noura", "192.0.2.1")
        throttle.forgive("noura", "192.0.2.1")
    assert throttle.attempts("192.0.2.1") == 0


def test_a_refused_attempt_does_not_lengthen_the_wait() -> None:
    clock = Clock()
    throttle = Throttle(per_pair=1, now=clock)
    assert throttle.admit("noura", "192.0.2.1")
    for clock.now in range(1, 60):
        assert not throttle.admit("noura", "192.0.2.1")
    clock.now = 60.5
    assert throttle.admit("noura", "192.0.2.1")


def test_memory_is_bounded_and_forgets_the_longest_unseen() -> None:
    throttle = Throttle(capacity=100, now=Clock())
    for number in range(10_000):
        throttle.admit("noura", f"10.{number >> 8}.{number & 255}.1")
    assert len(throttle._pairs._times) == len(throttle._sources._times) == 100
    assert throttle.attempts("10.39.15.1") == 1
    assert throttle.attempts("10.0.0.1") == 0


@given(st.lists(st.tuples(st.floats(0, 20), st.booleans()), max_size=200))
def test_no_minute_ever_sees_more_failures_than_allowed(steps: list[tuple[float, bool]]) -> None:
    clock = Clock()
    throttle = Throttle(per_pair=5, now=clock)
    failed: list[float] = []
    for pause, succeeds in steps:
        clock.now += pause
        if throttle.admit("noura", "192.0.2.1"):
            if succeeds:
                throttle.forgive("noura", "192.0.2.1")
            else:
                failed.append(clock.now)
    assert all(sum(start <= time < start + 60 for time in failed) <= 5 for start in failed)
