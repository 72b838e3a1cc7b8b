"""Work still owed: receipts. A row is written in the same transaction as its cause.

Invariant: what is owed is done exactly once: (kind, evidence) is unique, and the row turns to `done` in the
transaction that places the result. A failure is tried again later, with growing pauses, and is never dropped.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, insert, select, update

from mailstore.database import schema
from mailstore.database.prepared import Prepared
from mailstore.database.transaction import Unit
from mailstore.faults import Conflict, NotFound
from policies.words.calendar import rfc3339

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 30, 120, 600, 3600))


@dataclass(frozen=True, slots=True)
class Owed:
    """One piece of work: a receipt of `kind` about `evidence_id` of a letter."""

    id: int
    kind: str
    letter_id: str
    evidence_id: str
    state: str
    attempts: int
    due_at: str
    error: str


_COLUMNS = [schema.outbox.c[name] for name in Owed.__dataclass_fields__]
_OWE = Prepared(
    insert(schema.outbox), ("kind", "letter_id", "evidence_id", "state", "attempts", "due_at", "error")
)
_DUE = Prepared(
    select(*_COLUMNS)
    .where(schema.outbox.c.state == "owed", schema.outbox.c.due_at <= bindparam("now"))
    .order_by(schema.outbox.c.id)
    .limit(bindparam("most"))
)
_FINISH = Prepared(
    update(schema.outbox)
    .where(schema.outbox.c.id == bindparam("row"), schema.outbox.c.state != "done")
    .values(state="done", error="")
    .returning(schema.outbox.c.id)
)


def owe(unit: Unit, kind: str, letter_id: str, evidence_id: str) -> None:
    """Note that a receipt is owed, as part of the act that causes it."""
    row = {
        "kind": kind,
        "letter_id": letter_id,
        "evidence_id": evidence_id,
        "state": "owed",
        "attempts": 0,
        "due_at": rfc3339(unit.now),
        "error": "",
    }
    _OWE.run(unit.connection, [row])


def due(connection: Connection, now: datetime, limit: int = 50) -> list[Owed]:
    """Return what is due, oldest first."""
    named = {"now": rfc3339(now), "most": limit}
    return [Owed(*row) for row in _DUE.rows(connection, named)]


def listed(connection: Connection, state: str = "") -> list[Owed]:
    """Return every row in a state (all but done when none is named)."""
    table = schema.outbox
    where = table.c.state == state if state else table.c.state != "done"
    return [Owed(*row) for row in connection.execute(select(*_COLUMNS).where(where).order_by(table.c.id))]


def finish(unit: Unit, row: int) -> bool:
    """Mark work as done; False when another had done it before (then place nothing)."""
    return bool(_FINISH.rows(unit.connection, {"row": row}))


def postpone(unit: Unit, row: int, attempts: int, error: str) -> None:
    """Note a failure and when to try again."""
    pause = PAUSES[min(attempts, len(PAUSES) - 1)]
    unit.connection.execute(
        update(schema.outbox)
        .where(schema.outbox.c.id == row)
        .values(attempts=attempts + 1, due_at=rfc3339(unit.now + pause), error=error[:500])
    )


def set_state(unit: Unit, row: int, state: str) -> None:
    """Hold, fail or retry a piece of work by hand. Raises NotFound, and Conflict when it is done."""
    table = schema.outbox
    values = {"state": state} | ({"due_at": rfc3339(unit.now)} if state == "owed" else {})
    moved = unit.connection.execute(
        update(table).where(table.c.id == row, table.c.state != "done").values(values)
    )
    if moved.rowcount == 0:
        if unit.connection.execute(select(table.c.id).where(table.c.id == row)).first() is not None:
            raise Conflict(f"number {row} is done already", f"أُنجز العمل رقم {row} من قبل")
        raise NotFound(f"nothing owed has the number {row}", f"لا يوجد مستحق رقمه {row}")
