"""Open files: each connection is one, and the usual limit of 1,024 is far below what a listener may serve."""

import asyncio
import json
import logging
from typing import Any

JOURNAL = logging.getLogger("murasalat")

resource: Any
try:
    import resource
except ImportError:  # not on every platform
    resource = None


def raise_limit(wanted: int) -> int:
    """Raise this process's limit of open files towards `wanted`, as far as the system lets it.

    Returns how many of them are allowed then, `wanted` at most.
    """
    if resource is None:
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return wanted
    most: int = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most


class Exhaustion:
    """The loop's exception handler, which says once a second that no file is left for a connection.

    asyncio says it as often as connections may wait, each time with a traceback, and tries again a second later.
    """

    def __init__(self) -> None:
        self._said = float("-inf")

    def __call__(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Hear what went wrong in the loop; anything else goes the usual way."""
        if not str(context.get("message")).startswith("socket.accept() out of system resource"):
            loop.default_exception_handler(context)
        elif loop.time() - self._said >= 1.0:
            self._said = loop.time()
            JOURNAL.error(json.dumps({"event": "open-files-exhausted", "why": str(context.get("exception"))}))
