"""TLS for the listeners: what is offered, and how little memory a connection costs.

Implicit TLS only (RFC 8314); TLS 1.2 and 1.3 with forward secrecy only (RFC 9325).

Invariants:
- A source beyond its limit is dropped before the handshake, and a handshake that does not end is cut.
- No session is resumed (RFC 9325 section 3.4), neither by ticket nor, in TLS 1.2, by its id: every connection on a
  `secured` listener shows its client certificate anew and has its own forward secrecy.
- A connection's receive buffer is `BUFFER` octets from its first octet on, and what waits undecrypted is at most
  about three times that; asyncio's own defaults are 256 KiB each.
"""

import asyncio
import hashlib
import ssl
from asyncio import sslproto
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from gateway.net.connections import Connections, Entry

BUFFER = 16 * 1024  # one TLS record of the largest size (RFC 8446 section 5.1)
SHUTDOWN_SECONDS = 5.0

_CIPHERS_OF_TLS_1_2 = "ECDHE+AESGCM:ECDHE+CHACHA20"


def server_context(
    certificate: Path | str, key: Path | str, client_ca: Path | str | None = None
) -> ssl.SSLContext:
    """Return the context of a listener: PEM files of its certificate chain and of its key.

    With `client_ca` (a PEM file) a client may present a certificate of that authority, and one of any other
    authority, or an expired one, ends the handshake. Without it no client certificate is asked for.
    """
    context = _bare_context()
    load_certificate(context, certificate, key)
    if client_ca is not None:
        context.load_verify_locations(cafile=str(client_ca))
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def _bare_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS_OF_TLS_1_2)
    # No compression (RFC 9325 section 3.3), no renegotiation (section 3.5). No tickets: a resumed session
    # would keep a client certificate alive beyond its checks (section 3.4); `_Fronts` sees to what is left.
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_TICKET
    context.num_tickets = 0
    return context


def load_certificate(context: ssl.SSLContext, certificate: Path | str, key: Path | str) -> None:
    """Put a (renewed) certificate into a context in use: new handshakes take it, open sessions go on."""
    context.load_cert_chain(str(certificate), str(key))


def client_certificate(transport: asyncio.BaseTransport) -> str:
    """Return the SHA-256 (hex) of the client certificate that TLS verified, or "" when there is none."""
    secured = transport.get_extra_info("ssl_object")
    der = secured.getpeercert(binary_form=True) if isinstance(secured, ssl.SSLObject) else None
    return hashlib.sha256(der).hexdigest() if der else ""


def cut(transport: asyncio.BaseTransport) -> None:
    """Abort a connection, also one that is closed already.

    Before Python 3.11.4 the TLS transport's own `abort` fails on a connection that is gone.
    """
    if (
        isinstance(transport, asyncio.Transport)
        and getattr(transport, "_ssl_protocol", transport) is not None
    ):
        transport.abort()


def closing(transport: asyncio.BaseTransport) -> bool:
    """Whether a connection is closing or gone, also where TLS has not heard yet that what is beneath it is gone.

    asyncio puts a line into the journal for every write to such a one, after the first few.
    """
    protocol: Any = getattr(transport, "_ssl_protocol", None)  # there are no public names
    beneath = getattr(protocol, "_transport", None)
    return transport.is_closing() or (protocol is not None and (beneath is None or beneath.is_closing()))


def slim(transport: asyncio.BaseTransport | sslproto.SSLProtocol) -> None:
    """Shrink the receive buffer of a TLS connection that asyncio itself made; a plain one stays as it is.

    To be called in `connection_made` or later, outside of a read. Listeners made with `secured` need it not.
    """
    protocol: Any = getattr(transport, "_ssl_protocol", transport)  # there are no public names
    if isinstance(protocol, sslproto.SSLProtocol) and protocol.max_size > BUFFER:
        buffer = bytearray(BUFFER)
        vars(protocol).update(max_size=BUFFER, _ssl_buffer=buffer, _ssl_buffer_view=memoryview(buffer))


class _Fronts:
    """The contexts that connections begin with, so that no TLS 1.2 session is found by its id.

    OpenSSL keeps such sessions with the context that the connection began with, and Python cannot tell it not to.
    So a connection begins with a front, which has no certificate and costs little, and goes on to the listener's
    context when its ClientHello is read. A front on which a TLS 1.2 handshake has ended is not used again; TLS 1.3
    leaves nothing in it.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._present: ssl.SSLContext | None = None

    def present(self) -> ssl.SSLContext:
        """Return the context to begin with now."""
        if self._present is None:
            context, front = self._context, _bare_context()

            def go_on(secured: ssl.SSLObject, _name: str | None, _front: ssl.SSLContext) -> int | None:
                if secured.session_reused:  # the front was used up while this ClientHello came in pieces
                    return int(ssl.AlertDescription.ALERT_DESCRIPTION_HANDSHAKE_FAILURE)
                secured.context = context
                return None

            front.verify_mode, front.verify_flags = context.verify_mode, context.verify_flags
            front.sni_callback = go_on
            self._present = front
        return self._present

    def used(self, front: ssl.SSLContext, version: str | None) -> None:
        """Take note of the end of a handshake."""
        if version != "TLSv1.3" and front is self._present:
            self._present = None


class _Secured(sslproto.SSLProtocol):
    """The TLS layer of one accepted connection."""

    max_size = BUFFER

    # What OpenSSL calls back to belongs to the front: `_sslcontext` holds it as long as the connection lives.
    _sslcontext: ssl.SSLContext
    _sslobj: ssl.SSLObject
    _incoming: ssl.MemoryBIO
    _outgoing: ssl.MemoryBIO

    def __init__(
        self, app_protocol: asyncio.BaseProtocol, connections: Connections, fronts: _Fronts, **options: Any
    ) -> None:
        options |= {"waiter": None, "server_side": True, "sslcontext": fronts.present()}
        super().__init__(asyncio.get_running_loop(), app_protocol, **options)
        # What waits undecrypted while reading is paused. One whole record must fit in, or reading never goes on.
        vars(self).update(_incoming_high_water=2 * BUFFER, _incoming_low_water=BUFFER // 2)
        self._connections = connections
        self._fronts = fronts
        self._heard = False
        self._source: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        source = str(peer[0]) if peer else ""
        entry = self._connections.enter(source)
        if entry is Entry.FULL:
            transport.abort()
            return
        self._source = source
        self._extra["entry"] = entry
        super().connection_made(transport)

    def buffer_updated(self, nbytes: int) -> None:
        front = self._fronts.present() if not self._heard else self._sslcontext
        if front is not self._sslcontext:  # it was used up between the connection and its first octets
            self._sslcontext = front
            self._sslobj = front.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._heard = True
        super().buffer_updated(nbytes)

    def _on_handshake_complete(self, handshake_exc: BaseException | None) -> None:
        if handshake_exc is None:
            self._fronts.used(self._sslcontext, self._sslobj.version())
        super()._on_handshake_complete(handshake_exc)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._source is not None:
            self._connections.leave(self._source)
            self._source = None
        super().connection_lost(exc)


def secured(
    factory: Callable[[], asyncio.BaseProtocol],
    context: ssl.SSLContext,
    connections: Connections,
    handshake_seconds: float = 10.0,
) -> Callable[[], asyncio.BaseProtocol]:
    """Return the protocol factory for `loop.create_server(...)`, without its `ssl` argument.

    `factory` makes the protocol above TLS. Its transport tells `get_extra_info("entry")`: a `CROWDED` one is
    to be told so and closed.
    """
    fronts = _Fronts(context)

    def accept() -> asyncio.BaseProtocol:
        return _Secured(
            factory(),
            connections,
            fronts,
            ssl_handshake_timeout=handshake_seconds,
            ssl_shutdown_timeout=SHUTDOWN_SECONDS,
        )

    return accept
