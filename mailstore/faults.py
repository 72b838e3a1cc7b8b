"""What can go wrong in the store. The database library's own exceptions never leave it.

The message is English; `text_ar` says it in Arabic, and is empty where the database itself speaks.

StoreFault
├── StoreUnavailable   cannot be done now; nothing was kept (disk full, database away, shutting down)
├── NotNow             it cannot be read without waiting
├── UnsafeStore        the database's settings would lose acknowledged letters; nothing is opened
├── UnknownSchema      the database is not at this program's schema; the message names the next command
├── DamagedStore       something that must be stored is not there, or does not fit the rest
├── NotFound           no such agency, office, letter …
└── Conflict           it exists already, or it is not in the state that the act needs
"""


class StoreFault(Exception):
    """Base of the store's own exceptions."""

    def __init__(self, text: str = "", text_ar: str = "") -> None:
        super().__init__(text)
        self.text_ar = text_ar


class StoreUnavailable(StoreFault):
    """The act cannot be done now. Nothing of it was kept; trying again later is right."""


class NotNow(StoreFault):
    """It cannot be read at once, without waiting. Nothing was read; `read` will do it."""


class UnsafeStore(StoreFault):
    """The database is set up so that an acknowledged letter could be lost."""


class UnknownSchema(StoreFault):
    """The database has another schema than this program."""


class DamagedStore(StoreFault):
    """The store contradicts itself: `integrity.verify` tells where."""


class NotFound(StoreFault):
    """What was asked for does not exist."""


class Conflict(StoreFault):
    """The act contradicts what is stored."""
