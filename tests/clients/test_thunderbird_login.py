"""A real Thunderbird reads by a client certificate, and does without a capability that is withheld from it."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from clients.test_thunderbird import ARCHIVE_OFFICE, REGISTRY, appoint, secret_key
from clients.thunderbird import Account, Thunderbird, missing
from harness import Site, Where, send, submission
from journey.audit import every_letter, records
from journey.commands import command
from journey.test_officer_certificates import settled

from mailstore.directory import directory
from policies.people.identity import Office

pytestmark = [
    pytest.mark.clients,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(missing()), reason=f"not installed: {missing()}"),
]

HUDA, SALEM = "huda.moj", "salem.cm"
SUBJECT, ANSWER = "طلب بيانات الموظفين المعارين", "رد على طلب البيانات"
BODY = "السلام عليكم ورحمة الله وبركاته"
PASSWORD = "for the import only"


@pytest.fixture
def peopled(site: Site) -> Site:
    site.change(lambda unit: directory.add_office(unit, Office(ARCHIVE_OFFICE, "MOJ", "الأرشيف", "Archive")))
    appoint(site, HUDA, "هدى المثال", "Huda Al-Mithal", ARCHIVE_OFFICE)
    appoint(site, SALEM, "سالم المثال", "Salem Al-Mithal", REGISTRY)
    return site


def account(site: Site, where: Where) -> Account:
    return Account(REGISTRY, "السجل العام", SALEM, site.secrets[SALEM], where.imap, where.submission)


def submitted(site: Site, where: Where) -> str:
    """Send a signed letter from Huda to the registry; return its reference."""
    with submission(where, HUDA, site.secrets[HUDA]) as client:
        code, text = send(
            client,
            ARCHIVE_OFFICE,
            [REGISTRY],
            site.letter(ARCHIVE_OFFICE, REGISTRY, subject=SUBJECT, body=BODY),
        )
    assert code == 250, text
    return text.split()[1]


def methods(site: Site, reference: str) -> dict[str, str]:
    """Return by event how the officer behind it proved who they are."""
    return {
        one.event: one.members["actor"]["method"]
        for one in records(site, reference)
        if one.members.get("actor", {}).get("kind") == "officer"
    }


def pkcs12(folder: Path, login: str) -> Path:
    """Pack an issued certificate with its key, as it is brought to an officer's machine."""
    target = folder / f"{login}.p12"
    named = ["-in", str(folder / f"{login}.pem"), "-inkey", str(folder / f"{login}.key")]
    subprocess.run(
        ["openssl", "pkcs12", "-export", *named, "-out", str(target), "-passout", f"pass:{PASSWORD}"],
        check=True,
        capture_output=True,
    )
    return target


def test_reading_by_client_certificate(peopled: Site, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    site, pictures = peopled, pytestconfig.getoption("--pictures")
    settled(site.home, "officer_ca", "ca.pem")
    issued = tmp_path / "issued"
    assert command(site.home, "officer", "certificate", SALEM, "--issue", str(issued)).code == 0
    site.signer(ARCHIVE_OFFICE)
    signer = site.signer(REGISTRY)
    with site.process() as (_server, where), Thunderbird(language="ar") as program:
        program.trust_authority(Path(where.ca).read_text(encoding="ascii"))
        program.import_certificate(pkcs12(issued, SALEM), PASSWORD)
        program.add_account(replace(account(site, where), certificate=True))
        program.listen_for_alerts()
        program.use_openpgp_key(secret_key(signer, site.home / "signer-1"), signer.fingerprint)
        received = submitted(site, where)
        program.discover_folders()
        (letter,) = program.await_messages("INBOX", 1)
        assert program.open("INBOX", letter["key"]) is True
        assert BODY in program.body()
        assert program.send(ARCHIVE_OFFICE, ANSWER, BODY) == "sent"
        (copy,) = program.await_messages("Sent", 1)
        assert copy["subject"] == ANSWER
        if pictures:
            program.screenshot(Path(pictures) / "thunderbird-certificate-ar.png")
        assert program.alerts() == []
    assert methods(site, received) == {
        "ACCEPTED": "password",
        "HANDED-OVER": "certificate",
        "SEEN": "certificate",
    }
    sent = every_letter(site)[-1]
    assert sent.sender_office == REGISTRY
    assert methods(site, sent.reference)["ACCEPTED"] == "password"  # it knows no EXTERNAL in SMTP


def test_withheld_capability(peopled: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MURASALAT_IMAP__WITHHELD", '["Thunderbird: CONDSTORE UTF8=ACCEPT"]')
    site, log = peopled, tmp_path / "imap.log"
    site.signer(ARCHIVE_OFFICE)
    monkeypatch.setenv("MOZ_LOG", "IMAP:4")
    monkeypatch.setenv("MOZ_LOG_FILE", str(log))
    with site.process() as (_server, where), Thunderbird(language="ar") as program:
        program.trust_authority(Path(where.ca).read_text(encoding="ascii"))
        program.add_account(account(site, where))
        program.listen_for_alerts()
        reference = submitted(site, where)
        program.discover_folders()
        (letter,) = program.await_messages("INBOX", 1)
        assert letter["subject"] == SUBJECT
        assert program.open("INBOX", letter["key"]) is True
        assert BODY in program.body()
        assert program.alerts() == []
    said = "\n".join(path.read_text("utf-8", "replace") for path in tmp_path.glob("imap.log*"))
    offered = [line for line in said.splitlines() if "* CAPABILITY " in line and "APPENDLIMIT" in line]
    assert offered
    assert "CONDSTORE" not in offered[-1]
    assert "UTF8=ACCEPT" not in offered[-1]
    assert '"Thunderbird"' in said  # it gives its name in ID, by which it is known
    assert "(CONDSTORE)" not in said
    (handed,) = [one for one in records(site, reference) if one.event == "HANDED-OVER"]
    assert handed.members["actor"]["client"].startswith("Thunderbird")
