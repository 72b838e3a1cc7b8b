"""What old systems and devices write, over the real systems' listener: taken where it only describes content, refused
where it names persons; one letter's recipients split over several transactions, on both databases."""

import re
import shutil
import smtplib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from harness import Site, Where, imap, now

from mailstore.directory import directory, systems
from tests.journey.audit import (
    every_letter,
    records,
    refusals,
    traced,
)
from tests.scramclient import ScramSpeaker

SCAN, MOF, MOI, MOL = (f"registry@{code}.gov.example" for code in ("moj", "mof", "moi", "mol"))
CLERK = "clerk.moj"


@dataclass
class Scene:
    site: Site
    where: Where

    def client(self, login: str = "scan.moj", name: str = "scanner") -> smtplib.SMTP_SSL:
        context = self.where.context()
        client = smtplib.SMTP_SSL(*self.where.systems, local_hostname=name, context=context, timeout=30)
        client.login(login, self.site.secrets[login])
        return client

    def send(
        self, octets: bytes, to: Sequence[str] = (MOF,), login: str = "scan.moj", *, bare: bool = False
    ) -> tuple[int, str]:
        with self.client(login) as client:
            return sent(client, octets, to, bare=bare)

    def accept(self, octets: bytes, to: Sequence[str] = (MOF,), login: str = "scan.moj") -> str:
        code, text = self.send(octets, to, login)
        assert code == 250, text
        return text.split()[1]

    def refused(self, octets: bytes, to: Sequence[str] = (MOF,), login: str = "scan.moj") -> str:
        code, text = self.send(octets, to, login)
        assert code == 550, text
        return re.search(r"\[([A-Z-]+)\]", text)[1]  # type: ignore[index]

    def inbox(self, login: str, box: str = "INBOX") -> list[bytes]:
        with imap(self.where, login, self.site.secrets[login]) as client:
            client.select(box, readonly=True)
            _status, found = client.search(None, "ALL")
            uids = found[0].decode().replace(" ", ",")
            return (
                [one[1] for one in client.fetch(uids, "(BODY.PEEK[])")[1] if isinstance(one, tuple)]
                if uids
                else []
            )


def sent(
    client: smtplib.SMTP_SSL, octets: bytes, to: Sequence[str], *, bare: bool = False, options: str = ""
) -> tuple[int, str]:
    """One transaction; `bare` leaves the brackets away as old devices do."""
    left, right = ("", "") if bare else ("<", ">")
    code, text = client.docmd(f"MAIL FROM:{left}{SCAN}{right}")
    for one in to:
        if code < 400:
            code, text = client.docmd(f"RCPT TO:{left}{one}{right}{options}")
    if code < 400:
        code, text = client.data(octets)
    else:
        client.rset()
    return code, text.decode()


def filled(site: Site) -> None:
    site.change(lambda unit: directory.change_agency(unit, "MOJ", allow_unsigned_systems=True))
    site.office("minister@moj.gov.example", "MOJ")
    for login in ("scan.moj", "split.moj", "other.moj"):
        site.system(login, "MOJ", SCAN)
    for login in ("split.moj", "other.moj"):
        site.change(lambda unit, login=login: systems.change_system(unit, login, split_recipients=True))
    for login, office in ((CLERK, SCAN), ("reader.mof", MOF), ("reader.moi", MOI), ("reader.mol", MOL)):
        site.officer(login, office)


@pytest.fixture(scope="module")
def scene(bare_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("old") / "home"
    shutil.copytree(bare_home, home)
    site = Site(home)
    filled(site)
    with site.serving() as where:
        yield Scene(site, where)
    site.close()


class Serial:
    """Bodies that differ, so that no letter is another one again."""

    number = 0

    @classmethod
    def body(cls) -> str:
        cls.number += 1
        return f"scan {cls.number}\r\n"


def letter(*lines: str, leave: Sequence[str] = (), to: str = MOF) -> bytes:
    """An old device's letter; `leave` names fields that it does not write, `lines` are further ones."""
    fields = {
        "From": SCAN,
        "To": to,
        "Subject": "scan",
        "Date": f"{now():%a, %d %b %Y %H:%M:%S} +0000",
        "Message-ID": "<scan@moj.gov.example>",
    }
    kept = [f"{name}: {value}" for name, value in fields.items() if name not in leave]
    return "\r\n".join([*kept, *lines, "", Serial.body()]).encode()


def detail(scene: Scene, reference: str) -> dict[str, Any]:
    found: dict[str, Any] = records(scene.site, reference)[0].members
    return found


# ── The dialogue ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["SCAN_1", "Scanner 2, floor 3 (registry)", "طابعة السجل", "x" * 255])
def test_any_printable_name_is_answered_and_recorded(scene: Scene, name: str) -> None:
    client = smtplib.SMTP_SSL(*scene.where.systems, context=scene.where.context(), timeout=30)
    with client:
        client.send(f"EHLO {name}\r\n".encode())
        assert client.getreply()[0] == 250
        plain = b64encode(b"\0scan.moj\0" + scene.site.secrets["scan.moj"].encode()).decode()
        assert client.docmd("AUTH", f"PLAIN {plain}")[0] == 235
        code, text = sent(client, letter(), (MOF,))
    assert code == 250, text
    fact = detail(scene, text.split()[1])
    assert fact["actor"]["client"] == name
    assert fact["detail"]["channel"] == "systems"
    assert fact["detail"]["tls"].startswith("TLSv1.3 ")
    delivered = scene.inbox("reader.mof")[-1]
    assert name.encode() not in delivered, "it proves nothing and is in no trace field"


def test_addresses_without_brackets_are_taken_on_the_systems_listener_alone(scene: Scene) -> None:
    assert scene.send(letter(), bare=True)[0] == 250
    people = smtplib.SMTP_SSL(*scene.where.submission, context=scene.where.context(), timeout=30)
    with people as client:
        client.login("scan.moj", scene.site.secrets["scan.moj"])
        assert sent(client, letter(), (MOF,), bare=True)[0] == 501


# ── The letter ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_letter_without_date_has_the_time_of_receipt_and_its_octets_stay_whole(scene: Scene) -> None:
    for octets in (letter(leave=("Date",)), letter("Date: 30.11.2026", leave=("Date",))):
        reference = scene.accept(octets)
        delivered = scene.inbox("reader.mof")[-1]
        assert delivered.endswith(octets)
        assert b"\r\nDate:" not in delivered[: -len(octets)]
        received = detail(scene, reference)["detail"]["received"]
        assert traced(scene.site, reference)["accepted_at"][:16] == received[:16]
        assert f"{now():%d %b %Y}".encode() in delivered[: -len(octets)].partition(b"\r\nMurasalat")[0]


@pytest.mark.parametrize("date", [None, "yesterday", "2026-11-30", "Mon, 30 Nov 2026 10:00:00"])
def test_an_officers_letter_has_a_readable_date(scene: Scene, date: str | None) -> None:
    octets = letter(*([f"Date: {date}"] if date else []), leave=("Date",))
    assert scene.refused(octets, login=CLERK) == "MALFORMED"
    assert "Date" in refusals(scene.site)[0]["detail"]["why"]


def test_a_message_id_may_repeat_when_the_octets_differ(scene: Scene) -> None:
    first, second = letter(), letter()
    references = [scene.accept(octets) for octets in (first, second, first, second)]
    assert references[:2] == references[2:]
    assert references[0] != references[1]


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Type: text"],
        ["Content-Type: text/plain; charset="],
        ["Content-Type: text/plain; charset=us-ascii; charset=utf-8"],
        ["Content-Type: text/plain (scanned); charset=utf-8"],
        ["Content-Type: "],
        ["Content-Type: multipart/mixed"],
        ['Content-Type: multipart/mixed; boundary="=*odd*="'],
        ['Content-Type: multipart/mixed; boundary="b"', "Content-Transfer-Encoding: quoted-printable"],
        ["Content-Transfer-Encoding: 8 bit"],
        ["Subject: كتاب ممسوح", "Content-Type: text/plain; charset=utf-8"],
        [f"To: السجل <{MOF}>"],
        ["Bcc:"],
        ["Bcc: \t"],
        ["Authentication-Results: mx.moj.gov.example; spf=pass"],
        ["Sender: minister@moj.gov.example"],
    ],
)
def test_what_only_describes_is_read_leniently_for_a_sealed_system(scene: Scene, lines: list[str]) -> None:
    octets = letter(*lines, leave=[line.partition(":")[0] for line in lines])
    reference = scene.accept(octets)
    delivered = scene.inbox("reader.mof")[-1]
    assert delivered.endswith(octets)
    assert delivered.count(reference.encode()) == 1
    with imap(scene.where, "reader.mof", scene.site.secrets["reader.mof"]) as client:
        client.select("INBOX", readonly=True)
        status, found = client.fetch("*", "(ENVELOPE BODYSTRUCTURE)")
        assert status == "OK"
        assert found[0]
        assert client.search(None, "BODY", '"scan"')[0] == "OK"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([f"From: {SCAN}, {MOF}"], "SENDER-AMBIGUOUS"),
        ([f"From: office: {SCAN};"], "SENDER-AMBIGUOUS"),
        (["To: registry"], "MALFORMED"),
        ([f"To: <{MOF}> (registry)"], "MALFORMED"),
        (["To: سجل@mof.gov.example"], "MALFORMED"),
        ([f"Sender: {MOF}"], "SENDER-MISMATCH"),
        (["Sender: boss@elsewhere.example"], "SENDER-MISMATCH"),
        (["Sender: nobody@moj.gov.example"], "SENDER-MISMATCH"),
        ([f"Bcc: {MOI}"], "BCC-FORBIDDEN"),
        (["Authentication-Results: MURASALAT.gov.example (x); openpgp=pass"], "CONTENT-FORBIDDEN"),
        (["Content-Type: text/plain", "Content-Type: text/html"], "MALFORMED"),
        (["no field at all"], "MALFORMED"),
        (["Content-Type: multipart/signed; boundary="], "MALFORMED"),
        (["Content-Type: application/pgp-encrypted x"], "MALFORMED"),
    ],
)
def test_what_names_persons_or_hides_a_signature_stays_strict(
    scene: Scene, lines: list[str], reason: str
) -> None:
    octets = letter(*lines, leave=[line.partition(":")[0] for line in lines])
    before = len(every_letter(scene.site)), len(refusals(scene.site))
    assert scene.refused(octets) == reason
    assert (len(every_letter(scene.site)), len(refusals(scene.site))) == (before[0], before[1] + 1)


def test_a_header_in_another_charset_is_refused(scene: Scene) -> None:
    octets = letter().replace(b"Subject: scan", b"Subject: \xdf\xca\xc7\xc8")
    assert scene.refused(octets) == "MALFORMED"


def test_the_same_leniency_is_not_an_officers(scene: Scene) -> None:
    for line in ("Content-Type: text", "Content-Transfer-Encoding: 8 bit", "Subject: كتاب"):
        assert scene.refused(letter(line, leave=(line.partition(":")[0],)), login=CLERK) == "MALFORMED"


def test_on_behalf_of_another_office_of_the_agency_is_recorded(scene: Scene) -> None:
    reference = scene.accept(letter("Sender: Minister <Minister@moj.gov.example>"))
    assert detail(scene, reference)["detail"]["sender_field"] == "minister@moj.gov.example"
    assert "sender_field" not in detail(scene, scene.accept(letter(f"Sender: {SCAN}")))["detail"]


# ── Passwords ─────────────────────────────────────────────────────────────────────────────────────────────


def test_app_passwords_are_taken_as_people_type_them(scene: Scene) -> None:
    secret = scene.site.secrets["reader.mof"]
    for typed in (secret, secret.replace("-", ""), secret.upper(), f" {secret.replace('-', ' ')} "):
        with imap(scene.where, "reader.mof", typed) as client:
            assert client.state == "AUTH"


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        (lambda secret: secret, 235),
        (lambda secret: secret.replace("-", ""), 235),
        (
            lambda secret: secret.upper(),
            535,
        ),  # the client hashes what was typed: these two spellings and no other
        (lambda secret: f" {secret}", 535),
    ],
)
def test_scram_takes_the_password_as_shown_and_without_hyphens(
    scene: Scene, spelling: Callable[[str], str], code: int
) -> None:
    with smtplib.SMTP_SSL(*scene.where.systems, context=scene.where.context(), timeout=30) as client:
        assert scram(client, "scan.moj", spelling(scene.site.secrets["scan.moj"])) == code


def scram(client: smtplib.SMTP_SSL, login: str, typed: str) -> int:
    speaker = ScramSpeaker(login, typed)
    client.ehlo()
    code, challenge = client.docmd("AUTH", "SCRAM-SHA-256 " + b64encode(speaker.first()).decode())
    assert code == 334
    code, _text = client.docmd(b64encode(speaker.final(b64decode(challenge))).decode())
    return client.docmd("")[0] if code == 334 else code
