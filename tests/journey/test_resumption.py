"""On no listener does a client come back by a session of before: each connection proves anew who it is."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import Site, Where, now

from gateway.instance.certificates import create_client

LISTENERS = ("submission", "systems", "imap")
OLD, NEW = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture
def where(site: Site) -> Iterator[Where]:
    with site.serving() as found:
        yield found


def visit(where: tuple[str, int], context: ssl.SSLContext, session: ssl.SSLSession | None) -> ssl.SSLSocket:
    client = context.wrap_socket(
        socket.create_connection(where, timeout=10), server_hostname="localhost", session=session
    )
    assert client.recv(1000)  # the greeting; what TLS 1.3 tells of a session comes before it
    return client


@pytest.mark.parametrize("listener", LISTENERS)
@pytest.mark.parametrize(
    ("version", "options"),
    [(OLD, 0), (OLD, ssl.OP_NO_TICKET), (NEW, 0)],
    ids=["TLS 1.2, tickets offered", "TLS 1.2, by the session's id", "TLS 1.3"],
)
@pytest.mark.parametrize("certified", [False, True], ids=["anonymous", "certified"])
def test_no_session_is_resumed(
    site: Site,
    where: Where,
    tmp_path: Path,
    listener: str,
    version: ssl.TLSVersion,
    options: int,
    certified: bool,
) -> None:
    context = where.context()
    context.minimum_version = context.maximum_version = version
    context.options |= options
    if certified:
        key, certificate, _sha256 = create_client(site.home, "dms", now())
        (tmp_path / "client.pem").write_bytes(certificate + key)
        context.load_cert_chain(tmp_path / "client.pem")
    address = getattr(where, listener)
    first = visit(address, context, None)
    assert first.session is not None
    assert not first.session.has_ticket
    second = visit(address, context, first.session)  # the first is open: its session would be good
    assert not second.session_reused
    session = second.session
    for one in (first, second):
        one.unwrap()
        one.close()
    third = visit(address, context, session)
    assert not third.session_reused
    third.close()
