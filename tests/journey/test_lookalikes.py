"""Look-alike domains at the command line: one clear line, and nothing is left behind."""

from pathlib import Path

import pytest
from harness import Site

from admin_cli.acts import InputFault
from admin_cli.init import SAMPLE, read_agencies
from mailstore.directory import snapshot
from tests.journey.audit import read
from tests.journey.test_commands import Shell

HEAD = "code,domain,name_ar,name_en\n"
NAMES = ("--name-ar", "جهة", "--name-en", "Agency")


def test_agency_add_refuses_a_lookalike(site: Site) -> None:
    shell = Shell(site.home)
    done = shell.run("agency", "add", "FAKE", "--domain", "m0j.gov.example", *NAMES, code=3)
    assert len(done.stderr.strip().splitlines()) == 1
    assert "domain m0j.gov.example looks like moj.gov.example of MOJ" in done.stderr
    assert "choose a domain that differs" in done.stderr
    assert "FAKE" not in read(site, snapshot).agencies


def test_init_refuses_a_file_with_lookalikes_and_makes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "agencies.csv"
    file.write_text(HEAD + "LAW,law.gov.example,و,Law\nXX,lavv.gov.example,و,Other\n", encoding="utf-8")
    shell = Shell(tmp_path / "home")
    done = shell.run("init", "--agencies", str(file), code=2)
    assert f"{file}:3: domain lavv.gov.example looks like law.gov.example of LAW" in done.stderr
    assert not shell.home.exists()
    file.write_text(HEAD + "LAW,law.gov.example,و,Law\n", encoding="utf-8")
    assert shell.json("init", "--agencies", str(file))["agencies"] == 1


@pytest.mark.parametrize(
    ("first", "second"), [("a1.gov.example", "al.gov.example"), ("وزارة.مثال", "وزاره.مثال")]
)
def test_rows_that_look_alike_are_named(tmp_path: Path, first: str, second: str) -> None:
    file = tmp_path / "agencies.csv"
    file.write_text(f"{HEAD}AA,{first},و,A\nBB,c.gov.example,و,C\nCC,{second},و,B\n", encoding="utf-8")
    with pytest.raises(InputFault, match=f":4: domain {second} looks like {first} of AA"):
        read_agencies(file)


def test_no_two_sample_agencies_look_alike() -> None:
    assert len(read_agencies(SAMPLE)) == 37
