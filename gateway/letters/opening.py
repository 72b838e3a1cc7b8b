r"""An officer opens a letter: evidence of who, before any octet of the body leaves.

Invariants:
- Log before reveal: `hand_over` returns only when HANDED-OVER for that officer is durable for every letter among the
  messages. Whoever sends a body octet without having awaited it breaks the product's promise.
- Once per letter, office and person; one transaction for all messages of a command, or for each `RUN` of very many,
  so that others may write in between. Nothing is revealed before the last of them is durable.
- SEEN and the `\\Seen` flag are one transaction; the opened receipt is owed in it.
- What an officer has read is read in the Archive, too, where it would else count as unread for ever.
- Only officers read. A system has no right to read and can produce neither event.
- An account that is handed very many letters in a short time is put into the journal.
"""

from collections.abc import Callable, Sequence

from gateway.letters.bulk_reading import BulkReading
from gateway.letters.reader import Reader
from gateway.runtime.offload import Offload
from mailstore import outbox
from mailstore.database.transaction import Reading, Unit
from mailstore.evidence import records
from mailstore.letters.consignments import HANDED_OVER as SENT_HANDED_OVER
from mailstore.letters.consignments import SEEN as SENT_SEEN
from mailstore.letters.consignments import mark_filed, mark_sent, received
from mailstore.letters.letters import Addressee, Letter
from mailstore.mailboxes import views
from policies.evidence import Event, Evidence, Issuer, Party, unique_key_for

SEEN = "\\Seen"
RUN = 2000
"""Messages whose evidence is one transaction."""
AT_ONCE = 32
"""Messages of which it is looked up at once, without another thread, whether they were handed over."""


class Opening:
    """Records hand-over and reading. `owed` is called when a receipt became due."""

    def __init__(self, offload: Offload, issuer: Issuer, owed: Callable[[], None]) -> None:
        self._offload = offload
        self._issuer = issuer
        self._owed = owed
        self._bulk = BulkReading()
        self._known: set[tuple[str, int, int]] = set()  # (login, mailbox, uid) with durable HANDED-OVER

    def is_handed_over(self, reader: Reader, mailbox: int, uids: Sequence[int]) -> bool:
        """Whether it is remembered that HANDED-OVER is durable for every letter among the messages."""
        return all((reader.login, mailbox, uid) in self._known for uid in uids)

    async def hand_over(self, reader: Reader, mailbox: int, uids: Sequence[int]) -> None:
        """Make HANDED-OVER durable for every letter among the messages. Raises Unavailable: then reveal nothing."""
        fresh = [uid for uid in uids if (reader.login, mailbox, uid) not in self._known]
        for start in range(0, len(fresh), RUN):
            await self._hand_over(reader, mailbox, fresh[start : start + RUN])

    async def _hand_over(self, reader: Reader, mailbox: int, fresh: Sequence[int]) -> None:
        look = self._offload.glance if len(fresh) <= AT_ONCE else self._offload.read
        owing = await look(lambda connection: _not_handed_over(connection, reader, mailbox, fresh))
        if owing:
            await self._offload.write(
                lambda unit: record(unit, self._issuer, reader, owing, Event.HANDED_OVER)
            )
            self._bulk.handed_over(reader.login, len(owing))
        if len(self._known) > 200_000:
            self._known.clear()
        self._known.update((reader.login, mailbox, uid) for uid in fresh)

    async def see(self, reader: Reader, mailbox: int, uids: Sequence[int], *, handed: bool) -> int:
        r"""Set the officer's \\Seen on the messages and record SEEN in the same transaction.

        `handed`: octets of their bodies are about to leave, so HANDED-OVER is recorded before it. Returns the
        mailbox's new mod-sequence, 0 when nothing changed. Raises Unavailable.
        """
        modseq = 0
        for start in range(0, len(uids), RUN):
            modseq = await self._see(reader, mailbox, uids[start : start + RUN], handed=handed) or modseq
        return modseq

    async def _see(self, reader: Reader, mailbox: int, uids: Sequence[int], *, handed: bool) -> int:
        def act(unit: Unit) -> tuple[int, int]:
            own = views.own_flags(unit.connection, mailbox, reader.login, uids)
            changed = {
                uid: own.get(uid, frozenset()) | {SEEN} for uid in uids if SEEN not in own.get(uid, ())
            }
            if not changed:
                return 0, 0
            modseq = views.next_modseq(unit, mailbox)
            views.set_own_flags(unit, mailbox, reader.login, changed, modseq)
            return modseq, self.seen_in(unit, reader, mailbox, list(changed), handed=handed)

        modseq, letters = await self._offload.write(act)
        if modseq:
            self._bulk.handed_over(reader.login, letters)
            self._owed()
        return modseq

    def seen_in(
        self, unit: Unit, reader: Reader, mailbox: int, uids: Sequence[int], *, handed: bool = False
    ) -> int:
        r"""Record SEEN inside a unit that sets \\Seen itself; HANDED-OVER before it only when bodies leave with it.

        A flag set without a body is no hand-over: what was not observed is not claimed. Whoever calls this wakes the
        receipts' worker after the unit is durable: `notify_owed`. Returns how many letters were handed over.
        """
        found = received(unit.connection, mailbox, uids, reader.office)
        letters = record(unit, self._issuer, reader, found, Event.HANDED_OVER) if handed else 0
        record(unit, self._issuer, reader, found, Event.SEEN)
        mark_filed(unit, reader.office, reader.login, [letter.letter_id for letter, _ in found], SEEN)
        return letters

    def notify_owed(self) -> None:
        """Wake the receipts' worker."""
        self._owed()


def _not_handed_over(
    connection: Reading, reader: Reader, mailbox: int, uids: Sequence[int]
) -> list[tuple[Letter, Addressee]]:
    found = received(connection, mailbox, uids, reader.office)
    keys = {_key(letter, reader): (letter, mine) for letter, mine in found}
    standing = records.standing_keys(connection, list(keys))
    return [pair for key, pair in keys.items() if key not in standing]


def _key(letter: Letter, reader: Reader) -> str:
    return unique_key_for(Event.HANDED_OVER, "", letter.letter_id, reader.office, reader.login)


def record(
    unit: Unit, issuer: Issuer, reader: Reader, opened: Sequence[tuple[Letter, Addressee]], event: Event
) -> int:
    """Append one event per letter for this officer, once; mark the sender's copy; a SEEN owes the opened receipt.

    Returns how many were new.
    """
    actor = reader.actor()
    facts = [
        Evidence(
            records.new_id(unit),
            event,
            unit.now,
            unit.now,
            issuer,
            letter.letter_id,
            Party(letter.sender_agency, letter.sender_office),
            Party(mine.agency, mine.office),
            actor,
            letter.sha256,
            reference=letter.reference,
            incoming_reference=mine.incoming_reference,
        )
        for letter, mine in opened
    ]
    fresh = records.append_missing(unit, facts)
    mark_sent(
        unit, [fact.letter_id for fact in fresh], SENT_SEEN if event is Event.SEEN else SENT_HANDED_OVER
    )
    if event is Event.SEEN:
        for fact in fresh:
            outbox.owe(unit, "opened", fact.letter_id, fact.evidence_id)
    return len(fresh)
