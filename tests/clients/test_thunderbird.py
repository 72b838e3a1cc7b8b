"""A letter's whole life between two real Thunderbirds: signed and sent, read by name, receipted, filed.

Opt in with `--clients`. The pictures for the documents are taken with `--pictures DIR`.
"""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from clients.thunderbird import Account, Thunderbird, missing
from harness import EVERYTHING, Site, Where

from gateway.login.passwords import generate_secret, hash_secret
from gateway.signatures.sealing import Sealer
from mailstore.directory import directory
from policies.people.identity import Grant, Office, Officer

pytestmark = [
    pytest.mark.clients,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(missing()), reason=f"not installed: {missing()}"),
]

ARCHIVE_OFFICE, REGISTRY = "archive@moj.gov.example", "registry@cm.gov.example"
SUBJECT, SECOND, THIRD = (
    "محضر اجتماع اللجنة الوطنية رقم ١٤",
    "طلب بيانات الموظفين المعارين",
    "تعميم بشأن ساعات العمل الرسمية",
)
BODY = "السلام عليكم ورحمة الله وبركاته\n\nنرفق لكم محضر الاجتماع للعلم واتخاذ اللازم.\n\nمع التحية"
GOOD = ("message-signed-verified.svg", "message-signed-ok.svg")


@dataclass
class Scene:
    """The gateway and the two officers' programs; the sender's is in English, the recipient's in Arabic."""

    site: Site
    where: Where
    sender: Thunderbird
    recipient: Thunderbird
    pictures: Path | None

    def picture(self, program: Thunderbird, name: str) -> None:
        if self.pictures is not None:
            program.screenshot(self.pictures / f"{name}.png")


def appoint(site: Site, login: str, name_ar: str, name_en: str, *offices: str) -> None:
    """Add a fictional officer whose names look as names do."""
    secret = site.secrets[login] = generate_secret()
    grants = tuple(Grant(one, EVERYTHING, primary=not index) for index, one in enumerate(offices))
    person = Officer(login, name_ar, name_en, "كاتب السجل", "Registrar", grants=grants)
    hashed = hash_secret(secret)
    site.change(lambda unit: directory.add_officer(unit, person, hashed))


def secret_key(signer: Sealer, home: Path) -> str:
    """Return the armored secret key of a signer whose GnuPG home it is, as an officer brings it along."""
    exported = subprocess.run(
        ["gpg", "--homedir", str(home), "--batch", "--armor", "--export-secret-keys", signer.fingerprint],
        capture_output=True,
        text=True,
        check=True,
    )
    return exported.stdout


@pytest.fixture
def scene(site: Site, pytestconfig: pytest.Config) -> Iterator[Scene]:
    pictures = pytestconfig.getoption("--pictures")
    site.change(lambda unit: directory.add_office(unit, Office(ARCHIVE_OFFICE, "MOJ", "الأرشيف", "Archive")))
    appoint(site, "huda.moj", "هدى المثال", "Huda Al-Mithal", ARCHIVE_OFFICE)
    appoint(site, "salem.cm", "سالم المثال", "Salem Al-Mithal", REGISTRY)
    signer = site.signer(ARCHIVE_OFFICE)
    with Sealer(site.home / "seal", "receipts@murasalat.gov.example") as sealer:
        gateway_key = sealer.public_key().decode()
    with site.process() as (_server, where), Thunderbird() as sender, Thunderbird(language="ar") as recipient:
        authority = Path(where.ca).read_text(encoding="ascii")
        for program, login, office, name in (
            (sender, "huda.moj", ARCHIVE_OFFICE, "أرشيف وزارة العدل"),
            (recipient, "salem.cm", REGISTRY, "السجل العام"),
        ):
            program.trust_authority(authority)
            program.add_account(
                Account(office, name, login, site.secrets[login], where.imap, where.submission)
            )
            program.listen_for_alerts()
            program.accept_openpgp_key(gateway_key)
            names = program.discover_folders()
            assert names == [
                "INBOX",
                "Archive",
                "Drafts",
                "Receipts",
                "Sent",
                "Trash",
            ]  # and none that it made
        sender.use_openpgp_key(secret_key(signer, site.home / "signer-0"), signer.fingerprint)
        recipient.accept_openpgp_key(signer.public_key().decode())
        yield Scene(site, where, sender, recipient, None if pictures is None else Path(pictures))


def test_letter_between_two_thunderbirds(scene: Scene, tmp_path: Path) -> None:
    sender, recipient = scene.sender, scene.recipient
    document = tmp_path / "محضر.pdf"
    document.write_bytes(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n" * 40)
    assert sender.send(REGISTRY, SUBJECT, BODY, attach=[document]) == "sent"
    (letter,) = recipient.await_messages("INBOX", 1)
    assert (letter["subject"], letter["read"]) == (SUBJECT, False)
    assert recipient.open("INBOX", letter["key"]) is True
    assert recipient.seal() == GOOD[0]
    assert "نرفق لكم محضر الاجتماع" in recipient.body()
    scene.picture(recipient, "thunderbird-letter-ar")

    dispatch, opened = sender.await_messages("Receipts", 2)
    assert dispatch["subject"].startswith("إيصال إرسال: MOJ/2026/000001")
    assert "سالم المثال" in opened["subject"]
    assert opened["parent"] == dispatch["key"]  # one below the other
    for receipt, name in ((dispatch, "thunderbird-receipt-dispatch"), (opened, "thunderbird-receipt-opened")):
        assert sender.open("Receipts", receipt["key"]) is True
        assert sender.seal() == GOOD[0]
        scene.picture(sender, name)
    (copy,) = sender.refresh("Sent")  # the official copy alone, not the program's own beside it
    assert copy["subject"] == SUBJECT
    sender.open("Sent", copy["key"])
    assert sender.seal() in GOOD
    assert sender.alerts() == recipient.alerts() == []


def test_what_an_officer_does_with_a_letter(scene: Scene) -> None:
    sender, recipient = scene.sender, scene.recipient
    for subject in (SUBJECT, SECOND, THIRD):
        assert sender.send(REGISTRY, subject, BODY) == "sent"
    recipient.await_messages("INBOX", 3)
    recipient.open("INBOX", 1)
    recipient.command("cmd_markAsUnread")
    recipient.command("cmd_tag1")
    first = recipient.refresh("INBOX")[0]
    assert (first["read"], first["keywords"]) == (False, "$label1")
    scene.picture(recipient, "thunderbird-tagged-ar")
    recipient.open("INBOX", 2)
    recipient.command("cmd_delete")
    assert [one["key"] for one in recipient.refresh("INBOX")] == [1, 3]
    assert [one["subject"] for one in recipient.refresh("Trash")] == [SECOND]
    assert len(recipient.refresh("Archive")) == 3  # the record
    assert recipient.alerts() == []

    recipient.open("INBOX", 3)
    recipient.command("cmd_archive")  # it wants a mailbox for the year; the alert says why not
    assert len(recipient.refresh("INBOX")) == 2
    (alert,) = recipient.alerts()
    assert "كل خطاب محفوظ في الأرشيف من قبل" in alert
    recipient.open("Archive", 3)
    recipient.command("cmd_delete")  # without the right to, Thunderbird does nothing
    assert len(recipient.refresh("Archive")) == 3
    assert recipient.alerts() == [alert]
