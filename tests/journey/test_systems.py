"""Legacy document systems over the real listener: who they are, from where, for whom, signed or sealed."""

import base64
import imaplib
import shutil
import smtplib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from harness import Site, Where, header_fields, imap, now, send, submission

from gateway.instance.home import open_instance
from mailstore.directory import directory
from mailstore.faults import Conflict
from policies.people.identity import Grant, Right
from tests.journey.audit import assert_intact, every_letter, records, refusals, traced
from tests.journey.commands import command

MOJ, MOF, MOI = "registry@moj.gov.example", "registry@mof.gov.example", "registry@moi.gov.example"


@dataclass
class Scene:
    """MOJ lets the gateway seal for its systems, MOI does not; `certificate` is the folder of the issued one."""

    site: Site
    where: Where
    certificate: Path

    def client(self, login: str, source: str = "127.0.0.1") -> smtplib.SMTP_SSL:
        client = smtplib.SMTP_SSL(
            *self.where.submission, context=self.where.context(), timeout=30, source_address=(source, 0)
        )
        client.login(login, self.site.secrets[login])
        return client

    def send(self, login: str, octets: bytes, sender: str = MOJ, to: str = MOF) -> tuple[int, str]:
        with self.client(login) as client:
            return send(client, sender, (to,), octets)


@pytest.fixture(scope="module")
def scene(bare_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("systems") / "home"
    shutil.copytree(bare_home, home)
    site = Site(home)
    site.change(lambda unit: directory.change_agency(unit, "MOJ", allow_unsigned_systems=True))
    site.system("dms.moj", "MOJ", MOJ)
    site.system("dms.moi", "MOI", MOI)
    site.system("far.moj", "MOJ", MOJ, networks=("192.0.2.0/24", "2001:db8::/32"))
    site.system("near.moj", "MOJ", MOJ, networks=("127.0.0.2/32",))
    site.officer("reader.mof", MOF)
    site.signer(MOJ)
    folder = home / "issued"
    names = ("--name-ar", "نظام الأرشيف", "--name-en", "Archive", "--network", "127.0.0.0/8")
    words = ("cert.moj", "--agency", "MOJ", "--office", MOJ, *names)
    assert command(home, "system", "add", *words, "--issue", str(folder)).code == 0
    with site.serving() as where:
        yield Scene(site, where, folder)
    site.close()


def unsigned(sender: str = MOJ, to: str = MOF, *, message_id: bool = True) -> bytes:
    fields = header_fields(sender, (to,), "خطاب آلي", (), now())
    lines = [f"{name}: {value}" for name, value in fields if message_id or name != "Message-ID"]
    return "\r\n".join([*lines, "Content-Type: text/plain", "", "generated text", ""]).encode()


def accepted(reply: tuple[int, str]) -> str:
    assert reply[0] == 250, reply
    return reply[1].split()[1]


def test_an_unsigned_letter_is_sealed_over_its_exact_octets(scene: Scene) -> None:
    octets = unsigned()
    reference = accepted(scene.send("dms.moj", octets))
    fact = records(scene.site, reference)[0].members
    assert fact["event"] == "ACCEPTED"
    assert fact["detail"]["sealed_for"] == "sealed for dms.moj of MOJ"
    assert "signature" not in fact["detail"]
    opened = open_instance(scene.site.home)
    public = opened.log_key.public
    opened.close()
    seal = base64.b64decode(fact["detail"]["seal"], validate=True)
    Ed25519PublicKey.from_public_bytes(public).verify(seal, b"murasalat-seal-1\n" + octets)
    assert fact["actor"]["kind"] == "system"
    assert fact["actor"]["login"] == "dms.moj"
    assert "post_en" not in fact["actor"]
    found = traced(scene.site, reference)
    assert found["signature"] == {
        "format": "sealed",
        "fingerprint": "",
        "headers_protected": False,
        "engines": [],
    }
    assert found["sender"]["system"]["login"] == "dms.moj"
    with imap(scene.where, "reader.mof", scene.site.secrets["reader.mof"]) as inbox:
        inbox.select("INBOX")
        _status, answer = inbox.search(None, "HEADER", "Murasalat-Reference", f'"{reference}"')
        _status, fetched = inbox.fetch(answer[0].decode(), "(BODY.PEEK[])")
    delivered: bytes = fetched[0][1]
    assert delivered.endswith(octets)
    assert b"murasalat-seal=pass header.from=registry@moj.gov.example\r\n" in delivered[: -len(octets)]


def test_a_system_may_leave_the_message_id_to_the_gateway(scene: Scene) -> None:
    octets = unsigned(message_id=False)
    reference = accepted(scene.send("dms.moj", octets))
    found = traced(scene.site, reference)
    assert found["message_id"] == f"<{found['letter_id']}@murasalat.gov.example>"
    assert accepted(scene.send("dms.moj", octets)) == reference


def test_a_systems_signed_letter_is_verified_like_any_other(scene: Scene) -> None:
    reference = accepted(scene.send("dms.moj", scene.site.letter(MOJ, MOF)))
    found = traced(scene.site, reference)
    assert found["signature"]["format"] == "openpgp"
    assert found["signature"]["engines"] == ["sequoia", "gnupg"]
    fact = records(scene.site, reference)[0].members
    assert "sealed_for" not in fact["detail"]
    assert fact["actor"]["kind"] == "system"
    altered = scene.site.letter(MOJ, MOF, body="sum 100").replace(b"sum 100", b"sum 900")
    code, text = scene.send("dms.moj", altered)
    assert (code, "[SIGNATURE-BAD]" in text) == (550, True), text


def test_the_agency_must_allow_it(scene: Scene) -> None:
    code, text = scene.send("dms.moi", unsigned(MOI), MOI)
    assert (code, "[SIGNATURE-MISSING]" in text) == (550, True), text
    assert text.isascii(), "a system hears English alone"
    assert refusals(scene.site)[0]["actor"]["login"] == "dms.moi"


def test_nothing_half_signed_is_sealed(scene: Scene) -> None:
    octets = unsigned().replace(
        b"generated text", b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\ngenerated text"
    )
    code, text = scene.send("dms.moj", octets)
    assert (code, "[SIGNATURE-STRUCTURE]" in text) == (550, True), text


def test_an_officer_is_never_sealed_for(scene: Scene) -> None:
    login = scene.site.officer("clerk.moj", MOJ)
    code, text = scene.send(login, unsigned())
    assert (code, "[SIGNATURE-MISSING]" in text) == (550, True), text


def test_another_network_is_refused_and_the_pinned_one_is_not(scene: Scene) -> None:
    for login, source in (("far.moj", "127.0.0.1"), ("near.moj", "127.0.0.1"), ("dms.moj", "127.0.0.2")):
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            scene.client(login, source)
        assert refused.value.smtp_code == 535
    with scene.client("near.moj", "127.0.0.2") as client:
        accepted(send(client, MOJ, (MOF,), unsigned()))


def test_an_issued_client_certificate_logs_its_system_in(scene: Scene) -> None:
    with certified(scene) as client:
        assert client.docmd("AUTH", "EXTERNAL =")[0] == 235
        reference = accepted(send(client, MOJ, (MOF,), unsigned()))
    fact = records(scene.site, reference)[0].members
    assert (fact["actor"]["login"], fact["actor"]["method"]) == ("cert.moj", "certificate")
    assert fact["detail"]["sealed_for"] == "sealed for cert.moj of MOJ"


def test_a_certificate_is_no_other_login_and_nothing_without_itself(scene: Scene) -> None:
    with certified(scene) as client:
        assert client.docmd("AUTH", "EXTERNAL " + base64.b64encode(b"dms.moj").decode())[0] == 535
        assert client.docmd("AUTH", "EXTERNAL " + base64.b64encode(b"cert.moj").decode())[0] == 235
    for where in (scene.where, replace(scene.where, submission=scene.where.systems)):
        with submission(where) as client:
            client.ehlo()
            assert client.docmd("AUTH", "EXTERNAL =")[0] in {504, 535}
    with certified(scene, scene.where.submission) as client:  # the people's port asks for none
        assert client.docmd("AUTH", "EXTERNAL =")[0] == 504
    assert (scene.certificate / "cert.moj.key").stat().st_mode & 0o077 == 0


def certified(scene: Scene, address: tuple[str, int] | None = None) -> smtplib.SMTP_SSL:
    context = scene.where.context()
    context.load_cert_chain(scene.certificate / "cert.moj.pem", scene.certificate / "cert.moj.key")
    client = smtplib.SMTP_SSL(*(address or scene.where.systems), context=context, timeout=30)
    client.ehlo()
    return client


def test_a_system_sends_for_no_other_agencys_office(scene: Scene) -> None:
    code, text = scene.send("dms.moj", unsigned(MOF, MOJ), MOF, MOJ)
    assert (code, "[SENDER-MISMATCH]" in text) == (550, True), text
    foreign = Grant(MOF, frozenset({Right.SEND}))
    with pytest.raises(Conflict, match="not of agency MOJ"):
        scene.site.change(lambda unit: directory.grant(unit, "dms.moj", foreign))
    code, text = scene.send("dms.moj", unsigned(MOF, MOJ), MOF, MOJ)
    assert (code, "[SENDER-MISMATCH]" in text) == (550, True), text


def test_a_right_to_read_lets_no_system_send(scene: Scene) -> None:
    """What a system may send for is what it was granted for sending: no other right counts as one."""
    login = scene.site.system("quiet.moj", "MOJ", MOJ)
    reading = Grant(MOJ, frozenset({Right.READ}))
    scene.site.change(lambda unit: directory.grant(unit, login, reading))
    code, text = scene.send(login, unsigned())
    assert (code, "[SENDER-MISMATCH]" in text) == (550, True), text


@pytest.mark.parametrize("login", ["dms.moj", f"dms.moj*{MOJ}"])
def test_a_system_cannot_read(scene: Scene, login: str) -> None:
    with pytest.raises(imaplib.IMAP4.error):
        imap(scene.where, login, scene.site.secrets["dms.moj"])


def test_a_revoked_system_sends_no_more_even_in_an_open_session(scene: Scene) -> None:
    login = scene.site.system("old.moj", "MOJ", MOJ)
    with scene.client(login) as client:
        accepted(send(client, MOJ, (MOF,), unsigned()))
        scene.site.change(lambda unit: directory.suspend_account(unit, login, suspended=True))
        code, text = send(client, MOJ, (MOF,), unsigned())
        assert (code, "[LOGGED-OUT]" in text) == (421, True), text
    with pytest.raises(smtplib.SMTPAuthenticationError):
        scene.client(login)


def test_two_systems_cannot_share_a_certificate_file(scene: Scene) -> None:
    words = ("--office", MOJ, "--name-ar", "ن", "--name-en", "N", "--network", "127.0.0.1")
    words = ("--agency", "MOJ", *words, "--issue", str(scene.certificate))
    done = command(scene.site.home, "system", "add", "cert.moj", *words)
    assert (done.code, "exists already" in done.err) == (2, True), done
    done = command(scene.site.home, "system", "add", "dms.moj", *words)
    assert (done.code, "exists already" in done.err) == (3, True), done
    assert sorted(one.name for one in scene.certificate.iterdir()) == ["cert.moj.key", "cert.moj.pem"]


def test_everything_of_this_file_agrees(scene: Scene) -> None:
    assert_intact(scene.site)
    assert [one.number for one in every_letter(scene.site)] == list(
        range(1, len(every_letter(scene.site)) + 1)
    )
