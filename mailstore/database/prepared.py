"""Statements that run at every command: on SQLite compiled once, and run on the driver's own connection.

Building and compiling takes the library several times as long as SQLite takes to answer. PostgreSQL, where the way
to the server costs more, is asked through the library.

Invariants:
- The statement is the library's on both engines; no text is composed of what a client sends.
- It runs in the transaction that the library began on the connection.
- What comes back is the driver's own tuples: of all types in the schema only a truth value needs a conversion.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Boolean, Connection, Executable, Select
from sqlalchemy.dialects.sqlite import pysqlite

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.sql.elements import ClauseElement

_SQLITE = pysqlite.dialect()
_OPEN, _CLOSE = "(__[POSTCOMPILE_", "])"  # how the library marks a list whose length is not known yet


class Prepared:
    """One statement. `columns` names what an INSERT is given, all of it, in each row."""

    def __init__(self, statement: Executable, columns: Sequence[str] | None = None) -> None:
        self._statement = statement
        self._columns = None if columns is None else list(columns)
        wanted = statement.selected_columns if isinstance(statement, Select) else ()
        self._booleans = [at for at, column in enumerate(wanted) if isinstance(column.type, Boolean)]
        self._compiled: SQLCompiler | None = None
        self._of_counts = lru_cache(maxsize=64)(self._expanded)

    def rows(self, connection: Connection, named: Mapping[str, Any], most: int = -1) -> list[Any]:
        """Run it and return all rows as tuples, or the first `most`."""
        raw = driver(connection)
        if raw is None:
            result = connection.execute(self._statement, named)
            rows = result.cursor.fetchall() if result.cursor is not None else []
            result.close()
            return list(rows)
        text, order = self._of_counts(self._counts(named))
        cursor = raw.execute(text, _values(order, named))
        found = cursor.fetchall() if most < 0 else cursor.fetchmany(most)
        cursor.close()
        for at in self._booleans:
            found = [(*row[:at], bool(row[at]), *row[at + 1 :]) for row in found]
        return cast("list[Any]", found)

    def value(self, connection: Connection, named: Mapping[str, Any]) -> Any:
        """Run it and return the first column of the first row, None without one."""
        rows = self.rows(connection, named)
        return rows[0][0] if rows else None

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it for each of these rows, which name the same things; it returns nothing."""
        raw = driver(connection)
        if raw is None:
            connection.execute(self._statement, rows)
            return
        text, order = self._of_counts(())
        if len(rows) == 1:
            raw.execute(text, _values(order, rows[0]))
        else:
            raw.executemany(text, [_values(order, row) for row in rows])

    def _counts(self, named: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
        """Return how many values each list takes: few different numbers, so that few texts are compiled."""
        return tuple(
            (name, 1 << (len(value) - 1).bit_length() if value else 0)
            for name, value in named.items()
            if isinstance(value, list | tuple)
        )

    def _expanded(self, counts: tuple[tuple[str, int], ...]) -> tuple[str, tuple[tuple[str, int, Any], ...]]:
        """Return SQLite's text and, for each value, its name, how many they are (-1: no list), or its constant."""
        if self._compiled is None:
            statement = cast("ClauseElement", self._statement)
            compiled = cast("SQLCompiler", statement.compile(dialect=_SQLITE, column_keys=self._columns))
            assert not compiled.insert_prefetch, "an INSERT names every column"
            self._compiled = compiled
        text = self._compiled.string
        sizes = dict(counts)
        for name, count in counts:
            text = text.replace(f"{_OPEN}{name}{_CLOSE}", f"({','.join('?' * count)})")
        order = []
        for name in self._compiled.positiontup or ():
            bind = self._compiled.binds[name]
            constant = None if bind.required else bind.value
            order.append(("" if constant is not None else name, sizes.get(name, -1), constant))
        return text, tuple(order)


def _values(order: tuple[tuple[str, int, Any], ...], named: Mapping[str, Any]) -> list[Any]:
    values: list[Any] = []
    for name, count, constant in order:
        if not name:
            values.append(constant)
        elif count < 0:
            values.append(named[name])
        elif count:
            some = named[name]
            values.extend(some)
            values.extend(some[-1:] * (count - len(some)))
    return values


def driver(connection: Connection) -> Any:
    """Return SQLite's own connection behind this one, None with another engine."""
    if connection.dialect.name != "sqlite":
        return None
    return connection.connection.dbapi_connection
