"""An instance's home: what `init` makes and what `serve` and the commands open.

murasalat.toml   settings                    ca.pem ca.key          own certificate authority
murasalat.db     letters and evidence        server.pem server.key  the listeners' certificate
log.key          Ed25519 key of the log      seal/                  OpenPGP home of the receipts' key
                                             verify/                keyrings for GnuPG, rebuilt when missing
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from gateway.config.reading import load
from gateway.config.tree import Config
from gateway.runtime.clock import utc_now
from gateway.signatures.notes import LogSigner
from gateway.signatures.sealing import Sealer
from mailstore.database.transaction import Store
from policies.evidence import Issuer
from policies.settings import Attitude, HtmlAlone, PolicySettings
from policies.signature import SigningSettings


def database_url(home: Path, config: Config) -> str:
    """Return the database URL; a relative SQLite path counts from the home directory."""
    url = config.database.url
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/"):
        return prefix + str((home / url.removeprefix(prefix)).resolve())
    return url


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
        header_protection=policy.header_protection,
        header_protection_grades=frozenset(policy.header_protection_grades),
        html_scripts=Attitude(policy.html_scripts),
        html_forms=Attitude(policy.html_forms),
        html_remote=Attitude(policy.html_remote),
        html_alternatives=Attitude(policy.html_alternatives),
        html_alone=HtmlAlone(policy.html_alone),
        macros=Attitude(policy.macros),
        date_days=policy.date_days,
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

    @property
    def public_host(self) -> str:
        """The name by which mail programs reach this instance."""
        return self.config.instance.host or self.config.listen.host

    def path(self, name: str) -> Path:
        """Return a configured path; relative ones count from the home directory."""
        return self.home / name

    def sealer(self) -> Sealer:
        """Return what seals receipts. Raises SealingError, OSError or ValueError."""
        in_process = self.config.signing.seal_key == "process"
        return Sealer(self.home / "seal", self.config.instance.receipts, in_process=in_process)

    def close(self) -> None:
        """Close the store."""
        self.store.close()


def open_instance(home: Path, *, clock: Callable[[], datetime] = utc_now) -> Instance:
    """Open an instance. Raises ConfigError, StoreUnavailable or UnsafeStore."""
    config = load(home)
    return Instance(home, config, Store(database_url(home, config), clock=clock), LogSigner(home / "log.key"))
