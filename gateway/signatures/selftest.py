"""Whether the engines do what is relied on, found out at the start with the gateway's own sealing key.

Invariant: an instance whose engines take an altered text for a signed one, or miss a good signature, does not start.
"""

from datetime import UTC, datetime

from gateway.signatures.openpgp.armor import dearmor
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from gateway.signatures.openpgp.verification import verify_both
from gateway.signatures.sealing import Sealer, SealingError
from policies.signature import EnrolledKey, Finding

OLDEST_GNUPG = (2, 2, 8)
"""Older ones let a letter's text forge gpg's report (CVE-2018-12020)."""
_TEXT = "Content-Type: text/plain; charset=utf-8\r\n\r\nاختبار البدء\r\n".encode()


class EngineUnfit(Exception):
    """An engine must not be relied on: what it did, in English; `text_ar` in Arabic."""

    def __init__(self, english: str, arabic: str) -> None:
        super().__init__(english)
        self.text_ar = arabic


def self_test(sealer: Sealer, gnupg: GnupgVerifier) -> None:
    """Seal a text, and have both engines verify it as it is and altered. Takes about 20 ms. Raises EngineUnfit."""
    if tuple(int(part) for part in gnupg.version.split(".")) < OLDEST_GNUPG:
        oldest = ".".join(map(str, OLDEST_GNUPG))
        raise EngineUnfit(
            f"GnuPG {gnupg.version} is not safe: install {oldest} or later",
            f"إصدار GnuPG {gnupg.version} غير آمن: ثبّت {oldest} أو أحدث",
        )
    try:
        seal = sealer.sign(_TEXT)
        material = dearmor(sealer.public_key(), "PUBLIC KEY BLOCK")
    except SealingError as fault:
        raise EngineUnfit(f"the gateway cannot seal: {fault}", fault.text_ar) from fault
    key = EnrolledKey("", "openpgp", sealer.fingerprint, material, datetime.now(UTC))
    for facts in verify_both(_TEXT, seal, key, gnupg):
        if facts.finding is not Finding.GOOD:
            found = f"{facts.finding.value} {' '.join(facts.raw)}"[:200].strip()
            raise EngineUnfit(
                f"{facts.engine} {facts.engine_version} does not accept a good signature: {found}",
                f"لا يقبل {facts.engine} {facts.engine_version} توقيعاً سليماً: {found}",
            )
    for facts in verify_both(_TEXT.replace(b"text", b"test"), seal, key, gnupg):
        if facts.finding not in {Finding.BAD, Finding.REFUSED}:  # Sequoia gives no reason
            raise EngineUnfit(
                f"{facts.engine} {facts.engine_version} does not find an altered text: {facts.finding.value}",
                f"لا يكتشف {facts.engine} {facts.engine_version} نصاً معدّلاً: {facts.finding.value}",
            )
