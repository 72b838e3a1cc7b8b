"""The whole life of a letter as one document, made from its evidence (the JSON of the public interface)."""

from collections.abc import Sequence
from typing import Any

from mailstore.database.transaction import Reading
from mailstore.directory import directory
from mailstore.evidence import records as evidence
from mailstore.evidence.records import Recorded
from mailstore.faults import NotFound
from mailstore.letters import letters
from mailstore.letters.letters import Addressee, Letter
from policies.evidence import Event
from policies.letter import Duty
from policies.people.directory import Directory
from policies.reference import parse as parse_reference
from policies.tracking import consignment_status, letter_status


def trace(connection: Reading, word: str) -> dict[str, Any]:
    """Return the trace of the letter that a reference, a letter id or a Message-ID names.

    Raises NotFound; also when a Message-ID names several letters, then the message says which.
    """
    wanted = parse_reference(word)
    found = letters.find(connection, str(wanted) if wanted else word)
    if not found:
        raise NotFound(f"no letter {word}", f"لا يوجد خطاب {word}")
    if len(found) > 1:
        named = ", ".join(one.reference for one in found)
        raise NotFound(f"{word} names several letters: {named}", f"{word} يدل على عدة خطابات: {named}")
    letter = found[0]
    records = evidence.of_letter(connection, letter.letter_id)
    addressees = letters.addressees(connection, letter.letter_id)
    return trace_of(letter, addressees, records, directory.snapshot(connection))


def trace_of(
    letter: Letter, addressees: Sequence[Addressee], records: Sequence[Recorded], people: Directory
) -> dict[str, Any]:
    """Return the trace document from what is stored."""
    statuses = {
        one.office: consignment_status(Event(word) for word in evidence.events_of(records, one.office))
        for one in addressees
    }
    for_action = [statuses[one.office] for one in addressees if one.duty == Duty.ACTION.value]
    return {
        "letter_id": letter.letter_id,
        "reference": letter.reference,
        "message_id": letter.message_id,
        "sha256": letter.sha256,
        "size": letter.size,
        "subject": letter.subject,
        "grade": letter.grade,
        "urgency": letter.urgency,
        "accepted_at": letter.accepted_at,
        "status": letter_status(for_action or statuses.values()).value,
        "sender": {
            "agency": letter.sender_agency,
            "office": letter.sender_office,
            _who(letter, people)[0]: _who(letter, people)[1],
        },
        "signature": {
            "format": letter.signature_format,
            "fingerprint": letter.signature_fingerprint,
            "headers_protected": letter.headers_protected,
            "engines": letter.engines.split(),
        },
        "recipients": [
            {
                "agency": one.agency,
                "office": one.office,
                "duty": one.duty,
                "incoming_reference": one.incoming_reference,
                "status": statuses[one.office].value,
            }
            for one in addressees
        ],
        "events": [_event(one) for one in records],
    }


def _who(letter: Letter, people: Directory) -> tuple[str, dict[str, str]]:
    """Return ("officer" or "system", its names) of the sending account."""
    officer = people.officers.get(letter.sender_login)
    if officer is not None:
        return "officer", {"login": officer.login, "name_ar": officer.name_ar, "name_en": officer.name_en}
    system = people.systems.get(letter.sender_login)
    names = (system.name_ar, system.name_en) if system else ("", "")
    return "system", {"login": letter.sender_login, "name_ar": names[0], "name_en": names[1]}


def _event(recorded: Recorded) -> dict[str, Any]:
    members = recorded.members
    event: dict[str, Any] = {"event": members["event"], "at": members["event_time"]}
    if "recipient" in members:
        event |= {"agency": members["recipient"]["agency"], "office": members["recipient"]["office"]}
    if "actor" in members:
        shown = ("login", "name_ar", "name_en", "post_ar", "post_en", "kind", "method", "client")
        event["actor"] = {name: members["actor"][name] for name in shown if name in members["actor"]}
    for name in ("reason", "detail"):
        if name in members:
            event[name] = members[name]
    return event | {"evidence_id": members["evidence_id"], "log_index": recorded.log_index}
