"""One message that another reader could take for two (SMTP smuggling): never two here, and never kept unclean.

Every variant puts an end of data that is none between a first letter and a whole second transaction.
"""

import asyncio
from itertools import product

import pytest

from tests.authority import Authority
from tests.dialogs.smtp.rig import OFFICE, World, running

ENDS = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\r\r\n",
    b"\n\r",
    b"\r\n\n",
    b"\n\n",
    b"\r\r",
    b"\0\r\n",
    b"\r\0\n",
    b"\r\n\0",
    b"\0",
]
ENDS += [
    b"\n\r\n",
    b"\r\n\r",
    b"\x0b",
    b"\x0c\r\n",
    b"\x85",
    b"\xe2\x80\xa8",
    b" \r\n",
    b"\r\n ",
    b"\t\n",
    b"=0D=0A",
]
ENDS += [b"\\r\\n", b"\x1a\r\n", b""]
VARIANTS = [
    (before, after)
    for before, after in product(ENDS, ENDS)
    if not before.endswith(b"\r\n") or after[:2] != b"\r\n"
]

SECOND = (
    f"MAIL FROM:<{OFFICE}>\r\nRCPT TO:<victim@mof.gov.example>\r\nDATA\r\n".encode()
    + b"Subject: second\r\n\r\nsmuggled\r\n.\r\n"
)
BEGIN = f"MAIL FROM:<{OFFICE}>\r\nRCPT TO:<registry@mof.gov.example>\r\nDATA\r\n".encode()
FIRST = b"Subject: first\r\n\r\nhonest"


async def send(world: World, pieces: list[bytes], pause: float) -> list[str]:
    """Send the pieces after login and QUIT after them; return the codes of the replies."""
    client = await world.logged_in()
    for piece in [*pieces, b"QUIT\r\n"]:
        await client.send(piece)
        if pause:
            await asyncio.sleep(pause)
    heard = []
    while lines := await client.reply():
        heard.append(lines[-1][:3])
    await client.close()
    return heard


def test_there_are_more_than_five_hundred_variants() -> None:
    assert len(VARIANTS) >= 500
    assert len(set(VARIANTS)) == len(VARIANTS)


async def test_the_real_end_of_data_is_two_letters(authority: Authority) -> None:
    async with running(authority) as world:
        heard = await send(world, [BEGIN, FIRST + b"\r\n.\r\n" + SECOND], 0)
    assert heard == ["250", "250", "354", "250", "250", "250", "354", "250", "221"]
    assert [octets for _, octets in world.submitted] == [
        FIRST + b"\r\n",
        b"Subject: second\r\n\r\nsmuggled\r\n",
    ]


@pytest.mark.parametrize("how", ["in one write", "split at the dot"])
async def test_no_variant_is_ever_two_letters_or_kept_unclean(authority: Authority, how: str) -> None:
    async with running(authority, connections_per_source=10_000, connections_per_account=10_000) as world:
        gate = asyncio.Semaphore(50)

        async def one(before: bytes, after: bytes) -> list[str]:
            async with gate:
                if how == "in one write":
                    return await send(world, [BEGIN + FIRST + before + b"." + after + SECOND], 0)
                pieces = [BEGIN, FIRST + before, b".", after, SECOND]
                return await send(world, pieces, 0.025)

        heard = await asyncio.gather(*(one(before, after) for before, after in VARIANTS))
    kept = [octets for _, octets in world.submitted]
    clean = 0
    for (before, after), codes in zip(VARIANTS, heard, strict=True):
        body = FIRST + before + b"." + after + SECOND.removesuffix(b".\r\n")
        unclean = any(octet in body.replace(b"\r\n", b"") for octet in (b"\r", b"\n", b"\0"))
        expected = ["250", "250", "354", *(["550"] if unclean else ["250", "221"])]
        assert codes == expected, (before, after)
        clean += not unclean
    assert len(kept) == clean
    for octets in kept:
        assert octets.startswith(FIRST)
        assert octets.endswith(b"smuggled\r\n")
        assert not any(octet in octets.replace(b"\r\n", b"") for octet in (b"\r", b"\n", b"\0"))
    assert len(world.rejected) == len(VARIANTS) - clean
    assert {str(reason) for _, reason, _ in world.rejected} == {"MALFORMED"}


@pytest.mark.parametrize("dots", [b"..", b"...", b". ", b".\t", b".x"])
async def test_a_line_that_only_begins_with_a_dot_ends_nothing(authority: Authority, dots: bytes) -> None:
    async with running(authority) as world:
        heard = await send(world, [BEGIN, FIRST + b"\r\n" + dots + b"\r\n" + SECOND], 0)
    assert heard == ["250", "250", "354", "250", "221"]
    assert world.submitted[0][1].startswith(FIRST + b"\r\n" + dots[1:] + b"\r\nMAIL FROM:")


async def test_the_end_of_data_may_come_octet_by_octet(authority: Authority) -> None:
    async with running(authority) as world:
        heard = await send(world, [BEGIN, FIRST, *(bytes([octet]) for octet in b"\r\n.\r\n")], 0.005)
    assert heard == ["250", "250", "354", "250", "221"]
    assert [octets for _, octets in world.submitted] == [FIRST + b"\r\n"]
