"""The submission listener: where it listens, and how it stops.

Invariant: after `close` no session is served: each has heard 421, or ended its letter, or been cut at the end
of the grace. What `submit` had begun by then goes on; only its reply is lost.
"""

import asyncio
import ssl
from collections.abc import Sequence

from gateway.net.connections import Connections
from gateway.net.tls import secured
from gateway.runtime.faults import Unavailable
from gateway.smtp.protocol import SubmissionProtocol
from gateway.smtp.session import JOURNAL, Shared
from gateway.smtp.settings import Ports, Settings

_CUT_SECONDS = 1.0


class SubmissionService:
    """The submission service (RFC 6409) on implicit TLS; it runs in the event loop that calls `start`."""

    def __init__(self, settings: Settings, ports: Ports, context: ssl.SSLContext) -> None:
        """Take `context` from `gateway.net.tls.server_context`."""
        self._context = context
        self._handshake_seconds = settings.handshake_seconds
        connections = Connections(
            settings.connections, settings.connections_per_source, settings.connections_per_account
        )
        self._shared = Shared(settings, ports, connections)
        self._server: asyncio.Server | None = None
        self._looker: asyncio.Task[None] | None = None

    async def start(self, host: str | Sequence[str], port: int) -> list[tuple[str, int]]:
        """Listen; return the addresses. Port 0 is any free one. Raises OSError when one cannot be had."""
        shared = self._shared
        self._looker = asyncio.get_running_loop().create_task(self._look())
        factory = secured(
            lambda: SubmissionProtocol(shared), self._context, shared.connections, self._handshake_seconds
        )
        self._server = await asyncio.get_running_loop().create_server(factory, host, port, backlog=512)
        return [socket.getsockname()[:2] for socket in self._server.sockets]

    @property
    def sessions(self) -> int:
        """How many sessions are open."""
        return len(self._shared.sessions)

    async def _look(self) -> None:
        """Let the sessions hear of every change of the directory: those whose login was revoked end."""
        shared, heard = self._shared, None
        while True:
            await asyncio.sleep(shared.settings.look_seconds)
            try:
                present = await shared.ports.directory()
            except Unavailable as fault:
                JOURNAL.warning("cannot look for revoked logins: %s", fault)
                continue
            except Exception:  # noqa: BLE001 - logged; the looking goes on
                JOURNAL.exception("looking for revoked logins failed")
                continue
            if present is not heard:
                heard = present
                for session in list(shared.sessions):
                    session.heed(present)

    async def close(self, grace_seconds: float) -> int:
        """Stop listening, let letters under way end, and close; return how many sessions had to be cut."""
        if self._server is not None:
            self._server.close()
        if self._looker is not None:
            self._looker.cancel()
            await asyncio.gather(self._looker, return_exceptions=True)
        self._shared.draining = True
        for session in list(self._shared.sessions):
            session.leave()
        if await self._empty(grace_seconds):
            return 0
        left = list(self._shared.sessions)
        for session in left:
            session.abort()
        JOURNAL.warning("%d sessions were cut at the end of the grace", len(left))
        await self._empty(_CUT_SECONDS)
        return len(left)

    async def _empty(self, seconds: float) -> bool:
        """Wait until no session is left, for so long at most; return whether none is."""
        if self._shared.sessions:
            try:
                async with asyncio.timeout(seconds):
                    await self._shared.nobody.wait()
            except TimeoutError:
                return False
        return True
