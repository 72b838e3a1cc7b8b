"""What each officer sees of a mailbox: own flags, shared keywords, and what changed since."""

from functools import partial

import pytest

from mailstore.database.transaction import Store, Unit
from mailstore.faults import Conflict
from mailstore.mailboxes import mailboxes, views
from mailstore.mailboxes.views import Counts, State
from mailstore.octets import messages
from tests.contract.sample import enrol, entry, login_of, mailbox_id, make_message

NADA, SAMI = login_of("MOF"), login_of("MOI")
SEEN = "\\Seen"


@pytest.fixture
def mailbox(store: Store) -> int:
    """A mailbox with five messages of twenty octets, UIDs 1 to 5, all with mod-sequence 2."""
    store.write(enrol)

    def fill(unit: Unit) -> int:
        place = mailbox_id(unit, "MOF", "INBOX")
        message = make_message(b"Subject: abcd\r\n\r\nxyz")
        messages.put_message(unit, message)
        mailboxes.add_entries(unit, [(place, entry(message, b"", unit, "draft"))] * 5)
        return place

    return store.write(fill)


def flag(store: Store, mailbox: int, login: str, flags: dict[int, set[str]]) -> int:
    def act(unit: Unit) -> int:
        modseq = views.next_modseq(unit, mailbox)
        frozen = {uid: frozenset(some) for uid, some in flags.items()}
        views.set_own_flags(unit, mailbox, login, frozen, modseq)
        return modseq

    return store.write(act)


def label(store: Store, mailbox: int, keywords: dict[int, list[str]]) -> int:
    def act(unit: Unit) -> int:
        modseq = views.next_modseq(unit, mailbox)
        views.set_keywords(unit, mailbox, keywords, modseq)
        return modseq

    return store.write(act)


def states(store: Store, mailbox: int, login: str, first: int = 1) -> list[State]:
    return store.read(partial(views.states, mailbox=mailbox, login=login, first=first))


def counts(store: Store, mailbox: int, login: str) -> Counts:
    return store.read(partial(views.counts, mailbox=mailbox, login=login))


def test_a_fresh_mailbox_has_no_flags(store: Store, mailbox: int) -> None:
    assert states(store, mailbox, NADA) == [State(uid, 2, frozenset()) for uid in range(1, 6)]
    assert counts(store, mailbox, NADA) == Counts(5, 5, 100)
    assert states(store, mailbox, NADA, first=4) == [State(4, 2, frozenset()), State(5, 2, frozenset())]


def test_flags_are_one_officer_s_own_and_keywords_are_shared(store: Store, mailbox: int) -> None:
    flag(store, mailbox, NADA, {1: {SEEN, "\\Flagged"}, 2: {SEEN}})
    flag(store, mailbox, SAMI, {2: {SEEN}})
    label(store, mailbox, {2: ["$b", "$a", "$b"], 3: ["$a"]})
    assert [state.flags for state in states(store, mailbox, NADA)] == [
        {SEEN, "\\Flagged"},
        {SEEN, "$a", "$b"},
        {"$a"},
        set(),
        set(),
    ]
    assert [state.flags for state in states(store, mailbox, SAMI)] == [
        set(),
        {SEEN, "$a", "$b"},
        {"$a"},
        set(),
        set(),
    ]
    assert [counts(store, mailbox, who).unseen for who in (NADA, SAMI)] == [3, 4]
    own = store.read(partial(views.own_flags, mailbox=mailbox, login=NADA, uids=[1, 2, 3, 4711]))
    assert own == {1: {SEEN, "\\Flagged"}, 2: {SEEN}}


def test_flags_are_replaced_not_added_to(store: Store, mailbox: int) -> None:
    flag(store, mailbox, NADA, {1: {SEEN, "\\Flagged"}})
    flag(store, mailbox, NADA, {1: {"\\Answered"}})
    label(store, mailbox, {1: ["$a"]})
    label(store, mailbox, {1: []})
    assert states(store, mailbox, NADA)[0].flags == {"\\Answered"}
    assert counts(store, mailbox, NADA).unseen == 5


def test_a_flag_that_only_looks_like_seen_is_not_seen(store: Store, mailbox: int) -> None:
    flag(store, mailbox, NADA, {1: {"xSeen"}, 2: {"Seen"}})
    assert counts(store, mailbox, NADA).unseen == 5


def test_the_mod_sequence_of_a_message_is_its_latest_change_as_that_officer_sees_it(
    store: Store, mailbox: int
) -> None:
    by_nada = flag(store, mailbox, NADA, {1: {SEEN}})
    shared = label(store, mailbox, {2: ["$a"]})
    assert [state.modseq for state in states(store, mailbox, NADA)] == [by_nada, shared, 2, 2, 2]
    assert [state.modseq for state in states(store, mailbox, SAMI)] == [2, shared, 2, 2, 2]
    again = flag(store, mailbox, NADA, {2: {SEEN}})
    assert states(store, mailbox, NADA)[1].modseq == again
    assert by_nada < shared < again == store.read(partial(mailboxes.get, mailbox=mailbox)).highestmodseq


def test_what_changed_since_is_told_to_whom_it_concerns(store: Store, mailbox: int) -> None:
    since = store.read(partial(mailboxes.get, mailbox=mailbox)).highestmodseq
    by_nada = flag(store, mailbox, NADA, {1: {SEEN}})
    label(store, mailbox, {3: ["$a"]})
    store.write(partial(mailboxes.unlink, mailbox=mailbox, uids=[5, 3]))

    def changed(login: str, modseq: int) -> tuple[list[tuple[int, set[str]]], list[int]]:
        live, gone = store.read(partial(views.changed_since, mailbox=mailbox, login=login, modseq=modseq))
        return [(state.uid, set(state.flags)) for state in live], gone

    assert changed(NADA, since) == ([(1, {SEEN})], [3, 5])
    assert changed(SAMI, since) == ([], [3, 5])
    assert changed(NADA, by_nada) == ([], [3, 5])
    assert changed(NADA, 0) == ([(1, {SEEN}), (2, set()), (4, set())], [3, 5])
    highest = store.read(partial(mailboxes.get, mailbox=mailbox)).highestmodseq
    assert changed(NADA, highest) == ([], [])


def test_messages_that_went_are_not_counted(store: Store, mailbox: int) -> None:
    flag(store, mailbox, NADA, {1: {SEEN}, 2: {SEEN}})
    store.write(partial(mailboxes.unlink, mailbox=mailbox, uids=[1, 5]))
    assert counts(store, mailbox, NADA) == Counts(3, 2, 60)
    assert [state.uid for state in states(store, mailbox, NADA)] == [2, 3, 4]


def test_many_messages_are_flagged_at_once(store: Store, mailbox: int) -> None:
    def fill(unit: Unit) -> None:
        message = make_message(b"Subject: abcd\r\n\r\nxyz")
        mailboxes.add_entries(unit, [(mailbox, entry(message, b"", unit, "draft"))] * 1300)

    store.write(fill)
    every = {uid: {SEEN} for uid in range(1, 1306)}
    flag(store, mailbox, NADA, every)
    label(store, mailbox, {uid: ["$a"] for uid in every})
    assert {state.flags for state in states(store, mailbox, NADA)} == {frozenset({SEEN, "$a"})}
    own = store.read(partial(views.own_flags, mailbox=mailbox, login=NADA, uids=list(every)))
    assert len(own) == 1305
    assert counts(store, mailbox, NADA).unseen == 0


def test_nothing_to_change_is_no_fault(store: Store, mailbox: int) -> None:
    flag(store, mailbox, NADA, {})
    label(store, mailbox, {})
    assert store.read(partial(views.own_flags, mailbox=mailbox, login=NADA, uids=[])) == {}


def test_keywords_have_a_limit_and_only_accounts_have_flags(store: Store, mailbox: int) -> None:
    label(store, mailbox, {1: ["x" * 1000]})
    with pytest.raises(Conflict):
        label(store, mailbox, {1: ["x" * 1001]})
    with pytest.raises(Conflict):
        flag(store, mailbox, "nobody", {1: {SEEN}})
    assert states(store, mailbox, NADA)[0].flags == {"x" * 1000}
