"""An officer takes a message out of an office's view: the view loses it, the record stays, and the act is evidence.

Invariant: the unlinking and its UNLINKED record are one transaction; a message that is no letter leaves no record.
"""

from collections.abc import Sequence

from gateway.letters.reader import Reader
from mailstore.database.transaction import Unit
from mailstore.evidence import records
from mailstore.letters import consignments
from mailstore.letters.letters import Addressee, Letter
from mailstore.mailboxes import mailboxes
from policies.evidence import Event, Evidence, Issuer, Party


class Unlinking:
    """Takes messages out of mailboxes."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    def unlink_in(
        self, unit: Unit, reader: Reader, mailbox: mailboxes.Mailbox, uids: Sequence[int], moved_to: str = ""
    ) -> list[int]:
        """Take live messages out of the mailbox inside a unit; return the UIDs that went.

        Each letter among them gets an UNLINKED record that names the officer, the mailbox as it is called now, and
        where the message was moved to, if it was.
        """
        letters = consignments.letters_in(unit.connection, mailbox.id, uids, mailbox.office)
        gone = mailboxes.unlink(unit, mailbox.id, uids)
        went = frozenset(gone)
        name = mailboxes.get(unit.connection, mailbox.id).name
        detail: dict[str, object] = {"mailbox": name, "office": mailbox.office}
        if moved_to:
            detail["moved_to"] = moved_to
        records.append_all(
            unit,
            [self._fact(unit, reader, letter, mine, detail) for uid, letter, mine in letters if uid in went],
        )
        return gone

    def _fact(
        self, unit: Unit, reader: Reader, letter: Letter, mine: Addressee | None, detail: dict[str, object]
    ) -> Evidence:
        return Evidence(
            records.new_id(unit),
            Event.UNLINKED,
            unit.now,
            unit.now,
            self._issuer,
            letter.letter_id,
            Party(letter.sender_agency, letter.sender_office),
            Party(mine.agency, mine.office) if mine else None,
            reader.actor(),
            letter.sha256,
            reference=letter.reference,
            incoming_reference=mine.incoming_reference if mine else "",
            detail=detail,
        )
