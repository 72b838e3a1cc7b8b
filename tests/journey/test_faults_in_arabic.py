"""What is wrong is said in the language that was asked for, with the same names and numbers in it."""

import re
from pathlib import Path

import pytest

from tests.journey.commands import command

ARABIC = re.compile("[\u0621-\u064a]")
OFFICE = "registry@moj.gov.example"
MISTAKES = [
    ("letter", "trace", "MOJ/2026/999999"),
    ("agency", "show", "XYZ"),
    ("agency", "add", "MOJ", "--domain", "x.gov.example", "--name-ar", "جهة", "--name-en", "Body"),
    ("agency", "add", "m", "--domain", "x.gov.example", "--name-ar", "جهة", "--name-en", "Body"),
    ("agency", "add", "XX", "--domain", "moj.gov.example", "--name-ar", "جهة", "--name-en", "Body"),
    ("agency", "add", "XX", "--domain", "rnoj.gov.example", "--name-ar", "جهة", "--name-en", "Body"),
    ("office", "show", "nobody@moj.gov.example"),
    ("office", "show", "not an address"),
    ("officer", "show", "nobody"),
    ("officer", "revoke", "nobody", "--office", OFFICE),
    ("key", "show", "ABCD"),
    ("queue", "show", "77"),
    ("client", "sheet", "nobody"),
    ("client", "sheet"),
    ("nosuch",),
    ("letter", "trace", "--nope", "x"),
    ("bench", "intake", "--letters", "abc"),
    ("report", "monthly", "--from", "2026", "--to", "2026-01"),
    ("report", "monthly", "--from", "2026-02", "--to", "2026-01"),
    ("letter", "trace", "--lang", "de"),
    ("key", "enroll", OFFICE, "/nowhere.asc"),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("f") / "i"
    assert command(home, "init", "--sample", "--submission-port", "0", "--imap-port", "0").code == 0
    return home


@pytest.mark.parametrize("words", MISTAKES, ids=" ".join)
def test_a_mistake_is_explained_in_both_languages(home: Path, words: tuple[str, ...]) -> None:
    english = command(home, *words)
    assert english.code in {2, 3, 4}, english.err
    assert not ARABIC.search(english.err.replace("جهة", ""))
    assert len(english.err.splitlines()) == 1
    if "--lang" in words:
        return
    arabic = command(home, *words, "--lang", "ar")
    assert arabic.code == english.code
    assert ARABIC.search(arabic.err)
    assert len(arabic.err.splitlines()) == 1


@pytest.mark.parametrize(
    "text", ["nonsense = 1", "[imap]\nmax_conections = 3", "[imap]\nmax_connections = 0", "["]
)
def test_a_wrong_settings_file_is_explained_in_both_languages(tmp_path: Path, text: str) -> None:
    (tmp_path / "murasalat.toml").write_text(text, encoding="utf-8")
    english, arabic = command(tmp_path, "serve"), command(tmp_path, "serve", "--lang", "ar")
    assert (english.code, arabic.code) == (2, 2)
    assert "murasalat.toml" in english.err
    assert "murasalat.toml" in arabic.err
    assert ARABIC.search(arabic.err)


def test_no_instance_and_no_database_are_explained_in_both_languages(home: Path, tmp_path: Path) -> None:
    assert "غير موجود" in command(tmp_path / "none", "serve", "--lang", "ar").err
    settings = (home / "murasalat.toml").read_text(encoding="utf-8").replace("murasalat.db", "other.db")
    (tmp_path / "murasalat.toml").write_text(settings, encoding="utf-8")
    for name in ("log.key", "ca.pem", "server.pem", "server.key"):
        (tmp_path / name).write_bytes((home / name).read_bytes())
        (tmp_path / name).chmod(0o600)
    done = command(tmp_path, "agency", "list", "--lang", "ar")
    assert done.code == 75
    assert "لا توجد قاعدة البيانات" in done.err
