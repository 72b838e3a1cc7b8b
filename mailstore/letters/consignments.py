"""Letters seen from both ends: which of an office's messages are letters it received, its filed and the sender's copy.

Keywords on the sender's copy in Sent follow the letter's life. They are shared by the office, set by the gateway alone,
and say that some officer of some recipient reached the stage; `letter trace` tells which.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, bindparam, or_, select

from mailstore.database import schema
from mailstore.database.batches import batches
from mailstore.database.prepared import Prepared
from mailstore.database.transaction import Unit
from mailstore.letters.letters import Addressee, Letter
from mailstore.mailboxes.views import next_modseq, set_keywords, set_own_flags

DELIVERED, HANDED_OVER, SEEN = "$MsDelivered", "$MsHandedOver", "$MsSeen"

_LETTER = [schema.letters.c[name] for name in Letter.__dataclass_fields__]
_ADDRESSEE = [schema.recipients.c[name] for name in Addressee.__dataclass_fields__]
_SENT = select(schema.mailboxes.c.id).where(
    schema.mailboxes.c.id == bindparam("mailbox"), schema.mailboxes.c.special_use == "\\Sent"
)
_ENTRIES = schema.entries.join(schema.letters, schema.letters.c.letter_id == schema.entries.c.letter_id)
_RECIPIENT = (schema.recipients.c.letter_id == schema.letters.c.letter_id) & (
    schema.recipients.c.office == bindparam("office")
)
_AMONG = (
    schema.entries.c.mailbox == bindparam("mailbox"),
    schema.entries.c.uid.in_(bindparam("uids", expanding=True)),
)
_RECEIVED = Prepared(
    select(*_LETTER, *_ADDRESSEE)
    .select_from(_ENTRIES.join(schema.recipients, _RECIPIENT))
    .where(
        *_AMONG,
        # Both halves count: of its own letter the office reads its Sent copy without an opening, and a letter from
        # elsewhere is opened in Sent, too, where an officer may have copied it.
        or_(schema.letters.c.sender_office != bindparam("office"), schema.entries.c.mailbox.not_in(_SENT)),
    )
    .order_by(schema.entries.c.uid)
)
_FILED = Prepared(
    select(schema.entries.c.mailbox, schema.entries.c.uid, schema.entry_flags.c.flags)
    .select_from(
        schema.entries.join(schema.mailboxes, schema.mailboxes.c.id == schema.entries.c.mailbox).outerjoin(
            schema.entry_flags,
            (schema.entry_flags.c.mailbox == schema.entries.c.mailbox)
            & (schema.entry_flags.c.uid == schema.entries.c.uid)
            & (schema.entry_flags.c.login == bindparam("login")),
        )
    )
    .where(
        schema.mailboxes.c.office == bindparam("office"),
        schema.mailboxes.c.special_use == "\\Archive",
        schema.entries.c.letter_id.in_(bindparam("letters", expanding=True)),
        schema.entries.c.expunged_modseq.is_(None),
    )
)
_LETTERS_IN = Prepared(
    select(schema.entries.c.uid, *_LETTER, *_ADDRESSEE)
    .select_from(_ENTRIES.outerjoin(schema.recipients, _RECIPIENT))
    .where(*_AMONG)
    .order_by(schema.entries.c.uid)
)


def received(
    connection: Connection, mailbox: int, uids: Sequence[int], office: str
) -> list[tuple[Letter, Addressee]]:
    """Return the letters among a mailbox's messages that `office` received, each once, in UID order.

    The office's own sent copies and messages that are no letters are none of them.
    """
    found: dict[str, tuple[Letter, Addressee]] = {}
    for some in batches(uids):
        for row in _RECEIVED.rows(connection, {"mailbox": mailbox, "office": office, "uids": some}):
            letter = Letter(*row[: len(_LETTER)])
            found.setdefault(letter.letter_id, (letter, Addressee(*row[len(_LETTER) :])))
    return list(found.values())


def letters_in(
    connection: Connection, mailbox: int, uids: Sequence[int], office: str
) -> list[tuple[int, Letter, Addressee | None]]:
    """Return UID and letter of the messages that are letters, with how `office` received it, if it did."""
    found: list[tuple[int, Letter, Addressee | None]] = []
    for some in batches(uids):
        for row in _LETTERS_IN.rows(connection, {"mailbox": mailbox, "office": office, "uids": some}):
            letter = Letter(*row[1 : 1 + len(_LETTER)])
            addressee = row[1 + len(_LETTER) :]
            found.append((row[0], letter, Addressee(*addressee) if addressee[0] is not None else None))
    return found


def mark_filed(unit: Unit, office: str, login: str, letter_ids: Sequence[str], flag: str) -> None:
    """Set an officer's own flag on the office's filed copies of these letters, in the Archive."""
    fresh: defaultdict[int, dict[int, frozenset[str]]] = defaultdict(dict)
    for some in batches(letter_ids):
        named = {"office": office, "login": login, "letters": some}
        for mailbox, uid, flags in _FILED.rows(unit.connection, named):
            own = frozenset((flags or "").split())
            if flag not in own:
                fresh[mailbox][uid] = own | {flag}
    for mailbox, flags in fresh.items():
        set_own_flags(unit, mailbox, login, flags, next_modseq(unit, mailbox))


def mark_sent(unit: Unit, letter_ids: Iterable[str], keyword: str) -> None:
    """Put a keyword on the sender's live copies of these letters in Sent, where it is not there yet."""
    entries, mailboxes, letters = schema.entries, schema.mailboxes, schema.letters
    joined = entries.join(mailboxes, mailboxes.c.id == entries.c.mailbox).join(
        letters,
        (letters.c.letter_id == entries.c.letter_id) & (letters.c.sender_office == mailboxes.c.office),
    )
    fresh: defaultdict[int, dict[int, list[str]]] = defaultdict(dict)
    ids = list(dict.fromkeys(letter_ids))
    for start in range(0, len(ids), 500):
        query = (
            select(entries.c.mailbox, entries.c.uid, entries.c.keywords)
            .select_from(joined)
            .where(
                mailboxes.c.special_use == "\\Sent",
                entries.c.letter_id.in_(ids[start : start + 500]),
                entries.c.expunged_modseq.is_(None),
            )
        )
        for row in unit.connection.execute(query):
            words = row.keywords.split()
            if keyword not in words:
                fresh[row.mailbox][row.uid] = [*words, keyword]
    for mailbox, keywords in fresh.items():
        set_keywords(unit, mailbox, keywords, next_modseq(unit, mailbox))
