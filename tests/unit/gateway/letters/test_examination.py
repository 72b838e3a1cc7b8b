"""One submission examined: facts gathered by both real engines, the rules' verdict, and what is recorded of it."""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from conftest import SAMPLES, SIGNED_AT
from harness import header_fields, now
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.letters.examination import Examination, _enrolled, examine, verifier
from gateway.messages.stored import message_of
from gateway.mime.writing import text_entity
from gateway.runtime.faults import Unavailable
from gateway.signatures.enrolment import read_key
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from gateway.signatures.sealed import sealed
from gateway.signatures.sealing import Sealer
from policies.envelope import Envelope
from policies.people.directory import Directory
from policies.settings import PolicySettings
from policies.signature import EnrolledKey, Finding
from policies.verdict import ACCEPTED, Refused
from policies.words.reasons import Reason
from tests.unit.policies.factories import MOF, MOJ, directory, envelope, program

TYPE = 'text/plain; charset="utf-8"; protected-headers="v1"; hp="clear"'


@dataclass
class Desk:
    """An office's key, enrolled, and the engines."""

    home: Path
    signer: Sealer
    key: EnrolledKey
    people: Directory
    gnupg: GnupgVerifier
    sample: bytes = b""

    def letter(self, body: bytes = b"text\r\n", **changes: str) -> bytes:
        fields = list((dict(header_fields(MOJ, (MOF,), "خطاب", (), now())) | changes).items())
        return sealed(fields, text_entity([("Content-Type", TYPE), *fields], body), "x", self.signer.sign)

    def examine(
        self, octets: bytes, sent: Envelope | None = None, people: Directory | None = None, **limits: int
    ) -> Examination:
        sent = sent or replace(envelope(), received=now())
        return examine(sent, octets, people or self.people, PolicySettings(**limits), self.gnupg)

    def reason(self, octets: bytes, sent: Envelope | None = None, **limits: int) -> Reason | None:
        verdict = self.examine(octets, sent, **limits).verdict
        return verdict.reason if isinstance(verdict, Refused) else None


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("desk")
    with Sealer(home / "key", MOJ) as signer:
        signer.create("Registry", "test")
        reading = read_key(signer.public_key(), MOJ, now())
        named = dict.fromkeys((reading.key.fingerprint, *reading.fingerprints), reading.key)
        people = replace(directory(), fingerprints=named, keys={MOJ: (reading.key,)})
        found = Desk(home, signer, reading.key, people, verifier(home))
        found.sample = found.letter()
        yield found


def test_an_honest_letter_is_accepted_with_everything_that_is_recorded(desk: Desk) -> None:
    octets = desk.letter()
    found = desk.examine(octets)
    assert found.verdict == ACCEPTED
    assert [(one.engine, one.finding) for one in found.case.facts] == [
        ("sequoia", Finding.GOOD),
        ("gnupg", Finding.GOOD),
    ]
    record = found.signature()
    assert (record.format, record.fingerprint, record.engines) == (
        "openpgp",
        desk.key.fingerprint,
        ("sequoia", "gnupg"),
    )
    assert record.headers_protected
    inner = octets[octets.index(b"\r\n\r\n--") :]
    signed = inner.split(b"\r\n--")[1].partition(b"\r\n")[2]
    assert record.signed_sha256 == hashlib.sha256(signed).hexdigest()
    assert record.created is not None
    assert abs((record.created - now()).total_seconds()) < 60
    assert found.sha256 == hashlib.sha256(octets).hexdigest()
    assert hashlib.sha256(b"text\r\n").hexdigest() == found.part_digests()[0]
    assert len(found.part_digests()) == 2
    assert found.declared.subject == "خطاب"
    assert [name for name, verdict in found.explained() if verdict != ACCEPTED] == []
    assert len(found.explained()) == 20


def test_the_stored_message_keeps_the_octets_and_what_imap_asks(desk: Desk) -> None:
    octets = desk.letter()
    found = desk.examine(octets)
    assert found.root is not None
    message = message_of(octets, found.root, found.sha256)
    assert message.octets == octets
    assert octets[: message.head_size].endswith(b"\r\n\r\n")
    assert message.head_size == octets.index(b"\r\n\r\n") + 4
    assert b"SIGNED" in message.body.upper()


def test_one_changed_octet_is_a_bad_signature(desk: Desk) -> None:
    octets = desk.letter(b"the sum is 100\r\n")
    assert desk.reason(octets.replace(b"is 100", b"is 900")) is Reason.SIGNATURE_BAD


def test_a_key_that_nobody_enrolled_is_unknown(desk: Desk) -> None:
    found = desk.examine(desk.letter(), people=directory())
    assert found.verdict == Refused(Reason.SIGNER_UNKNOWN, "no enrolled key made this signature")
    assert found.case.facts == ()


def test_a_short_key_id_must_point_to_exactly_one_enrolled_key(desk: Desk) -> None:
    """Old programs write the 64-bit key id alone; the engines must still report the whole fingerprint."""
    fingerprint, short = desk.key.fingerprint, desk.key.fingerprint[-16:]
    assert _enrolled(desk.people, fingerprint) == desk.key
    assert _enrolled(desk.people, short) == desk.key
    twin = replace(desk.key, fingerprint="F" * 24 + short, address=MOF)
    people = replace(desk.people, fingerprints={**desk.people.fingerprints, twin.fingerprint: twin})
    assert _enrolled(people, short) is None
    assert _enrolled(people, fingerprint) == desk.key
    for other in ("", short[1:], short.lower(), fingerprint[:16], fingerprint[8:]):
        assert _enrolled(desk.people, other) is None


def test_what_is_refused_anyway_costs_no_engine(desk: Desk) -> None:
    """The engine is broken here: whoever asks it hears Unavailable."""
    broken = replace_engine(desk)
    octets = desk.letter()
    with pytest.raises(Unavailable, match="gnupg"):
        examine(replace(envelope(), received=now()), octets, desk.people, PolicySettings(), broken)
    for sent, limits in (
        (envelope(MOF), {}),
        (envelope(to=("registry@moi.gov.example",)), {}),
        (envelope(), {"max_size": 100}),
    ):
        found = examine(sent, octets, desk.people, PolicySettings(**limits), broken)
        assert isinstance(found.verdict, Refused)
    assert isinstance(
        examine(envelope(), b"From: x\r\n\r\n", desk.people, PolicySettings(), broken).verdict, Refused
    )


def replace_engine(desk: Desk) -> GnupgVerifier:
    home = desk.home / "broken"
    shutil.rmtree(home, ignore_errors=True)
    broken = GnupgVerifier(home)
    for one in home.glob("keyrings-*"):
        one.rmdir()
    return broken


def test_structure_beyond_the_limits_is_malformed_and_leaves_no_tree(desk: Desk) -> None:
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (number, number)
        for number in range(1_000)
    )
    found = desk.examine(nested)
    assert isinstance(found.verdict, Refused)
    assert found.verdict.reason is Reason.MALFORMED
    assert found.root is None
    assert found.part_digests() == ()
    assert found.signature().format == "sealed"


def test_two_signatures_in_one_part_are_a_wrong_structure(desk: Desk) -> None:
    octets = desk.letter()
    start = octets.index(b"-----BEGIN PGP SIGNATURE-----")
    end = octets.index(b"-----END PGP SIGNATURE-----") + len(b"-----END PGP SIGNATURE-----\r\n")
    doubled = octets[:end] + octets[start:end] + octets[end:]
    assert desk.reason(doubled) is Reason.SIGNATURE_STRUCTURE


def test_smime_is_answered_not_yet(desk: Desk) -> None:
    octets = (SAMPLES / "thunderbird-smime-pdf.eml").read_bytes()
    found = desk.examine(octets, replace(envelope(), received=SIGNED_AT))
    assert isinstance(found.verdict, Refused)
    assert found.verdict.reason is Reason.SIGNATURE_STRUCTURE
    assert "S/MIME" in found.verdict.detail


def test_header_fields_that_differ_from_their_signed_copies(desk: Desk) -> None:
    octets = desk.letter()
    changed = octets.replace(b"Subject: ", b"Subject: Re: ", 1)
    found = desk.examine(changed)
    assert found.verdict == Refused(Reason.HEADERS_DIFFER, "subject")
    assert found.case.differing == ("subject",)


def test_the_seal_for_an_unsigned_letter_of_a_system(desk: Desk) -> None:
    octets = b"".join(
        f"{name}: {value}\r\n".encode() for name, value in header_fields(MOJ, (MOF,), "x", (), now())
    )
    octets += b"\r\ntext\r\n"
    sent = replace(envelope(account=program()), received=now())
    assert desk.reason(octets, sent) is Reason.SIGNATURE_MISSING
    found = desk.examine(octets, sent, people=directory(unsigned=True))
    assert found.verdict == ACCEPTED
    record = found.signature()
    assert (record.format, record.engines, record.signed_sha256) == ("sealed", (), found.sha256)
    assert found.case.facts == ()


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_any_octets_get_a_verdict(desk: Desk, octets: bytes) -> None:
    assert isinstance(desk.examine(octets).verdict, Refused)


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_letter_damaged_anywhere_is_never_accepted_as_another(desk: Desk, data: st.DataObject) -> None:
    """Cuts and insertions in the signed part: refused, or what is accepted was signed as it is."""
    octets = desk.sample
    start = octets.index(b"\r\n--") + 4
    position = data.draw(st.integers(start, len(octets) - 1))
    instead = data.draw(st.binary(max_size=8))
    length = data.draw(st.integers(0, 8))
    damaged = octets[:position] + instead + octets[position + length :]
    found = desk.examine(damaged)
    if found.verdict == ACCEPTED:
        assert found.detached is not None
        first, last = found.detached.signed
        begin = octets.index(b"Content-Type: text/plain")
        assert damaged[first:last] in octets[begin:]
