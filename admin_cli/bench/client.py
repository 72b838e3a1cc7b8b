"""An IMAP client for measuring: raw octets over TLS, the same for every server, with little work of its own.

TCP_NODELAY and TCP_QUICKACK are set, so that no server waits for this client's kernel. A response is read in large
pieces and is not parsed while the clock runs.
"""

import contextlib
import secrets
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_PIECE = 256 * 1024
_LONGEST_LAST_LINE = 4096
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)  # Linux


class Answered(Exception):
    """The server answered something else than OK: its words."""


@dataclass(frozen=True, slots=True)
class Target:
    """One server: where it listens, one login there, and the process that it runs as (with its children)."""

    name: str
    host: str
    port: int
    login: str
    secret: str
    pid: int


class Session:
    """One connection that has logged in."""

    def __init__(self, target: Target) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # loopback, both servers alike
        plain = socket.create_connection((target.host, target.port), timeout=120)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(plain)
        self._prefix = secrets.token_hex(3).encode()
        self._count = 0
        try:
            self._receive()  # the greeting is one line and comes in one piece
            began = time.perf_counter()
            self.ask(f'LOGIN "{target.login}" "{target.secret}"'.encode())
            self.login_seconds = time.perf_counter() - began
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(Answered, OSError):
            if kind is None:
                self.ask(b"LOGOUT")
        self.close()

    def close(self) -> None:
        """Cut the connection."""
        self._socket.close()

    def _receive(self) -> bytes:
        if _QUICKACK is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)  # the kernel forgets it again and again
        piece = self._socket.recv(_PIECE)
        if not piece:
            raise Answered("the server closed the connection")
        return piece

    def send(self, command: bytes) -> bytes:
        """Send a command without waiting; return its tag. Literals in it have to be LITERAL+ (RFC 7888)."""
        self._count += 1
        tag = b"%b%d" % (self._prefix, self._count)
        self._socket.sendall(b"%b %b\r\n" % (tag, command))
        return tag

    def wait(self, tag: bytes) -> bytes:
        """Return everything up to the tagged response of the last command sent. Raises Answered when it is not OK."""
        pieces: list[bytes] = []
        end = b""
        while True:
            piece = self._receive()
            pieces.append(piece)
            end = (end + piece)[-_LONGEST_LAST_LINE:]
            if end.endswith(b"\r\n"):
                last = end[:-2].rpartition(b"\r\n")[2]
                if last.startswith(tag + b" "):
                    if not last.startswith(tag + b" OK"):
                        raise Answered(last.decode(errors="replace"))
                    return b"".join(pieces)

    def ask(self, command: bytes) -> bytes:
        """Send a command; return everything up to its tagged response. Raises Answered when that is not OK."""
        return self.wait(self.send(command))

    def append(self, box: str, message: bytes) -> bytes:
        """Send an APPEND without waiting; return its tag."""
        return self.send(b"APPEND %b {%d+}\r\n%b" % (box.encode(), len(message), message))

    def idle(self) -> bytes:
        """Begin to IDLE; return the tag."""
        tag = self.send(b"IDLE")
        if not self._receive().startswith(b"+"):
            raise Answered("IDLE was not taken")
        return tag

    def hear(self, word: bytes) -> float:
        """Wait for a word while idling; return when it came."""
        heard = b""
        while word not in heard:
            heard += self._receive()
        return time.perf_counter()

    def done(self, tag: bytes) -> None:
        """End the IDLE."""
        self._socket.sendall(b"DONE\r\n")
        self.wait(tag)


def uids_of(response: bytes) -> list[int]:
    """Return the numbers of a SEARCH or ESEARCH response."""
    for line in response.split(b"\r\n"):
        if line.startswith(b"* SEARCH"):
            return [int(one) for one in line.split()[2:]]
        if line.startswith(b"* ESEARCH"):
            _, _, listed = line.partition(b" ALL ")
            return [one for part in listed.split(b",") if part for one in _range(part)]
    return []


def _range(part: bytes) -> Sequence[int]:
    low, _, high = part.partition(b":")
    return range(int(low), int(high or low) + 1)
