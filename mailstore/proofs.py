"""Prove records against the newest signed checkpoint that covers them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from mailstore import schema
from mailstore.log import inclusion_proof, read_node


@dataclass(frozen=True, slots=True)
class Proof:
    """A signed checkpoint, and for each log index the path from its leaf to the checkpoint's root, leaf first.

    `note` is the signed note (C2SP checkpoint), `size` the number of leaves it covers.
    """

    size: int
    note: str
    paths: dict[int, list[bytes]]


def prove(connection: Connection, indices: Sequence[int]) -> Proof | None:
    """Return the proof that the records are in the log, None while no checkpoint covers them all.

    Raises DamagedStore when the log lacks a node.
    """
    table = schema.checkpoints
    query = select(table.c.size, table.c.note).where(table.c.size > max(indices, default=-1))
    newest = connection.execute(query.order_by(table.c.size.desc()).limit(1)).one_or_none()
    if newest is None:
        return None
    size = int(newest.size)

    def node(level: int, position: int) -> bytes:
        return read_node(connection, level, position)

    return Proof(size, newest.note, {index: inclusion_proof(node, index, size) for index in indices})
