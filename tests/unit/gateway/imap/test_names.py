"""Names of mailboxes: each stands for one place, and no name leads out of the offices a session may read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imap.access import ALL_RIGHTS, FILED, STANDARD, Access, access_of, rights_in
from gateway.imap.names import LONGEST_COMPONENT, Place, flaw, is_container, parents, place_of, shown
from gateway.imap.texts import BAD_NAME, MIXED_NAME
from policies.people.directory import Directory
from policies.people.identity import Grant, Officer, Right

A, B, C = "a@x.example", "b@x.example", "c@y.example"
READ, SEND = frozenset({Right.READ}), frozenset({Right.SEND})


def officer(*grants: Grant, suspended: bool = False) -> Officer:
    return Officer("o", "ا", "O", "ا", "O", suspended=suspended, grants=grants)


ACCESS = Access(officer(), A, (B,))


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("INBOX", Place(A, "INBOX")),
        ("Sent", Place(A, "Sent")),
        ("inbox/Work", Place(A, "INBOX/Work")),
        ("Work/2026", Place(A, "Work/2026")),
        (f"Offices/{B}/INBOX", Place(B, "INBOX")),
        (f"Offices/{B}/inbox", Place(B, "INBOX")),
        (f"Offices/{B}/Work/2026", Place(B, "Work/2026")),
        ("Offices", None),
        (f"Offices/{B}", None),
        (f"Offices/{B}/", None),
        (f"Offices/{C}/INBOX", None),
        (f"Offices/{A}/INBOX", None),
        (f"offices/{B}/INBOX", Place(A, f"offices/{B}/INBOX")),
    ],
)
def test_place_of_a_name(name: str, place: Place | None) -> None:
    assert place_of(name, ACCESS) == place


@given(st.text(max_size=60))
def test_a_name_leads_to_a_readable_office_or_nowhere_and_back(name: str) -> None:
    place = place_of(name, ACCESS)
    if place is not None:
        assert place.office in ACCESS.offices
        assert place_of(shown(place, ACCESS), ACCESS) == place


def test_levels_of_the_shared_namespace() -> None:
    assert is_container("Offices", ACCESS)
    assert is_container(f"Offices/{B}", ACCESS)
    assert not is_container(f"Offices/{C}", ACCESS)
    assert parents("a/b/c") == ["a", "a/b"]


@pytest.mark.parametrize(
    "name", ["Work", "مشاريع", "المشاريع ٢٠٢٦", "2026", "a b", "قسم/فرع", "a&b", "می‌خواهم", "Ü"]
)
def test_honest_names_are_allowed(name: str) -> None:
    assert flaw(name) is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", BAD_NAME),
        ("a//b", BAD_NAME),
        ("/a", BAD_NAME),
        ("a/", BAD_NAME),
        ("a/../b", BAD_NAME),
        (" a", BAD_NAME),
        ("a*", BAD_NAME),
        ("a%b", BAD_NAME),
        ("a\x07", BAD_NAME),
        ("x" * (LONGEST_COMPONENT + 1), BAD_NAME),
        ("/".join("abcdefghijk"), BAD_NAME),
        ("تقرير report", MIXED_NAME),
        ("a\u202etxt", MIXED_NAME),
        ("a\u2066b", MIXED_NAME),
        ("\u200fa", MIXED_NAME),
    ],
)
def test_names_that_deceive_or_break_are_not(name: str, why: object) -> None:
    assert flaw(name) == why


def test_access_is_what_the_grants_say_and_nothing_for_others() -> None:
    one = officer(Grant(B, READ), Grant(A, READ | SEND, primary=True), Grant(C, SEND))
    directory = Directory(1, officers={"o": one})
    assert access_of(directory, "o") == Access(one, A, (B,))
    assert access_of(directory, "o", B) == Access(one, B)
    assert access_of(directory, "o", C) is None
    assert access_of(directory, "nobody") is None
    assert access_of(Directory(1, officers={"o": officer(Grant(A, READ), suspended=True)}), "o") is None
    assert access_of(Directory(1, officers={"o": officer(Grant(A, SEND))}), "o") is None


def test_primary_that_may_not_be_read_gives_way() -> None:
    one = officer(Grant(A, SEND, primary=True), Grant(B, READ))
    assert access_of(Directory(1, officers={"o": one}), "o") == Access(one, B)


def test_rights_keep_the_record() -> None:
    assert {name for name in FILED if "i" in rights_in(name)} == {"INBOX"}  # what was taken out may return
    assert not set("te") & set(rights_in("Archive"))
    assert all("x" not in rights_in(name) and "a" not in rights_in(name) for name in STANDARD)
    assert all("s" in rights_in(name) for name in STANDARD)
    assert rights_in("Work") == ALL_RIGHTS
