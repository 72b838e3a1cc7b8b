"""Numbers begin again with the year in Qatar, whose midnight is 21:00 UTC."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from harness import Site, Where, header_fields, send, submission

from mailstore.directory import directory
from tests.journey.audit import assert_intact, every_letter, traced

SENDER, TO, OTHER = "registry@moj.gov.example", "registry@mof.gov.example", "registry@moi.gov.example"
MIDNIGHT = datetime(2026, 12, 31, 21, 0, tzinfo=UTC)  # 1 January 2027, 00:00 in Qatar
INSTANT = timedelta(milliseconds=1)


@dataclass
class Hand:
    """A clock that the test sets."""

    now: datetime = MIDNIGHT

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Scene:
    site: Site
    where: Where
    clock: Hand

    def at(self, moment: datetime, octets: bytes, to: str = TO) -> str:
        """Submit at this moment; return the number."""
        self.clock.now = moment
        with submission(self.where, "dms.moj", self.site.secrets["dms.moj"]) as client:
            code, text = send(client, SENDER, (to,), octets)
        assert code == 250, text
        return text.split()[1]

    def letter(self, to: str = TO) -> bytes:
        """An unsigned letter of a system: no signature's time stands in the way of the clock."""
        fields = header_fields(SENDER, (to,), "خطاب", (), self.clock.now)
        return "\r\n".join([*(f"{name}: {value}" for name, value in fields), "", "text", ""]).encode()


@pytest.fixture
def scene(bare_home: Path, tmp_path: Path) -> Iterator[Scene]:
    home, clock = tmp_path / "home", Hand()
    shutil.copytree(bare_home, home)
    site = Site(home, clock=clock)
    site.change(lambda unit: directory.change_agency(unit, "MOJ", allow_unsigned_systems=True))
    site.system("dms.moj", "MOJ", SENDER)
    with site.serving() as where:
        yield Scene(site, where, clock)


def test_numbers_begin_again_at_midnight_in_qatar(scene: Scene) -> None:
    old, new = MIDNIGHT - INSTANT, MIDNIGHT
    assert scene.at(old - timedelta(hours=1), scene.letter()) == "MOJ/2026/000001"
    late = scene.letter()
    assert scene.at(old, late) == "MOJ/2026/000002"
    assert scene.at(new, scene.letter()) == "MOJ/2027/000001"
    assert scene.at(new + timedelta(hours=3), scene.letter()) == "MOJ/2027/000002"
    assert scene.at(new + timedelta(hours=4), late) == "MOJ/2026/000002", "a repeated letter keeps its number"
    incoming = [
        traced(scene.site, one.reference)["recipients"][0]["incoming_reference"]
        for one in every_letter(scene.site)
    ]
    assert incoming == [
        "MOF/IN/2026/000001",
        "MOF/IN/2026/000002",
        "MOF/IN/2027/000001",
        "MOF/IN/2027/000002",
    ]
    assert_intact(scene.site)


def test_each_register_begins_again_by_itself(scene: Scene) -> None:
    assert scene.at(MIDNIGHT - INSTANT, scene.letter()) == "MOJ/2026/000001"
    assert scene.at(MIDNIGHT, scene.letter(OTHER), OTHER) == "MOJ/2027/000001"
    found = traced(scene.site, "MOJ/2027/1")["recipients"][0]
    assert found["incoming_reference"] == "MOI/IN/2027/000001"


def test_a_clock_that_is_set_back_gives_no_number_twice(scene: Scene) -> None:
    assert scene.at(MIDNIGHT, scene.letter()) == "MOJ/2027/000001"
    assert scene.at(MIDNIGHT - INSTANT, scene.letter()) == "MOJ/2026/000001"
    assert scene.at(MIDNIGHT, scene.letter()) == "MOJ/2027/000002"
    assert scene.at(MIDNIGHT - INSTANT, scene.letter()) == "MOJ/2026/000002"
    assert_intact(scene.site)
