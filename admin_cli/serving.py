"""Serve an instance as its own process, as an administrator would: for the demo and the benchmarks."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DRAIN_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Served:
    """A gateway that accepts: its process, and (host, port) by listener."""

    process: "subprocess.Popen[str]"
    listeners: dict[str, tuple[str, int]]

    @property
    def pid(self) -> int:
        """The process's number."""
        return self.process.pid


@contextmanager
def served(home: Path) -> Iterator[Served]:
    """Serve until the block ends, then let it drain; its journal goes to `journal.log` in the home.

    It has a session of its own, so that Ctrl-C reaches the caller alone. Raises OSError when it does not start.
    """
    journal = home / "journal.log"
    with journal.open("ab") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own program, on a home that we just made
            [sys.executable, "-m", "admin_cli", "serve", "--home", str(home)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            start_new_session=True,
        )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise OSError(f"the gateway did not start: {journal.read_text(encoding='utf-8')[-500:]}")
        found = json.loads(line)["listeners"]
        yield Served(process, {name: (str(host), int(port)) for name, (host, port) in found.items()})
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
