"""The version of the settings names exactly one set of them."""

import subprocess
import sys
from dataclasses import fields, replace
from datetime import timedelta

from policies.letter import Grade
from policies.settings import Attitude, HtmlAlone, PolicySettings
from policies.signature import SigningSettings

CHANGED = {
    "signing": SigningSettings(rsa_bits=4096),
    "max_size": 1,
    "max_recipients": 1,
    "header_protection": "off",
    "header_protection_grades": frozenset({Grade.TOP_SECRET}),
    "html_scripts": Attitude.ALLOW,
    "html_forms": Attitude.ALLOW,
    "html_remote": Attitude.ALLOW,
    "html_alternatives": Attitude.ALLOW,
    "html_alone": HtmlAlone.ALLOW,
    "macros": Attitude.ALLOW,
    "date_days": 8,
}
CHANGED_SIGNING = {
    "oldest": timedelta(hours=71),
    "newest": timedelta(minutes=4),
    "hashes": frozenset({"SHA512"}),
    "rsa_bits": 3072,
}


def test_every_field_moves_the_version() -> None:
    default = PolicySettings()
    assert set(CHANGED) == {one.name for one in fields(PolicySettings)}
    assert set(CHANGED_SIGNING) == {one.name for one in fields(SigningSettings)}
    every = [replace(default, **{name: value}) for name, value in CHANGED.items()]  # type: ignore[arg-type]
    for name, value in CHANGED_SIGNING.items():
        signing = replace(default.signing, **{name: value})  # type: ignore[arg-type]
        every.append(replace(default, signing=signing))
    versions = {one.version for one in [default, *every]}
    assert len(versions) == len(set(every)) + 1


def test_equal_settings_have_one_version() -> None:
    hashes = ["SHA3-512", "SHA512", "SHA3-256", "SHA384", "SHA256"]
    same = PolicySettings(signing=SigningSettings(hashes=frozenset(hashes)))
    assert same.version == PolicySettings().version


def test_the_version_is_the_same_in_every_process() -> None:
    """Sets of text have another order in each process: the version must not follow it."""
    code = "from policies.settings import PolicySettings; print(PolicySettings().version)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"}
    )
    assert done.stdout.strip() == PolicySettings().version


def test_the_version_is_short_and_plain() -> None:
    version = PolicySettings().version
    assert version.startswith("policy-")
    assert len(version) == len("policy-") + 12
    assert version.isascii()
