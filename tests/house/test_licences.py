"""No GPL or AGPL code in what the gateway runs with; LGPL libraries, used as libraries, are welcome.

How a distribution's licence is read, first answer wins:

1. `License-Expression` (PEP 639), an SPDX expression: `A OR B` is free if one side is, `A AND B` if both are,
   `A WITH exception` is read as A, the stricter reading.
2. `Classifier: License :: OSI Approved :: ...`, all of them taken to apply (the bare "OSI Approved" and
   "DFSG approved" name no licence).
3. The free-text `License` field.

A distribution that says nothing at all fails: silence is not a licence.
"""

import importlib.metadata
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
UNNAMED = {"OSI Approved", "DFSG approved"}
# "GPL" and "AGPL" at the start of a word ("GPL-3.0-only", "GPLv2+"), so never inside "LGPL"; then written out
COPYLEFT = re.compile(r"(?<![a-z])a?gpl", re.IGNORECASE)
WRITTEN_OUT = re.compile(r"(?<!lesser )(?<!library )general public licen[sc]e", re.IGNORECASE)


def forbidden(name: str) -> bool:
    """Whether one licence's name, in any of its spellings, is the GPL or the AGPL."""
    return bool(COPYLEFT.search(name) or WRITTEN_OUT.search(name))


def expression_allowed(expression: str) -> bool:
    """Evaluate an SPDX licence expression: OR binds loosest, then AND, then WITH; parentheses group."""
    words = re.findall(r"[()]|[^\s()]+", expression)

    def alternatives() -> bool:
        allowed = together()
        while words and words[0].upper() == "OR":
            words.pop(0)
            allowed = together() or allowed
        return allowed

    def together() -> bool:
        allowed = single()
        while words and words[0].upper() == "AND":
            words.pop(0)
            allowed = single() and allowed
        return allowed

    def single() -> bool:
        word = words.pop(0)
        if word == "(":
            allowed = alternatives()
            assert words.pop(0) == ")", expression
            return allowed
        if words and words[0].upper() == "WITH":
            del words[:2]
        return not forbidden(word)

    allowed = alternatives()
    assert not words, expression
    return allowed


def licence_allowed(expression: str, classifiers: list[str], free_text: str) -> bool:
    """Whether the three fields a distribution may describe its licence with allow its use in the runtime."""
    if expression:
        return expression_allowed(expression)
    licences = [value.split(" :: ", 1)[1] for value in classifiers if value.startswith("License ::")]
    named = [value for value in licences if value not in UNNAMED] or [free_text.strip()]
    return not any(value == "" or forbidden(value) for value in named)


def installed_licence_allowed(name: str) -> bool:
    """The same for a distribution of this environment."""
    metadata = importlib.metadata.distribution(name).metadata
    (expression, *_), (free_text, *_) = (
        metadata.get_all(field, [""]) for field in ("License-Expression", "License")
    )
    return licence_allowed(expression, metadata.get_all("Classifier", []), free_text)


def runtime_lock() -> list[Requirement]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return [Requirement(line.rstrip(" \\")) for line in lines if re.match(r"[a-z0-9]", line)]


def test_no_distribution_of_the_runtime_is_under_the_gpl_or_agpl() -> None:
    here = [pin.name for pin in runtime_lock() if pin.marker is None or pin.marker.evaluate()]
    assert len(here) > 20
    refused = [name for name in here if not installed_licence_allowed(name)]
    assert not refused


def test_the_gpl_library_of_the_test_suite_is_recognised_and_not_in_the_runtime() -> None:
    assert not installed_licence_allowed("aioimaplib")
    assert "aioimaplib" not in {pin.name for pin in runtime_lock()}


@pytest.mark.parametrize(
    ("expression", "classifier", "free_text", "allowed"),
    [
        ("MIT", "", "", True),
        ("LGPL-3.0-only", "", "", True),
        ("GPL-3.0-or-later", "", "", False),
        ("AGPL-3.0-only AND MIT", "", "", False),
        ("Apache-2.0 OR GPL-2.0-only", "", "", True),
        ("MIT AND (GPL-2.0-only OR BSD-3-Clause)", "", "", True),
        ("MIT AND (GPL-2.0-only OR AGPL-3.0-only)", "", "", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "", "", False),
        ("", "License :: OSI Approved :: GNU General Public License v3 (GPLv3)", "", False),
        ("", "License :: OSI Approved :: GNU Affero General Public License v3", "", False),
        ("", "License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", "", True),
        ("", "License :: OSI Approved :: GNU Library or Lesser General Public License (LGPL)", "", True),
        ("", "License :: OSI Approved", "GPLv2+", False),
        ("", "", "BSD-3-Clause", True),
        ("", "", "GNU GPL", False),
        ("", "Topic :: Communications", "", False),
    ],
)
def test_each_way_of_naming_a_licence_is_read(
    expression: str, classifier: str, free_text: str, allowed: bool
) -> None:
    assert licence_allowed(expression, [classifier], free_text) is allowed
