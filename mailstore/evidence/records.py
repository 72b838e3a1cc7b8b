"""Append evidence to the log, and read it back.

Invariants:
- Evidence is unique by (letter, recipient, event, person): appending the same fact again writes nothing.
- A record is written in the transaction of the act that it records; its octets are never changed.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select

from mailstore.database import schema
from mailstore.database.log import leaf_hash
from mailstore.database.prepared import Prepared
from mailstore.database.transaction import Unit
from mailstore.identifiers import uuid7
from policies.evidence import Evidence, Issuer
from policies.words.calendar import rfc3339

_INSERT = Prepared(insert(schema.evidence), [column.name for column in schema.evidence.c])
_STANDING = Prepared(
    select(schema.evidence.c.unique_key).where(
        schema.evidence.c.unique_key.in_(bindparam("keys", expanding=True))
    )
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A record as it stands in the log: its index, its canonical octets, and those read as JSON."""

    log_index: int
    record: bytes
    members: dict[str, Any]

    @property
    def evidence_id(self) -> str:
        """The record's id."""
        return str(self.members["evidence_id"])

    @property
    def event(self) -> str:
        """The event's word."""
        return str(self.members["event"])


def new_id(unit: Unit) -> str:
    """Return a fresh evidence id for this transaction."""
    return uuid7(unit.now)


def append(unit: Unit, fact: Evidence) -> int:
    """Append a fact that is known to be new; return its log index. A repeated fact ends the unit in Conflict."""
    return append_all(unit, (fact,))[0]


def append_all(unit: Unit, facts: Sequence[Evidence]) -> list[int]:
    """Append facts that are known to be new, at once; return their log indices, in the order given."""
    if not facts:
        return []
    first = unit.next_index()
    rows: list[dict[str, object]] = []
    for index, fact in enumerate(facts, start=first):
        record = fact.canonical()
        rows.append({"log_index": index, "unique_key": fact.unique_key, "record": record} | _columns(fact))
        unit.leaves.append(leaf_hash(record))
    _INSERT.run(unit.connection, rows)
    return list(range(first, first + len(rows)))


def _columns(fact: Evidence) -> dict[str, object]:
    """Return the columns that help to find a record."""
    return {
        "evidence_id": fact.evidence_id,
        "event": fact.event.value,
        "event_time": rfc3339(fact.event_time),
        "letter_id": fact.letter_id,
        "office": fact.recipient.office if fact.recipient else "",
        "actor": fact.actor.login if fact.actor else "",
    }


def append_missing(unit: Unit, facts: Sequence[Evidence]) -> list[Evidence]:
    """Append, at once, those facts that do not stand yet; return them."""
    standing = standing_keys(unit.connection, [fact.unique_key for fact in facts])
    missing = {fact.unique_key: fact for fact in facts if fact.unique_key not in standing}
    append_all(unit, list(missing.values()))
    return list(missing.values())


def standing_keys(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Return which of the unique keys are in the log already."""
    found: set[str] = set()
    for start in range(0, len(keys), 500):
        chunk = keys[start : start + 500]
        found.update(key for (key,) in _STANDING.rows(connection, {"keys": chunk}))
    return found


def of_letter(connection: Connection, letter_id: str) -> list[Recorded]:
    """Return a letter's records in log order."""
    return _read(connection, _records().where(schema.evidence.c.letter_id == letter_id))


def by_id(connection: Connection, evidence_id: str) -> Recorded | None:
    """Return one record by its id."""
    found = _read(connection, _records().where(schema.evidence.c.evidence_id == evidence_id))
    return found[0] if found else None


def refusals(connection: Connection, limit: int) -> list[Recorded]:
    """Return the newest refused submissions, newest first."""
    query = select(schema.evidence.c.log_index, schema.evidence.c.record).where(
        schema.evidence.c.event == "REJECTED"
    )
    return _read(connection, query.order_by(schema.evidence.c.log_index.desc()).limit(limit))


def _records() -> Select[Any]:
    return select(schema.evidence.c.log_index, schema.evidence.c.record).order_by(schema.evidence.c.log_index)


def _read(connection: Connection, query: Select[Any]) -> list[Recorded]:
    return [_recorded(row) for row in connection.execute(query)]


def _recorded(row: Row[Any]) -> Recorded:
    record = bytes(row.record)
    return Recorded(int(row.log_index), record, json.loads(record))


def issuer_of(members: dict[str, Any]) -> Issuer:
    """Return who issued a record read back from the log."""
    return Issuer(members["issuer"]["node"], members["issuer"]["key_id"])


def events_of(records: Iterable[Recorded], office: str) -> list[str]:
    """Return the events recorded about one recipient office."""
    return [one.event for one in records if one.members.get("recipient", {}).get("office") == office]
