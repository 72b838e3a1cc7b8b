"""What an administrator is told of an instance that is well, and of one that is not."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from harness import now

from tests.authority import named, signed
from tests.journey.commands import command


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("d") / "i"
    assert command(home, "init", "--sample", "--submission-port", "0", "--imap-port", "0").code == 0
    return home


def checks(home: Path) -> dict[str, dict[str, object]]:
    told = json.loads(command(home, "doctor", "--json").out)
    return {one["check"]: one for one in told["checks"]}


def test_a_new_instance_is_well(home: Path) -> None:
    done = command(home, "doctor", "--json")
    told = json.loads(done.out)
    wrong = [one["check"] for one in told["checks"] if not one["ok"] and one["check"] != "disk"]
    assert wrong == []
    assert "sealed and verified, GnuPG" in str(checks(home)["signatures"]["found"])


def test_a_key_that_others_may_read_is_named_with_its_mending(home: Path) -> None:
    (home / "server.key").chmod(0o644)
    try:
        found = checks(home)["server.key is private"]
        assert (found["ok"], found["found"]) == (False, "mode 644")
        assert str(found["fix"]).startswith("chmod 600 ")
        assert command(home, "doctor").code == 5
    finally:
        (home / "server.key").chmod(0o600)


def test_a_certificate_that_strict_clients_refuse_is_named_with_its_mending(home: Path) -> None:
    own = (home / "server.pem").read_bytes()
    key = load_pem_private_key((home / "server.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    life = (now() - timedelta(days=1), now() + timedelta(days=90))
    poor = signed(named("localhost"), key, [], life=life, issuer=(named("Ministry CA"), key))
    (home / "server.pem").write_bytes(poor.public_bytes(Encoding.PEM))
    try:
        found = checks(home)["certificate for strict clients"]
        assert (found["ok"], found["found"]) == (False, "Authority Key Identifier")
        assert "anew" in str(found["fix"])
    finally:
        (home / "server.pem").write_bytes(own)
    assert checks(home)["certificate for strict clients"]["ok"]


def test_without_its_sealing_key_nothing_is_served(home: Path) -> None:
    (home / "seal").rename(home / "elsewhere")
    try:
        found = checks(home)["signatures"]
        assert not found["ok"]
        assert "no-sealing-key" in str(found["found"])
        done = command(home, "serve")
        assert done.code == 5
        assert done.out == ""
        assert "no-sealing-key" in done.err
        assert "لا يوجد مفتاح ختم" in command(home, "serve", "--lang", "ar").err
    finally:
        for left in (home / "seal").rglob("*"):
            left.unlink(missing_ok=True)
        (home / "seal").rmdir()
        (home / "elsewhere").rename(home / "seal")
    assert checks(home)["signatures"]["ok"]


def test_without_an_instance_the_next_command_is_named(tmp_path: Path) -> None:
    told = json.loads(command(tmp_path / "none", "doctor", "--json").out)
    assert told["healthy"] is False
    assert told["checks"][-1]["fix"] == f"murasalat init --home {tmp_path / 'none'}"
