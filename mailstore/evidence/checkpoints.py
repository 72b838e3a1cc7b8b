"""Signed checkpoints over the log (C2SP tlog-checkpoint): they make a change of the past visible.

Invariant: a checkpoint is only ever made of a committed size, and its size is above every earlier one's.

A checkpoint proves what the log was to whoever keeps it elsewhere. Kept here alone it proves less: a person with
the signing key and the database can cut the log and sign again.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from mailstore.database import schema
from mailstore.database.log import root
from mailstore.database.transaction import Unit
from policies.words.calendar import rfc3339

_TABLE = schema.checkpoints
_NEWEST = (
    select(_TABLE.c.size, _TABLE.c.root, _TABLE.c.note, _TABLE.c.signed_at)
    .order_by(_TABLE.c.size.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A signed statement that the log's first `size` records have this root (hexadecimal)."""

    size: int
    root: str
    note: str
    signed_at: str


def body(origin: str, size: int, root_hash: bytes) -> str:
    """Return the text that is signed: origin, size and base64 root, each line ended by a line feed."""
    return f"{origin}\n{size}\n{base64.b64encode(root_hash).decode()}\n"


def read_body(text: str) -> tuple[str, int, bytes]:
    """Return origin, size and root of a checkpoint's body. Raises ValueError unless `body` would write it so.

    Extension lines after the root are refused: this log writes none.
    """
    lines = text.split("\n")
    if len(lines) != 4 or not lines[0] or lines[3]:
        raise ValueError("a checkpoint has three lines: origin, size, root")
    origin, size, encoded = lines[:3]
    if not (size.isascii() and size.isdecimal()):
        raise ValueError("the size is not a number")
    try:
        root_hash = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        raise ValueError("the root is not base64") from None
    if len(root_hash) != 32 or body(origin, int(size), root_hash) != text:
        raise ValueError("the checkpoint has another form than it was written in")
    return origin, int(size), root_hash


def sign_due(unit: Unit, sign: Callable[[str], str], origin: str) -> bool:
    """Write a checkpoint of the committed log when it has grown since the newest; return whether it had.

    `sign` takes the body and returns the whole signed note (C2SP signed-note: body, empty line, signatures).
    """
    newest = latest(unit.connection)
    if unit.log_size <= (newest.size if newest else 0):
        return False
    root_hash = root(unit.connection, unit.log_size)
    unit.connection.execute(
        insert(_TABLE),
        {
            "size": unit.log_size,
            "root": root_hash.hex(),
            "note": sign(body(origin, unit.log_size, root_hash)),
            "signed_at": rfc3339(unit.now),
        },
    )
    return True


def latest(connection: Connection) -> Checkpoint | None:
    """Return the newest checkpoint, or None."""
    row = connection.execute(_NEWEST).first()
    return None if row is None else Checkpoint(*row)


def every(connection: Connection) -> list[Checkpoint]:
    """Return all checkpoints, oldest first."""
    rows = connection.execute(_NEWEST.order_by(None).order_by(_TABLE.c.size).limit(None))
    return [Checkpoint(*row) for row in rows]


def covering(connection: Connection, log_index: int) -> Checkpoint | None:
    """Return the oldest checkpoint that covers a record, or None while none does."""
    row = connection.execute(
        _NEWEST.where(_TABLE.c.size > log_index).order_by(None).order_by(_TABLE.c.size)
    ).first()
    return None if row is None else Checkpoint(*row)
