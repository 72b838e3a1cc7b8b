"""Messages: exact octets under their SHA-256, with what IMAP asks about them.

Invariant: a message is stored once, never changed and never re-serialised.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from mailstore.database import schema
from mailstore.database.prepared import Prepared
from mailstore.database.row_digest import row_digest
from mailstore.database.transaction import Unit
from mailstore.faults import NotFound
from mailstore.octets import search_texts
from mailstore.octets.search_texts import SearchText

_TABLE = schema.messages
_COLUMNS = ("sha256", "size", "head_size", "envelope", "body", "bodystructure", "octets", "digest")
_INSERT = {
    "sqlite": Prepared(sqlite.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.sha256), _COLUMNS),
    "postgresql": Prepared(
        postgresql.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.sha256), _COLUMNS
    ),
}
_OCTETS = Prepared(select(_TABLE.c.octets).where(_TABLE.c.sha256 == bindparam("named")))


@dataclass(frozen=True, slots=True)
class Message:
    """Exact octets with what IMAP asks about them, computed once when they came.

    `head_size` counts the header section including the empty line that ends it. Without `search`, a search of the
    message reads its octets.
    """

    sha256: str
    octets: bytes
    head_size: int
    envelope: bytes
    body: bytes
    bodystructure: bytes
    search: SearchText | None = None


def put_message(unit: Unit, message: Message) -> None:
    """Store octets under their digest unless they are there already."""
    row: dict[str, Any] = {
        "sha256": message.sha256,
        "size": len(message.octets),
        "head_size": message.head_size,
        "envelope": message.envelope,
        "body": message.body,
        "bodystructure": message.bodystructure,
        "octets": message.octets,
    }
    row["digest"] = message_digest(row)
    added = _INSERT[unit.connection.dialect.name].value(unit.connection, row)
    if added is not None and message.search is not None:
        search_texts.put(unit, message.sha256, message.search)


def message_digest(row: Mapping[str, Any]) -> bytes:
    """Return the digest of what was computed from the octets: their own digest does not cover it."""
    return row_digest(row[name] for name in ("head_size", "envelope", "body", "bodystructure"))


def octets(connection: Connection, sha256: str) -> bytes:
    """Return stored octets. Raises NotFound."""
    value = _OCTETS.value(connection, {"named": sha256})
    if value is None:
        raise NotFound(f"no octets {sha256}")
    return bytes(value)
