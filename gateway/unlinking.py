"""An officer takes a message out of an office's view: the view loses it, the record stays, and the act is evidence.

Invariant: the unlinking and its UNLINKED record are one transaction; a message that is no letter leaves no record.
"""

from collections.abc import Sequence

from gateway.reader import Reader
from mailstore import evidence, mailboxes
from mailstore.letters import addressees, get
from mailstore.transaction import Unit
from policies.evidence import Event, Evidence, Issuer, Party


class Unlinking:
    """Takes messages out of mailboxes."""

    def __init__(self, issuer: Issuer) -> None:
        self._issuer = issuer

    def unlink_in(
        self, unit: Unit, reader: Reader, mailbox: mailboxes.Mailbox, uids: Sequence[int], moved_to: str = ""
    ) -> list[int]:
        """Take live messages out of the mailbox inside a unit; return the UIDs that went.

        Each letter among them gets an UNLINKED record that names the officer, the mailbox, and where the message was
        moved to, if it was.
        """
        letters = {
            row.uid: row.letter_id
            for row in mailboxes.entries(unit.connection, mailbox.id, uids, "letter_id")
        }
        gone = mailboxes.unlink(unit, mailbox.id, uids)
        for uid in gone:
            if letters.get(uid):
                self._record(unit, reader, mailbox, letters[uid], moved_to)
        return gone

    def _record(
        self, unit: Unit, reader: Reader, mailbox: mailboxes.Mailbox, letter_id: str, moved_to: str
    ) -> None:
        letter = get(unit.connection, letter_id)
        if letter is None:
            return
        mine = next(
            (one for one in addressees(unit.connection, letter_id) if one.office == reader.office), None
        )
        detail: dict[str, object] = {"mailbox": mailbox.name, "office": mailbox.office}
        if moved_to:
            detail["moved_to"] = moved_to
        evidence.append(
            unit,
            Evidence(
                evidence.new_id(unit),
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
            ),
        )
