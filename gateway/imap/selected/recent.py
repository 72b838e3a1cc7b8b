r"""\Recent: which arrivals no session of an officer has been told of (RFC 3501 section 2.3.2).

One session alone gets a message as \Recent. What is remembered lasts as long as the process: what came before it
started is not \Recent to anybody, which the RFC allows and every mail program understands.
"""

from collections.abc import Mapping


class Arrivals:
    r"""The UID from which on messages are \Recent, by mailbox and officer."""

    def __init__(self, uidnexts: Mapping[int, int]) -> None:
        """Take the next UID of each mailbox as the process starts."""
        self._start = dict(uidnexts)
        self._claimed: dict[tuple[int, str], int] = {}

    def first(self, mailbox: int, login: str) -> int:
        r"""Return the first UID that no session of the officer has had as \Recent."""
        return self._claimed.get((mailbox, login)) or self._start.get(mailbox, 1)

    def claim(self, mailbox: int, login: str, uidnext: int) -> None:
        """Note that a session has everything below `uidnext`."""
        self._claimed[mailbox, login] = max(uidnext, self.first(mailbox, login))
