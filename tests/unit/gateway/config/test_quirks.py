import re

import pytest

from gateway.config.quirks import BASE, OPTIONAL, read_quirk, without
from gateway.imap.capabilities import GREETING, capabilities
from gateway.imap.settings import ImapSettings

OFFERED = [*GREETING, *capabilities(ImapSettings(xlist=True))]


def left(client: str, *rows: str) -> set[str]:
    return set(without(OFFERED, client, [read_quirk(row) for row in rows]))


def test_a_word_of_name_and_version_is_enough_in_any_case() -> None:
    row = "Thunderbird 78: UTF8=ACCEPT condstore"
    assert set(OFFERED) - left("THUNDERBIRD 78.14.0", row) == {"UTF8=ACCEPT", "CONDSTORE"}
    assert left("Thunderbird 153.7", row) == set(OFFERED)
    assert left("", row) == set(OFFERED)


def test_rows_add_up_and_the_order_stays() -> None:
    rows = [read_quirk("mail: IDLE"), read_quirk("old: MOVE"), read_quirk("other: SORT")]
    kept = without(OFFERED, "old mail", rows)
    assert kept == [name for name in OFFERED if name not in {"IDLE", "MOVE", "IMAP4rev2"}]


def test_a_star_is_every_program_also_one_without_a_name() -> None:
    assert set(OFFERED) - left("", "*: QUOTA") == {"QUOTA", "QUOTA=RES-STORAGE"}


def test_a_dash_is_a_program_until_it_gives_its_name() -> None:
    assert set(OFFERED) - left("", "-: UTF8=ACCEPT") == {"UTF8=ACCEPT"}
    assert left("K-9 Mail 8", "-: UTF8=ACCEPT") == set(OFFERED)


def test_the_word_may_hold_a_colon() -> None:
    assert read_quirk(" name: x :IDLE") == read_quirk("name: x: idle")
    assert read_quirk("name: x: idle").word == "name: x"


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("SORT", {"SORT", "SORT=DISPLAY", "ESORT"}),
        ("SORT=DISPLAY", {"SORT=DISPLAY"}),
        ("THREAD", {"THREAD=REFERENCES", "THREAD=ORDEREDSUBJECT"}),
        ("ACL", {"ACL", "RIGHTS=texk"}),
        ("SPECIAL-USE", {"SPECIAL-USE", "CREATE-SPECIAL-USE"}),
        ("ESEARCH", {"ESEARCH", "SEARCHRES", "ESORT", "IMAP4rev2"}),
        ("LIST-EXTENDED", {"LIST-EXTENDED", "LIST-STATUS", "IMAP4rev2"}),
        ("APPENDLIMIT", {"APPENDLIMIT=26214400"}),
        ("SASL-IR", {"SASL-IR", "IMAP4rev2"}),
        ("XLIST", {"XLIST"}),
    ],
)
def test_what_stands_on_it_goes_with_it(name: str, gone: set[str]) -> None:
    assert set(OFFERED) - left("any", f"any: {name}") == gone & set(OFFERED)


def test_every_name_that_can_be_withheld_is_withheld_alone_or_with_more() -> None:
    for name in OPTIONAL:
        kept = {one.upper() for one in left("any", f"any: {name}")}
        assert not any(one == name or one.startswith(f"{name}=") for one in kept), name
        assert "IMAP4REV1" in kept


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("Thunderbird", "of this form"),
        (": IDLE", "of this form"),
        ("Thunderbird:", "of this form"),
        ("", "of this form"),
        ("x: IMAP4rev1", "cannot be withheld"),
        ("x: AUTH=PLAIN", "cannot be withheld"),
        ("x: ID", "cannot be withheld"),
        ("x: ENABLE IDLE", "cannot be withheld"),
        ("x: LITERAL+", "cannot be withheld"),
        ("x: CONDSTOR", "did you mean CONDSTORE?"),
        ("x: UTF8", "did you mean UTF8=ACCEPT?"),
        ("x: ☃", "known here: ACL"),
    ],
)
def test_a_wrong_row_is_refused_with_the_way_to_write_it(row: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)) as caught:
        read_quirk(row)
    assert "\n" not in str(caught.value)


def test_nothing_is_both_base_and_optional() -> None:
    assert not BASE & OPTIONAL
