import logging

import pytest

from gateway.letters.bulk_reading import BulkReading


class Bench:
    def __init__(self, **options: int) -> None:
        self.now = 0.0
        self.alarms: list[tuple[str, int]] = []
        self.reading = BulkReading(
            most=100,
            now=lambda: self.now,
            alarm=lambda login, letters: self.alarms.append((login, letters)),
            **options,
        )


def test_many_letters_in_a_minute_are_noticed_however_they_were_asked_for() -> None:
    bench = Bench()
    for _ in range(100):
        bench.reading.handed_over("noura", 1)
    assert bench.alarms == []
    bench.reading.handed_over("noura", 1)
    assert bench.alarms == [("noura", 101)]
    bench.reading.handed_over("salem", 101)
    assert bench.alarms[1:] == [("salem", 101)]


def test_as_many_letters_over_a_longer_time_are_not() -> None:
    bench = Bench()
    for _ in range(50):
        bench.reading.handed_over("noura", 10)
        bench.now += 7.0
    assert bench.alarms == []


def test_the_alarm_sounds_once_a_minute_while_it_goes_on() -> None:
    bench = Bench()
    for _ in range(125):
        bench.reading.handed_over("noura", 101)
        bench.now += 1.0
    assert len(bench.alarms) == 3


def test_nothing_handed_over_counts_nothing() -> None:
    bench = Bench()
    bench.reading.handed_over("noura", 0)
    assert bench.reading._handed == {}


def test_accounts_that_were_not_seen_for_long_are_forgotten() -> None:
    bench = Bench(accounts=3)
    for number in range(10):
        bench.reading.handed_over(f"officer{number}", 200)
    assert list(bench.reading._handed) == ["officer7", "officer8", "officer9"]
    assert set(bench.reading._alarmed) <= set(bench.reading._handed)


def test_the_journal_names_the_account_and_the_number(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        BulkReading(most=1).handed_over("noura", 2)
    assert [record.getMessage() for record in caplog.records] == [
        '{"event": "bulk-reading", "account": "noura", "letters": 2}'
    ]
