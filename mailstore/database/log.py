"""The Merkle log over the evidence records (RFC 9162 section 2.1), its stored nodes, proofs and checkpoints.

Invariants:
- Leaf indices are contiguous from 0 and are assigned in commit order: the writer holds the head's lock.
- The hash of every complete subtree is stored once, so a root or a proof costs O(log n) look-ups.
- A checkpoint is only ever made of a committed size.
"""

import hashlib
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, bindparam, insert, select

from mailstore.database import schema
from mailstore.database.prepared import Prepared
from mailstore.faults import DamagedStore

Hash = bytes
NodeReader = Callable[[int, int], Hash]


def leaf_hash(record: bytes) -> Hash:
    """Return the hash of a leaf: SHA-256 over 0x00 and the record."""
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: Hash, right: Hash) -> Hash:
    """Return the hash of an inner node: SHA-256 over 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = hashlib.sha256().digest()
_INSERT = Prepared(insert(schema.log_nodes), ("level", "position", "hash"))
_NODE = Prepared(
    select(schema.log_nodes.c.hash).where(
        schema.log_nodes.c.level == bindparam("level"), schema.log_nodes.c.position == bindparam("position")
    )
)


def append_leaves(connection: Connection, size: int, leaves: Sequence[Hash]) -> None:
    """Store the nodes that `leaves` complete when appended to a log of `size` leaves."""
    if not leaves:
        return
    known = _left_siblings(connection, size, size + len(leaves))
    rows: list[dict[str, object]] = []
    for index, leaf in enumerate(leaves, start=size):
        level, position, value = 0, index, leaf
        rows.append({"level": 0, "position": index, "hash": leaf})
        while position & 1:
            value = node_hash(known.pop(level), value)
            level, position = level + 1, position >> 1
            rows.append({"level": level, "position": position, "hash": value})
        known[level] = value  # it waits for its right sibling
    _INSERT.run(connection, rows)


def _left_siblings(connection: Connection, size: int, grown: int) -> dict[int, Hash]:
    """Return, by level, the stored subtree roots that a log growing from `size` to `grown` hashes further."""
    found = {}
    for level in range(size.bit_length()):
        waiting = size >> level
        if waiting & 1 and grown >> (level + 1) > waiting >> 1:
            found[level] = read_node(connection, level, waiting - 1)
    return found


def read_node(connection: Connection, level: int, position: int) -> Hash:
    """Return a stored node. Raises DamagedStore when the log lacks it."""
    value = _NODE.value(connection, {"level": level, "position": position})
    if value is None:
        raise DamagedStore(f"the log lacks node {position} of level {level}")
    return bytes(value)


def subtree_root(node: NodeReader, start: int, end: int) -> Hash:
    """Return the tree hash of leaves [start, end); a subtree of that size must be able to begin at `start`."""
    width = end - start
    if width == 0:
        return EMPTY_ROOT
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, start >> level)
    split = 1 << ((width - 1).bit_length() - 1)
    return node_hash(subtree_root(node, start, start + split), subtree_root(node, start + split, end))


def root(connection: Connection, size: int) -> Hash:
    """Return the root of the log's first `size` leaves."""
    return subtree_root(lambda level, position: read_node(connection, level, position), 0, size)


def inclusion_proof(node: NodeReader, index: int, size: int) -> list[Hash]:
    """Return the path that proves leaf `index` is in the tree of `size` leaves (RFC 9162 section 2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a log of {size}")

    def path(start: int, end: int) -> list[Hash]:
        if end - start == 1:
            return []
        split = start + (1 << ((end - start - 1).bit_length() - 1))
        if index < split:
            return [*path(start, split), subtree_root(node, split, end)]
        return [*path(split, end), subtree_root(node, start, split)]

    return path(0, size)


def root_from_inclusion(leaf: Hash, index: int, size: int, proof: Sequence[Hash]) -> Hash:
    """Return the root that an inclusion proof leads to (RFC 9162 section 2.1.3.2).

    Raises ValueError when the proof has the wrong length.
    """
    if not 0 <= index < size:
        raise ValueError("the index is outside the tree")
    at, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ValueError("the proof is too long")
        if at & 1 or at == last:
            value = node_hash(sibling, value)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        at, last = at >> 1, last >> 1
    if last:
        raise ValueError("the proof is too short")
    return value


def consistency_proof(node: NodeReader, old: int, size: int) -> list[Hash]:
    """Return the proof that the log of `size` leaves extends that of `old` (RFC 9162 section 2.1.4.1)."""
    if not 0 < old <= size:
        raise ValueError(f"no log of {old} leaves before one of {size}")

    def path(first: int, start: int, end: int, complete: bool) -> list[Hash]:
        if first == end - start:
            return [] if complete else [subtree_root(node, start, end)]
        width = 1 << ((end - start - 1).bit_length() - 1)
        split = start + width
        if first <= width:
            return [*path(first, start, split, complete), subtree_root(node, split, end)]
        return [*path(first - width, split, end, False), subtree_root(node, start, split)]

    return path(old, 0, size, True)


def verify_consistency(old: int, old_root: Hash, size: int, new_root: Hash, proof: Sequence[Hash]) -> bool:
    """Whether `proof` shows that the tree of `size` extends that of `old` (RFC 9162 section 2.1.4.2)."""
    if old == size:
        return not proof and old_root == new_root
    if not 0 < old < size or not proof:
        return False
    steps = list(proof)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root
