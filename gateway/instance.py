"""An instance's home: what `init` makes and what `serve` and the commands open.

murasalat.toml   settings                    ca.pem ca.key          own certificate authority
murasalat.db     letters and evidence        server.pem server.key  the listeners' certificate
log.key          Ed25519 key of the log      seal/                  OpenPGP home of the receipts' key
                                             verify/                keyrings for GnuPG, rebuilt when missing

Invariant: an instance is made whole or not at all; the settings file, which says that there is one, is written last.
"""

import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from gateway.certificates import create_authority, create_server, write_secret
from gateway.config import FILE, Config, ConfigError, load, sample
from gateway.signatures.notes import LogSigner
from gateway.signatures.sealing import Sealer
from mailstore.transaction import Store, Unit, utc_now
from mailstore.upgrade import initialise
from policies.evidence import Issuer
from policies.settings import PolicySettings
from policies.signing import SigningSettings


def database_url(home: Path, config: Config) -> str:
    """Return the database URL; a relative SQLite path counts from the home directory."""
    url = config.database.url
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/"):
        return prefix + str((home / url.removeprefix(prefix)).resolve())
    return url


def create(home: Path, config: Config, now: datetime, fill: Callable[[Unit], object] | None = None) -> None:
    """Make a new instance; `fill` writes its first rows.

    Raises ConfigError when the directory holds an instance or a part of one. When a step fails, what was made is
    removed before the fault goes on, so that the same can be tried again.
    """
    parts = _parts(home, config)
    for one in parts:
        if one.exists():
            raise ConfigError(
                f"{one}: an instance exists here already, or a part of one; choose another --home"
            )
    folders = [one for one in (home, *home.parents) if not one.exists()]
    try:
        _make(home, config, now, fill)
    except BaseException as fault:
        _remove(parts, folders)
        if isinstance(fault, OSError) and not home.is_dir():
            raise ConfigError(f"{home}: cannot be made: {fault.strerror}") from fault
        raise


def _make(home: Path, config: Config, now: datetime, fill: Callable[[Unit], object] | None) -> None:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    create_authority(home, now)
    create_server(home, ["localhost", config.listen.host, "127.0.0.1", "::1"], now)
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


def policy_settings(config: Config) -> PolicySettings:
    """Return the rules' settings as configured."""
    policy = config.policy
    return PolicySettings(
        signing=SigningSettings(
            oldest=timedelta(hours=policy.signature_oldest_hours),
            newest=timedelta(minutes=policy.signature_newest_minutes),
            rsa_bits=policy.rsa_bits,
        ),
        max_size=policy.max_size,
        max_recipients=policy.max_recipients,
        require_header_protection=policy.require_header_protection,
    )


@dataclass(frozen=True, slots=True)
class Instance:
    """An opened instance: its home, settings, store and the log's key."""

    home: Path
    config: Config
    store: Store
    log_key: LogSigner

    @property
    def issuer(self) -> Issuer:
        """Who stands behind this node's records."""
        return Issuer(self.config.instance.node, self.log_key.key_id(self.config.instance.origin).hex())

    def path(self, name: str) -> Path:
        """Return a configured path; relative ones count from the home directory."""
        return self.home / name

    def close(self) -> None:
        """Close the store."""
        self.store.close()


def open_instance(home: Path, *, clock: Callable[[], datetime] = utc_now) -> Instance:
    """Open an instance. Raises ConfigError, StoreUnavailable or UnsafeStore."""
    config = load(home)
    return Instance(home, config, Store(database_url(home, config), clock=clock), LogSigner(home / "log.key"))
