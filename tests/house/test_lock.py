"""The locks are whole and tell nothing of the machine they were made on.

`.ci/lock` writes them from pyproject.toml; `./murasalat` installs from them and from nothing else.
"""

import re
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
RUNTIME, TEST, INSTALLER = "requirements.lock", "requirements-test.lock", "requirements-uv.lock"
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


class Pin(NamedTuple):
    """One entry of a lock: `name==version`, its marker and the hashes it may have."""

    requirement: Requirement
    hashes: frozenset[str]


def text(lock: str) -> str:
    return (ROOT / lock).read_text(encoding="utf-8")


def pins(lock: str) -> dict[str, Pin]:
    lines = [line for line in text(lock).splitlines() if not line.lstrip().startswith("#")]
    entries = "\n".join(lines).replace("\\\n", " ").splitlines()
    found: dict[str, Pin] = {}
    for entry in entries:
        written, *hashes = re.split(r"\s+(?=--hash=)", entry.strip())
        assert all(HASH.fullmatch(value) for value in hashes), entry
        requirement = Requirement(written)
        found[canonicalize_name(requirement.name)] = Pin(requirement, frozenset(hashes))
    return found


@pytest.mark.parametrize("lock", [RUNTIME, TEST, INSTALLER])
def test_every_entry_is_pinned_to_one_version_with_hashes(lock: str) -> None:
    assert pins(lock)
    for name, pin in pins(lock).items():
        assert [part.operator for part in pin.requirement.specifier] == ["=="], name
        assert "*" not in str(pin.requirement.specifier), name
        assert pin.requirement.url is None, name
        assert pin.hashes, name


@pytest.mark.parametrize("lock", [RUNTIME, TEST, INSTALLER])
def test_a_lock_names_no_host_no_path_and_no_option(lock: str) -> None:
    words = [word for line in text(lock).splitlines() for word in line.split()]
    options = {word for word in words if word.startswith("-")} - {"-r", "-c", "-"}
    assert all(HASH.fullmatch(option) for option in options), options
    # besides the hashes: the heading's words, the line ends, and where a direct dependency stands
    odd = {word for word in words if re.search(r"[/\\:@]", word) and not HASH.fullmatch(word)}
    assert odd <= {".ci/lock", "command:", "\\", "(pyproject.toml:test)"}, odd


@pytest.mark.parametrize(
    ("lock", "direct"),
    [(RUNTIME, PROJECT["project"]["dependencies"]), (TEST, PROJECT["dependency-groups"]["test"])],
)
def test_every_direct_dependency_is_locked_at_a_version_it_allows(lock: str, direct: list[str]) -> None:
    locked = pins(lock)
    for wanted in map(Requirement, direct):
        name = canonicalize_name(wanted.name)
        assert name in locked, f"{name}: run .ci/lock"
        (version,) = (part.version for part in locked[name].requirement.specifier)
        assert wanted.specifier.contains(version), f"{name} {version} is not {wanted.specifier}: run .ci/lock"


def test_the_test_lock_contains_the_runtime_lock_unchanged() -> None:
    runtime, tests = pins(RUNTIME), pins(TEST)
    different = {name for name, pin in runtime.items() if tests.get(name) != pin}
    assert not different


def test_tools_of_the_test_group_stay_out_of_the_runtime_lock() -> None:
    tools = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependency-groups"]["test"]}
    assert not tools & pins(RUNTIME).keys()


def test_the_installer_lock_holds_the_installer_alone() -> None:
    assert pins(INSTALLER).keys() == {"uv"}
