"""A loopback proxy that loses replies: it cuts a connection between the end of a letter and its 250.

TLS passes through it unread. Once armed it drops what the server says next, or does not even wait for it.
"""

import select
import socket
import threading
from contextlib import suppress
from dataclasses import replace
from typing import Self

from harness import Where


class Cut:
    """Forwards connections to a gateway's submission port."""

    def __init__(self, where: Where) -> None:
        self._server = where.submission
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._reply = threading.Event()
        self._wait = True
        self.where = replace(where, submission=self._listener.getsockname()[:2])
        self.lost = 0
        """How many connections were cut."""
        threading.Thread(target=self._accept, name="cut", daemon=True).start()

    def arm(self, *, wait: bool) -> None:
        """Cut the connection on which a letter comes next: after the server has answered, or with its last octet."""
        self._wait = wait
        self._reply.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _peer = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._server) as server, suppress(OSError):
            while True:
                for source in select.select([client, server], [], [])[0]:
                    octets = source.recv(1 << 20)
                    if not octets or (source is server and self._cut()):
                        return
                    (server if source is client else client).sendall(octets)
                    if source is client and not self._wait and self._cut():
                        return

    def _cut(self) -> bool:
        if not self._reply.is_set():
            return False
        self._reply.clear()
        self.lost += 1
        return True
