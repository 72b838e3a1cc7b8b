"""Every command in the documentation runs, in order, on the demo's instance; and the generated parts are true."""

import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.config.tree import Config

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
READERS = ("administrator.md", "integrator.md", "auditor.md")
NEED_THE_WORLD = ("murasalat init ", "murasalat serve ")  # run by the demo below and by the journeys


def commands(name: str) -> list[str]:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    found = [
        line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")
    ]
    return [line for line in found if not line.startswith(NEED_THE_WORLD)]


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("docs") / "home"
    done = run(["demo", "--once", "--json", "--home", str(home)], home.parent)
    assert done.returncode == 0, done.stderr
    return home


def run(arguments: list[str], cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "admin_cli", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        env={
            "PYTHONPATH": str(ROOT),
            "PATH": "/usr/bin:/bin:/usr/local/bin",
            "LANG": "C.UTF-8",
            "HOME": str(cwd),
        },
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("name", READERS)
def test_every_command_runs(name: str, demo_home: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(demo_home, home)
    found = commands(name)
    assert found
    for line in found:
        words = shlex.split(line.replace("/2026/", f"/{datetime.now(UTC).year}/"))
        assert words[0] == "murasalat"
        done = run([*words[1:], "--home", str(home)], tmp_path)
        assert done.returncode in ({0, 5} if words[1] == "doctor" else {0}), (
            f"{line}\n{done.stdout}{done.stderr}"
        )
        assert "Traceback" not in done.stderr


def test_every_setting_is_described() -> None:
    for section in Config.model_fields.values():
        model = section.annotation
        assert model is not None
        assert model.__doc__
        for name, field in model.model_fields.items():
            assert field.description, name


def test_the_path_of_a_letter_fits_on_a_page() -> None:
    assert len((ROOT / "docs" / "path-of-a-letter.md").read_text(encoding="utf-8").splitlines()) <= 70


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


NAMED = re.compile(r"`((?:policies|mailstore|gateway|admin_cli|tests|docs)/[\w./-]*)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_names_is_there(page: Path) -> None:
    named = NAMED.findall(page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []
