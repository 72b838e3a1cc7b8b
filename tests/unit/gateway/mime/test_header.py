import pytest

from gateway.mime.fields import all_named, disposition, first, raw_value, sole, unfold, values
from gateway.mime.tree import parse


def names(octets: bytes) -> list[str]:
    return [field.name for field in parse(octets).fields]


def test_fields_stand_in_order_with_their_octets() -> None:
    octets = b"From: a@b\r\nSUBJECT:x\r\n\ty\r\nX-Empty:\r\nfrom:  c \r\n\r\nbody: no field\r\n"
    root = parse(octets)
    assert [field.name for field in root.fields] == ["from", "subject", "x-empty", "from"]
    assert [octets[field.start : field.end] for field in root.fields] == [
        b"From: a@b\r\n",
        b"SUBJECT:x\r\n\ty\r\n",
        b"X-Empty:\r\n",
        b"from:  c \r\n",
    ]
    assert [octets[field.value_start : field.end] for field in root.fields][1] == b"x\r\n\ty\r\n"
    assert octets[root.body_start :] == b"body: no field\r\n"


def test_looking_up_fields() -> None:
    octets = b"To: a\r\nSubject: x\r\n y\r\nto:\tb \r\n\r\n"
    root = parse(octets)
    assert values(root, octets, "to") == (b"a", b"b")
    assert first(root, octets, "to") == b"a"
    assert sole(root, octets, "to") is None
    assert sole(root, octets, "subject") == b"x y"
    assert sole(root, octets, "date") is None
    assert first(root, octets, "date") is None
    assert [raw_value(octets, field) for field in all_named(root, "subject")] == [b" x\r\n y\r\n"]


@pytest.mark.parametrize(
    ("folded", "unfolded"),
    [
        (b" a\r\n b\r\n", b"a b"),
        (b"\r\n\ta\r\n", b"a"),
        (b"a\n b", b"a b"),
        (b"a \r\n  b", b"a   b"),
        (b"a\r\n", b"a"),
        (b"", b""),
        (b" \t\r\n", b""),
    ],
)
def test_unfolding_takes_line_ends_away_and_leaves_blanks(folded: bytes, unfolded: bytes) -> None:
    assert unfold(folded) == unfolded


@pytest.mark.parametrize(
    ("octets", "fields", "anomaly"),
    [
        (b"From me Mon Jan  1\r\nTo: a\r\n\r\n", ["to"], "malformed-header-line"),
        (b" folded first\r\nTo: a\r\n\r\n", ["to"], "malformed-header-line"),
        (b"To: a\r\nno colon\r\nCc: b\r\n\r\n", ["to", "cc"], "malformed-header-line"),
        (b"Subj\xe9ct: a\r\nTo: a\r\n\r\n", ["to"], "malformed-header-line"),
        (b": a\r\nTo: a\r\n\r\n", ["to"], "malformed-header-line"),
        (b"To : a\r\n\r\n", ["to"], "space-before-colon"),
        (b"To: a\r\n \r\nCc: b\r\n\r\n", ["to", "cc"], "blank-folded-line"),
        (b"To: a\r\n\t \t\r\n\r\n", ["to"], "blank-folded-line"),
    ],
)
def test_what_readers_take_differently_is_named(octets: bytes, fields: list[str], anomaly: str) -> None:
    root = parse(octets)
    assert [field.name for field in root.fields] == fields
    assert anomaly in root.anomalies


def test_only_an_empty_line_ends_a_header() -> None:
    octets = b"To: a\r\nno colon\r\nCc: b\r\n\r\nbody"
    root = parse(octets)
    assert octets[root.body_start :] == b"body"


def test_an_empty_line_of_the_body_ends_no_header() -> None:
    octets = b"To: a\r\n\r\nTo: b\n\nTo: c"
    assert octets[parse(octets).body_start :] == b"To: b\n\nTo: c"
    octets = b"To: a\n\nTo: b\r\n\r\nTo: c"
    assert octets[parse(octets).body_start :] == b"To: b\r\n\r\nTo: c"


def test_a_header_without_an_empty_line_takes_everything() -> None:
    root = parse(b"To: a\r\nCc: b")
    assert [(field.name, field.end) for field in root.fields] == [("to", 7), ("cc", 12)]
    assert root.body_start == root.end == 12


def test_a_message_that_starts_with_an_empty_line_has_no_header() -> None:
    assert names(b"\r\nTo: a\r\n\r\n") == []
    assert names(b"\nTo: a\n\n") == []


def test_the_disposition_is_a_token_and_parameters_as_written() -> None:
    octets = b'Content-Disposition: Attachment;\r\n filename="a \\"b\\""; size=3\r\n\r\n'
    found = disposition(parse(octets), octets)
    assert found is not None
    token, params = found
    assert token == b"Attachment"
    assert [tuple(param) for param in params] == [(b"filename", b'a "b"'), (b"size", b"3")]
    assert disposition(parse(b"Content-Disposition: ;x\r\n\r\n"), b"Content-Disposition: ;x\r\n\r\n") is None
