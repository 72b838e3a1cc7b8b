"""Prepared statements answer as the library does, and a glance waits for nobody."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    create_engine,
    insert,
    select,
)
from sqlalchemy.engine import Connection

from mailstore.database.prepared import Prepared

LETTERS = Table(
    "letters",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("word", String(8), nullable=False),
    Column("signed", Boolean, nullable=False),
)
NAMES = ("id", "word", "signed")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    engine = create_engine(f"sqlite:///{tmp_path / 'one.db'}")
    with engine.connect() as connection:
        LETTERS.metadata.create_all(connection)
        rows = [{"id": number, "word": f"w{number}", "signed": number % 2 == 1} for number in range(1, 8)]
        Prepared(insert(LETTERS), NAMES).run(connection, rows)
        yield connection
    engine.dispose()


@pytest.mark.parametrize("wanted", [[], [3], [1, 2, 3], [7, 5, 3, 2, 1]])
def test_lists_of_any_length_answer_as_the_library_does(connection: Connection, wanted: list[int]) -> None:
    query = select(LETTERS).where(LETTERS.c.id.in_(bindparam("ids", expanding=True))).order_by(LETTERS.c.id)
    library = [tuple(row) for row in connection.execute(query, {"ids": wanted})]
    assert Prepared(query).rows(connection, {"ids": wanted}) == library
    assert all(isinstance(row[2], bool) for row in Prepared(query).rows(connection, {"ids": wanted}))


def test_constants_stand_where_the_statement_has_them(connection: Connection) -> None:
    query = select(LETTERS.c.id + 10).where(LETTERS.c.word == bindparam("word"), LETTERS.c.id < 5)
    assert Prepared(query).value(connection, {"word": "w2"}) == 12
    assert Prepared(query).value(connection, {"word": "w6"}) is None


def test_no_more_rows_come_than_are_asked_for(connection: Connection) -> None:
    query = Prepared(select(LETTERS.c.id).order_by(LETTERS.c.id))
    assert query.rows(connection, {}, 3) == [(1,), (2,), (3,)]
    assert len(query.rows(connection, {})) == 7


def test_a_repeated_key_is_the_drivers_own_fault(connection: Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        Prepared(insert(LETTERS), NAMES).run(connection, [{"id": 1, "word": "w", "signed": True}])
