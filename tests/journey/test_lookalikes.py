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


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("agency", "add", "NEW", "--domain", "new.gov.example", "--name-ar", "وزاره العدل", "--name-en", "New"),
            'agency NEW: the name "وزاره العدل" looks like the name of agency MOJ',
        ),
        (
            ("agency", "add", "NEW", "--domain", "courts.moj.gov.example", *NAMES),
            "domain courts.moj.gov.example is below moj.gov.example of MOJ",
        ),
        (
            ("office", "add", "x@mof.gov.example", "--agency", "MOF", "--name-ar", "م",
             "--name-en", "Ministry of Justlce"),
            'office x@mof.gov.example: the name "Ministry of Justlce" looks like the name of agency MOJ',
        ),
        (
            ("officer", "add", "x", "--name-ar", "مراسلات", "--name-en", "X", *("--post-ar", "م", "--post-en", "P"),
             "--office", "registry@mof.gov.example"),
            "looks like the name of the Murasalat gateway",
        ),
    ],
)  # fmt: skip
def test_names_and_domains_of_others_are_refused_in_both_languages(
    site: Site, words: tuple[str, ...], told: str
) -> None:
    done = command(site.home, *words)
    assert (done.code, done.out) == (3, "")
    assert told in done.err
    assert len(done.err.strip().splitlines()) == 1
    arabic = command(site.home, *words, "--lang", "ar")
    assert (arabic.code, arabic.out) == (3, "")
    assert "اختر" in arabic.err


def test_a_file_with_names_or_domains_of_others_is_refused_by_row(tmp_path: Path) -> None:
    file = tmp_path / "agencies.csv"
    for row, told in (
        ("BB,bb.gov.example,وزاره,B", 'agency BB: the name "وزاره" looks like the name of agency AA'),
        ("BB,bb.aa.gov.example,و,B", "domain bb.aa.gov.example is below aa.gov.example of AA"),
        ("BB,bb.gov.example,و,Murasalat", "the Murasalat gateway"),
    ):
        file.write_text(f"{HEAD}AA,aa.gov.example,وزارة,A\n{row}\n", encoding="utf-8")
        with pytest.raises(InputFault, match=f":3: .*{told}"):
            read_agencies(file)


def test_another_agency_s_office_needs_a_word_at_the_command_line(site: Site) -> None:
    site.officer("stray.moj", "registry@moj.gov.example")
    words = ("officer", "grant", "stray.moj", "--office", "registry@mof.gov.example")
    done = command(site.home, *words)
    assert (done.code, done.out) == (3, "")
    assert "stray.moj is of agency MOJ and office registry@mof.gov.example of MOF" in done.err
    assert "--across-agencies" in done.err
    assert "أعد الأمر مع" in command(site.home, *words, "--lang", "ar").err
    assert command(site.home, *words, "--across-agencies").code == 0
    assert len(read(site, snapshot).officers["stray.moj"].grants) == 2
    new = (
        "officer",
        "add",
        "new@moj.gov.example",
        "--name-ar",
        "م",
        "--name-en",
        "N",
        "--post-ar",
        "م",
        "--post-en",
        "P",
    )
    new = (*new, "--office", "registry@mof.gov.example")
    assert command(site.home, *new).code == 3
    assert command(site.home, *new, "--across-agencies").code == 0


def test_no_office_writes_from_the_address_of_receipts(site: Site) -> None:
    names = ("--name-ar", "بوابة", "--name-en", "Gate")
    assert command(site.home, "agency", "add", "GATE", "--domain", "murasalat.gov.example", *names).code == 0
    office = ("office", "add", "Receipts@murasalat.gov.example", "--agency", "GATE", *NAMES)
    done = command(site.home, *office)
    assert (done.code, done.out) == (3, "")
    assert "receipts come from receipts@murasalat.gov.example" in done.err
    assert "عنواناً آخر" in command(site.home, *office, "--lang", "ar").err
