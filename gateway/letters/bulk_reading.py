"""Notices an account that is handed very many letters in a short time: a new mail program, or a stolen password.

Invariant: memory is bounded by `accounts`; the longest unseen are forgotten first.
"""

import json
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable

JOURNAL = logging.getLogger("murasalat.opening")


def _journal(login: str, letters: int) -> None:
    JOURNAL.warning(json.dumps({"event": "bulk-reading", "account": login, "letters": letters}))


class BulkReading:
    """Counts letters newly handed over, by account. Not for more than one thread.

    `alarm` hears login and number of letters when more than `most` were handed over within `seconds`, and not again
    before as many seconds have passed.
    """

    def __init__(
        self,
        most: int = 500,
        seconds: float = 60.0,
        *,
        accounts: int = 10_000,
        now: Callable[[], float] = time.monotonic,
        alarm: Callable[[str, int], None] = _journal,
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._accounts = accounts
        self._now = now
        self._alarm = alarm
        self._handed: OrderedDict[str, deque[tuple[float, int]]] = OrderedDict()
        self._alarmed: dict[str, float] = {}

    def handed_over(self, login: str, letters: int) -> None:
        """Count letters that an account was handed for the first time."""
        if not letters:
            return
        now = self._now()
        handed = self._handed.setdefault(login, deque())
        self._handed.move_to_end(login)
        handed.append((now, letters))
        while handed[0][0] <= now - self._seconds:
            handed.popleft()
        if len(self._handed) > self._accounts:
            gone, _ = self._handed.popitem(last=False)
            self._alarmed.pop(gone, None)
        count = sum(number for _, number in handed)
        if count > self._most and now >= self._alarmed.get(login, now):
            self._alarmed[login] = now + self._seconds
            self._alarm(login, count)
