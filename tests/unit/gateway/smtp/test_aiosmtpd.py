"""What is overridden and relied on in aiosmtpd and asyncio, held against the pinned releases."""

import asyncio
import inspect
import logging
from typing import Any

import aiosmtpd
import pytest
from aiosmtpd.smtp import SMTP

from gateway.smtp.protocol import VERBS, SubmissionProtocol
from tests.authority import Authority
from tests.dialogs.smtp.rig import OFFICE, running

LETTERS = [
    b"",
    b"Subject: x\r\n\r\nbody\r\n",
    b"..\r\n...\r\n.\x20\r\n\r\n.a\r\n",
    "Subject: خطاب\r\n\r\nالسلام\r\n".encode(),
    b"y" * 998 + b"\r\n" + b"." * 998 + b"\r\n",
    b"\r\n" * 5000,
    b"x" * 76 + b"\r\n",
]


def test_the_release_is_the_one_that_was_read() -> None:
    assert aiosmtpd.__version__ == "1.4.6"


def test_every_way_into_aiosmtpds_own_code_is_closed() -> None:
    entries = {name for name in vars(asyncio.StreamReaderProtocol) if not name.startswith("_")}
    assert entries >= {"connection_made", "connection_lost", "eof_received", "data_received"}
    taken = {name for name in vars(SMTP) if name in entries}
    assert taken <= set(vars(SubmissionProtocol))
    assert "_handle_client" in vars(SubmissionProtocol)
    assert list(inspect.signature(SMTP._handle_client).parameters) == ["self"]
    assert "__init__" in vars(SubmissionProtocol)


def test_its_commands_are_all_known_and_answered_here() -> None:
    theirs = {name.removeprefix("smtp_").encode() for name in vars(SMTP) if name.startswith("smtp_")}
    assert theirs <= set(VERBS)


def test_its_connected_callback_only_keeps_reader_and_writer() -> None:
    probe: Any = object.__new__(SubmissionProtocol)
    reader: Any = "reader"
    writer: Any = "writer"
    SMTP._cb_client_connected(probe, reader, writer)
    assert {"_reader", "_writer"} == set(vars(probe))


def test_a_stream_reader_has_a_limit_to_be_widened() -> None:
    assert vars(asyncio.StreamReader(limit=7, loop=asyncio.new_event_loop()))["_limit"] == 7


def test_its_log_of_commands_is_off() -> None:
    assert not logging.getLogger("mail.log").isEnabledFor(logging.INFO)


async def test_no_method_of_its_own_runs_in_a_session(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    kept = {"_cb_client_connected", "__init__", "__del__"}
    for name, member in vars(SMTP).items():
        if inspect.isfunction(member) and name not in kept:
            monkeypatch.setattr(SMTP, name, refuse)
    async with running(authority) as world:
        client = await world.started()
        assert (await client.ask("."))[0].startswith("250")
        for command in ("NOOP", "RSET", "VRFY x", "HELP", "EXPN x", "QUIT"):
            assert (await client.ask(command))[0][4:7] in {"2.0", "2.5", "5.5"}


class Keeper:
    """A stock handler that keeps the octets."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        self.kept.append(envelope.original_content)
        return "250 OK"


async def stock_keeps(letters: list[bytes]) -> list[bytes]:
    keeper = Keeper()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(keeper, hostname="x", loop=loop), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    writer.write(b"EHLO x\r\n")
    for letter in letters:
        writer.write(f"MAIL FROM:<{OFFICE}>\r\nRCPT TO:<{OFFICE}>\r\nDATA\r\n".encode() + stuffed(letter))
    writer.write(b"QUIT\r\n")
    await reader.read()
    writer.close()
    server.close()
    return keeper.kept


def stuffed(letter: bytes) -> bytes:
    return (b"\r\n" + letter).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"


async def test_honest_letters_come_out_as_from_the_stock_server(authority: Authority) -> None:
    async with running(authority) as world:
        client = await world.logged_in()
        for letter in LETTERS:
            await client.begin()
            await client.send(stuffed(letter))
            assert (await client.reply())[0].startswith("250")
    assert [octets for _, octets in world.submitted] == await stock_keeps(LETTERS) == LETTERS
