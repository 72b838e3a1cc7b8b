r"""An officer opens a letter: evidence of who, before any octet of the body leaves.

Invariants:
- Log before reveal: `hand_over` returns only when HANDED-OVER for that officer is durable for every letter among the
  messages. Whoever sends a body octet without having awaited it breaks the product's promise.
- Once per letter, office and person; one transaction for all messages of a command.
- SEEN and the `\\Seen` flag are one transaction; the opened receipt is owed in it.
- Only officers read. A system has no right to read and can produce neither event.
"""

from collections.abc import Callable, Sequence

from gateway.offload import Offload
from gateway.reader import Reader
from mailstore import evidence, mailboxes, outbox
from mailstore.letters import Addressee, Letter, addressees, get
from mailstore.transaction import Reading, Unit
from policies.evidence import Event, Evidence, Issuer, Party

SEEN = "\\Seen"


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
        if not fresh:
            return
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

    async def see(self, reader: Reader, mailbox: int, uids: Sequence[int]) -> int:
        r"""Set the officer's \\Seen on the messages and record SEEN (and HANDED-OVER) in the same transaction.

        Returns the mailbox's new mod-sequence, 0 when nothing changed. Raises Unavailable.
        """

        def act(unit: Unit) -> int:
            own = mailboxes.own_flags(unit.connection, mailbox, reader.login, uids)
            changed = {
                uid: own.get(uid, frozenset()) | {SEEN} for uid in uids if SEEN not in own.get(uid, ())
            }
            if not changed:
                return 0
            modseq = mailboxes.next_modseq(unit, mailbox)
            mailboxes.set_own_flags(unit, mailbox, reader.login, changed, modseq)
            self.seen_in(unit, reader, mailbox, list(changed))
            return modseq

        modseq = await self._offload.write(act)
        if modseq:
            self._known.update((reader.login, mailbox, uid) for uid in uids)
            self._owed()
        return modseq

    def seen_in(self, unit: Unit, reader: Reader, mailbox: int, uids: Sequence[int]) -> None:
        r"""Record SEEN (and HANDED-OVER before it) inside a unit that sets \\Seen itself.

        Whoever calls this wakes the receipts' worker after the unit is durable: `notify_owed`.
        """
        found = _letters_received(unit.connection, reader.office, mailbox, uids)
        record(unit, self._issuer, reader, found, Event.HANDED_OVER)
        record(unit, self._issuer, reader, found, Event.SEEN)

    def notify_owed(self) -> None:
        """Wake the receipts' worker."""
        self._owed()


def _letters_received(
    connection: Reading, office: str, mailbox: int, uids: Sequence[int]
) -> list[tuple[Letter, Addressee]]:
    """Return the letters among the messages that the office received (its own sent copies are none)."""
    ids = {
        row.letter_id for row in mailboxes.entries(connection, mailbox, uids, "letter_id") if row.letter_id
    }
    found: list[tuple[Letter, Addressee]] = []
    for letter_id in sorted(ids):
        letter = get(connection, letter_id)
        mine = next((one for one in addressees(connection, letter_id) if one.office == office), None)
        if letter is not None and mine is not None:
            found.append((letter, mine))
    return found


def _not_handed_over(
    connection: Reading, reader: Reader, mailbox: int, uids: Sequence[int]
) -> list[tuple[Letter, Addressee]]:
    found = _letters_received(connection, reader.office, mailbox, uids)
    keys = {f"{letter.letter_id}|{reader.office}|{Event.HANDED_OVER}|{reader.login}" for letter, _ in found}
    standing = evidence.standing_keys(connection, sorted(keys))
    return [
        pair
        for pair in found
        if f"{pair[0].letter_id}|{reader.office}|{Event.HANDED_OVER}|{reader.login}" not in standing
    ]


def record(
    unit: Unit, issuer: Issuer, reader: Reader, opened: Sequence[tuple[Letter, Addressee]], event: Event
) -> None:
    """Append one event per letter for this officer, once; a SEEN owes the opened receipt."""
    for letter, mine in opened:
        fact = Evidence(
            evidence.new_id(unit),
            event,
            unit.now,
            unit.now,
            issuer,
            letter.letter_id,
            Party(letter.sender_agency, letter.sender_office),
            Party(mine.agency, mine.office),
            reader.actor(),
            letter.sha256,
            reference=letter.reference,
            incoming_reference=mine.incoming_reference,
        )
        if evidence.append_once(unit, fact) and event is Event.SEEN:
            outbox.owe(unit, "opened", letter.letter_id, fact.evidence_id)
