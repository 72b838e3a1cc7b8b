import pytest

from tests.unit.gateway.mime.material import LETTERS, SAMPLES


@pytest.fixture(params=LETTERS)
def letter(request: pytest.FixtureRequest) -> bytes:
    name: str = request.param
    return (SAMPLES / name).read_bytes()
