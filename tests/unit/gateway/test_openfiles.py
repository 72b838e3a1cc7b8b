import resource
import subprocess
import sys

from gateway.openfiles import raise_limit

SCRIPT = """
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 300))
from gateway.openfiles import raise_limit
print(raise_limit(50), raise_limit(200), *resource.getrlimit(resource.RLIMIT_NOFILE), raise_limit(1000))
"""


def test_the_limit_goes_up_as_far_as_it_may_and_never_down() -> None:
    """In a process of its own: a limit that was lowered stays low."""
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["100", "200", "200", "300", "300"]


def test_nothing_changes_where_enough_is_allowed() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert raise_limit(1) >= 1
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before
