"""Real keys and signatures, made by gpg itself in a home of their own, once for the whole session."""

import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.signatures.openpgp import packets
from gateway.signatures.openpgp.armor import dearmor
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from policies.signature import EnrolledKey

NOW = datetime.now(UTC).replace(microsecond=0)
SIGNED = b"Subject: test\r\n\r\n" + "نص الخطاب الرسمي\r\n".encode() * 40


class TestKeys:
    """gpg as an officer has it: every key is "NAME <NAME@gov.example>"; days count from now, negative in the past."""

    __test__ = False

    def __init__(self, home: Path) -> None:
        self.home = home
        self._certificates: dict[str, bytes] = {}
        self._signed: bytes | None = None

    def gpg(self, *arguments: str, stdin: bytes = b"", day: float | None = None) -> bytes:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--yes", "--no-tty", "--quiet"]
        command += ["--trust-model", "always", "--pinentry-mode", "loopback", "--no-greeting"]
        done = subprocess.run(
            [*command, *self.clock(day), *arguments], input=stdin, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    @staticmethod
    def clock(day: float | None) -> list[str]:
        return [] if day is None else ["--faked-system-time", f"{NOW + timedelta(days=day):%Y%m%dT%H%M%S}!"]

    def make(
        self,
        name: str,
        algorithm: str = "ed25519",
        usage: str = "sign",
        *options: str,
        born: float = -30,
        ends: float = 700,
    ) -> str:
        """Make a key `born` days from now that expires `ends` days from now."""
        arguments = [*options, "--passphrase", "", "--quick-gen-key", f"{name} <{name}@gov.example>"]
        self.gpg(*arguments, algorithm, usage, f"seconds={int((ends - born) * 86400)}", day=born)
        return self.fingerprint(name)

    def subkey(
        self,
        name: str,
        algorithm: str = "ed25519",
        usage: str = "sign",
        *,
        born: float = -30,
        ends: float = 600,
    ) -> None:
        arguments = ["--passphrase", "", "--quick-add-key", self.fingerprint(name), algorithm, usage]
        self.gpg(*arguments, f"seconds={int((ends - born) * 86400)}", day=born)

    def fingerprint(self, name: str) -> str:
        lines = self.gpg("--with-colons", "--list-keys", f"<{name}@gov.example>").decode().splitlines()
        return next(line.split(":")[9] for line in lines if line.startswith("fpr"))

    def certificate(self, name: str) -> bytes:
        if name not in self._certificates:
            self._certificates[name] = self.gpg("--export", f"<{name}@gov.example>")
        return self._certificates[name]

    def sign(self, name: str, *options: str, signed: bytes = SIGNED, day: float | None = None) -> bytes:
        return self.gpg("-u", self.fingerprint(name), *options, "--detach-sign", stdin=signed, day=day)

    @property
    def sign_once(self) -> bytes:
        """One signature, made once: the same octets for every example of a property."""
        if self._signed is None:
            self._signed = self.sign("plain")
        return self._signed

    def revoked(self, name: str, reason: int, *, day: float) -> bytes:
        """The certificate with a revocation of that day: reason 1 compromised, 2 superseded."""
        command = [
            "gpg",
            "--homedir",
            str(self.home),
            "--no-tty",
            "--quiet",
            "--command-fd",
            "0",
            "--status-fd",
            "2",
        ]
        done = subprocess.run(
            [*command, *self.clock(day), "--gen-revoke", self.fingerprint(name)],
            input=f"y\n{reason}\n\ny\n".encode(),
            capture_output=True,
            check=True,
        )
        revocation = dearmor(done.stdout, "PUBLIC KEY BLOCK")
        certificate = self.certificate(name)
        primary = next(packets.walk(certificate))
        cut = certificate.index(primary.body) + len(primary.body)
        return certificate[:cut] + revocation + certificate[cut:]


def enrolled(material: bytes, address: str = "office@gov.example") -> EnrolledKey:
    return EnrolledKey(
        address, "openpgp", packets.keys(material)[0].fingerprint, material, NOW - timedelta(days=30)
    )


@pytest.fixture(scope="session")
def keys() -> Iterator[TestKeys]:
    with tempfile.TemporaryDirectory(prefix="k-") as home:
        made = TestKeys(Path(home))
        made.make("plain")
        made.make("other")
        yield made
        subprocess.run(
            ["gpgconf", "--homedir", home, "--kill", "gpg-agent"], check=False, capture_output=True
        )


@pytest.fixture(scope="session")
def verifier() -> Iterator[GnupgVerifier]:
    with tempfile.TemporaryDirectory(prefix="v-") as home:
        yield GnupgVerifier(Path(home) / "gnupg")


@pytest.fixture(scope="session")
def good(keys: TestKeys) -> bytes:
    return keys.sign("plain", "--armor")
