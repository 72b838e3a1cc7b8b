"""The composition root: every part made once, wired, started and stopped in order.

Start: store, use cases, receipts' worker, listeners. Stop: listeners drain, work ends, a last checkpoint, the store.
"""

import asyncio
import json
import logging
import signal
import ssl
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.config.quirks import read_quirk
from gateway.config.reading import ConfigError
from gateway.config.tree import Config, ImapSection
from gateway.evidence.checkpointing import keep_signing
from gateway.imap.server import ImapServer
from gateway.imap.settings import ImapSettings
from gateway.imap.settings import Ports as ImapPorts
from gateway.instance.certificates import expiry
from gateway.instance.home import Instance, open_instance, policy_settings
from gateway.letters.examination import verifier
from gateway.letters.intake import Intake
from gateway.letters.opening import Opening
from gateway.letters.registering import Standing
from gateway.letters.unlinking import Unlinking
from gateway.login.accounts import Accounts
from gateway.login.attempts import Login
from gateway.login.throttle import Throttle
from gateway.net.open_files import Exhaustion, raise_limit
from gateway.net.tls import server_context
from gateway.receipts.issuing import Receipting
from gateway.runtime.clock import Clock, utc_now
from gateway.runtime.directory import CurrentDirectory
from gateway.runtime.journal import start_journal
from gateway.runtime.offload import Offload
from gateway.signatures.openpgp.batches import GnupgBatches
from gateway.signatures.selftest import self_test
from gateway.smtp.settings import Ports, Settings
from gateway.smtp.submission import SubmissionService
from mailstore.directory.credentials import salt_key

JOURNAL = logging.getLogger("murasalat")
GRACE_SECONDS = 10.0
OTHER_FILES = 256
"""Open files besides connections: the database, its log, engines, pipes."""
Listeners = dict[str, tuple[str, int]]


class Gateway:
    """One running node."""

    def __init__(self, instance: Instance, clock: Clock = utc_now) -> None:
        self.instance = instance
        config = instance.config
        self.offload = Offload(instance.store)
        self.directory = CurrentDirectory(self.offload)
        self.sealer = instance.sealer()
        self.receipting = Receipting(
            self.offload,
            self.sealer,
            instance.issuer,
            config.instance.receipts,
            clock,
            instance.log_key.sign,
            hijri_offset=config.instance.hijri_offset,
        )
        name = config.instance.receipts.rpartition("@")[2]
        self.gnupg = GnupgBatches(verifier(instance.home))
        standing = Standing(
            name,
            config.instance.host or name,
            instance.issuer,
            policy_settings(config),
            self.gnupg,
            instance.log_key.sign,
        )
        self.intake = Intake(self.offload, self.directory, standing, self.receipting.wake)
        self.opening = Opening(self.offload, instance.issuer, self.receipting.wake)
        asked = bool(config.tls.officer_ca)
        accounts = Accounts(self.offload, self.directory, officers_by_certificate=asked)
        salts = instance.store.read(salt_key)
        self.login = Login(accounts.credentials, accounts.of_certificate, Throttle(), salt_key=salts)
        # Asked for a certificate, mail programs show people a choice of theirs: officers only where it is set.
        self._context = self._tls("officer_ca")
        settings = Settings(
            hostname=name,
            bilingual=config.submission.arabic_replies,
            size_limit=config.policy.max_size,
            recipient_limit=config.policy.max_recipients,
            connections=config.submission.max_connections,
            connections_per_source=config.submission.max_connections_per_source,
            command_seconds=config.submission.idle_seconds,
        )
        ports = Ports(self.login, self.intake.submit, self.intake.reject, clock, self.directory.get)
        self.submission = SubmissionService(settings, ports, self._context)
        self.systems = SubmissionService(
            replace(settings, channel="systems", bare_paths=True), ports, self._tls("client_ca")
        )
        self.imap = ImapServer(
            _imap_settings(config.imap),
            ImapPorts(
                self.offload, self.directory, self.login, self.opening, Unlinking(instance.issuer), clock
            ),
            self._context,
        )
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def _tls(self, setting: str) -> ssl.SSLContext:
        """Return a listener's TLS that asks for certificates of the CA in this setting, if it is set."""
        tls, path = self.instance.config.tls, self.instance.path
        authority: str = getattr(tls, setting)
        if not authority:
            return server_context(path(tls.certificate), path(tls.key))
        try:
            expiry(path(authority).read_bytes())
        except (OSError, ValueError) as fault:
            raise ConfigError(
                f"[tls] {setting}: {path(authority)}: not a PEM certificate: {fault}",
                f"‎[tls] {setting}: {path(authority)}: ليس شهادة PEM: {fault}",
            ) from None
        return server_context(path(tls.certificate), path(tls.key), path(authority))

    async def start(self) -> Listeners:
        """Start the workers and the listeners; return where each one listens. Raises EngineUnfit before anything."""
        await self.offload.call(self_test, self.sealer, self.gnupg.verifier)
        self._spawn(self.receipting.run(self._stop))
        self._spawn(keep_signing(self.instance, self.offload, self._stop))
        listen = self.instance.config.listen
        submission = await self.submission.start(listen.host, listen.submission_port)
        systems = await self.systems.start(listen.host, listen.systems)
        imap = await self.imap.start(listen.host, listen.imap_port)
        return {"submission": submission[0], "imap": imap[0], "systems": systems[0]}

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    async def close(self) -> None:
        """Drain the listeners, let the workers end, and close everything."""
        listeners = (self.submission, self.systems, self.imap)
        await asyncio.gather(*(one.close(GRACE_SECONDS) for one in listeners))
        self._stop.set()
        self.receipting.wake()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.login.close()
        await asyncio.to_thread(self.gnupg.close)
        self.offload.close()
        self.instance.close()
        self.sealer.close()


def _imap_settings(section: ImapSection) -> ImapSettings:
    return ImapSettings(
        append_limit=section.max_append,
        connections=section.max_connections,
        connections_per_source=section.max_connections_per_source,
        idle_seconds=section.idle_seconds,
        keywords=section.max_keywords,
        mailboxes=section.max_mailboxes,
        uploads_per_account=section.uploads_per_account,
        commands_before_login=section.commands_before_login,
        utf8=section.utf8,
        xlist=section.xlist,
        withheld=tuple(map(read_quirk, section.withheld)),
    )


def _allow_open_files(config: Config) -> None:
    """See to it that as many connections as are served can be open, or say that they cannot."""
    wanted = config.imap.max_connections + config.submission.max_connections + OTHER_FILES
    allowed = raise_limit(wanted)
    if allowed < wanted:
        JOURNAL.warning(json.dumps({"event": "open-files", "allowed": allowed, "wanted": wanted}))


async def run_until_stopped(
    home: Path, ready: Callable[[Listeners, str, str], None], *, clock: Clock = utc_now
) -> None:
    """Run a node until SIGTERM or SIGINT; `ready` is called once, when every port accepts."""
    start_journal()
    gateway = Gateway(open_instance(home, clock=clock), clock)
    _allow_open_files(gateway.instance.config)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(Exhaustion())
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # not on every platform
            loop.add_signal_handler(number, stopped.set)
    try:
        listeners = await gateway.start()
        ready(listeners, str((home / "ca.pem").absolute()), gateway.instance.public_host)
        await stopped.wait()
    finally:
        await gateway.close()
