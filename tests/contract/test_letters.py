"""The register: letters found again by everything that an office remembers of them, and their numbers."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import Connection

from mailstore.database.transaction import Reading, Store, Unit
from mailstore.faults import Conflict, NotFound
from mailstore.integrity import Report
from mailstore.letters import letters, register
from mailstore.letters.letters import Addressee, Letter, Search
from policies.letter import Grade, Urgency
from tests.contract.conftest import Clock
from tests.contract.sample import accept, enrol, office_of


@pytest.fixture
def filled(store: Store, clock: Clock) -> Store:
    """Six letters, a day apart, from 23 to 28 November, subjects in Arabic and Latin."""
    store.write(enrol)
    subjects = ("طلب إفادة", "طلـب إفَادة عاجل", "Budget 2026", "budget (2027)", "100% _done_", "")
    for number, subject in enumerate(subjects):
        sender, to = (("MOJ", ("MOF", "MOI")), ("MOF", ("MOI",)))[number % 2]
        store.write(partial(accept, number=number, sender=sender, to=to, subject=subject))
        clock.advance(86400)
    return store


def found(store: Store, **named: object) -> list[str]:
    what = replace(Search(), **named)  # type: ignore[arg-type]
    return [one.reference for one in store.read(partial(letters.search, what=what))]


def test_a_letter_is_read_back_as_it_was_entered(store: Store) -> None:
    store.write(enrol)
    one = store.write(lambda unit: accept(unit, 1, to=("MOF", "MOI"))).letter
    assert store.read(lambda connection: letters.get(connection, one.letter_id)) == one
    addressees = store.read(lambda connection: letters.addressees(connection, one.letter_id))
    assert addressees == [
        Addressee(office_of("MOF"), "MOF", "action", "MOF/IN/2026/000001", "MOF/in/2026", 1),
        Addressee(office_of("MOI"), "MOI", "action", "MOI/IN/2026/000001", "MOI/in/2026", 1),
    ]


def test_the_same_submission_the_same_signature_and_the_same_message_id_are_found(filled: Store) -> None:
    def look(connection: Reading) -> list[Letter | None]:
        return [
            letters.by_submission(connection, "submission-0-MOJ"),
            letters.same_signed(connection, "signed-0-MOJ"),
            letters.same_signature(connection, "signature-0-MOJ"),
            letters.by_message_id(connection, office_of("MOJ"), "<0@MOJ>"),
            letters.by_submission(connection, "submission-0-MOF"),
            letters.same_signed(connection, ""),
            letters.same_signature(connection, ""),
            letters.by_message_id(connection, office_of("MOF"), "<0@MOJ>"),
            letters.get(connection, "nothing"),
        ]

    references = [one.reference if one else None for one in filled.read(look)]
    assert references == ["MOJ/2026/000001"] * 4 + [None] * 5


NAMED = [
    ("MOJ/2026/000002", ["MOJ/2026/000002"]),
    (" MOJ/2026/000002 ", ["MOJ/2026/000002"]),
    ("MOI/IN/2026/000001", ["MOJ/2026/000001"]),
    ("<2@MOJ>", ["MOJ/2026/000002"]),
    ("2@MOJ", ["MOJ/2026/000002"]),
    ("nothing", []),
    ("", []),
    ("' OR 1=1 --", []),
]


def test_a_letter_is_found_by_what_names_it(filled: Store) -> None:
    for word, references in NAMED:
        named = filled.read(partial(letters.find, word=word))
        assert [one.reference for one in named] == references, word


def test_a_letter_is_found_by_its_id_in_any_case(filled: Store) -> None:
    (letter,) = filled.read(lambda connection: letters.find(connection, "MOJ/2026/000001"))
    assert filled.read(lambda connection: letters.find(connection, letter.letter_id.upper())) == [letter]


SEARCHED: list[tuple[dict[str, object], list[str]]] = [
    (
        {"subject": "طلب افاده"},
        ["MOF/2026/000001", "MOJ/2026/000001"],
    ),  # hamza, tatweel, vowels, teh marbuta
    ({"subject": "BUDGET"}, ["MOF/2026/000002", "MOJ/2026/000002"]),
    ({"subject": "٢٠٢٧"}, ["MOF/2026/000002"]),
    ({"subject": "%"}, ["MOJ/2026/000003"]),
    ({"subject": "_done_"}, ["MOJ/2026/000003"]),
    ({"subject": "x_done"}, []),
    ({"agency": "MOJ"}, ["MOJ/2026/000003", "MOJ/2026/000002", "MOJ/2026/000001"]),
    ({"agency": "MOI", "subject": "budget"}, ["MOF/2026/000002", "MOJ/2026/000002"]),
    ({"agency": "XXX"}, []),
    ({"number": "MOF/IN/2026/000003"}, ["MOJ/2026/000003"]),
    ({"number": "MOJ/2026/000001"}, ["MOJ/2026/000001"]),
    ({"number": "6"}, ["MOF/2026/000003"]),  # as incoming number of MOI
    ({"since": "2026-11-25", "until": "2026-11-27"}, ["MOF/2026/000002", "MOJ/2026/000002"]),
    ({"limit": 1}, ["MOF/2026/000003"]),
]


def test_letters_are_found_by_subject_agency_number_and_period(filled: Store) -> None:
    for what, references in SEARCHED:
        assert found(filled, **what) == references, what


def test_letters_are_counted_by_month_and_agency(filled: Store, clock: Clock) -> None:
    clock.advance(5 * 86400)
    filled.write(lambda unit: accept(unit, 10, "MOI", ("MOJ",)))
    monthly = filled.read(lambda connection: letters.monthly(connection, "2026-11", "2026-12"))
    assert monthly == [
        ("2026-11", "MOF", 3, 3),
        ("2026-11", "MOI", 0, 6),
        ("2026-11", "MOJ", 3, 0),
        ("2026-12", "MOI", 1, 0),
        ("2026-12", "MOJ", 0, 1),
    ]
    assert filled.read(lambda connection: letters.monthly(connection, "2026-12", "2026-12")) == monthly[3:]
    assert filled.read(lambda connection: letters.monthly(connection, "2030-01", "2031-12")) == []


def test_a_number_or_a_key_is_never_taken_twice(store: Store) -> None:
    store.write(enrol)
    one = store.write(lambda unit: accept(unit, 1)).letter

    def again(unit: Unit, letter: Letter, submission: str, signed: str) -> None:
        letters.insert_letter(unit, letter, [], letters.Keys(submission=submission, signed=signed))

    other = replace(one, letter_id="other", reference="other", number=99)
    for letter, submission, signed in (
        (one, "s", "g"),
        (replace(other, number=one.number), "s", "g"),
        (replace(other, reference=one.reference), "s", "g"),
        (other, "submission-1-MOJ", "g"),
        (other, "s", "signed-1-MOJ"),
        (replace(other, sha256="absent"), "s", "g"),
        (replace(other, sender_office="absent"), "s", "g"),
    ):
        with pytest.raises(Conflict):
            store.write(partial(again, letter=letter, submission=submission, signed=signed))
    store.write(lambda unit: again(unit, other, "s", "g"))


def test_a_signature_is_found_by_the_letter_it_was_registered_with_first(store: Store, clock: Clock) -> None:
    store.write(enrol)
    one = store.write(lambda unit: accept(unit, 1)).letter
    clock.advance(1)
    later = replace(
        one, letter_id="later", reference="later", number=2, accepted_at="2099-01-01T00:00:00.000Z"
    )
    keys = letters.Keys(submission="s", signed="g", signature="signature-1-MOJ")
    store.write(lambda unit: letters.insert_letter(unit, later, [], keys))
    assert store.read(lambda connection: letters.same_signature(connection, "signature-1-MOJ")) == one
    assert store.read(lambda connection: letters.same_signed(connection, "g")) == later


def test_words_of_closed_lists_are_stored_as_their_words(store: Store) -> None:
    store.write(enrol)
    one = store.write(lambda unit: accept(unit, 1)).letter
    other = replace(
        one, letter_id="other", reference="other", number=2, grade=Grade.SECRET, urgency=Urgency.URGENT
    )
    store.write(lambda unit: letters.insert_letter(unit, other, [], letters.Keys(submission="s", signed="g")))
    read = store.read(lambda connection: letters.get(connection, "other"))
    assert read is not None
    assert (read.grade, read.urgency) == ("secret", "urgent")


def test_a_voided_letter_stays_with_its_number_and_says_so(store: Store) -> None:
    store.write(enrol)
    one = store.write(lambda unit: accept(unit, 1)).letter
    store.write(lambda unit: letters.void(unit, one.letter_id))
    read = store.read(lambda connection: letters.get(connection, one.letter_id))
    assert read == replace(one, voided_at="2026-11-23T10:00:00.123Z")
    with pytest.raises(Conflict):
        store.write(lambda unit: letters.void(unit, one.letter_id))
    with pytest.raises(NotFound):
        store.write(lambda unit: letters.void(unit, "nothing"))
    assert store.write(lambda unit: accept(unit, 2)).letter.number == 2


def test_each_series_counts_for_itself_from_one(store: Store) -> None:
    def take(unit: Unit) -> list[int]:
        return [register.allocate(unit, series) for series in ("A", "B", "A", "A", "B")]

    assert store.write(take) == [1, 1, 2, 3, 2]
    assert store.write(take) == [4, 3, 5, 6, 4]
    assert store.read(register.listed) == [("A", 6), ("B", 4)]


def test_recipients_are_added_behind_the_others_and_never_twice(store: Store) -> None:
    store.write(enrol)
    one = store.write(lambda unit: accept(unit, 1)).letter
    more = Addressee(
        *(
            office_of("MOI"),
            "MOI",
            "information",
            "MOI/IN/2026/000001",
            "MOI/in/2026",
            1,
            "NEVER",
            "rfc822;moi",
        )
    )

    def add(unit: Unit, addressee: Addressee) -> None:
        register.allocate(unit, addressee.incoming_series)
        letters.add_addressees(unit, one.letter_id, [addressee], 1)

    store.write(lambda unit: add(unit, more))
    entered = store.read(lambda connection: letters.addressees(connection, one.letter_id))
    assert [addressee.office for addressee in entered] == [office_of("MOF"), office_of("MOI")]
    assert entered[1] == more
    for again in (more, replace(more, incoming_reference="other", incoming_number=2)):
        with pytest.raises(Conflict):
            store.write(partial(add, addressee=again))
    assert store.read(lambda connection: letters.addressees(connection, one.letter_id)) == entered
    assert ("MOI/in/2026", 1) in store.read(register.listed), "what failed took no number"


def test_an_added_recipient_without_its_records_is_found(
    store: Store, check: Callable[[Connection], Report]
) -> None:
    store.write(enrol)
    one = store.write(lambda unit: accept(unit, 1)).letter
    more = Addressee(office_of("MOI"), "MOI", "action", "MOI/IN/2026/000001", "MOI/in/2026", 1)

    def add(unit: Unit) -> None:
        register.allocate(unit, more.incoming_series)
        letters.add_addressees(unit, one.letter_id, [more], 1)

    store.write(add)
    faults = store.read(check).faults
    assert [fault.kind for fault in faults] == ["recipient-evidence"]
