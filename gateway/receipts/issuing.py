"""Receipts: rendered from evidence, sealed, placed in the mailbox of the office that sent the letter.

Step 9 of docs/path-of-a-letter.md. The work is owed by outbox rows that intake and opening wrote with their cause.

Invariants:
- What the sender did not ask to be told (NOTIFY, RFC 3461) is not placed: the row is done, and the evidence stands.
- What is owed is placed exactly once: the row turns to done in the transaction that places the receipt and records
  RECEIPT-ISSUED. Who comes second places nothing.
- A failure is never silent and never final: the row keeps the error and its next time.
- The stored octets are the receipt. It is issued again by giving them out again, never by rendering again.
- A receipt's entry names no letter, so opening a receipt is no opening of the letter.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from gateway.messages.stored import message_of
from gateway.receipts.facts import Material, gather
from gateway.receipts.message import Sealing, compose, message_id
from gateway.runtime.clock import Clock
from gateway.runtime.directory import CurrentDirectory
from gateway.runtime.faults import Unavailable
from gateway.runtime.offload import Offload
from gateway.signatures.sealing import Sealer
from mailstore import outbox
from mailstore.database.transaction import Reading, Unit
from mailstore.evidence import records as evidence
from mailstore.faults import NotFound
from mailstore.mailboxes import mailboxes
from mailstore.mailboxes.mailboxes import NewEntry
from mailstore.octets import messages
from mailstore.octets.messages import Message
from mailstore.outbox import Owed
from policies.evidence import Event, Evidence, Issuer, Party
from policies.people.directory import Directory
from policies.receipts.receipt import Facts, mailbox_for
from policies.words.arabic import strip_controls

T = TypeVar("T")
BATCH = 16  # receipts rendered at a time; small, so that letters coming in find a free worker
IDLE_SECONDS = 5.0  # how often the outbox is looked at when nobody wakes the worker
_journal = logging.getLogger("murasalat.receipts")


@dataclass(frozen=True, slots=True)
class Receipt:
    """A finished receipt: the owed row, its facts, its message, and the Message-ID that it bears."""

    owed: Owed
    facts: Facts
    message: Message
    message_id: str


class Receipting:
    """Issues receipts. `sign_bundle` signs octets with the log's key, which `issuer.key_id` names.

    `address` is the mail address that receipts come from: the one in the sealer's key. `hijri_offset` moves the
    Umm al-Qura dates, in days.
    """

    def __init__(
        self,
        offload: Offload,
        sealer: Sealer,
        issuer: Issuer,
        address: str,
        clock: Clock,
        sign_bundle: Callable[[bytes], bytes],
        *,
        hijri_offset: int = 0,
    ) -> None:
        self._offload = offload
        self._sealer = sealer
        self._issuer = issuer
        self._address = address
        self._clock = clock
        self._sign_bundle = sign_bundle
        self._hijri_offset = hijri_offset
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
            except Exception:  # noqa: BLE001 - the worker outlives every fault; the rows stay owed
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
        issued = await _all(self._render(one, directory) for one in due)
        return sum(await _all(self._place(one) for one in issued if one is not None))

    async def reissue(self, letter_id: str) -> list[bytes]:
        """Return the octets of every receipt issued about a letter, as they were, oldest first."""
        return await self._offload.read(lambda connection: _stored(connection, letter_id))

    async def _render(self, owed: Owed, directory: Directory) -> Receipt | None:
        try:
            material = await self._offload.read(lambda connection: gather(connection, owed, directory))
            facts = replace(material.facts, hijri_offset=self._hijri_offset)
            material = replace(material, facts=facts)
            if not material.facts.consignments:
                await self._offload.write(lambda unit: outbox.finish(unit, owed.id))
                return None
            return await self._offload.call(lambda: self._finished(owed, material))
        except Unavailable:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever it is, the row keeps it and the others go on
            await self._postpone(owed, fault)
            return None

    def _finished(self, owed: Owed, material: Material) -> Receipt:
        """Render and seal. Blocking: gpg runs here."""
        sealer = self._sealer
        sealing = Sealing(
            self._address, sealer.public_key(), sealer.sign, self._issuer.key_id, self._sign_bundle
        )
        octets = compose(material, self._clock(), sealing)
        message = message_of(octets)
        return Receipt(owed, material.facts, message, message_id(material.facts, self._address))

    async def _place(self, receipt: Receipt) -> bool:
        try:
            return await self._offload.write(lambda unit: _place(unit, receipt, self._issuer))
        except Unavailable:
            raise
        except Exception as fault:  # noqa: BLE001 - as above
            await self._postpone(receipt.owed, fault)
            return False

    async def _postpone(self, owed: Owed, fault: Exception) -> None:
        error = strip_controls(f"{type(fault).__name__}: {fault}")
        _journal.error("receipt %d (%s) of letter %s waits: %s", owed.id, owed.kind, owed.letter_id, error)
        await self._offload.write(lambda unit: outbox.postpone(unit, owed.id, owed.attempts, error))


async def _all(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Run the work side by side to the end of all of it; then raise the first fault, if there was one."""
    results = await asyncio.gather(*work, return_exceptions=True)
    done: list[T] = []
    for one in results:
        if isinstance(one, BaseException):
            raise one
        done.append(one)
    return done


def _place(unit: Unit, receipt: Receipt, issuer: Issuer) -> bool:
    """Place the receipt and record it, all in one transaction; False when it was placed before."""
    if not outbox.finish(unit, receipt.owed.id):
        return False
    facts, message = receipt.facts, receipt.message
    sender = Party(facts.sender.agency, facts.sender.address)
    target = mailboxes.find(unit.connection, sender.office, mailbox_for(facts.kind))
    if target is None:  # a standard mailbox can be neither renamed nor deleted
        raise NotFound(f"{sender.office} has no mailbox {mailbox_for(facts.kind)}")
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
