"""`./murasalat`, the way in: tried on a scratch checkout, without network and with the real installers.

Its lock names one wheel made here; a wheelhouse directory stands for the package index.
"""

import base64
import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

LAUNCHER = Path(__file__).resolve().parents[2] / "murasalat"
TOOLS = [
    "cat",
    "cksum",
    "dirname",
    "grep",
    "ln",
    "mkdir",
    "mv",
    "readlink",
    "rm",
    "rmdir",
    "sleep",
    "tail",
    "uname",
]
REPORT_SELF = """\
import json, os, sys
import sample_wheel
print(json.dumps({"argv": sys.argv[1:], "cwd": os.getcwd(), "wheel": sample_wheel.VALUE}))
"""
WHEEL_FILE = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def write_wheel(folder: Path) -> str:
    """A wheel of one module in `folder`; returns its sha256."""
    path = folder / "sample_wheel-1.0-py3-none-any.whl"
    entries = {
        "sample_wheel.py": b"VALUE = 7\n",
        "sample_wheel-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: sample-wheel\nVersion: 1.0\n",
        "sample_wheel-1.0.dist-info/WHEEL": WHEEL_FILE,
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(octets).digest()).rstrip(b'=').decode()},{len(octets)}\n"
        for name, octets in entries.items()
    )
    with zipfile.ZipFile(path, "w") as wheel:
        for name, octets in entries.items():
            wheel.writestr(name, octets)
        wheel.writestr("sample_wheel-1.0.dist-info/RECORD", record + "sample_wheel-1.0.dist-info/RECORD,,\n")
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Checkout:
    """A scratch tree with a trivial command line, and a PATH of only what the launcher may use."""

    def __init__(self, root: Path) -> None:
        self.root = root / "checkout"
        self.bin = root / "bin"
        self.wheelhouse = root / "wheelhouse"
        self.venv = self.root / ".venv"
        for folder in (self.root / "admin_cli", self.bin, self.wheelhouse):
            folder.mkdir(parents=True)
        shutil.copy(LAUNCHER, self.root / "murasalat")
        (self.root / "admin_cli" / "__init__.py").touch()
        (self.root / "admin_cli" / "__main__.py").write_text(REPORT_SELF)
        self.write_locks(write_wheel(self.wheelhouse))
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, tool
            (self.bin / tool).symlink_to(found)
        self.program("gpg", "exit 0")
        uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
        if uv:
            (self.bin / "uv").symlink_to(uv)

    def write_locks(self, sha256: str) -> None:
        line = f"sample-wheel==1.0 --hash=sha256:{sha256}\n"
        (self.root / "requirements.lock").write_text(line)
        (self.root / "requirements-test.lock").write_text(line + "# and nothing else\n")
        (self.root / "requirements-uv.lock").write_text(f"uv==0.0.1 --hash=sha256:{'0' * 64}\n")

    def program(self, name: str, body: str) -> Path:
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def environment(self, **more: str) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("MURASALAT_", "PYTHON"))
        }
        python = getattr(sys, "_base_executable", sys.executable)
        return kept | {
            "PATH": str(self.bin),
            "MURASALAT_PYTHON": python,
            "MURASALAT_WHEELHOUSE": str(self.wheelhouse),
            **more,
        }

    def start(
        self, *arguments: str, cwd: Path | None = None, by: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        command = [str(by or self.root / "murasalat"), *arguments]
        return subprocess.run(
            command,
            cwd=cwd or self.root,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    def stamp_for(self, *locks: str) -> None:
        """An environment that says it was installed from `locks`; its library stands in the tree."""
        (self.venv / "bin").mkdir(parents=True)
        (self.venv / "bin" / "python").symlink_to(sys.executable)
        (self.root / "sample_wheel.py").write_text("VALUE = 0\n")
        lines = [f"{name} {self.cksum(name)}\n" for name in locks]
        (self.venv / "murasalat.stamp").write_text("".join(lines))

    def cksum(self, name: str) -> str:
        with (self.root / name).open("rb") as file:
            return subprocess.run(
                ["cksum"], stdin=file, capture_output=True, text=True, check=True
            ).stdout.strip()

    def nothing_to_install_with(self) -> None:
        """From here on an installation could not succeed: no uv, no Python, no wheel."""
        (self.bin / "uv").unlink(missing_ok=True)
        shutil.rmtree(self.wheelhouse)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def one_line(text: str) -> str:
    assert text.count("\n") == 1, text
    return text


def test_the_launcher_is_executable_posix_shell_that_fits_on_a_few_screens() -> None:
    assert os.access(LAUNCHER, os.X_OK)
    assert LAUNCHER.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    subprocess.run(["/bin/sh", "-n", str(LAUNCHER)], check=True)
    assert len(LAUNCHER.read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize(
    "arguments",
    [("demo", "--once"), ("serve",), ("init",), ("test", "-q"), ("--home", "demo", "--json", "serve")],
)
def test_without_gpg_one_line_names_the_package_in_both_languages(
    checkout: Checkout, arguments: tuple[str, ...]
) -> None:
    (checkout.bin / "gpg").unlink()
    outcome = checkout.start(*arguments)
    assert (outcome.returncode, outcome.stdout) == (1, "")
    line = one_line(outcome.stderr)
    for words in ("apt-get install gnupg", "dnf install gnupg2", "brew install gnupg", "غير مثبّت"):
        assert words in line
    assert not checkout.venv.exists()


@pytest.mark.parametrize(
    "arguments", [("--help",), ("demo", "--help"), ("--home", "serve", "letter", "list"), ()]
)
def test_help_and_commands_that_sign_nothing_start_without_gpg(
    checkout: Checkout, arguments: tuple[str, ...]
) -> None:
    (checkout.bin / "gpg").unlink()
    checkout.stamp_for("requirements.lock")
    outcome = checkout.start(*arguments)
    assert outcome.returncode == 0, outcome.stderr
    assert json.loads(outcome.stdout)["argv"] == list(arguments)


def test_a_python_too_old_is_refused_with_the_packages_that_help(checkout: Checkout) -> None:
    old = checkout.program("old-python", "exit 1")  # what the version question gives in an older Python
    outcome = checkout.start("--help", MURASALAT_PYTHON=str(old))
    assert (outcome.returncode, outcome.stdout) == (1, "")
    line = one_line(outcome.stderr)
    for words in ("3.11", "apt-get install python3 python3-venv", "dnf install", "brew install", "يلزم"):
        assert words in line


def test_without_any_python_or_uv_the_same_line_is_said(checkout: Checkout) -> None:
    (checkout.bin / "uv").unlink(missing_ok=True)
    checkout.program("python3", "exit 1")
    outcome = checkout.start("--help", MURASALAT_PYTHON="")
    assert outcome.returncode == 1
    assert "3.11" in one_line(outcome.stderr)


def python_called(checkout: Checkout, name: str, *, first: str = "") -> None:
    """This test's Python under another name; `first` is what the shell does with its arguments before."""
    real = getattr(sys, "_base_executable", sys.executable)
    asked = checkout.root / "asked"
    checkout.program(name, f'echo {name} >>"{asked}"\n{first}\nexec "{real}" "$@"')


def asked(checkout: Checkout) -> list[str]:
    return (checkout.root / "asked").read_text().split()


def test_the_newest_python_is_taken_unless_one_is_named(checkout: Checkout) -> None:
    for name in ("python3", "python3.11", "python3.13", "python3.14"):
        python_called(checkout, name)
    assert checkout.start("--help", MURASALAT_PYTHON="").returncode == 0
    assert set(asked(checkout)) == {"python3.14"}
    shutil.rmtree(checkout.venv)
    (checkout.root / "asked").unlink()
    assert checkout.start("--help", MURASALAT_PYTHON="python3.11").returncode == 0
    assert set(asked(checkout)) == {"python3.11"}


def test_a_name_without_a_python_behind_it_is_passed_over(checkout: Checkout) -> None:
    checkout.program("python3.14", "echo 'the command exists in these Python versions: 3.14.0' >&2; exit 127")
    checkout.program("python3.13", "exit 1")
    python_called(checkout, "python3.12")
    outcome = checkout.start("letter", MURASALAT_PYTHON="")
    assert outcome.returncode == 0, outcome.stderr
    assert json.loads(outcome.stdout)["argv"] == ["letter"]
    assert set(asked(checkout)) == {"python3.12"}


@pytest.mark.parametrize("part", ["sqlite3", "ssl", "venv", "ensurepip"])
def test_a_python_that_lacks_a_part_is_passed_over_while_another_lacks_none(
    checkout: Checkout, part: str
) -> None:
    if part in {"venv", "ensurepip"}:  # which only a machine without uv needs
        (checkout.bin / "uv").unlink(missing_ok=True)
    used = checkout.root / "used"
    lacking = f'case "$2" in *{part}*) exit 1 ;; *import*) ;; *) touch "{used}" ;; esac'
    python_called(checkout, "python3.13", first=lacking)
    python_called(checkout, "python3.12")
    outcome = checkout.start("letter", MURASALAT_PYTHON="")
    assert outcome.returncode == 0, outcome.stderr
    assert "python3.12" in asked(checkout)
    assert not used.exists()


def test_when_every_python_lacks_a_part_the_newest_is_tried(checkout: Checkout) -> None:
    for name in ("python3.13", "python3.12"):
        python_called(checkout, name, first='case "$2" in *sqlite3*) exit 1 ;; esac')
    outcome = checkout.start("letter", MURASALAT_PYTHON="")
    assert outcome.returncode == 0, outcome.stderr
    assert asked(checkout)[:3] == ["python3.13", "python3.12", "python3.13"]


def test_a_newer_python_leaves_the_environment_as_it_is(checkout: Checkout) -> None:
    assert checkout.start("--help").returncode == 0
    python_called(checkout, "python3.14")
    with (checkout.root / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    version = (checkout.venv / "pyvenv.cfg").read_text()
    assert checkout.start("--help", MURASALAT_PYTHON="").returncode == 0
    assert (checkout.venv / "pyvenv.cfg").read_text() == version
    assert checkout.start("--help", MURASALAT_PYTHON="").stderr == ""


def test_a_first_start_installs_from_the_lock_and_later_ones_need_nothing(checkout: Checkout) -> None:
    first = checkout.start("letter", "list")
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout) == {"argv": ["letter", "list"], "cwd": str(checkout.root), "wheel": 7}
    assert first.stderr.startswith("murasalat: preparing the private environment")
    assert len(first.stderr.splitlines()) <= 2

    checkout.nothing_to_install_with()
    second = checkout.start("letter", "list")
    assert (second.returncode, second.stdout, second.stderr) == (0, first.stdout, "")


def test_a_wheel_with_another_hash_is_refused_and_leaves_no_stamp(checkout: Checkout) -> None:
    checkout.write_locks("f" * 64)
    outcome = checkout.start("--help")
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert "murasalat.log" in outcome.stderr
    assert not (checkout.venv / "murasalat.stamp").exists()
    assert not (checkout.venv / "murasalat.mutex").is_symlink()


def test_a_changed_lock_is_installed_again(checkout: Checkout) -> None:
    assert checkout.start("--help").returncode == 0
    with (checkout.root / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    changed = checkout.start("--help")
    assert changed.returncode == 0, changed.stderr
    assert "preparing" in changed.stderr
    assert checkout.start("--help").stderr == ""


def test_the_test_environment_serves_the_gateway_and_not_the_other_way_round(checkout: Checkout) -> None:
    (checkout.root / "pytest.py").write_text("import os, sys\nprint(os.getcwd(), *sys.argv[1:])\n")
    assert checkout.start("--help").returncode == 0
    tests = checkout.start("test", "-q", "tests/house", cwd=checkout.bin)
    assert "preparing" in tests.stderr
    assert tests.stdout == f"{checkout.root} -q tests/house\n"

    checkout.nothing_to_install_with()
    assert checkout.start("test").stderr == ""
    assert checkout.start("--help").stderr == ""


def test_a_wheelhouse_that_is_not_there_is_said(checkout: Checkout) -> None:
    checkout.nothing_to_install_with()
    outcome = checkout.start("--help")
    assert outcome.returncode == 1
    assert "MURASALAT_WHEELHOUSE" in one_line(outcome.stderr)


def test_two_first_starts_at_once_both_succeed(checkout: Checkout) -> None:
    starts = [
        subprocess.Popen(
            [str(checkout.root / "murasalat"), name],
            cwd=checkout.root,
            env=checkout.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    ends = [process.communicate(timeout=100) for process in starts]
    assert [process.returncode for process in starts] == [0, 0], ends
    assert [json.loads(out)["argv"] for out, _ in ends] == [["one"], ["two"]]
    assert sum("preparing" in said for _, said in ends) == 1
    assert not (checkout.venv / "murasalat.mutex").is_symlink()


def test_the_mutex_of_a_dead_installer_is_taken_over(checkout: Checkout) -> None:
    dead = subprocess.Popen(["/bin/sh", "-c", ":"])
    dead.wait()
    checkout.venv.mkdir()
    (checkout.venv / "murasalat.mutex").symlink_to(f"{dead.pid}@{os.uname().nodename}")
    outcome = checkout.start("--help")
    assert outcome.returncode == 0, outcome.stderr
    assert "waiting" not in outcome.stderr
    assert not (checkout.venv / "murasalat.mutex").is_symlink()


def test_an_environment_whose_interpreter_is_gone_is_made_again(checkout: Checkout) -> None:
    assert checkout.start("--help").returncode == 0
    python = checkout.venv / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python")
    outcome = checkout.start("--help")
    assert outcome.returncode == 0, outcome.stderr
    assert json.loads(outcome.stdout)["wheel"] == 7


def test_from_another_directory_by_a_link_paths_keep_their_meaning_and_nothing_is_shadowed(
    checkout: Checkout, tmp_path: Path
) -> None:
    checkout.stamp_for("requirements.lock")
    elsewhere = tmp_path / "user's own directory"
    elsewhere.mkdir()
    (elsewhere / "sample_wheel.py").write_text("raise SystemExit('shadowed')\n")
    link = elsewhere / "gateway"
    link.symlink_to("../checkout/murasalat")
    outcome = checkout.start("--home", "./here", "letter list", cwd=elsewhere, by=link)
    assert outcome.returncode == 0, outcome.stderr
    assert json.loads(outcome.stdout) == {
        "argv": ["--home", "./here", "letter list"],
        "cwd": str(elsewhere),
        "wheel": 0,
    }


def test_a_place_that_cannot_be_written_is_named(checkout: Checkout) -> None:
    (checkout.root / "file").touch()
    outcome = checkout.start("--help", MURASALAT_VENV=str(checkout.root / "file" / "venv"))
    assert outcome.returncode == 1
    assert "MURASALAT_VENV" in one_line(outcome.stderr)
