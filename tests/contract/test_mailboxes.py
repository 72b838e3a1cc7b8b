"""Mailboxes: names, counters and UIDs that only rise, entries that are views of unchanging octets."""

from datetime import UTC, datetime, timedelta, timezone
from functools import partial

import pytest

from mailstore.database.transaction import Reading, Store, Unit
from mailstore.faults import Conflict, NotFound
from mailstore.mailboxes import mailboxes, views
from mailstore.mailboxes.contents import modseqs, piece
from mailstore.mailboxes.mailboxes import Mailbox, NewEntry
from mailstore.octets import messages
from tests.contract.conftest import Clock
from tests.contract.sample import accept, enrol, entry, login_of, mailbox_id, make_message, office_of

MOF = office_of("MOF")
OCTETS = b"Subject: draft\r\n\r\nline\r\n"


@pytest.fixture
def filled(store: Store) -> Store:
    store.write(enrol)
    return store


@pytest.fixture
def inbox(filled: Store) -> int:
    return filled.write(lambda unit: mailbox_id(unit, "MOF", "INBOX"))


def put(unit: Unit, mailbox: int, count: int = 1, octets: bytes = OCTETS) -> list[int]:
    """Place drafts in a mailbox."""
    message = make_message(octets)
    messages.put_message(unit, message)
    return mailboxes.add_entries(unit, [(mailbox, entry(message, b"", unit, "draft"))] * count)


def look(store: Store, mailbox: int) -> Mailbox:
    return store.read(partial(mailboxes.get, mailbox=mailbox))


def test_an_office_has_the_standard_mailboxes(filled: Store) -> None:
    found = filled.read(lambda connection: mailboxes.of_offices(connection, [MOF]))
    assert [(one.name, one.special_use) for one in found] == list(mailboxes.STANDARD)
    assert {(one.office, one.uidnext, one.highestmodseq) for one in found} == {(MOF, 1, 1)}
    every = filled.read(lambda connection: mailboxes.of_offices(connection, [MOF, office_of("MOI")]))
    assert len(every) == 12
    assert filled.read(lambda connection: mailboxes.of_offices(connection, [])) == []


def test_a_mailbox_is_found_by_name_and_inbox_in_any_case(filled: Store) -> None:
    def names(connection: Reading) -> list[str | None]:
        asked = ("INBOX", "inbox", "InBox", "Sent", "sent", "nothing")
        found = [mailboxes.find(connection, MOF, name) for name in asked]
        return [one.name if one else None for one in found]

    assert filled.read(names) == ["INBOX", "INBOX", "INBOX", "Sent", None, None]


def test_a_taken_name_is_refused_and_a_mailbox_that_is_gone_says_so(filled: Store) -> None:
    for name in ("INBOX", "inbox", "Sent"):
        with pytest.raises(Conflict):
            filled.write(partial(mailboxes.create, office=MOF, name=name))
    for act in (partial(mailboxes.delete, mailbox=4711), partial(mailboxes.rename, mailbox=4711, name="x")):
        with pytest.raises(NotFound):
            filled.write(act)
    with pytest.raises(NotFound):
        filled.read(partial(mailboxes.get, mailbox=4711))
    with pytest.raises(NotFound):
        filled.write(partial(put, mailbox=4711))
    with pytest.raises(NotFound):
        filled.write(partial(views.next_modseq, mailbox=4711))


def test_uidvalidity_rises_with_every_mailbox_whatever_the_clock_does(filled: Store, clock: Clock) -> None:
    standing = filled.read(lambda connection: mailboxes.of_offices(connection, [MOF]))
    values = [one.uidvalidity for one in standing]
    assert values == sorted(set(values))

    def make(unit: Unit) -> int:
        made = mailboxes.create(unit, MOF, "Projects")
        assert made == mailboxes.get(unit.connection, made.id)
        mailboxes.delete(unit, made.id)
        return made.uidvalidity

    for seconds in (0, 0, 3600, -7200, 0):
        clock.advance(seconds)
        values.append(filled.write(make))
    assert values == sorted(set(values))
    assert all(0 < value < 2**32 for value in values)
    assert int(clock.now.timestamp()) + 7200 in values


def test_a_renamed_mailbox_keeps_its_uids_and_its_uidvalidity(filled: Store) -> None:
    made = filled.write(partial(mailboxes.create, office=MOF, name="A"))
    filled.write(partial(put, mailbox=made.id, count=2))
    renamed = filled.write(partial(mailboxes.rename, mailbox=made.id, name="B"))
    assert (renamed.id, renamed.name, renamed.uidnext) == (made.id, "B", 3)
    assert renamed.uidvalidity == made.uidvalidity
    assert filled.read(partial(views.uids, mailbox=made.id)) == [1, 2]
    assert filled.read(lambda connection: mailboxes.find(connection, MOF, "A")) is None
    again = filled.write(partial(mailboxes.create, office=MOF, name="A"))
    assert again.uidvalidity > made.uidvalidity
    assert filled.write(partial(put, mailbox=again.id)) == [1]
    with pytest.raises(Conflict):
        filled.write(partial(mailboxes.rename, mailbox=made.id, name="inbox"))


def test_a_rename_is_seen_by_other_processes(filled: Store) -> None:
    made = filled.write(partial(mailboxes.create, office=MOF, name="A"))
    before = filled.read(partial(modseqs, mailboxes=[made.id]))
    filled.write(partial(mailboxes.rename, mailbox=made.id, name="B"))
    assert filled.read(partial(modseqs, mailboxes=[made.id]))[made.id] > before[made.id]


def test_what_was_said_about_a_name_follows_the_mailbox(filled: Store) -> None:
    mof, moi = login_of("MOF"), login_of("MOI")
    made = filled.write(partial(mailboxes.create, office=MOF, name="A"))
    for login, name, subscribed in ((mof, "A", True), (mof, "B", False), (moi, "B", True), (moi, "C", True)):
        say = partial(mailboxes.subscribe, login=login, office=MOF, name=name, subscribed=subscribed)
        filled.write(say)
    filled.write(partial(mailboxes.rename, mailbox=made.id, name="B"))
    said = {login: filled.read(partial(mailboxes.subscriptions, login=login)) for login in (mof, moi)}
    assert said == {mof: {(MOF, "B"): True}, moi: {(MOF, "B"): True, (MOF, "C"): True}}


def test_standard_mailboxes_are_neither_renamed_nor_deleted(filled: Store, inbox: int) -> None:
    for act in (partial(mailboxes.delete, mailbox=inbox), partial(mailboxes.rename, mailbox=inbox, name="x")):
        with pytest.raises(Conflict):
            filled.write(act)


def test_only_an_empty_mailbox_is_deleted_and_the_octets_stay(filled: Store) -> None:
    made = filled.write(partial(mailboxes.create, office=MOF, name="A"))
    filled.write(partial(put, mailbox=made.id, count=2))
    flags = {1: frozenset({"\\Seen"})}
    filled.write(partial(views.set_own_flags, mailbox=made.id, login=login_of("MOF"), flags=flags, modseq=3))
    with pytest.raises(Conflict):
        filled.write(partial(mailboxes.delete, mailbox=made.id))
    filled.write(partial(mailboxes.unlink, mailbox=made.id, uids=[1, 2]))
    filled.write(partial(mailboxes.delete, mailbox=made.id))
    with pytest.raises(NotFound):
        look(filled, made.id)
    sha256 = make_message(OCTETS).sha256
    assert filled.read(partial(messages.octets, sha256=sha256)) == OCTETS


def test_subscriptions_are_each_account_s_own_and_outlive_the_mailbox(filled: Store) -> None:
    login = login_of("MOF")
    filled.write(partial(mailboxes.subscribe, login=login, office=MOF, name="Sent", subscribed=False))
    filled.write(partial(mailboxes.subscribe, login=login, office=MOF, name="absent", subscribed=True))
    filled.write(partial(mailboxes.subscribe, login=login, office=MOF, name="Sent", subscribed=True))
    wanted = {(MOF, "Sent"): True, (MOF, "absent"): True}
    assert filled.read(partial(mailboxes.subscriptions, login=login)) == wanted
    assert filled.read(partial(mailboxes.subscriptions, login=login_of("MOI"))) == {}
    with pytest.raises(Conflict):
        filled.write(partial(mailboxes.subscribe, login="nobody", office=MOF, name="Sent", subscribed=True))


# ── Messages and entries ──────────────────────────────────────────────────────────────────────────────────


def test_octets_are_kept_once_and_exactly(filled: Store) -> None:
    octets = b"Subject: \xff\x00\r\n\r\n" + bytes(range(256)) * 100
    message = make_message(octets)
    for _ in range(2):
        filled.write(partial(messages.put_message, message=message))
    assert filled.read(partial(messages.octets, sha256=message.sha256)) == octets
    for start, stop in ((0, 1), (0, len(octets)), (5, 17), (len(octets) - 1, len(octets)), (7, 7)):
        assert (
            filled.read(partial(piece, sha256=message.sha256, start=start, stop=stop)) == octets[start:stop]
        )
    for act in (partial(messages.octets, sha256="absent"), partial(piece, sha256="absent", start=0, stop=1)):
        with pytest.raises(NotFound):
            filled.read(act)


def test_uids_and_mod_sequences_rise_and_the_mailbox_is_told(filled: Store, inbox: int) -> None:
    heard: list[frozenset[int]] = []
    filled.on_change(heard.append)
    sent = filled.write(lambda unit: mailbox_id(unit, "MOF", "Sent"))

    def both(unit: Unit) -> list[int]:
        message = make_message(OCTETS)
        messages.put_message(unit, message)
        new = entry(message, b"", unit, "draft")
        return mailboxes.add_entries(unit, [(inbox, new), (sent, new), (inbox, new)])

    assert filled.write(partial(put, mailbox=inbox)) == [1]
    assert filled.write(both) == [2, 1, 3]
    assert filled.write(lambda unit: mailboxes.add_entries(unit, [])) == []
    assert heard == [frozenset({inbox}), frozenset({inbox, sent})]
    assert (look(filled, inbox).uidnext, look(filled, inbox).highestmodseq) == (4, 3)
    assert (look(filled, sent).uidnext, look(filled, sent).highestmodseq) == (2, 2)
    assert filled.read(lambda c: modseqs(c, [inbox, sent, 4711])) == {inbox: 3, sent: 2}


def test_an_entry_is_read_back_with_what_lies_behind_it(filled: Store, inbox: int, clock: Clock) -> None:
    message = make_message(OCTETS)
    when = datetime(2026, 11, 23, 13, 0, tzinfo=timezone(timedelta(hours=3)))
    new = NewEntry(
        "draft",
        message.sha256,
        b"X: 1\r\n",
        b"X: 1\r\n" + OCTETS[:18],
        6 + len(OCTETS),
        when,
        None,
        ("$a", "b"),
    )

    def place(unit: Unit) -> int:
        messages.put_message(unit, message)
        return mailboxes.add_entry(unit, inbox, new)

    assert filled.write(place) == 1
    columns = (
        "kind",
        "letter_id",
        "prefix",
        "head",
        "size",
        "internal_date",
        "saved_at",
        "keywords",
        "modseq",
    )
    (row,) = filled.read(
        lambda connection: mailboxes.entries(connection, inbox, [1], *columns, "octets", "envelope")
    )
    assert tuple(row) == (
        *(1, "draft", None, new.prefix, new.head, new.size),
        *("2026-11-23T10:00:00.000Z", "2026-11-23T10:00:00.123Z", "$a b", 2),
        *(OCTETS, message.envelope),
    )
    assert clock.now.astimezone(UTC) == clock.now


def test_entries_come_in_the_order_of_their_uids_each_once_gone_ones_too(filled: Store, inbox: int) -> None:
    filled.write(partial(put, mailbox=inbox, count=1200))
    filled.write(partial(mailboxes.unlink, mailbox=inbox, uids=[7]))
    asked = [*range(1200, 0, -1), 7, 4711]
    rows = filled.read(
        lambda connection: mailboxes.entries(connection, inbox, asked, "expunged_modseq", "body")
    )
    assert [row.uid for row in rows] == list(range(1, 1201))
    assert [row.uid for row in rows if row.expunged_modseq is not None] == [7]
    assert filled.read(lambda connection: mailboxes.entries(connection, inbox, [])) == []


def test_what_is_taken_out_of_the_view_goes_once_and_stays_stored(filled: Store, inbox: int) -> None:
    filled.write(partial(put, mailbox=inbox, count=4))
    before = look(filled, inbox).highestmodseq
    assert filled.write(partial(mailboxes.unlink, mailbox=inbox, uids=[3, 1, 3, 4711])) == [1, 3]
    assert filled.write(partial(mailboxes.unlink, mailbox=inbox, uids=[1])) == []
    assert filled.read(partial(views.uids, mailbox=inbox)) == [2, 4]
    assert look(filled, inbox).highestmodseq == before + 2
    assert filled.write(partial(put, mailbox=inbox)) == [5]


def test_the_same_letter_stands_in_several_mailboxes(filled: Store) -> None:
    one = filled.write(partial(accept, number=1, to=("MOF", "MOI")))
    letter = one.letter

    def rows(connection: Reading, mailbox: int) -> list[tuple[object, ...]]:
        found = mailboxes.entries(connection, mailbox, [1], "letter_id", "sha256")
        return [tuple(row) for row in found]

    for code in ("MOF", "MOI"):
        place = filled.write(partial(mailbox_id, code=code, name="INBOX"))
        assert filled.read(partial(rows, mailbox=place)) == [(1, letter.letter_id, letter.sha256)]
