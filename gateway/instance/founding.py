"""Make a new instance: certificates, keys, database, settings.

Invariant: an instance is made whole or not at all; the settings file, which says that there is one, is written last.
"""

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from gateway.config.reading import FILE, ConfigError
from gateway.config.sample import sample
from gateway.config.tree import Config
from gateway.instance.certificates import create_authority, create_server, write_secret
from gateway.instance.home import database_url
from gateway.signatures.notes import LogSigner
from gateway.signatures.sealing import Sealer
from mailstore.database.transaction import Store, Unit
from mailstore.upgrade import initialise


def create(home: Path, config: Config, now: datetime, fill: Callable[[Unit], object] | None = None) -> None:
    """Make a new instance; `fill` writes its first rows.

    Raises ConfigError when the directory holds an instance or a part of one. When a step fails, what was made is
    removed before the fault goes on, so that the same can be tried again.
    """
    parts = _parts(home, config)
    for one in parts:
        if one.exists():
            raise ConfigError(
                f"{one}: an instance exists here already, or a part of one; choose another --home",
                f"{one}: توجد هنا نسخة أو جزء منها؛ اختر --home آخر",
            )
    if home.is_dir() and home.stat().st_mode & 0o077:
        raise ConfigError(
            f"{home}: others can enter this directory; run: chmod 700 {home}",
            f"{home}: هذا المجلد مفتوح لغيرك؛ نفّذ: chmod 700 {home}",
        )
    folders = [one for one in (home, *home.parents) if not one.exists()]
    try:
        _make(home, config, now, fill)
    except BaseException as fault:
        _remove(parts, folders)
        if isinstance(fault, OSError) and not home.is_dir():
            raise ConfigError(
                f"{home}: cannot be made: {fault.strerror}", f"{home}: تعذّر إنشاؤه: {fault.strerror}"
            ) from fault
        raise


def _make(home: Path, config: Config, now: datetime, fill: Callable[[Unit], object] | None) -> None:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    create_authority(home, now)
    create_server(home, _hosts(config), now)
    LogSigner.create(home / "log.key")
    with Sealer(home / "seal", config.instance.receipts) as sealer:
        sealer.create()
    url = database_url(home, config)
    initialise(url, config.instance.origin)
    if fill is not None:
        store = Store(url, clock=lambda: now)
        try:
            store.write(fill)
        finally:
            store.close()
    write_secret(home / FILE, sample(config).encode())  # a database URL may hold a password


def _hosts(config: Config) -> list[str]:
    """Return the names in the server certificate, the public one first."""
    return [
        name for name in (config.instance.host, "localhost", config.listen.host, "127.0.0.1", "::1") if name
    ]


def _parts(home: Path, config: Config) -> list[Path]:
    """Return everything that `_make` makes; the tables of a database server are made as one, and stay."""
    names = (FILE, "log.key", "seal", "server.pem", "server.key", "ca.pem", "ca.key")
    kind, _, database = database_url(home, config).partition(":///")
    files = [Path(f"{database}{suffix}") for suffix in ("", "-wal", "-shm")] if kind == "sqlite" else []
    return [*(home / name for name in names), *files]


def _remove(parts: list[Path], folders: list[Path]) -> None:
    for one in parts:
        with suppress(OSError):
            shutil.rmtree(one) if one.is_dir() else one.unlink()
    for one in folders:
        with suppress(OSError):
            one.rmdir()
