"""The house stands: import law, lint, format, types, and the size of its rooms."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("policies", "mailstore", "gateway", "admin_cli")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def run(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def imported(path: Path) -> list[str]:
    """The dotted names of all modules that a file imports, wherever in it."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return names


def test_imports_flow_one_way() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


BELONGS_TO = {
    "aiosmtpd": ("gateway.smtp",),
    "gnupg": ("gateway.signatures",),
    "pysequoia": ("gateway.signatures",),
    "cryptography": ("gateway.signatures", "gateway.instance"),
    "sqlalchemy": ("mailstore",),
    "alembic": ("mailstore",),
    "psycopg": ("mailstore",),
    "argon2": ("gateway.login",),
    "pydantic": ("gateway.config",),
    "hijridate": ("policies.words",),
    "typer": ("admin_cli",),
    "rich": ("admin_cli",),
    "segno": ("admin_cli",),
}


@pytest.mark.parametrize("library", BELONGS_TO)
def test_a_library_is_known_in_its_rooms_and_in_all_but_those_nowhere(library: str) -> None:
    users = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sources()
        if library in {name.split(".")[0] for name in imported(path)}
    ]
    rooms = BELONGS_TO[library]
    assert [user for user in users if not user.startswith(tuple(f"{room}." for room in rooms))] == []


def test_every_library_of_the_outside_has_its_rooms() -> None:
    outside = {name.split(".")[0] for path in sources() for name in imported(path)}
    assert outside - set(PACKAGES) - set(BELONGS_TO) - sys.stdlib_module_names == set()


def test_ruff_finds_nothing() -> None:
    run("ruff", "check", *PACKAGES, "tests")


def test_every_file_is_formatted() -> None:
    run("ruff", "format", "--check", *PACKAGES, "tests")


def test_types_are_strict() -> None:
    run("mypy")


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= LONGEST_FILE, f"{path.name} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{path.name}: {node.name} has {length} lines"


def test_the_word_email_decides_nothing() -> None:
    """The standard library's mail parser reads addresses that are not there (CVE-2023-27043); it stays outside."""
    assert [path for path in sources() if "email" in {name.split(".")[0] for name in imported(path)}] == []
