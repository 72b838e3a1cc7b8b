"""Letters that a real Thunderbird signed: accepted, numbered, and out of IMAP octet for octet; altered ones are not."""

import email
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import SAMPLES, SIGNED_AT
from harness import Site, Where, imap, send, submission

SENDER, TO, ARCHIVE = "registry@moj.gov.example", "registry@mof.gov.example", "archive@cm.gov.example"
SIGNED = sorted(SAMPLES.glob("thunderbird-pgp-*.eml"))


@pytest.fixture(scope="module")
def scene(bare_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Where]]:
    home = tmp_path_factory.mktemp("samples") / "home"
    shutil.copytree(bare_home, home)
    site = Site(home, clock=lambda: SIGNED_AT)
    site.office(ARCHIVE, "CMGS")
    site.officer("clerk.moj", SENDER)
    site.officer("reader.mof", TO)
    site.enroll(SENDER, (SAMPLES / "registry-moj.pgp.asc").read_bytes())
    with site.serving() as where:
        yield site, where
    site.close()


def submit(scene: tuple[Site, Where], octets: bytes) -> tuple[int, str]:
    site, where = scene
    to = (TO, ARCHIVE) if b"archive@cm" in octets else (TO,)
    with submission(where, "clerk.moj", site.secrets["clerk.moj"]) as client:
        return send(client, SENDER, to, octets)


@pytest.mark.parametrize("path", SIGNED, ids=lambda path: path.stem)
def test_a_real_letter_is_accepted_and_comes_out_unchanged(scene: tuple[Site, Where], path: Path) -> None:
    octets = path.read_bytes()
    code, text = submit(scene, octets)
    assert code == 250, text
    reference = text.split()[1]
    site, where = scene
    with imap(where, "reader.mof", site.secrets["reader.mof"]) as inbox:
        inbox.select("INBOX")
        _status, answer = inbox.search(None, "HEADER", "Murasalat-Reference", f'"{reference}"')
        _status, fetched = inbox.fetch(answer[0].decode(), "(BODY[] RFC822.SIZE)")
    got = fetched[0][1]
    assert got.endswith(octets)
    ours = got[: -len(octets)]
    assert all(
        line.startswith((b"Received:", b"Murasalat-", b"Authentication-Results:", b"\t"))
        for line in ours.splitlines()
    )
    assert f"RFC822.SIZE {len(got)}".encode() in fetched[0][0] + fetched[1]
    message = email.message_from_bytes(got)
    assert message["Murasalat-Reference"] == reference
    assert message["Murasalat-Incoming-Reference"].startswith("MOF/IN/2026/")


@pytest.mark.parametrize("path", SIGNED, ids=lambda path: path.stem)
def test_one_flipped_octet_is_a_bad_signature(scene: tuple[Site, Where], path: Path) -> None:
    octets = path.read_bytes()
    start = octets.index(b"base64\r\n\r\n") + 10
    for offset in (start, start + 40):
        altered = octets[:offset] + bytes([octets[offset] ^ 1]) + octets[offset + 1 :]
        code, text = submit(scene, altered)
        assert (code, "[SIGNATURE-BAD]" in text) == (550, True), text


def test_an_smime_letter_is_answered_not_yet(scene: tuple[Site, Where]) -> None:
    code, text = submit(scene, (SAMPLES / "thunderbird-smime-pdf.eml").read_bytes())
    assert code == 550
    assert "signed with S/MIME, which is not accepted yet" in text
    assert "موقّع بصيغة S/MIME" in text
