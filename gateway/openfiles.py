"""Open files: each connection is one, and the usual limit of 1,024 is far below what a listener may serve."""

from typing import Any

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
