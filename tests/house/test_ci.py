"""`.ci/run`: which Python runs what, and what its exit code says. The Pythons and the launcher here are stand-ins."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ["bash", "dirname", "env", "head", "id", "tail"]
# Answers what `.ci/run` asks of a Python: whether it is of the version in the question, its path, its version.
PYTHON = """\
case "$2" in
*"=="*) case "$2" in *"(3, {minor})"*) echo "$0" ;; *) exit 1 ;; esac ;;
*) echo 3.{minor} ;;
esac"""
LAUNCHER = """\
echo "${MURASALAT_PYTHON##*/} $MURASALAT_VENV $*" >>calls
case "$MURASALAT_PYTHON" in *"$FAILING"*) exit 1 ;; esac"""


class Machine:
    """A checkout with `.ci/run` and a PATH with nothing else on it."""

    def __init__(self, root: Path) -> None:
        self.checkout, self.bin, self.pyenv = root / "checkout", root / "bin", root / "pyenv"
        for folder in (self.checkout / ".ci", self.bin):
            folder.mkdir(parents=True)
        shutil.copy(ROOT / ".ci" / "run", self.checkout / ".ci" / "run")
        self.program(self.checkout / "murasalat", LAUNCHER)
        self.program(self.bin / "gpg", "exit 0")
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, tool
            (self.bin / tool).symlink_to(found)

    def program(self, path: Path, body: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def python(self, path: Path, minor: int) -> None:
        self.program(path, PYTHON.format(minor=minor))

    def run(self, **more: str) -> tuple[int, list[list[str]]]:
        """Return the exit code and the words of each start of the launcher."""
        environment = {"PATH": str(self.bin), "PYENV_ROOT": str(self.pyenv), "FAILING": "none", **more}
        done = subprocess.run(
            [str(self.checkout / ".ci" / "run")],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        calls = self.checkout / "calls"
        rows = [row.split(" ") for row in calls.read_text().splitlines()] if calls.exists() else []
        return done.returncode, rows


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_quick_selection_runs_on_the_newest_and_then_everything_on_the_oldest(machine: Machine) -> None:
    machine.program(machine.bin / "python3.14", "exit 127")  # a shim with nothing behind it
    machine.python(machine.bin / "python3.12", 12)
    machine.python(machine.bin / "python3", 11)
    machine.python(machine.pyenv / "versions" / "3.13.0" / "bin" / "python3", 13)
    code, (quick, whole) = machine.run()
    assert code == 0
    assert quick[1:6] == [".venv-3.13", "test", "-q", "-n", "2"]
    assert all((ROOT / place).exists() for place in quick[6:])
    assert whole == ["python3", ".venv-3.11", "test"]


def test_an_environment_of_the_same_version_is_used(machine: Machine) -> None:
    machine.python(machine.bin / "python3.11", 11)
    machine.python(machine.bin / "python3.13", 13)
    machine.python(machine.checkout / ".venv" / "bin" / "python", 13)
    _code, (quick, whole) = machine.run()
    assert (quick[1], whole[1]) == (".venv", ".venv-3.11")


def test_one_python_runs_everything_once(machine: Machine) -> None:
    machine.python(machine.bin / "python3.12", 12)
    assert machine.run() == (0, [["python3.12", ".venv-3.12", "test"]])


def test_a_python_that_is_named_runs_everything(machine: Machine) -> None:
    for minor in (11, 12, 13):
        machine.python(machine.bin / f"python3.{minor}", minor)
    _code, (quick, whole) = machine.run(MURASALAT_PYTHON=str(machine.bin / "python3.12"), MURASALAT_VENV="v")
    assert quick[:2] == ["python3.13", "v-3.13"]
    assert whole == ["python3.12", "v-3.12", "test"]


@pytest.mark.parametrize("failing", ["python3.11", "python3.13"])
def test_it_fails_when_either_fails_and_both_have_run(machine: Machine, failing: str) -> None:
    machine.python(machine.bin / "python3.11", 11)
    machine.python(machine.bin / "python3.13", 13)
    code, calls = machine.run(FAILING=failing)
    assert (code, [words[0] for words in calls]) == (1, ["python3.13", "python3.11"])


def test_it_is_executable() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
