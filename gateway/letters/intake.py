"""One submission → registered, stored, evidenced. The numbers are those of docs/path-of-a-letter.md.

Invariants:
- 250 is answered only after the one transaction is durable; a refusal is evidence too.
- Whatever is hashed, sealed or rendered of a letter is so before the write.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace

from gateway.letters.client_reports import client_report_of, note_report
from gateway.letters.examination import Examination, examine
from gateway.letters.registering import (
    DirectoryMovedError,
    Prepared,
    Standing,
    record_refusal,
    register_letter,
)
from gateway.messages.stored import message_of
from gateway.runtime.directory import CurrentDirectory
from gateway.runtime.faults import Unavailable
from gateway.runtime.offload import Offload
from policies.client_report import ClientReport
from policies.envelope import Envelope, Recipient
from policies.outcome import Outcome, Registered
from policies.people.directory import Directory
from policies.verdict import Refused
from policies.words.reasons import Reason

SEAL_CONTEXT = (
    b"murasalat-seal-1\n"  # signed before a system's octets: no seal can pass for a checkpoint or a receipt
)


_TRIES = 5  # decisions of one letter, when an administrator changes the directory meanwhile


class Intake:
    """Takes submissions. `owed` is called after a letter is accepted, to wake the receipts' worker."""

    def __init__(
        self, offload: Offload, directory: CurrentDirectory, standing: Standing, owed: Callable[[], None]
    ) -> None:
        self._offload = offload
        self._directory = directory
        self._standing = standing
        self._owed = owed

    async def submit(self, envelope: Envelope, octets: bytes) -> Outcome:
        """Steps 3 to 7 of the path. Raises Unavailable when nothing could be decided or kept."""
        envelope = _each_once(envelope)
        for _ in range(_TRIES):
            try:
                return await self._submit(envelope, octets, await self._directory.get())
            except DirectoryMovedError:
                continue
        raise Unavailable("the directory changes all the time")

    async def _submit(self, envelope: Envelope, octets: bytes, directory: Directory) -> Outcome:
        """Decide by this directory, and register under it. Raises DirectoryMovedError, and Unavailable."""
        standing = self._standing
        if not directory.admits(envelope.account):
            gone = Refused(Reason.SENDER_MISMATCH, f"the login of {envelope.account.login} was revoked")
            await self.reject(envelope, gone.reason, gone.detail, octets)
            return gone
        envelope = _as_of_now(envelope, directory)
        found = await self._offload.call(  # 3 verify, 4 decide
            lambda: (
                client_report_of(octets)
                or examine(
                    envelope, octets, directory, standing.settings, standing.gnupg, gateway=standing.gateway
                )
            )
        )
        if not isinstance(found, Examination):
            return await self._report(envelope, found, octets)
        if isinstance(found.verdict, Refused):
            await self.reject(envelope, found.verdict.reason, found.verdict.detail, octets)
            return found.verdict
        prepared = await self._offload.call(lambda: _prepared(standing, found))
        outcome = await self._offload.write(
            lambda unit: register_letter(unit, standing, found, prepared)
        )  # 5, 6
        if isinstance(outcome, Registered):
            self._owed()  # 8, 9
        return outcome  # 7

    async def _report(self, envelope: Envelope, report: ClientReport | Refused, octets: bytes) -> Outcome:
        """Note what a mail program reports by itself: no letter, but evidence beside one."""
        outcome: Outcome
        if isinstance(report, Refused):
            outcome = report
        else:
            sha256 = hashlib.sha256(octets).hexdigest()
            outcome = await self._offload.write(
                lambda unit: note_report(unit, self._standing.issuer, envelope, report, sha256)
            )
        if isinstance(outcome, Refused):
            await self.reject(envelope, outcome.reason, outcome.detail, octets)
        return outcome

    async def reject(self, envelope: Envelope, reason: Reason, detail: str, octets: bytes | None) -> None:
        """Record a refusal as evidence, with the digest of what was offered."""
        sha256 = hashlib.sha256(octets).hexdigest() if octets is not None else ""
        size = len(octets) if octets is not None else 0
        await self._offload.write(
            lambda unit: record_refusal(unit, self._standing, envelope, Refused(reason, detail), sha256, size)
        )


def _each_once(envelope: Envelope) -> Envelope:
    """Return the envelope with each recipient once: naming an office twice does not send it two letters."""
    each: dict[str, Recipient] = {}
    for recipient in envelope.recipients:
        each.setdefault(recipient.address.key, recipient)
    return replace(envelope, recipients=tuple(each.values()))


def _as_of_now(envelope: Envelope, directory: Directory) -> Envelope:
    """Return the envelope with the account as the directory has it now: a right taken away ends in open sessions."""
    account = envelope.account
    present = replace(
        account,
        officer=directory.officers.get(account.login),
        system=directory.systems.get(account.login),
    )
    return replace(envelope, account=present)


def _prepared(standing: Standing, found: Examination) -> Prepared:
    if found.root is None:  # the rules refuse what could not be read
        raise ValueError("an unreadable message was accepted")
    message = message_of(found.octets, found.root, found.sha256)
    seal = ""
    if found.signature.format == "sealed":
        seal = base64.b64encode(standing.seal(SEAL_CONTEXT + found.octets)).decode()
    return Prepared(message, submission_key(found.case.envelope, found.sha256), seal)


def submission_key(envelope: Envelope, sha256: str) -> str:
    """Return the identity of a submission: the same account, envelope and octets make the same key."""
    sender = envelope.sender.key if envelope.sender else ""
    to = sorted(recipient.address.key for recipient in envelope.recipients)
    return hashlib.sha256("\n".join((envelope.account.login, sender, *to, sha256)).encode()).hexdigest()
