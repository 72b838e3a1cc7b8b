"""Commands that ask, that say a dry run is one, that keep files private, and that show nothing a terminal obeys."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT, Site

from tests.journey.test_commands import TO, Shell, officer

LASTING = [
    ("agency", "suspend", "MOF"),
    ("system", "revoke", "dms.moj"),
    ("key", "revoke", "A" * 40, "--reason", "lost"),
    ("queue", "fail", "1"),
]


@pytest.fixture
def shell(site: Site) -> Shell:
    return Shell(site.home)


@pytest.mark.parametrize("words", LASTING, ids=lambda words: " ".join(words[:2]))
def test_what_cannot_be_undone_asks_unless_told_yes(shell: Shell, words: tuple[str, ...]) -> None:
    before = shell.json("agency", "list")
    asked = shell.run(*words, code=2)
    assert "--yes" in asked.stderr
    assert "--yes" in shell.run(*words, "--lang", "ar", code=2).stderr
    assert shell.json("agency", "list") == before


def answer(shell: Shell, word: bytes) -> int:
    """Run a suspension on a terminal of its own, give that answer, return the exit code."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "admin_cli", "agency", "suspend", "MOF", "--home", str(shell.home)]
    with subprocess.Popen(command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        os.write(ours, word + b"\n")
        code = process.wait(60)
    os.close(theirs)
    os.close(ours)
    return code


def test_a_person_is_asked_and_believed(shell: Shell) -> None:
    def suspended() -> bool:
        return bool(shell.json("agency", "show", "MOF")["suspended"])

    assert answer(shell, b"no") == 2
    assert not suspended()
    assert answer(shell, "نعم".encode()) == 0
    assert suspended()
    assert shell.json("agency", "suspend", "MOF", "--restore")["suspended"] is False


def test_a_dry_run_says_so_and_changes_nothing(shell: Shell) -> None:
    told = shell.json("agency", "suspend", "MOF", "--dry-run")
    assert (told["suspended"], told["dry_run"]) == (True, True)
    assert "dry_run" not in shell.json("agency", "show", "MOF")
    assert shell.json("agency", "show", "MOF")["suspended"] is False


def test_an_unknown_agency_is_not_found(shell: Shell) -> None:
    names = ("--name-ar", "مكتب", "--name-en", "Office of trials")
    for words in (
        ("agency", "show", "NONE"),
        ("agency", "suspend", "NONE", "--yes"),
        ("office", "add", "x@none.gov.example", "--agency", "NONE", *names),
    ):
        assert "NONE" in shell.run(*words, code=4).stderr


def test_what_is_owed_is_shown_and_retried_alike(shell: Shell) -> None:
    for act in ("show", "retry", "hold"):
        shell.run("queue", act, "4711", code=4)


def test_a_home_and_what_commands_write_are_their_users_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    loose = os.umask(0)
    try:
        Shell(home).json("init", "--sample", "--submission-port", "0", "--imap-port", "0")
        sheet = tmp_path / "sheet.html"
        login = Shell(home).json("officer", "list")["officers"][0]["login"]
        Shell(home).json("client", "sheet", login, "--html", str(sheet))
    finally:
        os.umask(loose)
    modes = {path: path.stat().st_mode & 0o777 for path in (home, sheet, *home.iterdir())}
    assert {path.name: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}


def test_a_sheet_carries_the_authority_and_the_public_host(shell: Shell) -> None:
    person = officer(shell, "sheet.reader", TO)
    settings = shell.home / "murasalat.toml"
    text = settings.read_text(encoding="utf-8").replace('host = ""', 'host = "mail.gov.example"', 1)
    settings.write_text(text, encoding="utf-8")
    page = shell.home / "sheet.html"
    told = shell.json("client", "sheet", person["login"], "--html", str(page))
    assert told["imap"]["host"] == told["submission"]["host"] == "mail.gov.example"
    assert told["ca_pem"] == (shell.home / "ca.pem").read_text(encoding="ascii")
    printed = shell.run("client", "sheet", person["login"]).stdout
    assert told["ca_sha256"] in printed
    assert "-----BEGIN CERTIFICATE-----" in printed
    html = page.read_text(encoding="utf-8")
    assert "<svg" in html
    assert "lang=ar dir=rtl" in html
    assert told["ca_sha256"] in html
    assert "mail.gov.example:" in html


@pytest.mark.parametrize("lang", ["ar", "en"])
def test_nothing_shown_is_obeyed_by_a_terminal(shell: Shell, lang: str) -> None:
    hostile = "x\x1b[2J\x9b31m\u202eabc\x07"
    for words in (("letter", "trace", hostile), ("agency", "show", hostile), ("client", "sheet", hostile)):
        done = shell.run(*words, "--lang", lang, code=4)
        for character in "\x1b\x9b\u202e\x07":
            assert character not in done.stdout + done.stderr


ODD = [
    ("letter", "list", "--from", "yesterday"),
    ("letter", "list", "--number", "9" * 50, "--from", "x"),
    ("letter", "list", "--limit", "99999999999999999999999999"),
    ("report", "monthly", "--from", "2026-13", "--to", "2026-01"),
    ("key", "enroll", "registry@moj.gov.example", "/"),
    ("key", "enroll", "registry@moj.gov.example", sys.executable),
    ("key", "scan", "/nowhere/at/all"),
    ("policy", "test", "--account", "x", "--from", "x", "--to", "y", "--file", "/"),
    ("letter", "export", "x\ny", "--to", "/nowhere/x.eml", "--reason", "r"),
    ("queue", "retry", "999999999999999999999"),
    ("evidence", "verify", "\udcff"),
    ("officer", "show", "\x00" * 0 + "a" * 5000),
]


@pytest.mark.parametrize("words", ODD, ids=lambda words: " ".join(words[:2]))
def test_odd_values_are_answered_in_one_line(shell: Shell, words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "admin_cli", *words, "--home", str(shell.home)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
        timeout=60,
    )
    assert done.returncode in {2, 3, 4, 5}, (done.returncode, done.stdout, done.stderr)
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert not any(word in done.stderr for word in ("Traceback", "Error:", "Errno", "[UNEXPECTED]")), (
        done.stderr
    )


def test_a_damaged_settings_file_and_a_missing_home_are_said_in_one_line(
    shell: Shell, tmp_path: Path
) -> None:
    assert "murasalat init" in Shell(tmp_path / "none").run("agency", "list", code=2).stderr
    (shell.home / "murasalat.toml").write_bytes(b"\xff\xfe[[[")
    assert "murasalat.toml" in shell.run("agency", "list", code=2).stderr


def test_times_in_json_have_one_format(shell: Shell) -> None:
    for key in shell.json("key", "list")["keys"]:
        for name in ("enrolled", "expires", "revoked"):
            assert key[name] is None or (key[name].endswith("Z") and len(key[name]) == 24), json.dumps(key)
