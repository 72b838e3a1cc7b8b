"""The IMAP listener: where it listens, who converses, and how it stops.

Invariant: after `close` no session is left: each has heard BYE, or ended its command first, or been cut at the grace's
end. What a command had begun to write by then is kept or not as the store decides; only its answer is lost.
"""

import asyncio
import logging
import ssl
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gateway.imap.connection import Connection
from gateway.imap.dialogue import Dialogue
from gateway.imap.selected.updates import Updates
from gateway.imap.session import Session, Shared
from gateway.imap.settings import ImapSettings, Ports
from gateway.net.connections import Connections
from gateway.net.tls import secured

if TYPE_CHECKING:
    from policies.people.directory import Directory

JOURNAL = logging.getLogger("murasalat.imap")

_LOOK_SECONDS = 0.02


class ImapServer:
    """IMAP4rev1 and IMAP4rev2 on implicit TLS (RFC 8314); it runs in the event loop that calls `start`."""

    def __init__(self, settings: ImapSettings, ports: Ports, context: ssl.SSLContext) -> None:
        """Take `context` from `gateway.net.tls.server_context`."""
        self._context = context
        self._settings = settings
        connections = Connections(
            settings.connections, settings.connections_per_source, settings.connections_per_account
        )
        updates = Updates(
            ports.offload, remembered=settings.remembered_messages, look_seconds=settings.look_seconds
        )
        self._shared = Shared(settings, ports, updates, connections)
        self._server: asyncio.Server | None = None
        self._told_of: Directory | None = None

    async def start(self, host: str | Sequence[str], port: int) -> list[tuple[str, int]]:
        """Listen; return the addresses. Port 0 is any free one. Raises OSError when an address is not to be had."""
        shared, settings = self._shared, self._settings
        await shared.updates.start(self._look)
        factory = secured(
            lambda: Connection(settings, self._begin),
            self._context,
            shared.connections,
            settings.handshake_seconds,
        )
        self._server = await asyncio.get_running_loop().create_server(factory, host, port, backlog=512)
        return [socket.getsockname()[:2] for socket in self._server.sockets]

    @property
    def sessions(self) -> int:
        """How many sessions are open."""
        return len(self._shared.sessions)

    def all_sessions(self) -> list[Session]:
        """Return the open sessions."""
        return list(self._shared.sessions)

    def _begin(self, connection: Connection) -> None:
        task = asyncio.get_running_loop().create_task(Dialogue(connection, self._shared).run())
        self._shared.tasks.add(task)
        task.add_done_callback(self._shared.tasks.discard)

    async def _look(self) -> None:
        """Look whether rights changed: sessions that lost theirs end, idling ones too."""
        present = self._shared.directory = await self._shared.ports.directory.get()
        if (
            present is not self._told_of
        ):  # any session may have read it before: what counts is what all were told of
            self._told_of = present
            for session in self._shared.sessions:
                session.connection.nudge()

    async def close(self, grace_seconds: float) -> int:
        """Stop listening, let commands under way end, and close; return how many sessions had to be cut."""
        shared = self._shared
        if self._server is not None:
            self._server.close()
        shared.draining = True
        for session in list(shared.sessions):
            session.connection.nudge()
        loop = asyncio.get_running_loop()
        until = loop.time() + grace_seconds
        while shared.tasks and loop.time() < until:
            await asyncio.wait(shared.tasks, timeout=_LOOK_SECONDS)
        left = list(shared.sessions)
        for session in left:
            session.connection.abort()
        if left:
            JOURNAL.warning("%d sessions were cut at the end of the grace", len(left))
        if shared.tasks:
            await asyncio.wait(shared.tasks, timeout=1.0)
        await shared.updates.close()
        return len(left)
