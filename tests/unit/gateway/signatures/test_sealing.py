"""The gateway's own seal: verified before it leaves, made by an agent that ends with it."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gnupg
import pytest

from gateway.signatures.openpgp import sequoia
from gateway.signatures.openpgp.armor import dearmor
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from gateway.signatures.openpgp.verification import verify_both
from gateway.signatures.sealing import Sealer, SealingError
from policies.signature import Finding

from .conftest import enrolled

ADDRESS = "receipts@murasalat.gov.example"


@pytest.fixture(scope="module", params=["agent", "process"])
def signs(request: pytest.FixtureRequest) -> str:
    """Who signs: gpg-agent, or this process with the key that the agent gave out."""
    return str(request.param)


@pytest.fixture(scope="module")
def home(signs: str) -> Iterator[Path]:
    """A home for each of the two, made anew."""
    assert signs
    with tempfile.TemporaryDirectory(prefix="s-") as directory:
        yield Path(directory) / "seal"


@pytest.fixture(scope="module")
def sealer(home: Path, signs: str) -> Iterator[Sealer]:
    with Sealer(home, ADDRESS, in_process=signs == "process") as made:
        made.create()
        yield made


def agent_runs(home: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        return connection.connect_ex(str(home / "S.gpg-agent")) == 0


def agent_ends(home: Path) -> bool:
    """An agent answers the request to end before it has ended: ask until it no longer answers, for at most 5 s."""
    for _ in range(250):
        if not agent_runs(home):
            return True
        time.sleep(0.02)
    return False


def material(sealer: Sealer) -> bytes:
    return dearmor(sealer.public_key(), "PUBLIC KEY BLOCK")


def test_a_seal_verifies_in_both_engines_over_exactly_the_octets(
    sealer: Sealer, verifier: GnupgVerifier
) -> None:
    octets = "إيصال استلام\r\nالسطر الثاني\r\n".encode()
    key = enrolled(material(sealer), ADDRESS)
    facts = verify_both(octets, sealer.sign(octets), key, verifier)
    assert [one.finding for one in facts] == [Finding.GOOD, Finding.GOOD]
    assert {one.fingerprint for one in facts} == {sealer.fingerprint}
    assert {one.hash_algorithm for one in facts} == {"SHA512"}  # what MICALG says
    assert {one.key_algorithm for one in facts} == {"EdDSA"}


@pytest.mark.parametrize(
    "octets", [b"", b"\r\n", b"one line", b"first\r\nsecond\r\n", bytes(range(256)) * 4000]
)
def test_every_octet_is_sealed_from_the_first_to_the_last(octets: bytes, sealer: Sealer) -> None:
    seal = sealer.sign(octets)
    assert sequoia.verify(octets, seal, material(sealer)).finding is Finding.GOOD
    without_first_line = octets.partition(b"\n")[2]
    if without_first_line != octets:
        assert sequoia.verify(without_first_line, seal, material(sealer)).finding is not Finding.GOOD


def test_the_library_drops_the_first_line_for_an_empty_passphrase(sealer: Sealer) -> None:
    """The trap that `sign` stands clear of; when the library mends it, this test says so."""
    library = gnupg.GPG(gnupghome=str(sealer._home), encoding="utf-8")
    seal = library.sign(b"first\nsecond\n", detach=True, clearsign=False, passphrase="")
    found = sequoia.verify(b"second\n", seal.data, material(sealer)).finding
    assert seal.status == "signature created"
    assert found is Finding.GOOD


def test_the_user_id_is_arabic_and_names_the_address(sealer: Sealer) -> None:
    view = sequoia.view(material(sealer))
    assert view is not None
    assert view.user_ids == (f"مراسلات Murasalat (receipts) <{ADDRESS}>",)
    assert sealer.public_key().startswith(b"-----BEGIN PGP PUBLIC KEY BLOCK-----")


def test_the_key_is_made_once_and_found_again(sealer: Sealer, home: Path) -> None:
    with pytest.raises(SealingError) as refused:
        sealer.create()
    assert refused.value.code == "sealing-key-exists"
    assert home.stat().st_mode & 0o777 == 0o700
    assert Sealer(home, ADDRESS).fingerprint == sealer.fingerprint
    assert Sealer(home, "other@gov.example").fingerprint == ""


def test_seals_made_at_once_all_verify_even_when_the_agent_has_ended(sealer: Sealer, home: Path) -> None:
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"], check=True)
    letters = [f"letter {number}".encode() for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        seals = list(pool.map(sealer.sign, letters))
    for letter, seal in zip(letters, seals, strict=True):
        assert sequoia.verify(letter, seal, material(sealer)).finding is Finding.GOOD


def test_opening_a_home_with_a_key_starts_its_agent_before_the_first_seal(sealer: Sealer, home: Path) -> None:
    subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "gpg-agent"], check=True)
    assert agent_ends(home)
    assert Sealer(home, ADDRESS).fingerprint == sealer.fingerprint
    assert agent_runs(home)


def test_closing_ends_the_agent_of_this_home_and_of_no_other(sealer: Sealer, home: Path) -> None:
    sealer.sign(b"x")
    with tempfile.TemporaryDirectory(prefix="s-") as directory:
        other = Sealer(Path(directory), ADDRESS)
        other.create()
        assert agent_runs(Path(directory))
        other.close()
        other.close()
        assert agent_ends(Path(directory))
        assert agent_runs(home)
        with pytest.raises(SealingError) as refused:
            other.sign(b"x")
        assert refused.value.code == "sealing-closed"


def test_a_home_too_long_for_a_socket_works_through_a_short_link(tmp_path: Path) -> None:
    long = tmp_path / ("d" * 60) / ("e" * 60)
    with Sealer(long, ADDRESS) as sealer:
        sealer.create()
        octets = b"letter\r\n"
        assert sequoia.verify(octets, sealer.sign(octets), material(sealer)).finding is Finding.GOOD
        alias = sealer._alias
        fingerprint = sealer.fingerprint
    assert alias is not None
    assert not alias.exists()
    with Sealer(long, ADDRESS) as again:
        assert again.fingerprint == fingerprint


@pytest.mark.parametrize("length", range(84, 90))
def test_a_home_of_any_length_around_the_limit_works(length: int) -> None:
    """One octet too many in the agent's socket, and no key can be made."""
    with tempfile.TemporaryDirectory() as base:
        home = Path(base) / ("d" * (length - len(base) - 1))
        assert len(str(home)) == length
        with Sealer(home, ADDRESS) as sealer:
            assert sealer.create()
            assert sealer.sign(b"text")


def test_where_no_short_directory_is_there_the_code_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    long = tmp_path / ("d" * 60) / ("e" * 60)
    long.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    with pytest.raises(SealingError) as refused:
        Sealer(long / "home", ADDRESS)
    assert refused.value.code == "home-too-long"
    assert refused.value.text_ar
    assert refused.value.text_en


def test_without_a_key_nothing_is_sealed(tmp_path: Path) -> None:
    with Sealer(tmp_path / "empty", ADDRESS) as sealer:
        assert sealer.fingerprint == ""
        for call in (sealer.public_key, lambda: sealer.sign(b"x")):
            with pytest.raises(SealingError) as refused:
                call()
            assert refused.value.code == "no-sealing-key"


@pytest.mark.parametrize("name", ["", "x" * 101, "new\nline", "a <b@c>", "%commit\n", "(brackets)"])
def test_a_name_that_could_write_into_the_key_parameters_is_refused(name: str, tmp_path: Path) -> None:
    with Sealer(tmp_path / "home", ADDRESS) as sealer, pytest.raises(SealingError) as refused:
        sealer.create(name)
    assert refused.value.code == "bad-name"


@pytest.mark.parametrize("comment", ["x" * 101, "new\nline", "x\n%commit", "a <b@c>", "(brackets)"])
def test_a_comment_that_could_write_into_the_key_parameters_is_refused(comment: str, tmp_path: Path) -> None:
    with Sealer(tmp_path / "home", ADDRESS) as sealer, pytest.raises(SealingError) as refused:
        sealer.create(comment=comment)
    assert refused.value.code == "bad-name"


@pytest.mark.parametrize("address", ["", "no-at", "a@b@c", "a b@c", "a@b\n%commit", "<a@b>"])
def test_an_address_that_could_write_into_the_key_parameters_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(SealingError) as refused:
        Sealer(tmp_path / "home", address)
    assert refused.value.code == "bad-name"


def test_an_agent_that_exceeds_its_time_is_a_coded_failure(home: Path, sealer: Sealer) -> None:
    second = Sealer(home, ADDRESS)
    second._gpg.limit = -1.0  # over before it began
    with pytest.raises(SealingError) as refused:
        second.sign(b"x")
    assert refused.value.code == "sealing-failed"
    assert sealer.sign(b"x")


def test_a_process_that_has_the_key_signs_without_its_agent() -> None:
    with tempfile.TemporaryDirectory(prefix="s-") as directory:
        with Sealer(Path(directory), ADDRESS) as founded:
            founded.create()
        with Sealer(Path(directory), ADDRESS, in_process=True) as sealer:
            subprocess.run(["gpgconf", "--homedir", directory, "--kill", "gpg-agent"], check=True)
            assert agent_ends(Path(directory))
            octets = "إيصال\r\n".encode()
            assert sequoia.verify(octets, sealer.sign(octets), material(sealer)).finding is Finding.GOOD
            assert not agent_runs(Path(directory))


def test_a_key_that_the_agent_does_not_give_out_is_said_with_the_remedy() -> None:
    with tempfile.TemporaryDirectory(prefix="s-") as directory:
        gpg = [
            "gpg",
            "--homedir",
            directory,
            "--batch",
            "--pinentry-mode",
            "loopback",
            "--passphrase",
            "kept",
        ]
        make = ["--quick-gen-key", f"kept <{ADDRESS}>", "ed25519", "sign"]
        subprocess.run([*gpg, *make], check=True, capture_output=True)
        subprocess.run(["gpgconf", "--homedir", directory, "--kill", "gpg-agent"], check=True)
        with pytest.raises(SealingError) as refused:
            Sealer(Path(directory), ADDRESS, in_process=True)
        assert refused.value.code == "sealing-key-kept"
        assert agent_ends(Path(directory))


def test_a_secret_that_sequoia_cannot_sign_with_is_a_value_error() -> None:
    for octets in (b"", b"x", b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n"):
        with pytest.raises(ValueError, match=":"):
            sequoia.signer(octets)
