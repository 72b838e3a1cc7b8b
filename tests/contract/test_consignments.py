"""A letter seen from both ends: what an office received, the sender's copy, the filed one."""

from functools import partial

import pytest

from mailstore.database.transaction import Store, Unit
from mailstore.letters import consignments
from mailstore.letters.letters import Letter
from mailstore.mailboxes import mailboxes, views
from mailstore.octets import messages
from tests.contract.sample import (
    Accepted,
    accept,
    enrol,
    entry,
    login_of,
    mailbox_id,
    make_message,
    office_of,
)

MOF, MOJ = office_of("MOF"), office_of("MOJ")


@pytest.fixture
def filled(store: Store) -> Store:
    store.write(enrol)
    return store


def place(unit: Unit, letter: Letter, code: str, name: str) -> int:
    """Place a view of a letter in another mailbox; return its UID."""
    copied = mailboxes.NewEntry("letter", letter.sha256, b"", b"", letter.size, unit.now, letter.letter_id)
    return mailboxes.add_entry(unit, mailbox_id(unit, code, name), copied)


def draft(unit: Unit, code: str, name: str) -> int:
    message = make_message(b"Subject: draft\r\n\r\nline\r\n")
    messages.put_message(unit, message)
    return mailboxes.add_entry(unit, mailbox_id(unit, code, name), entry(message, b"", unit, "draft"))


def test_an_office_received_each_letter_once_and_its_own_copies_are_none(filled: Store) -> None:
    def act(unit: Unit) -> None:
        first, second = accept(unit, 1), accept(unit, 2)
        to_itself = accept(unit, 3, to=("MOJ", "MOF"))
        inbox, sent = mailbox_id(unit, "MOF", "INBOX"), mailbox_id(unit, "MOJ", "Sent")
        place(unit, first.letter, "MOF", "INBOX")
        draft(unit, "MOF", "INBOX")
        found = consignments.received(unit.connection, inbox, [1, 2, 3, 4, 5, 99], MOF)
        assert [letter for letter, _ in found] == [first.letter, second.letter, to_itself.letter]
        assert {mine.office for _, mine in found} == {MOF}
        assert consignments.received(unit.connection, inbox, [2], MOF)[0][0] == second.letter
        assert consignments.received(unit.connection, inbox, [], MOF) == []
        assert consignments.received(unit.connection, sent, [1, 2, 3], MOJ) == []
        own = consignments.received(unit.connection, mailbox_id(unit, "MOJ", "INBOX"), [1], MOJ)
        assert [letter for letter, _ in own] == [to_itself.letter]

    filled.write(act)


def test_letters_are_told_from_other_messages_and_with_how_they_were_received(filled: Store) -> None:
    def act(unit: Unit) -> None:
        letter = accept(unit, 1).letter
        draft(unit, "MOF", "INBOX")
        inbox, sent = mailbox_id(unit, "MOF", "INBOX"), mailbox_id(unit, "MOJ", "Sent")
        ((uid, found, mine),) = consignments.letters_in(unit.connection, inbox, [1, 2], MOF)
        assert (uid, found) == (1, letter)
        assert mine is not None
        assert mine.incoming_reference == "MOF/IN/2026/000001"
        assert consignments.letters_in(unit.connection, sent, [1], MOJ) == [(1, letter, None)]

    filled.write(act)


def test_the_senders_copy_is_marked_once(filled: Store) -> None:
    accepted: Accepted = filled.write(partial(accept, number=1))

    def mark(unit: Unit) -> int:
        consignments.mark_sent(unit, [accepted.letter.letter_id, "no letter"], consignments.SEEN)
        return mailboxes.get(unit.connection, mailbox_id(unit, "MOJ", "Sent")).highestmodseq

    assert filled.write(mark) == filled.write(mark)
    sent = filled.write(lambda unit: mailbox_id(unit, "MOJ", "Sent"))
    (state,) = filled.read(lambda connection: views.states(connection, sent, "anybody"))
    assert state.flags == {"$MsSeen"}


def test_the_filed_copy_is_marked_for_one_officer_and_keeps_the_officers_other_flags(filled: Store) -> None:
    accepted: Accepted = filled.write(partial(accept, number=1))
    other: Accepted = filled.write(partial(accept, number=2))
    login = login_of("MOF")

    def file(unit: Unit) -> int:
        archive = mailbox_id(unit, "MOF", "Archive")
        for one in (accepted, other):
            place(unit, one.letter, "MOF", "Archive")
        own = {1: frozenset({"mine"})}
        views.set_own_flags(unit, archive, login, own, views.next_modseq(unit, archive))
        return archive

    def mark(unit: Unit) -> int:
        consignments.mark_filed(unit, MOF, login, [accepted.letter.letter_id], "\\Seen")
        return mailboxes.get(unit.connection, archive).highestmodseq

    archive = filled.write(file)
    assert filled.write(mark) == filled.write(mark)
    seen = filled.read(lambda connection: views.states(connection, archive, login))
    assert [state.flags for state in seen] == [{"mine", "\\Seen"}, set()]
    others = filled.read(lambda connection: views.states(connection, archive, "colleague"))
    assert [state.flags for state in others] == [set(), set()]
