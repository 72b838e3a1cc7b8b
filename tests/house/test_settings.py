"""Nothing says more than it does: every setting and every global option has somebody who reads it."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from admin_cli.globals import Globals
from gateway.config.tree import Config

ROOT = Path(__file__).parents[2]
PACKAGES = ("policies", "mailstore", "gateway", "admin_cli")
DECLARED = {ROOT / "gateway/config/tree.py", ROOT / "admin_cli/globals.py"}


def attributes_read() -> set[str]:
    """The names of all attributes that are read anywhere but where settings and options are declared."""
    names: set[str] = set()
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if path in DECLARED:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    names.add(node.attr)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    names.add(node.value)  # a setting that is named to `getattr`
    return names


@pytest.fixture(scope="module")
def read() -> set[str]:
    return attributes_read()


SETTINGS = [
    (section, name)
    for section, field in Config.model_fields.items()
    for name in field.annotation.model_fields  # type: ignore[union-attr]
]
THROUGH = {"systems_port": "systems"}  # read by the property that works it out


@pytest.mark.parametrize(("section", "name"), SETTINGS, ids=[".".join(setting) for setting in SETTINGS])
def test_a_setting_is_read(read: set[str], section: str, name: str) -> None:
    assert section in read
    assert THROUGH.get(name, name) in read


@pytest.mark.parametrize("name", [field.name for field in fields(Globals)])
def test_a_global_option_is_read(read: set[str], name: str) -> None:
    assert name in read
