"""Flags on the wire: system flags in one spelling, keywords in the client's (RFC 9051 section 2.3.2)."""

from typing import Final

SEEN: Final = "\\Seen"
ANSWERED: Final = "\\Answered"
FLAGGED: Final = "\\Flagged"
DELETED: Final = "\\Deleted"
DRAFT: Final = "\\Draft"
RECENT: Final = "\\Recent"
"""Set by the server alone; never accepted from a client."""

SETTABLE: Final = (ANSWERED, FLAGGED, DELETED, SEEN, DRAFT)
"""The system flags a client may name."""

_SPELLING: Final = {flag.lower(): flag for flag in SETTABLE}

KEYWORD_OCTETS: Final = 255
"""Longest keyword that is read."""


def canonical(flag: str) -> str | None:
    """Return a system flag as the RFC spells it and a keyword unchanged; None for a flag no client may name.

    Flags are the same in any case (RFC 9051 section 2.3.2); a keyword keeps the case it was first given in,
    which is the store's to remember.
    """
    if not flag.startswith("\\"):
        return flag if len(flag) <= KEYWORD_OCTETS else None
    return _SPELLING.get(flag.lower())
