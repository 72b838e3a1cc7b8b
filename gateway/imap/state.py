"""States of a connection, and what each command needs and may tell, as a table (RFC 9051 section 3).

Invariants:
- A command that is not in the table is not known to this server.
- EXPUNGE is never told during FETCH, STORE, SEARCH, SORT or THREAD: message numbers would move under the client's
  hands (RFC 9051 section 7.5.1). The UID forms may tell it.
"""

from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """What has been reached on a connection."""

    GREETED = "not authenticated"
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"
    ENDED = "logout"


class Telling(Enum):
    """What may be told about the selected mailbox before the tagged response."""

    NOTHING = "nothing"
    WITHOUT_EXPUNGE = "without expunge"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a command is allowed, and what may be told after it.

    `authorised`: rights are looked up before it begins. The others need none, or look them up in the transaction in
    which they read or write.
    """

    states: frozenset[State]
    telling: Telling = Telling.EVERYTHING
    authorised: bool = True


_ANY = frozenset({State.GREETED, State.AUTHENTICATED, State.SELECTED})
_OUTSIDE = frozenset({State.GREETED})
_INSIDE = frozenset({State.AUTHENTICATED, State.SELECTED})
_OPEN = frozenset({State.SELECTED})

_NO_EXPUNGE = Rule(_OPEN, Telling.WITHOUT_EXPUNGE, authorised=False)
_SELECTED = Rule(_OPEN, authorised=False)
_MAILBOXES = Rule(_INSIDE, authorised=False)
_LEAVING = Rule(_OPEN, Telling.NOTHING, authorised=False)

RULES: dict[str, Rule] = {
    "CAPABILITY": Rule(_ANY, authorised=False),
    "NOOP": Rule(_ANY, authorised=False),
    "LOGOUT": Rule(_ANY, Telling.NOTHING, authorised=False),
    "ID": Rule(_ANY, authorised=False),
    "LOGIN": Rule(_OUTSIDE, Telling.NOTHING, authorised=False),
    "AUTHENTICATE": Rule(_OUTSIDE, Telling.NOTHING, authorised=False),
    "STARTTLS": Rule(_OUTSIDE, Telling.NOTHING, authorised=False),
    "ENABLE": Rule(_INSIDE, authorised=False),
    "IDLE": Rule(_INSIDE),
    "NAMESPACE": Rule(_INSIDE),
    "SELECT": Rule(_INSIDE, Telling.NOTHING, authorised=False),
    "EXAMINE": Rule(_INSIDE, Telling.NOTHING, authorised=False),
    "CREATE": _MAILBOXES,
    "DELETE": _MAILBOXES,
    "RENAME": _MAILBOXES,
    "SUBSCRIBE": _MAILBOXES,
    "UNSUBSCRIBE": _MAILBOXES,
    "LIST": _MAILBOXES,
    "LSUB": _MAILBOXES,
    "XLIST": _MAILBOXES,
    "STATUS": _MAILBOXES,
    "GETACL": _MAILBOXES,
    "MYRIGHTS": _MAILBOXES,
    "LISTRIGHTS": _MAILBOXES,
    "SETACL": _MAILBOXES,
    "DELETEACL": _MAILBOXES,
    "GETQUOTA": Rule(_INSIDE),
    "GETQUOTAROOT": _MAILBOXES,
    "SETQUOTA": Rule(_INSIDE),
    "APPEND": _MAILBOXES,
    "CHECK": Rule(_OPEN),
    "CLOSE": _LEAVING,
    "UNSELECT": _LEAVING,
    "EXPUNGE": Rule(_OPEN),
    "UID EXPUNGE": Rule(_OPEN),
    "COPY": _SELECTED,
    "UID COPY": _SELECTED,
    "MOVE": _SELECTED,
    "UID MOVE": _SELECTED,
    "FETCH": _NO_EXPUNGE,
    "UID FETCH": _SELECTED,
    "STORE": _NO_EXPUNGE,
    "UID STORE": _SELECTED,
    "SEARCH": _NO_EXPUNGE,
    "UID SEARCH": _SELECTED,
    "SORT": _NO_EXPUNGE,
    "UID SORT": _SELECTED,
    "THREAD": _NO_EXPUNGE,
    "UID THREAD": _SELECTED,
}
