"""Letters signed with a key that no longer signs, or with an algorithm that proves nothing, over the real listener."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from harness import Site, header_fields, now, send, submission

from gateway.instance.home import open_instance
from gateway.mime.writing import text_entity
from gateway.signatures.sealed import sealed
from mailstore.directory import keys
from mailstore.evidence import records

SENDER, TO = "registry@moj.gov.example", "registry@mof.gov.example"


@dataclass
class Signer:
    """An office's own GnuPG, as it may stand on any desk."""

    home: Path
    options: list[str] = field(default_factory=list)

    def gpg(self, *arguments: str, octets: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--quiet", "--passphrase", ""]
        done = subprocess.run(
            [*command, "--pinentry-mode", "loopback", *arguments],
            input=octets,
            capture_output=True,
            check=True,
        )
        return done.stdout

    def create(self, kind: str, expire: str) -> bytes:
        self.gpg("--quick-generate-key", f"Office <{SENDER}>", kind, "sign", expire)
        return self.gpg("--armor", "--export", SENDER)

    def sign(self, octets: bytes) -> bytes:
        return self.gpg(*self.options, "--armor", "--detach-sign", octets=octets)


@pytest.fixture
def signer() -> Iterator[Signer]:
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    yield Signer(home)
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"], check=True)
    shutil.rmtree(home, ignore_errors=True)


def letter(sign: Callable[[bytes], bytes], when: datetime) -> bytes:
    fields = header_fields(SENDER, (TO,), "خطاب", (), when)
    return sealed(
        fields, text_entity((("Content-Type", "text/plain; charset=utf-8"),), b"text\r\n"), "key", sign
    )


def refused(site: Site, octets: bytes, reasons: Sequence[str]) -> None:
    """Send it; it is refused with one of the reasons, on record, and nothing is stored."""
    site.officer("clerk.moj", SENDER)
    with site.serving() as where, submission(where, "clerk.moj", site.secrets["clerk.moj"]) as client:
        code, text = send(client, SENDER, (TO,), octets)
    assert code == 550, text
    assert any(f"[{reason}]" in text for reason in reasons), text
    opened = open_instance(site.home)
    try:
        found = opened.store.read(lambda connection: records.refusals(connection, 10))
    finally:
        opened.close()
    assert [one.members["reason"] in reasons for one in found] == [True]


def test_a_revoked_key(site: Site) -> None:
    octets = site.letter(SENDER, TO)
    fingerprint = site.signer(SENDER).fingerprint
    site.change(lambda unit: keys.revoke_key(unit, fingerprint, unit.now, "lost"))
    refused(site, octets, ["KEY-REVOKED"])


def test_an_expired_key(site: Site, signer: Signer) -> None:
    site.enroll(SENDER, signer.create("ed25519", "1d"))
    octets = letter(signer.sign, now())
    site.clock = lambda: now() + timedelta(days=2)
    refused(site, octets, ["KEY-EXPIRED"])


def test_a_sha1_signature(site: Site, signer: Signer) -> None:
    site.enroll(SENDER, signer.create("rsa3072", "never"))
    signer.options = ["--digest-algo", "SHA1"]
    refused(site, letter(signer.sign, now()), ["ALGORITHM-WEAK"])


def test_a_signature_made_too_long_ago(site: Site, signer: Signer) -> None:
    site.enroll(SENDER, signer.create("ed25519", "never"))
    octets = letter(signer.sign, now())
    site.clock = lambda: now() + timedelta(days=4)
    refused(site, octets, ["SIGNATURE-TIME"])
