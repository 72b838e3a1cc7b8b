"""Verification by GnuPG (python-gnupg): one gpg process for each signature.

Invariants:
- GOOD needs everything to agree: exit code 0, no problem reported, exactly one NEWSIG, one GOODSIG and one VALIDSIG,
  and no token of failure. The library's own `valid` and `status` and the exit code alone are never asked: they are
  wrong for several signatures, for expired ones and for revoked keys.
- gpg sees exactly one binary signature packet and a keyring with exactly one certificate.
- The keyrings are a cache made from the enrolled certificates; any of them may be deleted at any time. That gpg does
  not know a key counts only when the certificate does not hold it.
"""

import hashlib
import re
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import gnupg

from gateway.signatures.openpgp import packets
from gateway.signatures.openpgp.process import ALONE, GnupgProcess
from policies.signature import Finding, SignatureFacts

ENGINE = "gnupg"
# Nothing here writes to a shared keyring or needs the agent: no lock files and no other process.
_OPTIONS = (*ALONE, "--no-autostart", "--lock-never")
_FAILURES = frozenset(
    {
        "BADSIG",
        "ERRSIG",
        "EXPSIG",
        "EXPKEYSIG",
        "REVKEYSIG",
        "NO_PUBKEY",
        "FAILURE",
        "ERROR",
        "NODATA",
        "UNEXPECTED",
    }
)
_NAMED = {
    "BADSIG": Finding.BAD,
    "REVKEYSIG": Finding.REVOKED_KEY,
    "EXPKEYSIG": Finding.EXPIRED_KEY,
    "EXPSIG": Finding.EXPIRED_SIGNATURE,
}
# The error numbers of libgpg-error that ERRSIG carries.
_NO_KEY, _UNKNOWN_ALGORITHM, _REFUSED_DIGEST = "9", "4", "5"


class StatusLines:
    """Status lines of one signature in the order gpg wrote them (GnuPG doc/DETAILS), and how gpg ended."""

    def __init__(self, lines: Sequence[tuple[str, str]] = (), returncode: int | None = None) -> None:
        self.lines = list(lines)
        self.returncode = returncode
        self.problems: list[dict[str, str]] = []

    def count(self, key: str) -> int:
        """How many lines have the token `key`."""
        return sum(1 for one, _ in self.lines if one == key)

    def fields(self, key: str) -> list[str]:
        """The fields of the last line with the token `key`, or nothing."""
        return next((value.split() for one, value in reversed(self.lines) if one == key), [])


class _Verification(StatusLines, gnupg.Verify):  # type: ignore[misc]  # python-gnupg carries no types
    """Every status line in the order gpg wrote it, beside what python-gnupg makes of them."""

    def __init__(self, gpg: GnupgProcess) -> None:
        gnupg.Verify.__init__(self, gpg)
        self.lines = []

    def handle_status(self, key: str, value: str) -> None:
        """Record the line, then let the library read it; that it cannot is no reason to lose the line."""
        self.lines.append((key, value))
        with suppress(ValueError):  # GOODSIG with an empty user id, for one
            super().handle_status(key, value)


class _ImportFailedError(OSError):
    """gpg could not import a certificate at all: for one that is enrolled, a failure of the machine."""


class _Gpg(GnupgProcess):
    result_map = {  # noqa: RUF012 - the library's own shape
        **gnupg.GPG.result_map,
        "verify": _Verification,
        "import": _Verification,
    }


@dataclass(frozen=True, slots=True)
class ListedKey:
    """One line of gpg's key listing, with what its binding signatures allow. Times are UTC."""

    primary: bool
    fingerprint: str
    revoked: bool
    signs: bool
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class Listing:
    """What gpg lists of one certificate: its keys, and the user ids that are bound and not revoked."""

    keys: tuple[ListedKey, ...]
    user_ids: tuple[str, ...]


class GnupgVerifier:
    """Verification by gpg in the private directory `home`, made with mode 0700 when missing. Thread-safe.

    `limit` is in seconds for each gpg process. `extra` are further gpg options, constants only: tests move gpg's
    clock with them. Raises OSError or ValueError when gpg cannot be run.
    """

    def __init__(self, home: Path, *, extra: Sequence[str] = (), limit: float = 20.0) -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        home = home.resolve()
        # gpg's locale is C: it reads a dozen files less at its start, and status lines are UTF-8 regardless.
        self._gpg = _Gpg(home, (*_OPTIONS, *extra), limit=limit, locale="C", status_on_stdout=True)
        self.version = ".".join(str(part) for part in self._gpg.version or ())
        self._keyrings = home / f"keyrings-{self.version}"
        self._keyrings.mkdir(mode=0o700, exist_ok=True)
        if not (home / "trustdb.gpg").exists():
            # Without it and with trust model "always", gpg 2.2 fails on revocations and on expired keys.
            self._gpg.run("verify", ["--trust-model", "pgp", "--check-trustdb"])

    def verify(self, signed: bytes, signature: bytes, material: bytes, fingerprint: str) -> SignatureFacts:
        """Verify a detached `signature` (armored or binary) over `signed` against the binary certificate `material`.

        `fingerprint` is the primary key's as enrolled; a signature by any other is NO_KEY. Blocks for about 5 ms.
        Never raises for bad input; what goes wrong with gpg itself is the finding ERROR.
        """
        blank = SignatureFacts(ENGINE, self.version, Finding.ERROR)
        try:
            packet = packets.signature_packet(signature)
        except packets.PacketError as failure:
            return replace(blank, finding=Finding.STRUCTURE, raw=(str(failure),))
        try:
            facts = self._verify(signed, packet, material, rebuild=False)
            if facts.finding is Finding.NO_KEY and _holds(material, facts.signing_fingerprint):
                facts = self._verify(signed, packet, material, rebuild=True)
                if facts.finding is Finding.NO_KEY:
                    return replace(facts, finding=Finding.ERROR)
        except (OSError, ValueError, LookupError) as failure:
            return replace(blank, raw=(f"{type(failure).__name__}: {failure}",))
        if facts.finding is Finding.GOOD and facts.fingerprint != fingerprint:
            return replace(facts, finding=Finding.NO_KEY)
        return facts

    def listing(self, material: bytes) -> Listing | None:
        """What gpg lists of the one certificate in the binary `material`; None when gpg does not accept it.

        Raises OSError, of which TimeoutError is one.
        """
        try:
            keyring = self.keyring(material, rebuild=True)
        except _ImportFailedError:
            return None
        if keyring is None:
            return None
        result = self._gpg.run("list", [*_only(keyring), "--list-keys", "--fingerprint", "--fingerprint"])
        return _read_listing(result.data.decode("utf-8", "replace"))

    def _verify(self, signed: bytes, packet: bytes, material: bytes, *, rebuild: bool) -> SignatureFacts:
        keyring = self.keyring(material, rebuild=rebuild)
        if keyring is None:
            raw = ("gpg does not accept the certificate",)
            return SignatureFacts(ENGINE, self.version, Finding.REFUSED, raw=raw)
        result = self._gpg.run("verify", [*_only(keyring), "--verify"], packet, signed)
        return facts_of(result, self.version, material)

    def status_of_files(self, keyrings: Sequence[Path], paths: Sequence[str]) -> tuple[int, bytes]:
        """Verify files of inline signed messages in one process; give its exit code and all that its stdout carried.

        gpg ends at the first signature that is not good. Raises OSError, of which TimeoutError is one.
        """
        arguments = [word for keyring in keyrings for word in ("--keyring", str(keyring))]
        return self._gpg.output("--no-default-keyring", *arguments, "--verify-files", *paths)

    def keyring(self, material: bytes, *, rebuild: bool) -> Path | None:
        """The keybox file that holds this one certificate, made when missing; None when gpg does not accept it.

        An imported certificate carries gpg's note that its own signatures are verified, which saves a third of each
        verification against a plain file of the same packets.
        """
        keyring = self._keyrings / f"{hashlib.sha256(material).hexdigest()}.kbx"
        if not rebuild and keyring.exists():
            return keyring
        with tempfile.TemporaryDirectory(dir=self._keyrings) as directory:
            draft = Path(directory) / "keyring.kbx"
            result = self._gpg.run("import", [*_only(draft), "--import"], material)
            # A certificate that gpg reads and does not accept ends in exit code 0; a full disk and octets that are
            # no certificate both end in 2.
            if result.returncode != 0 or not result.fields("IMPORT_RES"):
                raise _ImportFailedError(f"gpg could not make a keyring (exit code {result.returncode})")
            if result.fields("IMPORT_RES")[2:3] != ["1"]:
                return None
            draft.replace(keyring)
        return keyring


def _only(keyring: Path) -> list[str]:
    return ["--no-default-keyring", "--keyring", str(keyring)]


def _holds(material: bytes, name: str) -> bool:
    """Whether the certificate has the key with this fingerprint or key id."""
    return bool(name) and any(key.fingerprint.endswith(name) for key in packets.keys(material))


def facts_of(result: "StatusLines", engine_version: str, material: bytes) -> SignatureFacts:
    """Turn gpg's status lines into facts (GnuPG doc/DETAILS, "General status codes")."""
    facts = SignatureFacts(
        ENGINE,
        engine_version,
        _finding(result),
        signer_user_id=unquote(" ".join(result.fields("NEWSIG"))),
        raw=tuple(f"{key} {value}".rstrip() for key, value in result.lines),
    )
    if len(valid := result.fields("VALIDSIG")) >= 10:
        signing, _, created, expires, _, _, algorithm, digest, kind, primary = valid[:10]
        return replace(
            facts,
            fingerprint=primary,
            signing_fingerprint=signing,
            created=_time(created),
            expires=_time(expires),
            hash_algorithm=packets.HASHES.get(int(digest), digest),
            key_algorithm=packets.KEY_ALGORITHMS.get(int(algorithm), algorithm),
            key_bits=next((key.bits for key in packets.keys(material) if key.fingerprint == signing), 0),
            signature_type=int(kind, 16),
        )
    if len(failed := result.fields("ERRSIG")) >= 6:
        key_id, algorithm, digest, kind, created = failed[:5]
        return replace(
            facts,
            signing_fingerprint=failed[6] if len(failed) > 6 and failed[6] != "-" else key_id,
            created=_time(created),
            hash_algorithm=packets.HASHES.get(int(digest), digest),
            key_algorithm=packets.KEY_ALGORITHMS.get(int(algorithm), algorithm),
            signature_type=int(kind, 16),
        )
    return facts


def _finding(result: "StatusLines") -> Finding:
    """One word for everything gpg said, by the strict rule at the top of this file."""
    names = {key for key, _ in result.lines}
    if result.returncode is None or result.returncode < 0 or not names:
        return Finding.ERROR
    if result.count("NEWSIG") > 1 or names & {"NODATA", "UNEXPECTED"}:
        return Finding.STRUCTURE
    if "NEWSIG" not in names:
        return Finding.ERROR
    if "ERRSIG" in names:
        number = [*result.fields("ERRSIG"), *[""] * 6][5]
        if number in {_UNKNOWN_ALGORITHM, _REFUSED_DIGEST}:
            return Finding.WEAK
        return Finding.NO_KEY if number == _NO_KEY else Finding.REFUSED
    for name, finding in _NAMED.items():
        if name in names:
            return finding
    once = all(result.count(name) == 1 for name in ("NEWSIG", "GOODSIG", "VALIDSIG"))
    version_4 = result.fields("VALIDSIG")[4:5] == ["4"]
    if result.returncode == 0 and not result.problems and once and version_4 and not names & _FAILURES:
        return Finding.GOOD
    return Finding.REFUSED


def _time(seconds: str) -> datetime | None:
    """A time of a status line or listing: seconds since 1970, or nothing for "0" and ""."""
    return datetime.fromtimestamp(int(seconds), UTC) if int(seconds or 0) else None


def _read_listing(text: str) -> Listing:
    """Read gpg's colon listing (GnuPG doc/DETAILS, "Format of the colon listings")."""
    listed: list[ListedKey] = []
    user_ids: list[str] = []
    key: list[str] = []
    for line in text.splitlines():
        fields = line.split(":")
        if fields[0] in {"pub", "sub"}:
            key = fields
        elif fields[0] == "fpr" and key:
            # Capabilities in lower case are this key's own; upper case sums up the certificate.
            signs, revoked = "s" in key[11], key[1] == "r"
            listed.append(ListedKey(key[0] == "pub", fields[9], revoked, signs, _time(key[6])))
            key = []
        elif fields[0] == "uid" and fields[1] != "r":
            user_ids.append(re.sub(r"\\x([0-9a-f]{2})", lambda hit: chr(int(hit[1], 16)), fields[9]))
    return Listing(tuple(listed), tuple(user_ids))
