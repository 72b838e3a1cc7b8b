import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.net import tls
from gateway.net.connections import Connections
from tests.authority import Authority, trusting


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


class Echo(asyncio.Protocol):
    """Sends back what it gets."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        tls.slim(self.transport)
        self.transport.write(data)


async def echoed(port: int, context: ssl.SSLContext, octets: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    writer.write(octets)
    heard = await reader.readexactly(len(octets))
    writer.close()
    await writer.wait_closed()
    return heard


def test_a_context_is_tls_1_2_or_newer_without_what_is_weak(authority: Authority) -> None:
    context = tls.server_context(*authority.issue("server")[:2])
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    for option in (ssl.OP_NO_COMPRESSION, ssl.OP_NO_RENEGOTIATION, ssl.OP_NO_TICKET):
        assert context.options & option
    assert context.num_tickets == 0
    for cipher in context.get_ciphers():
        assert cipher["protocol"] == "TLSv1.3" or cipher["kea"] == "kx-ecdhe"
        assert cipher["aead"]
    assert context.verify_mode is ssl.CERT_NONE


def test_a_client_certificate_is_asked_for_only_with_an_authority(authority: Authority) -> None:
    context = tls.server_context(*authority.issue("server")[:2], authority.file)
    assert context.verify_mode is ssl.CERT_OPTIONAL
    assert len(context.get_ca_certs()) == 1


@pytest.mark.parametrize("damage", ["missing", "empty", "other key"])
def test_an_unusable_certificate_is_an_error_at_once(
    authority: Authority, tmp_path: Path, damage: str
) -> None:
    certificate, key, _ = authority.issue("server")
    if damage == "missing":
        certificate = tmp_path / "missing.pem"
    elif damage == "empty":
        certificate = tmp_path / "empty.pem"
        certificate.touch()
    else:
        key = authority.issue("other")[1]
    with pytest.raises(OSError):  # noqa: PT011 - ssl.SSLError and FileNotFoundError both are
        tls.server_context(certificate, key)


async def test_a_connection_of_asyncios_own_is_made_slim_and_goes_on(authority: Authority) -> None:
    context = tls.server_context(*authority.issue("server")[:2])
    protocols: list[Echo] = []

    def factory() -> Echo:
        protocols.append(Echo())
        return protocols[-1]

    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0, ssl=context)
    client = trusting(authority.file)
    octets = bytes(range(256)) * 4096
    async with server:
        assert await echoed(server.sockets[0].getsockname()[1], client, octets) == octets
    secured = protocols[0].transport._ssl_protocol  # type: ignore[attr-defined]
    assert len(secured._ssl_buffer) == len(secured._ssl_buffer_view) == tls.BUFFER == secured.max_size


async def test_a_secured_listener_counts_its_connections(authority: Authority) -> None:
    context = tls.server_context(*authority.issue("server")[:2])
    connections = Connections(total=10, per_source=10, per_account=1)
    server = await asyncio.get_running_loop().create_server(
        tls.secured(Echo, context, connections), "127.0.0.1", 0
    )
    client = trusting(authority.file)
    octets = b"x" * 1_000_000
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await echoed(port, client, octets) == octets
        _, plain = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.01)
        assert len(connections) == 1
        plain.write(b"no TLS at all\r\n")
        for _ in range(100):
            await asyncio.sleep(0.01)
            if not len(connections):
                break
        assert len(connections) == 0
        plain.close()


@asynccontextmanager
async def listening(authority: Authority) -> AsyncIterator[Callable[[], Awaitable["Visitor"]]]:
    """A secured listener; gives what connects to it."""
    context = tls.server_context(*authority.issue("server")[:2], authority.file)
    connections = Connections(total=20, per_source=20, per_account=1)
    factory = tls.secured(Echo, context, connections)
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    visitors: list[Visitor] = []

    async def connect() -> Visitor:
        where = server.sockets[0].getsockname()
        visitors.append(Visitor(*await asyncio.open_connection(*where[:2])))
        return visitors[-1]

    async with server:
        yield connect
        for visitor in visitors:
            visitor.writer.transport.abort()


class Visitor:
    """A client that speaks TLS over a plain connection, so that a test chooses when its octets leave."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()

    async def say(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()
        await asyncio.sleep(0.05)

    async def shake_hands(
        self, context: ssl.SSLContext, session: ssl.SSLSession | None = None, said: bytes = b""
    ) -> ssl.SSLObject:
        """Handshake, when `said` is sent already, and say one octet and hear it."""
        secured = context.wrap_bio(self.incoming, self.outgoing, server_hostname="localhost", session=session)
        await self.until_done(secured.do_handshake, len(said))
        secured.write(b"x")
        assert await self.until_done(lambda: secured.read(1)) == b"x"
        return secured

    async def until_done(self, step: Callable[[], Any], skipped: int = 0) -> Any:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self.writer.write(self.outgoing.read()[skipped:])
                skipped = 0
                octets = await asyncio.wait_for(self.reader.read(65536), 5)
                if not octets:
                    raise ConnectionResetError from None
                self.incoming.write(octets)
            else:
                self.writer.write(self.outgoing.read())
                return done


def of_tls_1_2(authority: Authority) -> ssl.SSLContext:
    client = trusting(authority.file)
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    return client


async def test_no_session_is_resumed_by_its_id(authority: Authority) -> None:
    client = of_tls_1_2(authority)
    async with listening(authority) as connect:
        first, early = await connect(), await connect()
        session = (await first.shake_hands(client)).session
        assert session is not None
        assert not session.has_ticket
        for visitor in (early, await connect()):  # connected before and after there was a session
            assert not (await visitor.shake_hands(client, session)).session_reused
        newer = await (await connect()).shake_hands(trusting(authority.file))
        assert newer.version() == "TLSv1.3"


async def test_a_hello_in_pieces_resumes_no_session_that_began_meanwhile(authority: Authority) -> None:
    client = of_tls_1_2(authority)
    async with listening(authority) as connect:
        first, slow = await connect(), await connect()
        await slow.say(b"\x16")
        session = (await first.shake_hands(client)).session
        with pytest.raises(ConnectionError):
            await slow.shake_hands(client, session, said=b"\x16")
        other = await connect()
        await other.say(b"\x16")
        assert not (await other.shake_hands(client, said=b"\x16")).session_reused


def test_tls_1_3_uses_no_front_up(authority: Authority) -> None:
    made: list[ssl.SSLContext] = []
    context = tls.server_context(*authority.issue("server")[:2])
    fronts = tls._Fronts(context)
    for version in ("TLSv1.3", "TLSv1.3", "TLSv1.2", "TLSv1.3"):
        made.append(fronts.present())
        fronts.used(made[-1], version)
    assert made[0] is made[1] is made[2]
    assert made[3] is not made[2]


def test_what_is_not_tls_stays_as_it_is() -> None:
    plain = SimpleNamespace(max_size=2**20)
    tls.slim(plain)  # type: ignore[arg-type]
    assert plain.max_size == 2**20
