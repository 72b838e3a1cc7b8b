r"""An officer opens a letter: evidence of who, before any octet of the body leaves.

Invariants:
- Log before reveal: `hand_over` returns only when HANDED-OVER for that officer is durable for every letter among the
  messages. Whoever sends a body octet without having awaited it breaks the product's promise.
- Once per letter, office and person; one transaction for all messages of a command, or for each `RUN` of very many,
  so that others may write in between. Nothing is revealed before the last of them is durable.
- SEEN and the `\\Seen` flag are one transaction; the opened receipt is owed in it.
- Only officers read. A system has no right to read and can produce neither event.
"""

from collections.abc import Callable, Sequence

from gateway.offload import Offload
from gateway.reader import Reader
from mailstore import evidence, mailboxes, outbox
from mailstore.consignments import HANDED_OVER as SENT_HANDED_OVER
from mailstore.consignments import SEEN as SENT_SEEN
from mailstore.consignments import mark_sent, received
from mailstore.letters import Addressee, Letter
from mailstore.transaction import Reading, Unit
from policies.evidence import Event, Evidence, Issuer, Party, unique_key_for

SEEN = "\\Seen"
RUN = 2000
"""Messages whose evidence is one transaction."""


class Opening:
    """Records hand-over and reading. `owed` is called when a receipt became due."""

    def __init__(self, offload: Offload, issuer: Issuer, owed: Callable[[], None]) -> None:
        self._offload = offload
        self._issuer = issuer
        self._owed = owed
        self._known: set[tuple[str, int, int]] = set()  # (login, mailbox, uid) with durable HANDED-OVER

    async def hand_over(self, reader: Reader, mailbox: int, uids: Sequence[int]) -> None:
        """Make HANDED-OVER durable for every letter among the messages. Raises Unavailable: then reveal nothing."""
        fresh = [uid for uid in uids if (reader.login, mailbox, uid) not in self._known]
        for start in range(0, len(fresh), RUN):
            await self._hand_over(reader, mailbox, fresh[start : start + RUN])

    async def _hand_over(self, reader: Reader, mailbox: int, fresh: Sequence[int]) -> None:
        owing = await self._offload.read(
            lambda connection: _not_handed_over(connection, reader, mailbox, fresh)
        )
        if owing:
            await self._offload.write(
                lambda unit: record(unit, self._issuer, reader, owing, Event.HANDED_OVER)
            )
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
        def act(unit: Unit) -> int:
            own = mailboxes.own_flags(unit.connection, mailbox, reader.login, uids)
            changed = {
                uid: own.get(uid, frozenset()) | {SEEN} for uid in uids if SEEN not in own.get(uid, ())
            }
            if not changed:
                return 0
            modseq = mailboxes.next_modseq(unit, mailbox)
            mailboxes.set_own_flags(unit, mailbox, reader.login, changed, modseq)
            self.seen_in(unit, reader, mailbox, list(changed), handed=handed)
            return modseq

        modseq = await self._offload.write(act)
        if modseq:
            self._owed()
        return modseq

    def seen_in(
        self, unit: Unit, reader: Reader, mailbox: int, uids: Sequence[int], *, handed: bool = False
    ) -> None:
        r"""Record SEEN inside a unit that sets \\Seen itself; HANDED-OVER before it only when bodies leave with it.

        A flag set without a body is no hand-over: what was not observed is not claimed. Whoever calls this wakes the
        receipts' worker after the unit is durable: `notify_owed`.
        """
        found = received(unit.connection, mailbox, uids, reader.office)
        if handed:
            record(unit, self._issuer, reader, found, Event.HANDED_OVER)
        record(unit, self._issuer, reader, found, Event.SEEN)

    def notify_owed(self) -> None:
        """Wake the receipts' worker."""
        self._owed()


def _not_handed_over(
    connection: Reading, reader: Reader, mailbox: int, uids: Sequence[int]
) -> list[tuple[Letter, Addressee]]:
    found = received(connection, mailbox, uids, reader.office)
    keys = {_key(letter, reader): (letter, mine) for letter, mine in found}
    standing = evidence.standing_keys(connection, list(keys))
    return [pair for key, pair in keys.items() if key not in standing]


def _key(letter: Letter, reader: Reader) -> str:
    return unique_key_for(Event.HANDED_OVER, "", letter.letter_id, reader.office, reader.login)


def record(
    unit: Unit, issuer: Issuer, reader: Reader, opened: Sequence[tuple[Letter, Addressee]], event: Event
) -> None:
    """Append one event per letter for this officer, once; mark the sender's copy; a SEEN owes the opened receipt."""
    actor = reader.actor()
    facts = [
        Evidence(
            evidence.new_id(unit),
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
    fresh = evidence.append_missing(unit, facts)
    mark_sent(
        unit, [fact.letter_id for fact in fresh], SENT_SEEN if event is Event.SEEN else SENT_HANDED_OVER
    )
    if event is Event.SEEN:
        for fact in fresh:
            outbox.owe(unit, "opened", fact.letter_id, fact.evidence_id)
