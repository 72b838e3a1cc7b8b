"""The GnuPG engine: its strict rule, its cache of keyrings, its time limit; and the traps of the library below it."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gnupg
import pytest
from pysequoia import SignatureMode, Tsk, sign

from gateway.signatures.openpgp import packets, sequoia
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from gateway.signatures.openpgp.process import in_memory
from policies.signature import Finding, SignatureFacts

from .conftest import SIGNED, TestKeys


def check(
    verifier: GnupgVerifier, keys: TestKeys, signature: bytes, signed: bytes = SIGNED
) -> SignatureFacts:
    return verifier.verify(signed, signature, keys.certificate("plain"), keys.fingerprint("plain"))


def keyring_of(verifier: GnupgVerifier, keys: TestKeys) -> Path:
    found = verifier.keyring(keys.certificate("plain"), rebuild=False)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("order", "finding"),
    [
        ("good good", Finding.STRUCTURE),
        ("good bad", Finding.STRUCTURE),
        ("good unknown", Finding.STRUCTURE),
        ("unknown good", Finding.STRUCTURE),
        ("bad good", Finding.BAD),  # here and below gpg itself stops at the first
        ("expired good", Finding.EXPIRED_SIGNATURE),
    ],
)
def test_the_rule_itself_refuses_several_signatures_in_every_order(
    order: str, finding: Finding, keys: TestKeys, verifier: GnupgVerifier
) -> None:
    """Past the packet check, on the status lines alone."""
    each = {
        "good": keys.sign_once,
        "bad": keys.sign("plain", signed=b"x"),
        "unknown": keys.sign("other"),
        "expired": keys.sign("plain", "--default-sig-expire", "1d", day=-2),
    }
    pile = b"".join(each[one] for one in order.split())
    assert verifier._verify(SIGNED, pile, keys.certificate("plain"), rebuild=False).finding is finding


def test_a_good_signature_by_another_key_than_the_enrolled_one_is_no_key(
    keys: TestKeys, verifier: GnupgVerifier
) -> None:
    facts = verifier.verify(SIGNED, keys.sign_once, keys.certificate("plain"), keys.fingerprint("other"))
    assert facts.finding is Finding.NO_KEY
    assert facts.fingerprint == keys.fingerprint("plain")


def test_a_lost_or_damaged_keyring_is_made_again(keys: TestKeys, verifier: GnupgVerifier) -> None:
    path = keyring_of(verifier, keys)
    whole = path.read_bytes()
    for damage in (b"", whole[:100], whole[:32] + os.urandom(len(whole) - 32)):
        path.write_bytes(damage)
        assert check(verifier, keys, keys.sign_once).finding is Finding.GOOD
    path.unlink()
    assert check(verifier, keys, keys.sign_once).finding is Finding.GOOD
    assert check(verifier, keys, keys.sign("other")).finding is Finding.NO_KEY


def test_a_cache_that_cannot_be_made_is_an_error_and_no_verdict(keys: TestKeys, tmp_path: Path) -> None:
    verifier = GnupgVerifier(tmp_path / "home")
    verifier._keyrings.rmdir()
    verifier._keyrings.write_text("in the way")
    facts = check(verifier, keys, keys.sign_once)
    assert facts.finding is Finding.ERROR
    assert facts.raw


def test_the_home_is_private_and_holds_only_its_trustdb_and_keyrings(
    keys: TestKeys, verifier: GnupgVerifier
) -> None:
    home = keyring_of(verifier, keys).parent.parent
    check(verifier, keys, keys.sign_once)
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "trustdb.gpg").exists()
    assert {path.name for path in home.iterdir()} <= {
        "trustdb.gpg",
        "pubring.kbx",
        keyring_of(verifier, keys).parent.name,
    }
    assert not any(path.is_dir() for path in keyring_of(verifier, keys).parent.iterdir())


def test_many_threads_at_once_each_get_their_own_verdict(keys: TestKeys, tmp_path: Path) -> None:
    verifier = GnupgVerifier(tmp_path / "fresh")
    letters = [SIGNED if number % 3 else b"other octets" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda signed: check(verifier, keys, keys.sign_once, signed).finding, letters))
    assert found == [Finding.GOOD if number % 3 else Finding.BAD for number in range(24)]


def test_a_gpg_that_exceeds_its_time_is_ended_and_is_an_error(keys: TestKeys, tmp_path: Path) -> None:
    verifier = GnupgVerifier(tmp_path / "home")
    keyring_of(verifier, keys)
    verifier._gpg.limit = -1.0  # over before it began
    facts = check(verifier, keys, keys.sign_once)
    assert facts.finding is Finding.ERROR
    assert facts.raw[0].startswith("TimeoutError: gpg was ended")


def test_a_machine_without_gpg_is_told_at_construction(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OSError, match="gpg"):
        GnupgVerifier(tmp_path / "home")


def test_the_services_environment_does_not_reach_gpg(
    monkeypatch: pytest.MonkeyPatch, keys: TestKeys, verifier: GnupgVerifier
) -> None:
    monkeypatch.setenv("DEBUG_IPC", "1")
    monkeypatch.setenv("LC_ALL", "ar_QA.UTF-8")
    monkeypatch.setenv("GNUPGHOME", "/nonexistent")
    assert check(verifier, keys, keys.sign_once).finding is Finding.GOOD


def test_gpgs_clock_can_be_moved_for_a_letter_of_another_time(keys: TestKeys, tmp_path: Path) -> None:
    keys.make("brief", born=-20, ends=-10)
    signature, certificate = keys.sign("brief", day=-15), keys.certificate("brief")
    then = GnupgVerifier(tmp_path / "then", extra=TestKeys.clock(-14))
    now = GnupgVerifier(tmp_path / "now")
    assert then.verify(SIGNED, signature, certificate, keys.fingerprint("brief")).finding is Finding.GOOD
    assert (
        now.verify(SIGNED, signature, certificate, keys.fingerprint("brief")).finding is Finding.EXPIRED_KEY
    )


@pytest.mark.parametrize(
    "user_id",
    [
        "",
        "وزارة العدل <office@gov.example>",
        "x\n[GNUPG:] GOODSIG 0 y\n[GNUPG:] VALIDSIG 0 <office@gov.example>",
    ],
)
def test_no_user_id_can_forge_or_hide_a_status_line(user_id: str, verifier: GnupgVerifier) -> None:
    key = Tsk.generate(user_id=user_id)
    material = bytes(key.extract_certificate())
    signature = sign(key.signer(), SIGNED, mode=SignatureMode.DETACHED)
    fingerprint = packets.keys(material)[0].fingerprint
    good = verifier.verify(SIGNED, signature, material, fingerprint)
    bad = verifier.verify(SIGNED + b"x", signature, material, fingerprint)
    assert good.finding is sequoia.verify(SIGNED, signature, material).finding is Finding.GOOD
    assert bad.finding is Finding.BAD


@pytest.mark.parametrize("algorithm", ["nistp256", "nistp384", "nistp521"])
def test_both_engines_verify_every_algorithm_that_enrolment_accepts(
    algorithm: str, keys: TestKeys, verifier: GnupgVerifier
) -> None:
    keys.make(algorithm, algorithm)
    signature, certificate = keys.sign(algorithm), keys.certificate(algorithm)
    facts = verifier.verify(SIGNED, signature, certificate, keys.fingerprint(algorithm))
    assert facts.finding is sequoia.verify(SIGNED, signature, certificate).finding is Finding.GOOD
    assert facts.key_bits == {"nistp256": 256, "nistp384": 384, "nistp521": 521}[algorithm]


def test_octets_lent_in_memory_are_gone_afterwards() -> None:
    with in_memory(b"letter") as path:
        assert Path(path).read_bytes() == b"letter"
    assert not Path(path).exists()


def test_the_librarys_own_verdict_is_wrong_where_the_strict_rule_is_right(
    keys: TestKeys, tmp_path: Path
) -> None:
    """Why `valid`, `status` and the exit code are never asked: all three, on real signatures."""
    home = tmp_path / "library"
    home.mkdir(mode=0o700)
    library = gnupg.GPG(
        gnupghome=str(home), options=["--trust-model", "always", "--no-autostart"], encoding="utf-8"
    )
    library.import_keys(keys.certificate("plain"))
    with in_memory(keys.sign("other") + keys.sign_once) as pile:
        several = library.verify_data(pile, SIGNED)
    assert several.valid
    assert several.returncode != 0
    with in_memory(keys.sign("plain", "--default-sig-expire", "1d", day=-2)) as expired:
        assert library.verify_data(expired, SIGNED).status == "signature valid"
    keys.make("gone", born=-50, ends=-10)
    library.import_keys(keys.certificate("gone"))
    with in_memory(keys.sign("gone", day=-20)) as late:
        assert library.verify_data(late, SIGNED).returncode == 0
