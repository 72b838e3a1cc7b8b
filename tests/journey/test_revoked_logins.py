"""What an administrator revokes ends the sessions that it opened, at once and on every listener, and no others.

Passwords and certificates are made and revoked by the command line, as an administrator does beside a running gateway.
"""

import asyncio
import imaplib
import json
import shutil
import smtplib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from harness import Site, now
from scramp import ScramClient

from gateway.app import Gateway
from gateway.instance.home import open_instance
from mailstore.directory import directory
from policies.addresses.address import parse_address
from policies.envelope import Envelope, Recipient
from policies.people.directory import Directory
from policies.people.identity import Account
from policies.verdict import Refused
from tests.journey.audit import every_letter, refusals
from tests.journey.commands import command
from tests.journey.test_officer_certificates import Scene, settled

MOJ, MOF = "registry@moj.gov.example", "registry@mof.gov.example"
OPENERS = ("password", "scram", "certificate")


@pytest.fixture(scope="module")
def scene(bare_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("revoked") / "home"
    shutil.copytree(bare_home, home)
    settled(home, "officer_ca", "ca.pem")
    site = Site(home)
    site.change(lambda unit: directory.change_agency(unit, "MOJ", allow_unsigned_systems=True))
    site.signer(MOJ)
    with site.serving() as where:
        yield Scene(site, where, home / "issued")
    site.close()


class Officer:
    """An officer who opens sessions in one way, and an administrator who takes that way away."""

    def __init__(self, scene: Scene, login: str, how: str) -> None:
        self.scene, self.login, self.how = scene, login, how
        if login not in scene.site.secrets:
            scene.site.officer(login, MOJ)
        if how == "certificate":
            assert scene.officer("certificate", login, "--issue", str(scene.folder)).code == 0

    @property
    def _certificate(self) -> str:
        return self.login if self.how == "certificate" else ""

    def imap(self) -> imaplib.IMAP4_SSL:
        client = self.scene.imap(self._certificate)
        client.sock.settimeout(20)
        if self.how == "certificate":
            client.authenticate("EXTERNAL", lambda _challenge: b"")
        elif self.how == "scram":
            client.authenticate("SCRAM-SHA-256", _Scram(self.login, self.scene.site.secrets[self.login]))
        else:
            client.login(self.login, self.scene.site.secrets[self.login])
        assert client.select()[0] == "OK"
        return client

    def smtp(self, listener: str) -> smtplib.SMTP_SSL:
        where: tuple[str, int] = getattr(self.scene.where, listener)
        client = smtplib.SMTP_SSL(*where, context=self.scene.context(self._certificate), timeout=20)
        client.ehlo()
        if self.how == "certificate":
            assert client.docmd("AUTH", "EXTERNAL =")[0] == 235
        elif self.how == "scram":
            said = _Scram(self.login, self.scene.site.secrets[self.login])
            answer = client.docmd("AUTH", f"SCRAM-SHA-256 {b64encode(said(b'')).decode()}")
            while answer[0] == 334:
                answer = client.docmd(b64encode(said(b64decode(answer[1]))).decode())
            assert answer[0] == 235, answer
        else:
            client.login(self.login, self.scene.site.secrets[self.login])
        return client

    def revoke(self) -> None:
        if self.how == "certificate":
            assert self.scene.officer("certificate", self.login, "--revoke").code == 0
        else:
            self.renew()

    def renew(self, *options: str) -> None:
        done = self.scene.officer("password", self.login, *options, "--json")
        assert done.code == 0, done
        self.scene.site.secrets[self.login] = json.loads(done.out)["password"]


class _Scram:
    """Both messages of a SCRAM client, and the empty answer to the server's last one."""

    def __init__(self, login: str, secret: str) -> None:
        self._client = ScramClient(["SCRAM-SHA-256"], login, secret)
        self._step = 0

    def __call__(self, challenge: bytes) -> bytes:
        self._step += 1
        if self._step == 1:
            return self._client.get_client_first().encode()
        if self._step == 2:
            self._client.set_server_first(challenge.decode())
            return self._client.get_client_final().encode()
        self._client.set_server_final(challenge.decode())
        return b""


def idle(client: imaplib.IMAP4_SSL) -> imaplib.IMAP4_SSL:
    client.send(b"i IDLE\r\n")
    assert client.readline().startswith(b"+ ")
    return client


def last_line(client: imaplib.IMAP4_SSL) -> bytes:
    last = b""
    while line := client.readline():
        last = line
    return last


def said_last(client: smtplib.SMTP_SSL) -> str:
    """Read the reply that nobody asked for, and the end of the connection."""
    code, text = client.getreply()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.getreply()
    return f"{code} {text.decode()}"


def in_data(client: smtplib.SMTP_SSL) -> smtplib.SMTP_SSL:
    """Begin a letter and send half of it."""
    assert client.mail(MOJ)[0] == 250
    assert client.rcpt(MOF)[0] == 250
    assert client.docmd("DATA")[0] == 354
    client.send(b"Subject: half\r\n\r\nhalf")
    return client


@pytest.mark.parametrize("how", OPENERS)
def test_what_is_revoked_ends_every_session_that_it_opened(scene: Scene, how: str) -> None:
    officer = Officer(scene, f"{how}.moj", how)
    letters = len(every_letter(scene.site))
    reading = [officer.imap(), idle(officer.imap())]
    sending = [officer.smtp("submission"), officer.smtp("systems"), in_data(officer.smtp("submission"))]
    other = Officer(scene, "untouched", "password")
    others = idle(other.imap()), other.smtp("submission")
    officer.revoke()
    for client in reading:
        line = last_line(client)
        assert line.startswith(b"* BYE The password or certificate that opened this session has been revoked")
    for client in sending:
        assert said_last(client).startswith("421 4.7.0 [LOGGED-OUT]")
    assert len(every_letter(scene.site)) == letters
    others[0].send(b"DONE\r\n")
    assert others[0].readline().startswith(b"i OK")
    assert others[1].noop()[0] == 250
    scene.sends(others[1], "بعد الإلغاء")


def test_one_credential_gone_leaves_the_sessions_of_the_others(scene: Scene) -> None:
    by_password, by_certificate = (
        Officer(scene, "both.moj", "password"),
        Officer(scene, "both.moj", "certificate"),
    )
    old, kept = by_password.smtp("submission"), by_certificate.smtp("submission")
    by_password.renew("--keep")  # another device: nothing is revoked
    scene.sends(old, "الجهاز الأول")
    new = by_password.imap()
    by_password.renew()  # every earlier password, by which old and new came in
    assert said_last(old).startswith("421 ")
    assert b"BYE" in last_line(new)
    scene.sends(kept, "بالشهادة")
    by_certificate.revoke()
    assert said_last(kept).startswith("421 ")
    scene.sends(by_password.smtp("submission"), "بكلمة المرور الجديدة")


def test_a_systems_sessions_end_with_its_password_and_with_the_system(scene: Scene) -> None:
    site = scene.site
    for login, words in {"dms1": ("officer", "password"), "dms2": ("system", "revoke")}.items():
        site.system(login, "MOJ", MOJ)
        clients = []
        for listener in ("systems", "submission"):
            client = smtplib.SMTP_SSL(*getattr(scene.where, listener), context=scene.context(), timeout=20)
            client.login(login, site.secrets[login])
            clients += [client]
        in_data(clients[1])
        assert command(site.home, *words, login, "--yes").code == 0
        for client in clients:
            assert said_last(client).startswith("421 4.7.0 [LOGGED-OUT]")


def test_a_command_right_after_the_revocation_is_answered_by_the_end(scene: Scene) -> None:
    """Nobody waits for the next look: MAIL asks, and so does the end of a letter."""
    officer = Officer(scene, "quick.moj", "password")
    letters = len(every_letter(scene.site))
    begun, whole = officer.smtp("submission"), officer.smtp("submission")
    assert whole.mail(MOJ)[0] == 250
    assert whole.rcpt(MOF)[0] == 250
    assert whole.docmd("DATA")[0] == 354
    octets = scene.site.letter(MOJ, MOF)
    officer.revoke()
    with suppress(OSError):
        whole.send(octets + b".\r\n")
    with suppress(smtplib.SMTPServerDisconnected):
        assert begun.mail(MOJ)[0] == 421
    assert whole.getreply()[0] in {421, 550}
    assert len(every_letter(scene.site)) == letters


async def test_a_password_revoked_while_its_letter_is_decided_registers_nothing(site: Site) -> None:
    """The transaction itself looks: between decision and commit nothing slips through."""
    site.officer("late.moj", MOJ)
    octets = site.letter(MOJ, MOF)
    gateway = Gateway(open_instance(site.home))
    try:
        account = await gateway.login.password("late.moj", site.secrets["late.moj"], "127.0.0.1")
        assert account is not None
        present = gateway.directory

        class Overtaken:
            """Gives the directory as it was before the administrator's change, once."""

            changed = False

            async def get(self) -> Directory:
                found = await present.get()
                if not self.changed:
                    self.changed = True
                    await asyncio.to_thread(command, site.home, "officer", "password", "late.moj")
                return found

        gateway.intake._directory = Overtaken()  # type: ignore[assignment]
        outcome = await gateway.intake.submit(_envelope(account), octets)
        assert isinstance(outcome, Refused)
        assert "revoked" in outcome.detail
        assert not every_letter(site)
        assert not (await present.get()).admits(account)
    finally:
        await gateway.close()


def _envelope(account: Account) -> Envelope:
    to = Recipient(parse_address(MOF))
    return Envelope(parse_address(MOJ), (to,), account, now(), "127.0.0.1")


def test_a_refusal_after_the_revocation_is_evidence(site: Site) -> None:
    """A peer that sends on in spite of all is refused, and the record says why."""

    async def act() -> None:
        gateway = Gateway(open_instance(site.home))
        try:
            login = site.officer("gone.moj", MOJ)
            account = await gateway.login.password(login, site.secrets[login], "127.0.0.1")
            assert account is not None
            command(site.home, "officer", "password", login)
            assert isinstance(await gateway.intake.submit(_envelope(account), b"x"), Refused)
        finally:
            await gateway.close()

    asyncio.run(act())
    (fact,) = refusals(site)
    assert fact["detail"]["why"] == "the login of gone.moj was revoked"
