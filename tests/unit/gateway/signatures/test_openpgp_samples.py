"""Letters that a real Thunderbird signed: both engines find them good, and not one octet may change."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.signatures.openpgp.armor import dearmor
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from gateway.signatures.openpgp.verification import issuer_of, verify_both
from policies.rules.signing import decide
from policies.signature import EnrolledKey, Finding, SigningSettings
from policies.verdict import ACCEPTED, Refused
from policies.words.reasons import Reason

SAMPLES = Path(__file__).parents[3] / "samples" / "thunderbird"
LETTERS = sorted(path.name for path in SAMPLES.glob("thunderbird-pgp-*.eml"))
RECEIVED = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)
FINGERPRINT = "E01DAD41262022E56EDB7D19A85DE5882414C54A"


@pytest.fixture(scope="module")
def key() -> EnrolledKey:
    material = dearmor((SAMPLES / "registry-moj.pgp.asc").read_bytes(), "PUBLIC KEY BLOCK")
    return EnrolledKey(
        "registry@moj.gov.example", "openpgp", FINGERPRINT, material, RECEIVED - timedelta(days=1)
    )


@pytest.fixture(scope="module")
def then(tmp_path_factory: pytest.TempPathFactory) -> GnupgVerifier:
    """gpg with its clock at the receipt: the key expires in November 2028, the letters do not."""
    clock = ("--faked-system-time", "20261123T193000!")
    return GnupgVerifier(tmp_path_factory.mktemp("gnupg"), extra=clock)


def cut(name: str) -> tuple[bytes, bytes]:
    """The signed octets and the signature: between the first two delimiter lines, and the armor (RFC 3156)."""
    octets = (SAMPLES / name).read_bytes()
    boundary = octets.split(b'boundary="', 1)[1].split(b'"', 1)[0]
    delimiter = b"\r\n--" + boundary + b"\r\n"
    start = octets.index(delimiter) + len(delimiter)
    end = octets.index(delimiter, start)
    first, last = octets.index(b"-----BEGIN PGP SIGNATURE-----", end), b"-----END PGP SIGNATURE-----"
    return octets[start:end], octets[first : octets.index(last, end) + len(last)]


def test_four_letters_are_there() -> None:
    assert len(LETTERS) == 4


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_as_sent_is_accepted(name: str, key: EnrolledKey, then: GnupgVerifier) -> None:
    signed, signature = cut(name)
    facts = verify_both(signed, signature, key, then)
    assert [one.finding for one in facts] == [Finding.GOOD, Finding.GOOD]
    assert decide(facts, key, RECEIVED, SigningSettings()) is ACCEPTED
    assert issuer_of(signature) == FINGERPRINT
    assert facts[0].created is not None
    assert facts[0].created.date().isoformat() == "2026-11-23"


@pytest.mark.parametrize("name", LETTERS)
def test_one_flipped_octet_anywhere_in_a_letter_makes_it_bad(
    name: str, key: EnrolledKey, then: GnupgVerifier
) -> None:
    signed, signature = cut(name)
    for position in (0, len(signed) // 2, len(signed) - 1):
        altered = bytearray(signed)
        altered[position] ^= 0x01
        facts = verify_both(bytes(altered), signature, key, then)
        assert [one.finding for one in facts] == [Finding.REFUSED, Finding.BAD]
        verdict = decide(facts, key, RECEIVED, SigningSettings())
        assert isinstance(verdict, Refused)
        assert verdict.reason is Reason.SIGNATURE_BAD


@pytest.mark.parametrize(
    "changed",
    [
        lambda octets: octets + b"\r\n",
        lambda octets: octets.replace(b"\r\n", b"\n"),
        lambda octets: octets[2:],
    ],
)
def test_the_line_end_before_the_delimiter_is_not_signed_and_every_other_is(
    changed: Callable[[bytes], bytes], key: EnrolledKey, then: GnupgVerifier
) -> None:
    signed, signature = cut(LETTERS[0])
    assert [one.finding for one in verify_both(changed(signed), signature, key, then)] == [
        Finding.REFUSED,
        Finding.BAD,
    ]


def test_an_old_letter_sent_again_is_refused_by_its_time(key: EnrolledKey, then: GnupgVerifier) -> None:
    facts = verify_both(*cut(LETTERS[0]), key, then)
    verdict = decide(facts, key, RECEIVED + timedelta(days=4), SigningSettings())
    assert isinstance(verdict, Refused)
    assert verdict.reason is Reason.SIGNATURE_TIME
