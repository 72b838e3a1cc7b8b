"""Faults that a conversation answers with "not now": nothing is wrong with the letter or the login.

Unavailable
└── Throttled    this peer tried too often
"""


class Unavailable(Exception):
    """It cannot be done now; nothing was kept, and the same attempt may succeed later."""


class Throttled(Unavailable):
    """Too many attempts by this peer within the last minute; the attempt was not looked at."""
