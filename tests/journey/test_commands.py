"""The command line as an administrator uses it: real processes, JSON, exit codes, nothing but one line on a fault."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from harness import ROOT, Site, send, submission

SENDER, TO = "registry@moj.gov.example", "registry@mof.gov.example"


class Shell:
    """Runs commands on one home."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *words: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            [sys.executable, "-m", "admin_cli", *words, "--home", str(self.home)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    def json(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.run(*words, "--json", code=code).stdout)


@pytest.fixture
def shell(site: Site) -> Shell:
    return Shell(site.home)


def officer(shell: Shell, login: str, office: str, *more: str) -> dict[str, str]:
    names = (
        "--name-ar",
        "نورة المثال",
        "--name-en",
        "Noora Al-Mithal",
        "--post-ar",
        "مسجّلة",
        "--post-en",
        "Registrar",
    )
    found: dict[str, str] = shell.json("officer", "add", login, *names, "--office", office, *more)
    return found


def test_a_fresh_instance_by_commands_alone(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "home")
    made = shell.json("init", "--sample", "--submission-port", "0", "--imap-port", "0")
    assert (made["agencies"], made["officers"]) == (37, 74)
    assert Path(made["ca"]).exists()
    assert len(shell.json("agency", "list")["agencies"]) == 37
    assert len(shell.json("officer", "list")["officers"]) == 74
    shell.run("init", "--sample", code=2)
    assert shell.json("evidence", "verify")["intact"] is True


def test_a_generated_password_is_shown_once_and_works(site: Site, shell: Shell) -> None:
    secret = officer(shell, "noora.moj", SENDER)["password"]
    signer = site.signer(SENDER)
    assert signer.fingerprint
    with site.process() as (_server, where), submission(where, "noora.moj", secret) as client:
        assert send(client, SENDER, (TO,), site.letter(SENDER, TO))[0] == 250
    shown = shell.run("officer", "show", "noora.moj", "--json").stdout
    assert secret not in shown
    again = shell.json("officer", "password", "noora.moj")["password"]
    assert again != secret
    assert secret.encode() not in (site.home / "murasalat.db").read_bytes()


def test_exit_codes(shell: Shell) -> None:
    shell.run("letter", "trace", "MOJ/2026/000999", code=4)
    shell.run("agency", "show", "NONE", code=4)
    shell.run("agency", "add", "MOJ", "--domain", "x.gov.example", "--name-ar", "و", "--name-en", "n", code=3)
    shell.run("officer", "add", "a b", code=2)
    shell.run("nonsense", code=2)
    shell.run(
        "office", "add", "x@evil.example", "--agency", "MOJ", "--name-ar", "و", "--name-en", "n", code=3
    )
    shell.run("report", "monthly", "--from", "2026", "--to", "2026-01", code=2)


def test_an_agencys_policy_is_changed_and_shown(shell: Shell) -> None:
    shown = shell.json("agency", "show", "MOJ")
    assert (shown["header_protection"], shown["allow_repeats"]) == ("", False)
    changed = shell.json(
        "agency", "change", "moj", "--header-protection", " Warn,OpenPGP:enforce", "--repeats"
    )
    assert (changed["code"], changed["header_protection"]) == ("MOJ", "warn, openpgp: enforce")
    assert changed["allow_repeats"] is True
    shell.json("agency", "change", "MOJ", "--no-repeats", "--dry-run")
    shown = shell.json("agency", "show", "MOJ")
    assert (shown["header_protection"], shown["allow_repeats"]) == ("warn, openpgp: enforce", True)
    assert shell.json("agency", "change", "MOJ", "--header-protection", "")["header_protection"] == ""
    shell.run("agency", "change", "MOJ", "--header-protection", "always", code=2)
    shell.run("agency", "change", "NONE", "--repeats", code=4)


def test_dry_run_changes_nothing(shell: Shell) -> None:
    names = ("--domain", "new.gov.example", "--name-ar", "جديدة", "--name-en", "New")
    shell.run("agency", "add", "NEW", *names, "--dry-run")
    shell.run("agency", "show", "NEW", code=4)


def test_arabic_output_is_isolated(shell: Shell) -> None:
    text = shell.run("agency", "show", "MOJ", "--lang", "ar").stdout
    assert "وزارة العدل" in text
    assert "\u2068" in text


def test_a_bad_key_file_is_one_line(shell: Shell, tmp_path: Path) -> None:
    bad = tmp_path / "key.asc"
    bad.write_text("no key", encoding="utf-8")
    done = shell.run("key", "enroll", SENDER, str(bad), code=3)
    assert len(done.stderr.strip().splitlines()) == 1
    shell.run("key", "enroll", SENDER, str(tmp_path / "absent"), code=2)


def test_policy_test_explains_without_a_trace(site: Site, shell: Shell, tmp_path: Path) -> None:
    officer(shell, "noora.moj", SENDER)
    file = tmp_path / "letter.eml"
    file.write_bytes(site.letter(SENDER, TO))
    words = ("policy", "test", "--account", "noora.moj", "--from", SENDER, "--to", TO, "--file", str(file))
    found = shell.json(*words)
    assert found["accepted"] is True
    assert {one["engine"] for one in found["facts"]} == {"sequoia", "gnupg"}
    file.write_bytes(file.read_bytes().replace(b"Subject:", b"Bcc: x@moi.gov.example\r\nSubject:", 1))
    found = shell.json(*words, code=3)
    assert found["reason"] == "BCC-FORBIDDEN"
    assert found["said"] is None
    file.write_bytes(site.letter(SENDER, TO) + b"A footer\r\n")
    found = shell.json(*words, code=3)
    assert found["detail"].startswith("epilogue: ")
    assert "footer" in found["said"]["en"]
    assert "تذييل" in found["said"]["ar"]
    assert found["said"]["en"] in shell.run(*words, "--lang", "en", code=3).stdout
    assert shell.json("letter", "list")["letters"] == []
    assert shell.json("evidence", "refusals")["refusals"] == []


def test_help_is_quick_to_read(shell: Shell) -> None:
    text = shell.run("--help").stdout
    for noun in (
        "agency",
        "office",
        "officer",
        "system",
        "key",
        "policy",
        "letter",
        "evidence",
        "queue",
        "report",
    ):
        assert noun in text
    assert "--home DIR" in text
