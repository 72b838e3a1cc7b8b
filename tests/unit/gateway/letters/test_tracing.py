"""The trace document: the shape that integrators build on, found by any of its names, status by priority."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.letters.tracing import trace
from mailstore.database.transaction import Store
from mailstore.directory import directory
from mailstore.evidence import records
from mailstore.faults import NotFound
from mailstore.letters.letters import Letter
from mailstore.upgrade import initialise
from policies.evidence import Event
from policies.people.identity import System
from tests.contract.sample import accept, enrol, issue_receipt, login_of, office_of, opened, write

LETTER = {
    "letter_id": str,
    "reference": str,
    "message_id": str,
    "sha256": str,
    "size": int,
    "subject": str,
    "grade": str,
    "urgency": str,
    "accepted_at": str,
    "status": str,
    "sender": dict,
    "signature": dict,
    "recipients": list,
    "events": list,
}
SENDER = {"agency": str, "office": str, "officer": dict}
NAMES = {"login": str, "name_ar": str, "name_en": str}
SIGNATURE = {"format": str, "fingerprint": str, "headers_protected": bool, "engines": list}
RECIPIENT = {"agency": str, "office": str, "duty": str, "incoming_reference": str, "status": str}
EVENT = {"event": str, "at": str, "evidence_id": str, "log_index": int}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    initialise(url, "log.gov.example/test")
    store = Store(url)
    store.write(enrol)
    yield store
    store.close()


def letter_to(store: Store, *codes: str, number: int = 1) -> Letter:
    return write(store, accept, number, "MOJ", codes).letter


def note(store: Store, letter: Letter, code: str, event: Event) -> None:
    store.write(lambda unit: records.append(unit, opened(unit, letter, code, event)))


def traced(store: Store, word: str) -> dict[str, Any]:
    return store.read(lambda connection: trace(connection, word))


def shape(value: dict[str, Any]) -> dict[str, type]:
    return {name: type(one) for name, one in value.items()}


def test_the_document_has_the_public_shape(store: Store) -> None:
    letter = letter_to(store, "MOF", "MOI")
    for event in (Event.HANDED_OVER, Event.SEEN):
        note(store, letter, "MOF", event)
    write(store, issue_receipt, letter)
    found = traced(store, letter.reference)
    assert json.loads(json.dumps(found)) == found
    assert shape(found) == LETTER
    assert shape(found["sender"]) == SENDER
    assert shape(found["sender"]["officer"]) == NAMES
    assert shape(found["signature"]) == SIGNATURE
    assert [shape(one) for one in found["recipients"]] == [RECIPIENT, RECIPIENT]
    for one in found["events"]:
        assert EVENT.items() <= shape(one).items()
    assert (found["reference"], found["sha256"], found["size"]) == (
        letter.reference,
        letter.sha256,
        letter.size,
    )
    assert found["signature"]["engines"] == ["sequoia", "gnupg"]
    assert [one["duty"] for one in found["recipients"]] == ["action", "action"]
    assert found["recipients"][1]["incoming_reference"] == "MOI/IN/2026/000001"


def test_events_stand_in_the_order_of_the_log_and_name_who_acted(store: Store) -> None:
    letter = letter_to(store, "MOF", "MOI")
    note(store, letter, "MOI", Event.HANDED_OVER)
    note(store, letter, "MOI", Event.SEEN)
    events = traced(store, letter.letter_id)["events"]
    assert [(one["event"], one.get("agency", "")) for one in events] == [
        ("ACCEPTED", ""),
        ("DELIVERED", "MOF"),
        ("REGISTERED-IN", "MOF"),
        ("DELIVERED", "MOI"),
        ("REGISTERED-IN", "MOI"),
        ("HANDED-OVER", "MOI"),
        ("SEEN", "MOI"),
    ]
    assert [one["log_index"] for one in events] == sorted(one["log_index"] for one in events)
    seen = events[-1]
    assert seen["office"] == office_of("MOI")
    assert {"login", "name_ar", "name_en", "post_ar", "post_en"} <= set(seen["actor"])
    assert seen["actor"]["login"] == login_of("MOI")
    assert "actor" not in events[1]


def test_one_recipient_never_colours_another(store: Store) -> None:
    letter = letter_to(store, "MOF", "MOI")
    note(store, letter, "MOF", Event.SEEN)
    found = traced(store, letter.reference)
    assert [one["status"] for one in found["recipients"]] == ["SEEN", "DELIVERED"]
    assert found["status"] == "DELIVERED"
    note(store, letter, "MOI", Event.NOT_DELIVERED)
    assert [one["status"] for one in traced(store, letter.reference)["recipients"]] == ["SEEN", "DELIVERED"]
    note(store, letter, "MOI", Event.HANDED_OVER)
    assert traced(store, letter.reference)["status"] == "HANDED-OVER"
    note(store, letter, "MOI", Event.SEEN)
    assert traced(store, letter.reference)["status"] == "SEEN"


def test_a_letter_is_found_by_each_of_its_names(store: Store) -> None:
    letter = letter_to(store, "MOF")
    letter_to(store, "MOF", number=2)
    for word in (
        letter.reference,
        "moj/2026/1",
        " MOJ/2026/000001 ",
        "MOJ/٢٠٢٦/٠٠٠٠٠١",
        "MOF/IN/2026/000001",
        letter.letter_id,
        letter.letter_id.upper(),
        letter.message_id,
        letter.message_id.strip("<>"),
    ):
        assert traced(store, word)["letter_id"] == letter.letter_id, word


@pytest.mark.parametrize("word", ["", "MOJ/2026/000009", "MOF/2026/000001", "<none@x>", "'; --", "%", "\x00"])
def test_a_name_of_nothing_is_not_found(store: Store, word: str) -> None:
    letter_to(store, "MOF")
    with pytest.raises(NotFound):
        traced(store, word)


def test_a_message_id_of_two_letters_says_which(store: Store) -> None:
    """Two offices may choose the same Message-ID: the trace asks which letter is meant."""
    first = letter_to(store, "MOF")

    def other(unit: Any) -> Letter:
        found = accept(unit, 1, "MOI", ("MOF",)).letter
        table = "UPDATE letters SET message_id = ? WHERE letter_id = ?"
        unit.connection.exec_driver_sql(table, (first.message_id, found.letter_id))
        return found

    second = store.write(other)
    with pytest.raises(NotFound) as caught:
        traced(store, first.message_id)
    assert first.reference in str(caught.value)
    assert second.reference in str(caught.value)


def test_a_systems_letter_names_the_system(store: Store) -> None:
    program = System("dms.moj", "MOJ", "نظام الوثائق", "Documents", (office_of("MOJ"),))
    store.write(lambda unit: directory.add_system(unit, program, ""))
    letter = letter_to(store, "MOF")

    def by_system(unit: Any) -> None:
        change = "UPDATE letters SET sender_login = 'dms.moj' WHERE letter_id = ?"
        unit.connection.exec_driver_sql(change, (letter.letter_id,))

    store.write(by_system)
    assert traced(store, letter.reference)["sender"] == {
        "agency": "MOJ",
        "office": office_of("MOJ"),
        "system": {"login": "dms.moj", "name_ar": "نظام الوثائق", "name_en": "Documents"},
    }
