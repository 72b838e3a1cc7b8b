"""Octets leave the store with a record of who took them: the account of the operating system, not what it says."""

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.letters.exporting import export, operator
from mailstore.database.transaction import Store
from mailstore.evidence import records
from mailstore.faults import NotFound
from mailstore.upgrade import initialise
from tests.contract.sample import ISSUER, Accepted, accept, enrol, write


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    initialise(url, "log.gov.example/test")
    store = Store(url)
    store.write(enrol)
    yield store
    store.close()


@pytest.fixture
def accepted(store: Store) -> Accepted:
    return write(store, accept, 1)


def test_the_environment_does_not_say_who_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME", "SUDO_USER"):
        monkeypatch.setenv(name, "somebody-else")
    found = operator()
    assert found.login == pwd.getpwuid(os.getuid()).pw_name
    assert found.kind == "operator"


def test_an_account_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 2_000_000_123)
    assert operator().login == "uid 2000000123"


def test_what_is_taken_out_is_exact_and_recorded(store: Store, accepted: Accepted) -> None:
    letter = accepted.letter
    found, octets = store.write(lambda unit: export(unit, ISSUER, "moj/2026/1", "court order\r\n7"))
    assert found == letter
    assert len(octets) == letter.size
    assert octets.endswith(b"text\r\n")
    fact = store.read(lambda connection: records.of_letter(connection, letter.letter_id))[-1]
    assert fact.event == "EXPORTED"
    assert fact.members["actor"]["login"] == operator().login
    assert fact.members["actor"]["kind"] == "operator"
    assert fact.members["sha256"] == letter.sha256
    assert fact.members["detail"]["why"] == "court order\r\n7"


def test_every_time_is_an_act_of_its_own(store: Store, accepted: Accepted) -> None:
    for _time in range(2):
        store.write(lambda unit: export(unit, ISSUER, accepted.letter.letter_id, "again"))
    words = [
        one.event
        for one in store.read(lambda connection: records.of_letter(connection, accepted.letter.letter_id))
    ]
    assert words.count("EXPORTED") == 2


@pytest.mark.parametrize("word", ["MOJ/2026/000002", "", "<none@x>"])
def test_what_is_not_there_is_not_recorded(store: Store, accepted: Accepted, word: str) -> None:
    size = len(store.read(lambda connection: records.of_letter(connection, accepted.letter.letter_id)))
    with pytest.raises(NotFound):
        store.write(lambda unit: export(unit, ISSUER, word, "curious"))
    assert (
        len(store.read(lambda connection: records.of_letter(connection, accepted.letter.letter_id))) == size
    )
