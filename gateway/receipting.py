"""Receipts: rendered from evidence, sealed, placed in the mailbox of the office that sent the letter.

Step 9 of docs/path-of-a-letter.md. The work is owed by outbox rows that intake and opening wrote with their cause.

Invariants:
- What is owed is placed exactly once: the row turns to done in the transaction that places the receipt and records
  RECEIPT-ISSUED. Who comes second places nothing.
- A failure is never silent and never final: the row keeps the error and its next time.
- The stored octets are the receipt. It is issued again by giving them out again, never by rendering again.
- A receipt's entry names no letter, so opening a receipt is no opening of the letter.
"""

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from gateway.clock import Clock
from gateway.composing import Entity, base64_entity, mailbox, multipart, sealed, words
from gateway.directory import CurrentDirectory
from gateway.examination import message_of
from gateway.faults import Unavailable
from gateway.mime.tree import parse
from gateway.offload import Offload
from gateway.receipt_facts import Material, gather
from gateway.rendering import page, plain_text
from gateway.reporting import evidence_part, header_part, machine_part, mail_date, original_message_id
from gateway.signatures.armor import dearmor
from gateway.signatures.sealing import Sealer
from mailstore import evidence, mailboxes, messages, outbox
from mailstore.faults import NotFound
from mailstore.mailboxes import NewEntry
from mailstore.messages import Message
from mailstore.outbox import Owed
from mailstore.transaction import Reading, Unit
from policies.arabic import strip_controls
from policies.directory import Directory
from policies.evidence import Event, Evidence, Issuer, Party
from policies.receipt import Facts, Kind, mailbox_for
from policies.receipt_text import section, subject_line

DISPLAY_NAME = "مراسلات Murasalat"
BATCH = 16  # receipts rendered at a time; small, so that letters coming in find a free worker
IDLE_SECONDS = 5.0  # how often the outbox is looked at when nobody wakes the worker
_journal = logging.getLogger("murasalat.receipts")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A finished receipt: the owed row, its facts, its message, and the Message-ID it bears."""

    owed: Owed
    facts: Facts
    message: Message
    message_id: str


class Receipting:
    """Issues receipts. `sign_bundle` signs octets with the log's key, which `issuer.key_id` names.

    `address` is the mail address that receipts come from: the one in the sealer's key.
    """

    def __init__(
        self,
        offload: Offload,
        sealer: Sealer,
        issuer: Issuer,
        address: str,
        clock: Clock,
        sign_bundle: Callable[[bytes], bytes],
    ) -> None:
        self._offload = offload
        self._sealer = sealer
        self._issuer = issuer
        self._address = address
        self._clock = clock
        self._sign_bundle = sign_bundle
        self._directory = CurrentDirectory(offload)
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """Say that a receipt became due. Called on the event loop, after the commit that owes it."""
        self._awake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Issue what is due, again and again, until `stop`; no failure ends it."""
        while not stop.is_set():
            self._awake.clear()
            try:
                placed = await self.run_once()
            except Unavailable as fault:
                _journal.warning("receipts wait: %s", fault)
                placed = 0
            except Exception:
                _journal.exception("receipts wait: an unexpected fault")
                placed = 0
            if not placed:
                await self._idle(stop)

    async def _idle(self, stop: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in (stop, self._awake)]
        try:
            await asyncio.wait(waits, timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()

    async def run_once(self) -> int:
        """Issue one batch of what is due; return how many receipts were placed. Raises Unavailable."""
        directory = await self._directory.get()
        now = self._clock()
        due = await self._offload.read(lambda connection: outbox.due(connection, now, BATCH))
        issued = await asyncio.gather(*(self._render(one, directory) for one in due))
        placed = await asyncio.gather(*(self._place(one) for one in issued if one is not None))
        return sum(placed)

    async def reissue(self, letter_id: str) -> list[bytes]:
        """Return the octets of every receipt issued about a letter, as they were, oldest first."""
        return await self._offload.read(lambda connection: _stored(connection, letter_id))

    async def _render(self, owed: Owed, directory: Directory) -> Receipt | None:
        seal = self._sealer.fingerprint
        try:
            material = await self._offload.read(lambda connection: gather(connection, owed, directory, seal))
            return await self._offload.call(lambda: self._compose(owed, material))
        except Exception as fault:  # noqa: BLE001 - whatever it is, the row keeps it and the others go on
            await self._postpone(owed, fault)
            return None

    async def _place(self, receipt: Receipt) -> bool:
        try:
            return await self._offload.write(lambda unit: _place(unit, receipt, self._issuer))
        except Exception as fault:  # noqa: BLE001 - as above
            await self._postpone(receipt.owed, fault)
            return False

    async def _postpone(self, owed: Owed, fault: Exception) -> None:
        error = strip_controls(f"{type(fault).__name__}: {fault}")
        _journal.error("receipt %d (%s) of letter %s waits: %s", owed.id, owed.kind, owed.letter_id, error)
        await self._offload.write(lambda unit: outbox.postpone(unit, owed.id, owed.attempts, error))

    def _compose(self, owed: Owed, material: Material) -> Receipt:
        """Render and seal. Blocking: gpg runs here."""
        facts = material.facts
        domain = self._address.rpartition("@")[2]
        message_id = f"<{facts.kind}.{facts.evidence_id}@{domain}>"
        fields = self._fields(facts, message_id)
        report_type = "disposition-notification" if facts.kind is Kind.OPENED else "delivery-status"
        parts = [
            human_part(facts),
            machine_part(facts, domain),
            header_part(material.head),
            evidence_part(material, self._issuer.key_id, self._sign_bundle),
        ]
        # RFC 9788 section 2 and its forerunner, which older clients read: both parameters.
        parameters = f'report-type={report_type}; protected-headers="v1"; hp="clear"'
        report = multipart("report", parameters, fields, parts, facts.evidence_id)
        octets = sealed(fields, report, facts.evidence_id, self._sealer.sign)
        message = message_of(octets, parse(octets), hashlib.sha256(octets).hexdigest())
        return Receipt(owed, facts, message, message_id)

    def _fields(self, facts: Facts, message_id: str) -> list[tuple[str, str]]:
        """Return the receipt's header fields, the same outside and under the signature (RFC 9788)."""
        fields = [
            ("Date", mail_date(facts)),
            ("From", mailbox(DISPLAY_NAME, self._address)),
            ("To", f"<{facts.sender.address}>"),
            ("Subject", words(subject_line(facts))),
            ("Message-ID", message_id),
        ]
        parent = original_message_id(facts)
        if parent:
            fields += [("In-Reply-To", parent), ("References", parent)]
        return [
            *fields,
            ("Auto-Submitted", "auto-replied"),  # RFC 3834 section 5
            ("Murasalat-Receipt", facts.kind.value),
            ("Murasalat-Reference", _ascii_or_words(facts.reference)),
            ("Murasalat-Letter-Id", facts.letter_id),
            ("Murasalat-Evidence", facts.evidence_id),
            ("Autocrypt", self._autocrypt()),
        ]

    def _autocrypt(self) -> str:
        """Return the Autocrypt field's value: mail programs learn the sealing key from it (Autocrypt 1.1)."""
        key = base64_entity((), dearmor(self._sealer.public_key(), "PUBLIC KEY BLOCK")).body
        return f"addr={self._address}; keydata= " + " ".join(key.decode("ascii").split())


def human_part(facts: Facts) -> Entity:
    """Return what people read: text and HTML, Arabic and then English in each."""
    sections = (section(facts, "ar"), section(facts, "en"))
    text = plain_text(sections).replace("\n", "\r\n").encode()
    markup = page(sections).replace("\n", "\r\n").encode()
    parts = [
        base64_entity((("Content-Type", "text/plain; charset=utf-8"),), text),
        base64_entity((("Content-Type", "text/html; charset=utf-8"),), markup),
    ]
    return multipart("alternative", "", (), parts, f"text {facts.evidence_id}")


def _ascii_or_words(text: str) -> str:
    return text if text.isascii() and text.isprintable() and " " not in text else words(text)


def _place(unit: Unit, receipt: Receipt, issuer: Issuer) -> bool:
    """Place the receipt and record it, all in one transaction; False when it was placed before."""
    if not outbox.finish(unit, receipt.owed.id):
        return False
    facts, message = receipt.facts, receipt.message
    sender = Party(facts.sender.agency, facts.sender.address)
    wanted = mailbox_for(facts.kind)
    target = mailboxes.find(unit.connection, sender.office, wanted)
    if target is None:  # an officer renamed or deleted it: INBOX is always there
        target = mailboxes.find(unit.connection, sender.office, "INBOX")
    if target is None:
        raise NotFound(f"{sender.office} has no mailbox")
    messages.put_message(unit, message)
    entry = NewEntry(
        "receipt",
        message.sha256,
        b"",
        message.octets[: message.head_size],
        len(message.octets),
        unit.now,
    )
    mailboxes.add_entry(unit, target.id, entry)
    fact = Evidence(
        evidence.new_id(unit),
        Event.RECEIPT_ISSUED,
        unit.now,
        unit.now,
        issuer,
        facts.letter_id,
        sender,
        sha256=facts.sha256,
        reference=facts.reference,
        rests_on=(facts.evidence_id,),
        detail={
            "kind": facts.kind.value,
            "receipt_sha256": message.sha256,
            "message_id": receipt.message_id,
            "mailbox": target.name,
        },
    )
    evidence.append(unit, fact)
    return True


def _stored(connection: Reading, letter_id: str) -> list[bytes]:
    records = evidence.of_letter(connection, letter_id)
    digests = [
        one.members["detail"]["receipt_sha256"] for one in records if one.event == Event.RECEIPT_ISSUED
    ]
    return [messages.octets(connection, digest) for digest in digests]
