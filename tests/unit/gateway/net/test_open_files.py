import asyncio
import errno
import resource
import subprocess
import sys

import pytest

from gateway.net.open_files import Exhaustion, raise_limit

SCRIPT = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 300))
from gateway.net.open_files import raise_limit
print(raise_limit(50), raise_limit(200), *resource.getrlimit(resource.RLIMIT_NOFILE), raise_limit(1000))
"""


def test_the_limit_goes_up_as_far_as_it_may_and_never_down() -> None:
    """In a process of its own: a limit that was lowered stays low."""
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["50", "200", "200", "300", "300"]


def test_nothing_changes_where_enough_is_allowed() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert raise_limit(1) == 1
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


async def test_running_out_of_files_is_said_once_a_second(caplog: pytest.LogCaptureFixture) -> None:
    loop, handler = asyncio.get_running_loop(), Exhaustion()
    full = {
        "message": "socket.accept() out of system resource",
        "exception": OSError(errno.EMFILE, "Too many open files"),
    }
    for _ in range(500):
        handler(loop, full)
    assert [record.getMessage() for record in caplog.records] == [
        '{"event": "open-files-exhausted", "why": "[Errno 24] Too many open files"}'
    ]
    assert caplog.records[0].exc_info is None


async def test_any_other_fault_in_the_loop_is_told_as_ever(caplog: pytest.LogCaptureFixture) -> None:
    Exhaustion()(asyncio.get_running_loop(), {"message": "something else", "exception": ValueError("x")})
    assert [record.name for record in caplog.records] == ["asyncio"]
    assert caplog.records[0].exc_info is not None
