"""No start with an engine that must not be relied on."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.signatures.openpgp.gnupg import GnupgVerifier
from gateway.signatures.sealing import Sealer
from gateway.signatures.selftest import EngineUnfit, self_test
from policies.signature import Finding, SignatureFacts


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="t-") as directory:
        yield Path(directory)


@pytest.fixture(scope="module")
def sealer(home: Path) -> Iterator[Sealer]:
    with Sealer(home / "seal", "receipts@murasalat.gov.example") as made:
        made.create()
        yield made


@pytest.fixture
def gnupg(home: Path) -> GnupgVerifier:
    return GnupgVerifier(home / "verify")


class Credulous(GnupgVerifier):
    """A gpg that says always the same."""

    said = Finding.GOOD

    def verify(self, signed: bytes, signature: bytes, material: bytes, fingerprint: str) -> SignatureFacts:
        return replace(super().verify(signed, signature, material, fingerprint), finding=self.said)


def test_the_engines_of_this_machine_are_fit(sealer: Sealer, gnupg: GnupgVerifier) -> None:
    self_test(sealer, gnupg)


def test_an_engine_that_accepts_an_altered_text_is_found(sealer: Sealer, home: Path) -> None:
    with pytest.raises(EngineUnfit, match="does not find an altered text: good"):
        self_test(sealer, Credulous(home / "verify"))


@pytest.mark.parametrize("said", [Finding.BAD, Finding.ERROR, Finding.NO_KEY])
def test_an_engine_that_misses_a_good_signature_is_found(sealer: Sealer, home: Path, said: Finding) -> None:
    engine = Credulous(home / "verify")
    engine.said = said
    with pytest.raises(EngineUnfit, match=f"does not accept a good signature: {said.value}") as unfit:
        self_test(sealer, engine)
    assert "لا يقبل" in unfit.value.text_ar


@pytest.mark.parametrize(
    ("version", "fit"), [("2.2.7", False), ("2.0.30", False), ("2.2.8", True), ("2.4.9", True)]
)
def test_a_gpg_whose_report_can_be_forged_is_not_used(
    sealer: Sealer, gnupg: GnupgVerifier, version: str, fit: bool
) -> None:
    gnupg.version = version
    if fit:
        self_test(sealer, gnupg)
    else:
        with pytest.raises(EngineUnfit, match=r"install 2\.2\.8 or later"):
            self_test(sealer, gnupg)


def test_without_a_sealing_key_nothing_starts(tmp_path: Path, gnupg: GnupgVerifier) -> None:
    with (
        Sealer(tmp_path / "empty", "receipts@murasalat.gov.example") as empty,
        pytest.raises(EngineUnfit, match="no-sealing-key"),
    ):
        self_test(empty, gnupg)
