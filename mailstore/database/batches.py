"""Many names of rows, cut into runs that fit into one statement."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
_BATCH = 500  # names in one statement


def batches(names: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut names of rows into runs that fit into one statement."""
    return (names[start : start + _BATCH] for start in range(0, len(names), _BATCH))
