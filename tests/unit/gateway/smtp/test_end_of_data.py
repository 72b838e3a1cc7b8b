import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.end_of_data import EndOfData, Flaw

LIMIT = 10_000
PIECES = st.sampled_from(
    [
        b"\r\n",
        b"\r\n.",
        b"\r\n..",
        b"\r",
        b"\n",
        b".",
        b"\0",
        b"a",
        b"y" * 997,
        b"z" * 500,
        b"\r\n\r\n",
        b"\xd8\xae",
    ]
)
LINES = st.lists(
    st.sampled_from([b"", b".", b"..", b"a", b".a", b"y" * 998, b"." + b"y" * 997, "خطاب".encode()])
)
CUTS = st.lists(st.integers(1, 700), min_size=1, max_size=20)


def in_pieces(octets: bytes, sizes: list[int]) -> list[bytes]:
    pieces, start, turn = [], 0, 0
    while start < len(octets):
        size = sizes[turn % len(sizes)]
        pieces.append(octets[start : start + size])
        start, turn = start + size, turn + 1
    return pieces


def read(stream: bytes, sizes: list[int], limit: int = LIMIT) -> tuple[EndOfData, bytes]:
    """Read a stream that has an end; return the message and what came after the end."""
    message = EndOfData(limit)
    pieces = in_pieces(stream, sizes)
    for turn, piece in enumerate(pieces):
        surplus = message.feed(piece)
        if surplus is not None:
            return message, surplus + b"".join(pieces[turn + 1 :])
    raise AssertionError("no end")


def plainly_read(stream: bytes) -> tuple[bytes | None, bytes]:
    """Read it as the RFC says, one line after the other; None for a message with a flaw."""
    framed = b"\r\n" + stream
    end = framed.index(b"\r\n.\r\n")
    lines = framed[: end + 2].split(b"\r\n")[1:-1]
    meant = [line.removeprefix(b".") for line in lines]
    wrong = any(octet in line for line in meant for octet in (b"\r", b"\n", b"\0"))
    letter = b"".join(line + b"\r\n" for line in meant)
    if wrong or any(len(line) > 998 for line in meant) or len(letter) > LIMIT:
        return None, framed[end + 5 :]
    return letter, framed[end + 5 :]


@given(st.lists(PIECES), CUTS, st.binary(max_size=10))
def test_any_octets_are_read_as_the_rfc_says_however_they_come(
    pieces: list[bytes], cuts: list[int], rest: bytes
) -> None:
    stream = b"".join(pieces) + b"\r\n.\r\n" + rest
    message, surplus = read(stream, cuts)
    letter, after = plainly_read(stream)
    assert surplus == after
    assert (message.letter() if message.fault is None else None) == letter


@given(LINES, CUTS)
def test_an_honest_letter_comes_out_as_it_was_meant(lines: list[bytes], cuts: list[int]) -> None:
    letter = b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)
    message, surplus = read(stuffed + b".\r\n", cuts, limit=10**6)
    assert message.fault is None
    assert message.letter() == letter
    assert surplus == b""


@pytest.mark.parametrize(
    ("octets", "flaw", "where"),
    [
        (b"a\rb\r\n", Flaw.BARE, 1),
        (b"a\r\nbc\nd\r\n", Flaw.BARE, 5),
        (b"a\r\r\n", Flaw.BARE, 1),
        (b"a\n\r\n", Flaw.BARE, 1),
        (b"\r\n\n", Flaw.BARE, 2),
        (b"x\0\r\n", Flaw.NUL, 1),
        (b"y" * 999 + b"\r\n", Flaw.LONG, 0),
        (b"y" * 5000 + b"\r\n", Flaw.LONG, 0),
        (b"y" * 5000 + b"\nz" * 3000, Flaw.BARE, 5000),
        (b"y" * 2000 + b"\0" * 3000, Flaw.NUL, 2000),
        (b"y" * 5000 + b"\r" * 3000, Flaw.BARE, 5000),
        (b"line\r\n" * 1667, Flaw.LARGE, 0),
    ],
)
def test_the_flaw_is_named_and_found(octets: bytes, flaw: Flaw, where: int) -> None:
    message, surplus = read(octets + b"\r\n.\r\nNOOP\r\n", [1 << 16])
    assert message.fault is not None
    assert (message.fault.flaw, message.fault.octet) == (flaw, where)
    assert message.fault.smuggling == (flaw in {Flaw.BARE, Flaw.NUL})
    assert surplus == b"NOOP\r\n"


@pytest.mark.parametrize(("dots", "extra"), [(0, 0), (1, 2), (100, 200)])
def test_the_limit_counts_what_is_meant_and_not_the_doubled_dots(dots: int, extra: int) -> None:
    letter = b".x\r\n" * dots + b"y\r\n" * 4
    stuffed = letter.replace(b".x", b"..x")
    assert len(stuffed) == len(letter) + dots == len(letter) + extra // 2
    for limit, fits in ((len(letter), True), (len(letter) - 1, False)):
        message, _ = read(stuffed + b".\r\n", [3], limit)
        assert (message.fault is None) == fits


@pytest.mark.parametrize("line", [b"x" * 76 + b"\r\n", b"\r\n", b"y" * 65_536, b"\n" * 100, b"..\r\n"])
def test_memory_stays_within_the_limit_and_a_read(line: bytes) -> None:
    limit, chunk = 2**20, line * (65_536 // len(line))
    message = EndOfData(limit)
    tracemalloc.start()
    for _ in range(64):
        assert message.feed(chunk) is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1.2 * limit + 6 * len(chunk)
    assert message.fault is not None


def test_a_message_without_end_is_given_up() -> None:
    message = EndOfData(1000)
    while not message.hopeless:
        assert message.feed(b"x" * 500) is None
    assert message.received < 6000


@pytest.mark.parametrize(
    ("bad", "flaw"),
    [
        (b"x" * 999 + b"\r\n", Flaw.LONG),
        (b"a\rb\r\n", Flaw.BARE),
        (b"a\nb\r\n", Flaw.BARE),
        (b"a\0b\r\n", Flaw.NUL),
    ],
)
@pytest.mark.parametrize("before", [0, 1, 30])
@pytest.mark.parametrize("chunk", [1, 7, 100_000])
def test_a_flaw_names_its_line(bad: bytes, flaw: Flaw, before: int, chunk: int) -> None:
    data = b"line\r\n" * before + bad + b"after\r\n.\r\n"
    message = EndOfData(100_000)
    for start in range(0, len(data), chunk):
        message.feed(data[start : start + chunk])
    assert message.fault is not None
    assert (message.fault.flaw, message.fault.line) == (flaw, before + 1)
