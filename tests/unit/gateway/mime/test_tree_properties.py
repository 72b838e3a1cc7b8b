"""What holds for every message, held against messages made by chance."""

import re
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mime.bodystructure import bodystructure
from gateway.mime.decode import decode_words, file_name, text_of
from gateway.mime.envelope import envelope
from gateway.mime.fields import raw_value, unfolded_value
from gateway.mime.sections import body, header, header_fields, locate, mime_header, text
from gateway.mime.tree import Limits, MimeLimitExceeded, parse, walk
from tests.unit.gateway.mime.material import LETTERS, SAMPLES, read_list, soup

GAP = re.compile(rb"(?:\r?\n)?--[^\n]*(?:\n|\Z)|")
TIGHT = Limits(
    header_octets=200, all_header_octets=300, fields=4, parameters=3, parts=6, depth=3, boundary_octets=3
)


@st.composite
def damaged_letters(draw: st.DrawFn) -> bytes:
    """A real letter with a piece cut out, doubled or overwritten."""
    octets = (SAMPLES / draw(st.sampled_from(LETTERS))).read_bytes()
    start = draw(st.integers(0, len(octets)))
    end = draw(st.integers(start, min(len(octets), start + 400)))
    return octets[:start] + octets[start:end] * draw(st.integers(0, 2)) + draw(soup()) + octets[end:]


MESSAGES = st.one_of(soup(), damaged_letters(), st.binary(max_size=200))


@given(octets=MESSAGES)
@settings(max_examples=200, deadline=None)
def test_every_offset_lies_inside_its_parent_and_the_slices_join(octets: bytes) -> None:
    root = parse(octets)
    assert (root.start, root.end) == (0, len(octets))
    for part in walk(root):
        assert part.start <= part.body_start <= part.end
        assert len(part.anomalies) == len(set(part.anomalies))
        position = part.start
        for field in part.fields:
            assert position <= field.start < field.value_start <= field.end <= part.body_start
            position = field.end
        if part.content_type.type == "multipart":
            position = part.body_start
            spans = [part.preamble, *[(child.start, child.end) for child in part.children], part.epilogue]
            for start, end in spans:
                assert position <= start <= end <= part.end
                assert GAP.fullmatch(octets[position:start])
                position = end
            assert GAP.fullmatch(octets[position : part.end])
        elif part.children:
            (child,) = part.children
            assert (child.start, child.end) == (part.body_start, part.end)


@given(octets=MESSAGES)
@settings(max_examples=100, deadline=None)
def test_only_the_limits_stop_a_parse(octets: bytes) -> None:
    with suppress(MimeLimitExceeded):
        root = parse(octets, limits=TIGHT)
        assert len(list(walk(root))) <= TIGHT.parts
        assert all(len(part.fields) <= TIGHT.fields for part in walk(root))


@given(octets=MESSAGES)
@settings(max_examples=100, deadline=None)
def test_everything_read_from_a_tree_is_total_and_well_formed(octets: bytes) -> None:
    root = parse(octets)
    for part in walk(root):
        assert len(read_list(envelope(part, octets))) == 10
        assert isinstance(file_name(part, octets), str | None)
        for field in part.fields:
            assert unfolded_value(octets, field) in raw_value(octets, field).replace(b"\r\n", b"").replace(
                b"\n", b""
            )
            decode_words(unfolded_value(octets, field)).encode("utf-8")
    for extended in (False, True):
        read_list(bodystructure(root, octets, extended=extended))
    for piece in text_of(root, octets):
        assert "\0" not in piece
        piece.encode("utf-8")


PATHS = st.lists(st.integers(-1, 4), max_size=5).map(tuple)


@given(octets=MESSAGES, path=PATHS)
@settings(max_examples=100, deadline=None)
def test_every_section_is_a_slice_of_the_message(octets: bytes, path: tuple[int, ...]) -> None:
    root = parse(octets)
    part = locate(root, path)
    assert part is None or part in set(walk(root))
    assert body(root, ()) == (0, len(octets))
    for found in (body(root, path), header(root, path), text(root, path), mime_header(root, path)):
        assert found is None or 0 <= found[0] <= found[1] <= len(octets)
    top, rest = header(root), text(root)
    assert top is not None
    assert rest is not None
    assert octets[slice(*top)] + octets[slice(*rest)] == octets


@given(octets=MESSAGES)
@settings(max_examples=100, deadline=None)
def test_named_fields_and_the_others_make_up_the_header(octets: bytes) -> None:
    root = parse(octets)
    names = [b"from", b"Content-Type"]
    chosen = header_fields(root, octets, names, exclude=False)
    others = header_fields(root, octets, names, exclude=True)
    assert chosen.endswith(b"\r\n")
    assert others.endswith(b"\r\n")
    assert {field.name for field in parse(chosen).fields} <= {"from", "content-type"}
    assert not {"from", "content-type"} & {field.name for field in parse(others).fields}
    assert len(parse(chosen).fields) + len(parse(others).fields) == len(root.fields)


@pytest.mark.parametrize("count", [0, 1, 500, 3000])
def test_cutting_a_letter_short_never_fails(letter: bytes, count: int) -> None:
    root = parse(letter[:count])
    assert root.end == len(letter[:count])
