"""Who is it? One login, proved by a password, by knowing it (SCRAM), or by a TLS client certificate.

Invariants:
- Unknown, suspended and known logins cost the same work and get the same answer: None.
- A suspended account is refused, and a system from outside its networks, whatever it proves.
- Only a success is cached: for a minute, under an HMAC of login and secret with a key that lives as
  long as this object, and only while the credentials keep their version. The secret itself is never kept.
- Every attempt with a secret of its own is counted by the throttle before anything is looked up; one of SCRAM when
  the login is named, and it stays counted when it is broken off.
- Who has succeeded from a source is locked out from there by nobody: when too many attempts failed, the secret that
  succeeded before is still taken, and no other. To find that it is another costs nothing that Argon2id or the
  database would have to do.
- SCRAM's first answer is made without a look-up: only the right proof tells that there is such an account.
"""

import asyncio
import hmac
import json
import logging
import secrets
import time
from collections import Counter, OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network
from typing import NoReturn, TypeVar

from gateway.login.passwords import Rank, VerificationRoom, canonical, generate_secret, hash_secret
from gateway.login.scram import (
    ITERATIONS,
    ClientFirst,
    Exchange,
    Keys,
    Proof,
    nobodys_keys,
    read_keys,
    salt_of,
    stored_keys,
)
from gateway.login.throttle import Throttle
from gateway.net.connections import neighbourhood
from gateway.runtime.faults import Throttled
from policies.people.identity import Account

K = TypeVar("K")
V = TypeVar("V")

_JOURNAL = logging.getLogger("murasalat.login")

LOGIN_CHARACTERS = 254
SECRET_CHARACTERS = 256
_CACHED = 4096
_CACHE_SECONDS = 60.0
_KNOWN = 20_000  # pairs of login and source that are remembered as having succeeded
_ALARM_FAILURES = 30  # failures a minute from one source that are put into the journal as guessing


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an account proves itself with: Argon2id hashes, one for each app password.

    `version` changes whenever the hashes do. `scram` are the SCRAM keys of the same passwords, in the form of RFC 5803,
    one for each spelling that SCRAM takes with blanks between, or empty; `names` is what the directory calls these.
    """

    account: Account
    hashes: tuple[str, ...]
    version: int | str
    scram: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def proved(self, method: str, place: int) -> Account:
        """Return the account as proved by the password at this place."""
        name = self.names[place] if place < len(self.names) else ""
        return replace(self.account, method=method, credential=name)


@dataclass(frozen=True, slots=True)
class Proven:
    """An account that proved by SCRAM that it knows its password; `confirmation` proves ours to the client."""

    account: Account
    confirmation: bytes


@dataclass(frozen=True, slots=True)
class _Familiar:
    """What succeeded for one login from one source: HMACs of login and secret, and SCRAM keys; the latest first."""

    proofs: tuple[bytes, ...] = ()
    keys: tuple[Keys, ...] = ()


_NEVER_CAME = _Familiar()
_FAMILIAR = 4  # secrets of one login that are remembered for one source: its devices


class Login:
    """Checks logins. `load` finds credentials by lower-case login, `load_certificate` an account by fingerprint."""

    def __init__(
        self,
        load: Callable[[str], Awaitable[Credentials | None]],
        load_certificate: Callable[[str], Awaitable[Account | None]],
        throttle: Throttle,
        room: VerificationRoom | None = None,
        *,
        salt_key: bytes | None = None,
        now: Callable[[], float] = time.monotonic,
        alarm: Callable[[str], None] | None = None,
    ) -> None:
        """Take the ports; `now` is a monotonic clock; `alarm` hears a guesser's address, once a minute.

        `salt_key` is the key of the SCRAM salts by which the accounts' keys were made; None: no account has any.
        """
        self._load = load
        self._load_certificate = load_certificate
        self._throttle = throttle
        self._room = room or VerificationRoom()
        self._now = now
        self._alarm = alarm
        self._alarms: OrderedDict[str, float] = OrderedDict()
        self._key = secrets.token_bytes(32)
        self._came_from: OrderedDict[tuple[str, str], _Familiar] = OrderedDict()
        self._cache: OrderedDict[bytes, tuple[float, int | str, int]] = OrderedDict()
        self._running: dict[tuple[bytes, str], asyncio.Future[Account | None]] = {}
        self._nobody = (hash_secret(generate_secret()),)
        self._salt_key = salt_key or secrets.token_bytes(32)
        self._nobodys_keys = (nobodys_keys(), nobodys_keys())  # as many as an account has
        self._exchanges: Counter[str] = Counter()

    async def password(self, login: str, secret: str, source: str) -> Account | None:
        """Return the account of `login` when `secret` is its password, or None.

        `source` is the peer's IP address. Raises Throttled after too many failures, and Unavailable when too
        many others wait; what the ports raise passes through.
        """
        login = _canonical(login)
        if not login or len(secret) > SECRET_CHARACTERS:
            login, secret = "", ""
        proof = hmac.digest(
            self._key, f"{login}\0{canonical(secret)}".encode("utf-8", "surrogatepass"), "sha256"
        )
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

    @contextmanager
    def scram(self, first: ClientFirst, login: str, source: str) -> Iterator["ScramAttempt"]:
        """Begin an attempt to log in as `login` by SCRAM-SHA-256, and end it with the block.

        `login` is `first.login`, or the part of it that names the account. Raises Throttled.
        """
        login = _canonical(login)
        counted = self._throttle.admit(login, source)
        if not counted and not self._familiar(login, source).keys:
            self._refuse(source)
        key = neighbourhood(source)
        self._exchanges[key] += 1
        exchange = Exchange(first, salt_of(self._salt_key, login))
        attempt = ScramAttempt(self, exchange, login, source, counted=counted)
        try:
            yield attempt
        finally:
            self._exchanges[key] -= 1
            if not self._exchanges[key]:
                del self._exchanges[key]
            if counted and not attempt.forgiven:
                self._heed(source)

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
        counted = self._throttle.admit(login, source)
        if not counted and not await self._succeeded_before(login, secret, source, proof):
            self._refuse(source)
        try:
            account = await self._verified(login, secret, source, proof)
        except BaseException:
            if counted:
                self._throttle.forgive(login, source)
            raise
        self.settle(login, source, counted=counted, succeeded=account is not None)
        if account is None and counted:
            self._heed(source)
        return account

    async def _succeeded_before(self, login: str, secret: str, source: str, proof: bytes) -> bool:
        """Whether this secret is one that succeeded from there before: by what is remembered, looking nothing up."""
        familiar = self._familiar(login, source)
        if any(hmac.compare_digest(proof, one) for one in familiar.proofs):
            return True
        if not familiar.keys:
            return False
        keys = await self._room.run(lambda: stored_keys(secret, self._salt_key, login), source, Rank.KNOWN)
        return read_keys(keys) in familiar.keys

    def _refuse(self, source: str) -> NoReturn:
        self._sound_alarm(source)
        raise Throttled("too many failed logins")

    async def _verified(self, login: str, secret: str, source: str, proof: bytes) -> Account | None:
        credentials = await self._load(login) if login else None
        hashes = (credentials.hashes if credentials else ()) or self._nobody
        place = self._remembered(proof, credentials.version) if credentials is not None else None
        if place is None:
            place = await self._room.which(hashes, secret, source, self._rank(login, source))
        if credentials is None or place is None or not _may_log_in(credentials.account, source):
            return None
        self._remember(proof, credentials.version, place)
        keys = [one for one, at in self._keys_of(credentials, login).items() if at == place]
        self._came(login, source, _Familiar((proof,), tuple(keys)))
        return credentials.proved("password", place)

    async def proven(self, login: str, source: str, proof: Proof) -> Proven | None:
        """Return whose password the proof shows, when that account is `login` and may log in. For ScramAttempt."""
        credentials = await self._load(login) if login else None
        places = self._keys_of(credentials, login)
        known = proof.found_in(places or self._nobodys_keys)
        if credentials is None or known is None or not _may_log_in(credentials.account, source):
            return None
        self._came(login, source, _Familiar((), (known,)))
        return Proven(credentials.proved("scram", places[known]), proof.confirmation(known))

    def _keys_of(self, credentials: Credentials | None, login: str) -> dict[Keys, int]:
        """Return the keys that what the client was told can lead to, of this salt and iteration count; with places."""
        told = (salt_of(self._salt_key, login), ITERATIONS)
        kept = credentials.scram if credentials and any(credentials.scram) else ()
        every = {
            read_keys(spelling): place
            for place, spellings in enumerate(kept or (" ".join(map(str, self._nobodys_keys)),))
            for spelling in spellings.split()
        }
        return {
            keys: place
            for keys, place in every.items()
            if keys is not None and (keys.salt, keys.iterations) == told
        }

    def forgive(self, login: str, source: str) -> None:
        """Take back an attempt by which nothing was learnt. For ScramAttempt."""
        self._throttle.forgive(login, source)

    def settle(self, login: str, source: str, *, counted: bool, succeeded: bool) -> None:
        """Take back a counted attempt that succeeded; forget a secret that did before and does no more."""
        if succeeded and counted:
            self._throttle.forgive(login, source)
        elif not succeeded and not counted:
            self._came_from.pop((login, neighbourhood(source)), None)

    def familiar(self, login: str, source: str, proof: Proof) -> bool:
        """Whether a proof is of a password that succeeded from there before. For ScramAttempt."""
        return proof.found_in(self._familiar(login, source).keys) is not None

    def _familiar(self, login: str, source: str) -> "_Familiar":
        return self._came_from.get((login, neighbourhood(source)), _NEVER_CAME)

    def _came(self, login: str, source: str, now: "_Familiar") -> None:
        before = self._familiar(login, source)
        proofs = tuple(dict.fromkeys((*now.proofs, *before.proofs)))[:_FAMILIAR]
        keys = tuple(dict.fromkeys((*now.keys, *before.keys)))[:_FAMILIAR]
        _keep(self._came_from, (login, neighbourhood(source)), _Familiar(proofs, keys), _KNOWN)

    def _rank(self, login: str, source: str) -> Rank:
        return Rank.KNOWN if (login, neighbourhood(source)) in self._came_from else Rank.ORDINARY

    def _heed(self, source: str) -> None:
        """Count failures: attempts that are not being made at present."""
        present = self._room.taken(source) + self._exchanges[neighbourhood(source)]
        if self._throttle.attempts(source) - present >= _ALARM_FAILURES:
            self._sound_alarm(source)

    def _remembered(self, proof: bytes, version: int | str) -> int | None:
        """Return the place of the password that a proof was found to be of, None when that is not known."""
        until, of_version, place = self._cache.get(proof, (0.0, "", 0))
        return place if self._now() < until and of_version == version else None

    def _remember(self, proof: bytes, version: int | str, place: int) -> None:
        if self._remembered(proof, version) is not None:
            return  # a success from the cache does not lengthen its own life
        _keep(self._cache, proof, (self._now() + _CACHE_SECONDS, version, place), _CACHED)

    def _sound_alarm(self, source: str) -> None:
        key, now = neighbourhood(source), self._now()
        if now < self._alarms.get(key, now):
            return
        _keep(self._alarms, key, now + 60.0, _CACHED)
        _JOURNAL.warning(json.dumps({"event": "password-guessing", "source": key}))
        if self._alarm is not None:
            self._alarm(key)


class ScramAttempt:
    """One attempt by SCRAM. `challenge` goes to the client, and the client's answer to `answer`, once."""

    def __init__(self, asked: Login, exchange: Exchange, login: str, source: str, *, counted: bool) -> None:
        self._asked = asked
        self._exchange = exchange
        self._who = (login, source)
        self._counted = counted
        self.challenge = exchange.challenge
        self.forgiven = False

    async def answer(self, final: bytes) -> Proven | None:
        """Return who the client is, or None. Raises Malformed, Throttled, and what the ports raise."""
        proof = self._exchange.proof(final)
        if not self._counted and not self._asked.familiar(*self._who, proof):
            raise Throttled("too many failed logins")
        proven = None
        try:
            proven = await self._asked.proven(*self._who, proof)
        except BaseException:
            self.forgiven = True
            if self._counted:
                self._asked.forgive(*self._who)
            raise
        self.forgiven = proven is not None
        self._asked.settle(*self._who, counted=self._counted, succeeded=self.forgiven)
        return proven


def _canonical(login: str) -> str:
    """Return the one spelling of a login by which it is counted and looked up; empty when no account has this name."""
    return "" if "\0" in login or len(login) > LOGIN_CHARACTERS else login.lower()


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
