"""Prove records against the newest signed checkpoint that covers them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from mailstore.database.log import inclusion_proof, read_node
from mailstore.evidence.checkpoints import latest


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
    newest = latest(connection)
    if newest is None or newest.size <= max(indices, default=-1):
        return None

    def node(level: int, position: int) -> bytes:
        return read_node(connection, level, position)

    paths = {index: inclusion_proof(node, index, newest.size) for index in indices}
    return Proof(newest.size, newest.note, paths)
