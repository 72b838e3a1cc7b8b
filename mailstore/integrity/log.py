"""The log recomputed: every record against its leaf, every inner hash, every checkpoint.

A record that differs from its leaf is named, and the stored leaf is used further on: so one altered record is one
fault. Where leaf and inner hashes were altered to match, the checkpoint's root names it.
"""

import json
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select

from mailstore.database import schema
from mailstore.database.log import EMPTY_ROOT, Hash, leaf_hash, node_hash
from mailstore.evidence.checkpoints import body, every, read_body
from mailstore.integrity.findings import LIMIT, Findings
from policies.evidence import SCHEMA, Event, canonical_json, unique_key_of

_BATCH = 1024
_evidence, _nodes = schema.evidence, schema.log_nodes


@dataclass(slots=True)
class Verified:
    """What the pass over the log leaves for the checks after it."""

    roots: dict[int, Hash] = field(default_factory=dict)
    receipts: "array[int]" = field(default_factory=lambda: array("Q"))


def short(sha256: str) -> int:
    """Return the first 64 bits of a digest: enough to look it up among the issued receipts."""
    return int(sha256[:16], 16)


def check_log(connection: Connection, found: Findings, note: Callable[[str], str]) -> Verified:
    """Check records, hashes and checkpoints; return what later checks need."""
    count = connection.scalar(select(func.count()).select_from(_evidence)) or 0
    size = connection.scalar(select(schema.log_head.c.size)) or 0
    found.expect(size == count, "log-size", f"size {size}, records {count}")
    end = min(size, count + LIMIT)  # a wild size must not make this run for ever
    checkpoints = every(connection)
    verified = Verified()
    tree = _Tree({one.size for one in checkpoints}, verified.roots)
    for start in range(0, end, _BATCH):
        _check_batch(connection, found, tree, verified, start, min(start + _BATCH, end))
    _check_beyond(connection, found, size)
    origin = connection.scalar(select(schema.instance.c.value).where(schema.instance.c.name == "origin"))
    for one in checkpoints:
        found.checked["checkpoints"] += 1
        where = f"checkpoint {one.size}"
        if one.size > size:
            found.add("checkpoint-beyond", where)
            continue
        root = verified.roots.get(one.size)
        found.expect(root is not None and one.root == root.hex(), "checkpoint-root", where)
        try:
            text = note(one.note)
            origin_said, size_said, root_said = claimed = read_body(text)
        except ValueError as fault:
            found.add("checkpoint-note", f"{where}: {fault}")
            continue
        same = (origin_said, size_said, root_said.hex()) == (origin, one.size, one.root)
        found.expect(same, "checkpoint-note", f"{where}: the signed text says another thing")
        found.expect(one.note.startswith(f"{body(*claimed)}\n"), "checkpoint-note", where)
    verified.receipts = array("Q", sorted(verified.receipts))
    return verified


class _Tree:
    """The tree as its leaves come: the roots of its complete subtrees, and whole roots at the sizes asked for."""

    def __init__(self, sizes: set[int], roots: dict[int, Hash]) -> None:
        self._sizes = sizes
        self._roots = roots
        self._peaks: dict[int, Hash] = {}

    def add(self, index: int, leaf: Hash) -> Iterator[tuple[int, int, Hash]]:
        """Take the next leaf; give the inner nodes (level, position, hash) that it completes."""
        level, position, value = 0, index, leaf
        while position & 1:
            value = node_hash(self._peaks.pop(level), value)
            level, position = level + 1, position >> 1
            yield level, position, value
        self._peaks[level] = value
        if index + 1 in self._sizes:
            self._roots[index + 1] = self._root()

    def _root(self) -> Hash:
        value: Hash | None = None
        for level in sorted(self._peaks):
            peak = self._peaks[level]
            value = peak if value is None else node_hash(peak, value)
        return EMPTY_ROOT if value is None else value


def _check_batch(
    connection: Connection, found: Findings, tree: _Tree, verified: Verified, start: int, end: int
) -> None:
    """Check records start to end, and the nodes that they complete."""
    in_batch = and_(_evidence.c.log_index >= start, _evidence.c.log_index < end)
    rows = {row.log_index: row for row in connection.execute(select(_evidence).where(in_batch))}
    stored = _stored_nodes(connection, start, end)
    receipts: dict[str, int] = {}
    for index in range(start, end):
        found.checked["records"] += 1
        row, leaf = rows.get(index), stored.get((0, index))
        if row is None:
            found.add("record-missing", f"record {index}")
        else:
            _check_record(found, row, leaf, receipts)
        if leaf is None:
            found.add("node-altered", f"level 0, position {index}")
            leaf = leaf_hash(bytes(row.record)) if row is not None else EMPTY_ROOT
        for level, position, value in tree.add(index, leaf):
            found.checked["hashes"] += 1
            found.expect(
                stored.get((level, position)) == value,
                "node-altered",
                f"level {level}, position {position}",
            )
    verified.receipts.extend(short(sha256) for sha256 in receipts)
    placed = select(schema.entries.c.sha256).where(
        schema.entries.c.kind == "receipt", schema.entries.c.sha256.in_(list(receipts))
    )
    missing = set(receipts).difference(connection.scalars(placed)) if receipts else set()
    for sha256 in sorted(missing, key=receipts.__getitem__):
        found.add("receipt-missing", f"receipt {sha256} of record {receipts[sha256]}")
    found.checked["receipts"] += len(receipts)


def _stored_nodes(connection: Connection, start: int, end: int) -> dict[tuple[int, int], Hash]:
    """Return the stored nodes that leaves start to end complete, by (level, position)."""
    ranges = [
        and_(_nodes.c.level == level, _nodes.c.position >= start >> level, _nodes.c.position < end >> level)
        for level in range(end.bit_length())
    ]
    rows = connection.execute(select(_nodes.c.level, _nodes.c.position, _nodes.c.hash).where(or_(*ranges)))
    return {(level, position): bytes(value) for level, position, value in rows}


def _check_record(found: Findings, row: Row[Any], leaf: Hash | None, receipts: dict[str, int]) -> None:
    """Check one record's octets against its leaf, its form, and the columns beside it."""
    where = f"record {row.log_index}"
    record = bytes(row.record)
    found.expect(leaf is None or leaf_hash(record) == leaf, "record-altered", where)
    try:
        members = json.loads(record)
        canonical = canonical_json(members) == record and members["schema"] == SCHEMA
        columns = _columns(members)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        found.add("record-form", where)
        return
    found.expect(canonical, "record-form", where)
    beside = (
        row.evidence_id,
        row.unique_key,
        row.event,
        row.event_time,
        row.letter_id,
        row.office,
        row.actor,
    )
    found.expect(columns == beside, "record-columns", where)
    sha256 = str(members.get("detail", {}).get("receipt_sha256", ""))
    if members["event"] == Event.RECEIPT_ISSUED and len(sha256) == 64:
        receipts[sha256] = row.log_index


def _columns(members: dict[str, Any]) -> tuple[object, ...]:
    """Return what the columns beside a record must say. Raises KeyError or AttributeError when it lacks it."""
    return (
        members["evidence_id"],
        unique_key_of(members),
        members["event"],
        members["event_time"],
        members.get("letter_id", ""),
        members.get("recipient", {}).get("office", ""),
        members.get("actor", {}).get("login", ""),
    )


def _check_beyond(connection: Connection, found: Findings, size: int) -> None:
    """Name records and nodes that stand outside the log."""
    outside = or_(_evidence.c.log_index < 0, _evidence.c.log_index >= size)
    for index in connection.scalars(select(_evidence.c.log_index).where(outside).limit(LIMIT)):
        found.add("record-beyond", f"record {index}")
    known = [
        and_(_nodes.c.level == level, _nodes.c.position >= 0, _nodes.c.position < size >> level)
        for level in range(max(size, 0).bit_length())
    ]
    query = select(_nodes.c.level, _nodes.c.position)
    if known:
        query = query.where(~or_(*known))
    for level, position in connection.execute(query.limit(LIMIT)):
        found.add("node-beyond", f"level {level}, position {position}")
