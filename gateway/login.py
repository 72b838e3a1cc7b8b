"""Who is it? One login, proved by a password or by a TLS client certificate.

Invariants:
- Unknown, suspended and known logins cost the same work and get the same answer: None.
- A suspended account is refused, and a system from outside its networks, whatever it proves.
- Only a success is cached: for `cache_seconds`, under an HMAC of login and secret with a key that lives as
  long as this object, and only while the credentials keep their version. The secret itself is never kept.
- Every attempt with a secret of its own is counted by the throttle before anything is looked up.
"""

import asyncio
import hmac
import json
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import TypeVar

from gateway.connections import neighbourhood
from gateway.faults import Throttled
from gateway.passwords import Rank, VerificationRoom, generate_secret, hash_secret
from gateway.throttle import Throttle
from policies.identity import Account

K = TypeVar("K")
V = TypeVar("V")

_JOURNAL = logging.getLogger("murasalat.login")

LOGIN_CHARACTERS = 254
SECRET_CHARACTERS = 256
_CACHED = 4096
_KNOWN = 20_000  # pairs of login and source that are remembered as having succeeded
_ALARM_FAILURES = 30  # failures a minute from one source that are put into the journal as guessing


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an account proves itself with: Argon2id hashes, one for each app password.

    `version` changes whenever the hashes do.
    """

    account: Account
    hashes: tuple[str, ...]
    version: int | str


class Login:
    """Checks logins. `load` finds credentials by lower-case login, `load_certificate` an account by fingerprint."""

    def __init__(
        self,
        load: Callable[[str], Awaitable[Credentials | None]],
        load_certificate: Callable[[str], Awaitable[Account | None]],
        throttle: Throttle,
        room: VerificationRoom | None = None,
        *,
        cache_seconds: float = 60.0,
        now: Callable[[], float] = time.monotonic,
        alarm: Callable[[str], None] | None = None,
    ) -> None:
        """Take the ports; `now` is a monotonic clock; `alarm` hears a guesser's address, once a minute."""
        self._load = load
        self._load_certificate = load_certificate
        self._throttle = throttle
        self._room = room or VerificationRoom()
        self._cache_seconds = cache_seconds
        self._now = now
        self._alarm = alarm
        self._alarms: OrderedDict[str, float] = OrderedDict()
        self._key = secrets.token_bytes(32)
        self._came_from: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._cache: OrderedDict[bytes, tuple[float, int | str]] = OrderedDict()
        self._running: dict[tuple[bytes, str], asyncio.Future[Account | None]] = {}
        self._nobody = (hash_secret(generate_secret()),)

    async def password(self, login: str, secret: str, source: str) -> Account | None:
        """Return the account of `login` when `secret` is its password, or None.

        `source` is the peer's IP address. Raises Throttled after too many failures, and Unavailable when too
        many others wait; what the ports raise passes through.
        """
        if not login or "\0" in login or len(login) > LOGIN_CHARACTERS or len(secret) > SECRET_CHARACTERS:
            login, secret = "", ""  # no account has this name; it is answered as any unknown one
        login = login.lower()  # one account to the throttle, however its name is written
        proof = hmac.digest(self._key, f"{login}\0{secret}".encode("utf-8", "surrogatepass"), "sha256")
        running = self._running.get((proof, source))
        if running is None:
            # One verification for a mail program that opens several connections at once.
            running = asyncio.ensure_future(self._attempt(login, secret, source, proof))
            self._running[proof, source] = running
            running.add_done_callback(lambda done: self._finished((proof, source), done))
        return await asyncio.shield(running)

    def _finished(self, key: tuple[bytes, str], done: asyncio.Future[Account | None]) -> None:
        del self._running[key]
        if not done.cancelled():
            done.exception()  # whoever asked has heard it, or has gone

    async def certificate(self, fingerprint: str, source: str) -> Account | None:
        """Return the account of a client certificate that TLS verified, by its SHA-256 in hex, or None."""
        account = await self._load_certificate(fingerprint.lower())
        if account is None or not _may_log_in(account, source):
            return None
        return replace(account, method="certificate")

    def close(self) -> None:
        """Stop verifying."""
        self._room.close()

    async def _attempt(self, login: str, secret: str, source: str, proof: bytes) -> Account | None:
        if not self._throttle.admit(login, source):
            self._sound_alarm(source)
            raise Throttled("too many failed logins")
        try:
            account = await self._verified(login, secret, source, proof)
        except BaseException:
            self._throttle.forgive(login, source)
            raise
        if account is not None:
            self._throttle.forgive(login, source)
        elif self._failures(source) >= _ALARM_FAILURES:
            self._sound_alarm(source)
        return account

    async def _verified(self, login: str, secret: str, source: str, proof: bytes) -> Account | None:
        credentials = await self._load(login) if login else None
        hashes = (credentials.hashes if credentials else ()) or self._nobody
        known = credentials is not None and self._remembered(proof, credentials.version)
        if not known:
            known = await self._room.matches(hashes, secret, source, self._rank(login, source))
        if credentials is None or not known or not _may_log_in(credentials.account, source):
            return None
        self._remember(proof, credentials.version)
        _keep(self._came_from, (login, neighbourhood(source)), None, _KNOWN)
        return replace(credentials.account, method="password")

    def _rank(self, login: str, source: str) -> Rank:
        return Rank.KNOWN if (login, neighbourhood(source)) in self._came_from else Rank.ORDINARY

    def _failures(self, source: str) -> int:
        return self._throttle.attempts(source) - self._room.taken(source)

    def _remembered(self, proof: bytes, version: int | str) -> bool:
        until, of_version = self._cache.get(proof, (0.0, ""))
        return self._now() < until and of_version == version

    def _remember(self, proof: bytes, version: int | str) -> None:
        if self._remembered(proof, version):
            return  # a success from the cache does not lengthen its own life
        _keep(self._cache, proof, (self._now() + self._cache_seconds, version), _CACHED)

    def _sound_alarm(self, source: str) -> None:
        key, now = neighbourhood(source), self._now()
        if now < self._alarms.get(key, now):
            return
        _keep(self._alarms, key, now + 60.0, _CACHED)
        _JOURNAL.warning(json.dumps({"event": "password-guessing", "source": key}))
        if self._alarm is not None:
            self._alarm(key)


def _keep(kept: OrderedDict[K, V], key: K, value: V, most: int) -> None:
    """Put an entry at the end; the oldest leaves when there are more than `most`."""
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)


def _may_log_in(account: Account, source: str) -> bool:
    if account.system is None:
        return account.officer is not None and not account.officer.suspended
    if account.system.suspended or account.officer is not None:
        return False
    try:
        address = ip_address(source)
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in ip_network(network, strict=False) for network in account.system.networks)
    except ValueError:
        return False
