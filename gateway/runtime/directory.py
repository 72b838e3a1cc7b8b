"""The directory as the conversations see it: one snapshot in memory, renewed when its version moves.

Invariant: nothing is decided on a snapshot older than the last committed change: each use compares versions first.
"""

from gateway.runtime.offload import Offload
from mailstore.directory import directory as store
from policies.people.directory import Directory


class CurrentDirectory:
    """Gives the present directory snapshot."""

    def __init__(self, offload: Offload) -> None:
        self._offload = offload
        self._snapshot: Directory | None = None

    async def get(self) -> Directory:
        """Return the directory as of now. Raises Unavailable."""
        known = self._snapshot
        if known is None or await self._offload.glance(store.version) != known.version:
            known = self._snapshot = await self._offload.read(store.snapshot)
        return known
