"""Allocate reference numbers: gapless under crash and concurrency, never reused.

Invariant: a series' counter moves only inside the transaction of the letter that takes the number, so a
number exists exactly when its letter does. A cancelled number stays, with its reason, as evidence.
"""

from sqlalchemy import Connection, bindparam, insert, select, update

from mailstore.database import schema
from mailstore.database.prepared import Prepared
from mailstore.database.transaction import Unit

_TABLE = schema.registers
_NEXT = Prepared(
    update(_TABLE)
    .where(_TABLE.c.series == bindparam("named"))
    .values(last=_TABLE.c.last + 1)
    .returning(_TABLE.c.last)
)
_FIRST = Prepared(insert(_TABLE), ("series", "last"))


def allocate(unit: Unit, series: str) -> int:
    """Take the next number of a series, counting from 1."""
    number = _NEXT.value(unit.connection, {"named": series})
    if number is None:
        _FIRST.run(unit.connection, [{"series": series, "last": 1}])
        return 1
    return int(number)


def listed(connection: Connection) -> list[tuple[str, int]]:
    """Return every series with the last number given, by name."""
    query = select(_TABLE.c.series, _TABLE.c.last).order_by(_TABLE.c.series)
    return [(series, last) for series, last in connection.execute(query)]
