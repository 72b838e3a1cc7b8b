"""Look-alike domains at the command line: one clear line, and nothing is left behind."""

import json
from pathlib import Path

import pytest
from harness import Site

from admin_cli.acts import InputFault
from admin_cli.init import SAMPLE, read_agencies
from mailstore.directory.directory import snapshot
from tests.journey.audit import read
from tests.journey.commands import command

HEAD = "code,domain,name_ar,name_en\n"
NAMES = ("--name-ar", "جهة", "--name-en", "Agency")


def test_agency_add_refuses_a_lookalike(site: Site) -> None:
    done = command(site.home, "agency", "add", "FAKE", "--domain", "m0j.gov.example", *NAMES)
    assert (done.code, done.out) == (3, "")
    assert len(done.err.strip().splitlines()) == 1
    assert "domain m0j.gov.example looks like moj.gov.example of MOJ" in done.err
    assert "choose a domain that differs" in done.err
    assert "FAKE" not in read(site, snapshot).agencies


def test_init_refuses_a_file_with_lookalikes_and_makes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "agencies.csv"
    file.write_text(HEAD + "LAW,law.gov.example,و,Law\nXX,lavv.gov.example,و,Other\n", encoding="utf-8")
    home = tmp_path / "home"
    done = command(home, "init", "--agencies", str(file))
    assert done.code == 2
    assert f"{file}:3: domain lavv.gov.example looks like law.gov.example of LAW" in done.err
    assert not home.exists()
    file.write_text(HEAD + "LAW,law.gov.example,و,Law\n", encoding="utf-8")
    done = command(home, "init", "--agencies", str(file), "--json")
    assert (done.code, json.loads(done.out)["agencies"]) == (0, 1)


@pytest.mark.parametrize(
    ("first", "second"), [("a1.gov.example", "al.gov.example"), ("وزارة.مثال", "وزاره.مثال")]
)
def test_rows_that_look_alike_are_named(tmp_path: Path, first: str, second: str) -> None:
    file = tmp_path / "agencies.csv"
    file.write_text(f"{HEAD}AA,{first},أ,A\nBB,c.gov.example,ب,C\nCC,{second},ت,B\n", encoding="utf-8")
    with pytest.raises(InputFault, match=f":4: domain {second} looks like {first} of AA"):
        read_agencies(file)


def test_no_two_sample_agencies_look_alike() -> None:
    assert len(read_agencies(SAMPLE)) == 37
