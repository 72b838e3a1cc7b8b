"""A session's message numbers, against a client that believes everything it is told."""

from array import array
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.imap.selected.index import Delta, MailboxIndex, Whole
from gateway.imap.selected.recent import Arrivals
from gateway.imap.selected.view import View
from gateway.imap.wire.sequence import SequenceSet
from mailstore.mailboxes.mailboxes import Mailbox
from mailstore.mailboxes.views import State

BOX = Mailbox(1, "a@x.example", "INBOX", "", 7, 1, 1)
SEEN, DELETED = "\\Seen", "\\Deleted"


class Store:
    """The committed truth: what a mailbox holds, and what each change leaves in an index."""

    def __init__(self, count: int) -> None:
        self.flags = {uid: frozenset[str]() for uid in range(1, count + 1)}
        self.uidnext = count + 1
        self.modseq = 1

    def index(self) -> MailboxIndex:
        box = replace(BOX, uidnext=self.uidnext, highestmodseq=self.modseq)
        return MailboxIndex(
            "noura", Whole(box, [(uid, 1, " ".join(some)) for uid, some in self.flags.items()], [])
        )

    def change(self, kind: str, number: int) -> Delta:
        self.modseq += 1
        uids = list(self.flags)
        changed: list[State] = []
        gone: list[int] = []
        if kind == "add":
            self.flags[self.uidnext] = frozenset()
            changed = [State(self.uidnext, self.modseq, frozenset())]
            self.uidnext += 1
        elif uids and kind == "flag":
            uid = uids[number % len(uids)]
            self.flags[uid] ^= {SEEN}
            changed = [State(uid, self.modseq, self.flags[uid])]
        elif uids and kind == "expunge":
            uid = uids[number % len(uids)]
            del self.flags[uid]
            gone = [uid]
        return Delta(replace(BOX, uidnext=self.uidnext, highestmodseq=self.modseq), changed, gone)


class Client:
    """What a client knows by doing what it is told."""

    def __init__(self, view: View) -> None:
        self.uids: list[int | None] = list(view.uids)
        self.flags: dict[int, set[bytes]] = {}

    def hear(self, lines: list[bytes], *, expunges: bool) -> None:
        for line in lines:
            words = line.split()
            if line.endswith(b"EXISTS\r\n"):
                count = int(words[1])
                assert count >= len(self.uids), "EXISTS shrank"
                self.uids += [None] * (count - len(self.uids))
            elif line.endswith(b"EXPUNGE\r\n"):
                assert expunges
                del self.uids[int(words[1]) - 1]
            elif words[2] == b"FETCH":
                number, uid = int(words[1]), int(words[4])
                assert self.uids[number - 1] in {None, uid}
                self.uids[number - 1] = uid
                self.flags[uid] = set(line[line.index(b"FLAGS ") + 7 : -4].split()) - {b"\\Recent"}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "flag", "flag", "expunge", "tell", "tell all", "look"]), st.integers(0, 30)
    ),
    max_size=40,
)


@given(st.integers(0, 6), STEPS)
@settings(max_examples=300)
def test_client_that_believes_what_it_is_told_sees_the_truth(
    count: int, steps: list[tuple[str, int]]
) -> None:
    store = Store(count)
    index = store.index()
    view = View(index, Arrivals({1: store.uidnext}), read_only=False)
    client = Client(view)
    for kind, number in steps:
        if kind.startswith("tell"):
            client.hear(
                list(view.tell(expunges=kind == "tell all", modseq=False)), expunges=kind == "tell all"
            )
            assert len(client.uids) == len(view.uids)
        elif kind == "look":
            for told, uid, _, _ in view.walk([(0, len(view.uids))]):
                assert client.uids[told - 1] in {None, uid}  # every number the client knows still answers
                client.uids[told - 1] = uid
        else:
            index.apply(store.change(kind, number))
    client.hear(list(view.tell(expunges=True, modseq=False)), expunges=True)
    assert list(view.uids) == list(index.uids) == list(store.flags)
    assert all(known in {None, uid} for known, uid in zip(client.uids, store.flags, strict=True))
    for uid, told in client.flags.items():
        if uid in store.flags:
            assert told == {flag.encode() for flag in store.flags[uid]}
    assert index.unseen == sum(SEEN not in flags for flags in store.flags.values())
    first = next((number for number, flags in enumerate(store.flags.values(), 1) if SEEN not in flags), None)
    assert index.first_unseen() == first


def test_many_go_at_once_as_few_do() -> None:
    store = Store(400)
    index = store.index()
    view = View(index, Arrivals({1: 401}), read_only=False)
    gone = list(range(1, 400, 2))
    index.apply(Delta(replace(BOX, uidnext=401, highestmodseq=2), [], gone))
    assert list(index.uids) == list(range(2, 401, 2))
    lines = list(view.tell(expunges=True, modseq=False))
    assert lines[0] == b"* 399 EXPUNGE\r\n"
    assert len(lines) == 200
    assert list(view.uids) == list(index.uids)


def test_arrival_that_goes_before_it_was_told_was_never_there() -> None:
    store = Store(1)
    index = store.index()
    view = View(index, Arrivals({1: 2}), read_only=False)
    index.apply(store.change("add", 0))
    index.apply(store.change("expunge", 1))
    assert list(view.tell(expunges=True, modseq=False)) == []


def test_older_news_change_nothing() -> None:
    store = Store(2)
    index = store.index()
    first = store.change("flag", 0)
    index.apply(store.change("flag", 1))
    index.apply(first)
    assert index.flags[0] == frozenset()
    assert index.highestmodseq == 3


@pytest.mark.parametrize(
    ("numbers", "uid", "chosen"),
    [
        (b"1:2", False, [2, 4]),
        (b"*", False, [8]),
        (b"2:*", False, [4, 6, 8]),
        (b"4:*", True, [4, 6, 8]),
        (b"9:*", True, [8]),
        (b"1,3,5", True, []),
    ],
)
def test_sets_choose_by_number_or_uid(numbers: bytes, uid: bool, chosen: list[int]) -> None:
    messages = [(one, 1, "") for one in (2, 4, 6, 8)]
    view = View(
        MailboxIndex("n", Whole(replace(BOX, uidnext=9), messages, [])), Arrivals({1: 9}), read_only=False
    )
    assert view.chosen(view.select(SequenceSet.parse(numbers), uid=uid)) == chosen
    view.saved = [4, 5, 8]
    assert view.chosen(view.select(SequenceSet.parse(b"$"), uid=uid)) == [4, 8]
    with pytest.raises(ValueError, match="no such message number"):
        view.select(SequenceSet.parse(b"5"), uid=False)


def test_an_index_of_many_messages_is_small() -> None:
    messages = [(uid, 1, "") for uid in range(1, 10_001)]
    index = MailboxIndex("n", Whole(replace(BOX, uidnext=10_001), messages, []))
    assert isinstance(index.uids, array)
    assert index.uids.itemsize * len(index) <= 40_000
    assert index.modseqs.itemsize * len(index) <= 80_000


def test_recent_goes_to_one_session_and_what_comes_to_the_first_told() -> None:
    store = Store(2)
    index, arrivals = store.index(), Arrivals({})
    looking = View(index, arrivals, read_only=True)
    first = View(index, arrivals, read_only=False)
    second = View(index, arrivals, read_only=False)
    assert [looking.recent_count(), first.recent_count(), second.recent_count()] == [2, 2, 0]
    index.apply(store.change("add", 0))
    assert b"* 1 RECENT\r\n" in list(second.tell(expunges=True, modseq=False))
    assert b"* 2 RECENT\r\n" in list(first.tell(expunges=True, modseq=False))


def test_own_flags_stand_beside_shared_keywords_and_the_later_change_counts() -> None:
    messages = [(1, 5, ""), (2, 9, "$MsSeen"), (4, 3, "$MsSeen")]
    own = [(2, "\\Flagged \\Seen", 7), (3, "\\Seen", 8), (4, "\\Seen tag", 8)]
    index = MailboxIndex("n", Whole(replace(BOX, uidnext=5, highestmodseq=9), messages, own))
    assert index.flags == [frozenset(), {"$MsSeen", "\\Flagged", SEEN}, {"$MsSeen", SEEN, "tag"}]
    assert list(index.modseqs) == [5, 9, 8]
    assert index.keywords == {"$MsSeen", "tag"}
    assert (index.unseen, index.first_unseen()) == (1, 1)
