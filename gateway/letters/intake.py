"""One submission → registered, stored, evidenced. The numbers are those of docs/path-of-a-letter.md.

Invariants:
- 250 is answered only after the one transaction is durable; a refusal is evidence too.
- Whatever is hashed, sealed or rendered of a letter is so before the write.
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace

from gateway.letters.client_reports import client_report_of, note_report
from gateway.letters.examination import Examination, Reading, read
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
from gateway.signatures.openpgp.batches import Answer
from mailstore.octets.messages import Message
from policies.client_report import ClientReport
from policies.envelope import Envelope, Recipient
from policies.outcome import Outcome, Registered
from policies.people.directory import Directory
from policies.signature import SignatureFacts
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
        reading = await self._offload.call(
            lambda: (
                client_report_of(octets)
                or read(envelope, octets, directory, standing.settings, gateway=standing.gateway)
            )
        )
        if not isinstance(reading, Reading):
            return await self._report(envelope, reading, octets)
        second = reading.ask(standing.gnupg)  # 3 verify: GnuPG works while the message's structure is made
        message = None if second is None else await self._offload.call(_message, reading)
        examination = await self._offload.call(reading.judged, await _answered(second))  # 4 decide
        if isinstance(examination.verdict, Refused):
            refused = examination.verdict
            await self.reject(envelope, refused.reason, refused.detail, octets)
            return refused
        prepared = await self._offload.call(_prepared, standing, examination, message)  # 5 put the octets
        outcome = await self._offload.write(  # 6 one transaction
            lambda unit: register_letter(unit, standing, examination, prepared)
        )
        if isinstance(outcome, Registered):
            self._owed()  # 8 deliver, 9 receipt: in the transaction, and the worker woken
        return outcome  # 7 answer 250

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


async def _answered(second: Answer | None) -> SignatureFacts | None:
    if second is None:
        return None
    facts = await asyncio.wrap_future(second)
    return facts  # noqa: RET504 - named, mypy takes it for what it is


def _message(reading: Reading) -> Message:
    if reading.root is None:  # the rules refuse what could not be read
        raise ValueError("an unreadable message was accepted")
    return message_of(reading.octets, reading.root, reading.sha256)


def _prepared(standing: Standing, examination: Examination, message: Message | None) -> Prepared:
    seal = ""
    if examination.signature.format == "sealed":
        seal = base64.b64encode(standing.seal(SEAL_CONTEXT + examination.octets)).decode()
    if message is None:
        message = message_of(examination.octets, examination.root, examination.sha256)
    return Prepared(message, submission_key(examination.case.envelope, examination.sha256), seal)


def submission_key(envelope: Envelope, sha256: str) -> str:
    """Return the identity of a submission: the same account, envelope and octets make the same key."""
    sender = envelope.sender.key if envelope.sender else ""
    to = sorted(recipient.address.key for recipient in envelope.recipients)
    return hashlib.sha256("\n".join((envelope.account.login, sender, *to, sha256)).encode()).hexdigest()
