"""What each engine finds, and what the policy makes of both: one row for each kind of signature."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from gateway.signatures.openpgp.gnupg import GnupgVerifier
from gateway.signatures.openpgp.verification import issuer_of, structure_problem, verify_both
from policies.rules.signing import decide
from policies.signature import Finding, SigningSettings
from policies.verdict import ACCEPTED, Refused
from policies.words.reasons import Reason

from .conftest import SIGNED, TestKeys, enrolled

Made = Callable[[TestKeys], tuple[bytes, bytes]]  # signature, certificate


@dataclass(frozen=True)
class Row:
    name: str
    made: Made
    sequoia: Finding
    gnupg: Finding
    reason: Reason | None
    signed: bytes = SIGNED


def plain(*options: str, day: float | None = None) -> Made:
    return lambda keys: (keys.sign("plain", *options, day=day), keys.certificate("plain"))


def new_key(
    name: str, *arguments: str, signed: float | None = None, born: float = -30, ends: float = 700
) -> Made:
    def made(keys: TestKeys) -> tuple[bytes, bytes]:
        keys.make(name, *arguments, born=born, ends=ends)
        return keys.sign(name, day=signed), keys.certificate(name)

    return made


def revoked(name: str, reason: int, *, signed: float) -> Made:
    def made(keys: TestKeys) -> tuple[bytes, bytes]:
        keys.make(name, born=-100)
        return keys.sign(name, day=signed), keys.revoked(name, reason, day=-50)

    return made


def after_expiry(keys: TestKeys) -> tuple[bytes, bytes]:
    """A key that expired, its life extended by its holder to sign, held against the certificate as enrolled."""
    keys.make("lapsed", born=-100, ends=-50)
    certificate = keys.certificate("lapsed")
    keys.gpg("--passphrase", "", "--quick-set-expire", keys.fingerprint("lapsed"), "700d")
    return keys.sign("lapsed"), certificate


def by_subkey(keys: TestKeys) -> tuple[bytes, bytes]:
    keys.make("parent", "ed25519", "cert")
    keys.subkey("parent")
    return keys.sign("parent"), keys.certificate("parent")


def by_expired_subkey(keys: TestKeys) -> tuple[bytes, bytes]:
    keys.make("parent2", "ed25519", "cert", born=-100)
    keys.subkey("parent2", born=-100, ends=-1)
    return keys.sign("parent2", day=-2), keys.certificate("parent2")


def weakly_bound(keys: TestKeys) -> tuple[bytes, bytes]:
    keys.make("sha1cert", "rsa2048", "sign", "--cert-digest-algo", "SHA1")
    return keys.sign("sha1cert", "--digest-algo", "SHA256"), keys.certificate("sha1cert")


def rsa(*options: str) -> Made:
    def made(keys: TestKeys) -> tuple[bytes, bytes]:
        if not keys.gpg("--list-keys", "--with-colons").count(b"<rsa@gov.example>"):
            keys.make("rsa", "rsa2048")
        return keys.sign("rsa", *options), keys.certificate("rsa")

    return made


def by_other(keys: TestKeys) -> tuple[bytes, bytes]:
    return keys.sign("other"), keys.certificate("plain")


def several(*parts: str) -> Made:
    def made(keys: TestKeys) -> tuple[bytes, bytes]:
        each = {
            "good": keys.sign("plain"),
            "bad": keys.sign("plain", signed=b"something else"),
            "unknown": keys.sign("other"),
        }
        return b"".join(each[part] for part in parts), keys.certificate("plain")

    return made


def instead(*command: str) -> Made:
    def made(keys: TestKeys) -> tuple[bytes, bytes]:
        return keys.gpg("-u", keys.fingerprint("plain"), *command, stdin=SIGNED), keys.certificate("plain")

    return made


F, R = Finding, Reason
ROWS = [
    Row("good", plain(), F.GOOD, F.GOOD, None),
    Row("good, armored", plain("--armor"), F.GOOD, F.GOOD, None),
    Row("good, RSA", rsa("--digest-algo", "SHA512"), F.GOOD, F.GOOD, None),
    Row("good by subkey", by_subkey, F.GOOD, F.GOOD, None),
    Row("octets altered", plain(), F.REFUSED, F.BAD, R.SIGNATURE_BAD, signed=SIGNED + b"\r\n"),
    Row("unknown key", by_other, F.NO_KEY, F.NO_KEY, R.SIGNER_UNKNOWN),
    Row(
        "signature expired",
        plain("--default-sig-expire", "1d", day=-2),
        F.REFUSED,
        F.EXPIRED_SIGNATURE,
        R.SIGNATURE_TIME,
    ),
    Row(
        "key expired, signed while valid",
        new_key("expired", born=-100, ends=-1, signed=-2),
        F.GOOD,
        F.EXPIRED_KEY,
        R.KEY_EXPIRED,
    ),
    Row("signed after the key expired", after_expiry, F.REFUSED, F.EXPIRED_KEY, R.KEY_EXPIRED),
    Row("subkey expired, signed while valid", by_expired_subkey, F.GOOD, F.EXPIRED_KEY, R.KEY_EXPIRED),
    Row("key compromised", revoked("hard", 1, signed=-60), F.REFUSED, F.REVOKED_KEY, R.KEY_REVOKED),
    Row(
        "key superseded, signed before", revoked("soft1", 2, signed=-60), F.GOOD, F.REVOKED_KEY, R.KEY_REVOKED
    ),
    Row(
        "key superseded, signed after",
        revoked("soft2", 2, signed=-40),
        F.REFUSED,
        F.REVOKED_KEY,
        R.KEY_REVOKED,
    ),
    Row("SHA-1 signature", rsa("--digest-algo", "SHA1"), F.WEAK, F.WEAK, R.ALGORITHM_WEAK),
    Row("MD5 signature", rsa("--digest-algo", "MD5"), F.WEAK, F.WEAK, R.ALGORITHM_WEAK),
    Row("RSA-1024 key", new_key("short", "rsa1024"), F.WEAK, F.GOOD, R.ALGORITHM_WEAK),
    Row("certificate bound by SHA-1", weakly_bound, F.WEAK, F.REFUSED, R.ALGORITHM_WEAK),
    Row("signed in the future", plain(day=400), F.REFUSED, F.GOOD, R.SIGNATURE_TIME),
    Row("signed too long ago", plain(day=-4), F.GOOD, F.GOOD, R.SIGNATURE_TIME),
    Row(
        "unknown critical notation",
        plain("--sig-notation", "!grade@gov.example=1"),
        F.REFUSED,
        F.BAD,
        R.SIGNATURE_BAD,
    ),
    Row("unknown notation", plain("--sig-notation", "grade@gov.example=1"), F.GOOD, F.GOOD, None),
    Row("text mode", plain("--textmode"), F.GOOD, F.GOOD, None),
    *(
        Row(" then ".join(order), several(*order), F.STRUCTURE, F.STRUCTURE, R.SIGNATURE_STRUCTURE)
        for order in (
            ("good", "good"),
            ("bad", "good"),
            ("good", "bad"),
            ("unknown", "good"),
            ("good", "unknown"),
        )
    ),
    *(
        Row(" ".join(command), instead(*command), F.STRUCTURE, F.STRUCTURE, R.SIGNATURE_STRUCTURE)
        for command in (
            ("--clearsign",),
            ("--sign",),
            ("--armor", "--sign"),
            ("--compress-algo", "none", "--sign"),
        )
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_both_engines_and_the_policy_judge_every_kind_of_signature_as_written(
    row: Row, keys: TestKeys, verifier: GnupgVerifier
) -> None:
    signature, certificate = row.made(keys)
    key = enrolled(certificate)
    facts = verify_both(row.signed, signature, key, verifier)
    assert [one.finding for one in facts] == [row.sequoia, row.gnupg], facts
    assert bool(structure_problem(signature)) == (row.sequoia is Finding.STRUCTURE)
    verdict = decide(facts, key, datetime.now(UTC), SigningSettings())
    assert (verdict.reason if isinstance(verdict, Refused) else None) == row.reason
    assert row.reason is not None or verdict is ACCEPTED


def test_both_engines_describe_one_good_signature_alike(
    keys: TestKeys, verifier: GnupgVerifier, good: bytes
) -> None:
    key = enrolled(keys.certificate("plain"))
    sequoia, gnupg = verify_both(SIGNED, good, key, verifier)
    for one in (sequoia, gnupg):
        assert one.fingerprint == one.signing_fingerprint == key.fingerprint == keys.fingerprint("plain")
        assert one.created is not None
        assert datetime.now(UTC) - timedelta(hours=1) < one.created <= datetime.now(UTC)
        assert one.expires is None
        assert (one.hash_algorithm, one.key_algorithm, one.key_bits) == ("SHA256", "EdDSA", 256)
        assert one.signature_type == 0
    assert sequoia.created == gnupg.created
    assert (sequoia.engine, gnupg.engine) == ("sequoia", "gnupg")
    assert gnupg.raw[0] == "NEWSIG"


def test_a_subkey_signature_names_the_subkey_and_its_primary_key(
    keys: TestKeys, verifier: GnupgVerifier
) -> None:
    keys.make("twokeys", "ed25519", "cert")
    keys.subkey("twokeys")
    key = enrolled(keys.certificate("twokeys"))
    for one in verify_both(SIGNED, keys.sign("twokeys"), key, verifier):
        assert one.fingerprint == keys.fingerprint("twokeys")
        assert one.signing_fingerprint != one.fingerprint
        assert len(one.signing_fingerprint) == 40


def test_both_engines_report_the_signers_user_id(keys: TestKeys, verifier: GnupgVerifier) -> None:
    signature = keys.gpg("-u", "plain@gov.example", "--detach-sign", stdin=SIGNED)
    for one in verify_both(SIGNED, signature, enrolled(keys.certificate("plain")), verifier):
        assert one.signer_user_id == "plain@gov.example"


def test_an_expiry_of_the_signature_is_a_fact_of_both(keys: TestKeys, verifier: GnupgVerifier) -> None:
    signature = keys.sign("plain", "--default-sig-expire", "5d")
    facts = verify_both(SIGNED, signature, enrolled(keys.certificate("plain")), verifier)
    assert facts[0].expires == facts[1].expires
    assert facts[0].expires == facts[0].created + timedelta(days=5)  # type: ignore[operator]


def test_the_issuer_of_a_signature_is_its_fingerprint(keys: TestKeys, good: bytes) -> None:
    assert issuer_of(good) == keys.fingerprint("plain")
    assert issuer_of(keys.sign("other")) == keys.fingerprint("other")


def test_what_is_no_signature_has_no_issuer(keys: TestKeys) -> None:
    for octets in (b"", b"\x88", b"hello", keys.certificate("plain"), keys.gpg("--clearsign", stdin=b"x")):
        assert issuer_of(octets) == ""
