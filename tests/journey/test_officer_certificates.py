"""Officers log in by a client certificate or without sending the password, through the real listeners.

The instance asks officers for certificates (`[tls] officer_ca`), and every certificate is made by the command line.
"""

import imaplib
import json
import shutil
import smtplib
import ssl
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from harness import Site, Where, send
from scramp import ScramClient

from gateway.config.reading import FILE
from tests.journey.audit import assert_intact, records
from tests.journey.commands import Done, command

MOJ, MOF = "registry@moj.gov.example", "registry@mof.gov.example"


def settled(home: Path, setting: str, value: str) -> None:
    """Change a setting that stands in the file of every new instance."""
    path = home / FILE
    rows = path.read_text(encoding="utf-8").splitlines()
    (at,) = (number for number, row in enumerate(rows) if row.startswith(f"{setting} = "))
    rows[at] = f'{setting} = "{value}"'
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


@dataclass
class Scene:
    """MOJ's noura has a certificate; MOF's salem has none at first."""

    site: Site
    where: Where
    folder: Path

    def officer(self, *words: str) -> Done:
        return command(self.site.home, "officer", *words)

    def context(self, login: str = "") -> ssl.SSLContext:
        context = self.where.context()
        if login:
            context.load_cert_chain(self.folder / f"{login}.pem", self.folder / f"{login}.key")
        return context

    def imap(self, login: str = "") -> imaplib.IMAP4_SSL:
        host, port = self.where.imap
        return imaplib.IMAP4_SSL(host, port, ssl_context=self.context(login))

    def smtp(self, login: str = "") -> smtplib.SMTP_SSL:
        host, port = self.where.submission
        client = smtplib.SMTP_SSL(host, port, context=self.context(login), timeout=30)
        client.ehlo()
        return client

    def sends(self, client: smtplib.SMTP_SSL, subject: str) -> str:
        """Send a letter as a client that has logged in; return its reference."""
        code, text = send(client, MOJ, (MOF,), self.site.letter(MOJ, MOF, subject=subject))
        assert code == 250, text
        return text.split()[1]

    def methods(self, reference: str) -> dict[str, str]:
        """Return by event how its actor proved who they are."""
        return {
            one.event: one.members["actor"]["method"]
            for one in records(self.site, reference)
            if one.members.get("actor", {}).get("kind") == "officer"
        }


@pytest.fixture(scope="module")
def scene(bare_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("certificates") / "home"
    shutil.copytree(bare_home, home)
    settled(home, "officer_ca", "ca.pem")
    site = Site(home)
    site.officer("noura", MOJ)
    site.officer("salem", MOF)
    site.signer(MOJ)
    folder = home / "issued"
    assert command(home, "officer", "certificate", "noura", "--issue", str(folder)).code == 0
    with site.serving() as where:
        yield Scene(site, where, folder)
    site.close()


def test_an_officer_sends_by_certificate_and_reads_by_certificate(scene: Scene) -> None:
    assert scene.officer("certificate", "salem", "--issue", str(scene.folder)).code == 0
    with scene.smtp("noura") as client:
        assert "EXTERNAL" in client.esmtp_features["auth"]
        assert client.docmd("AUTH", "EXTERNAL =")[0] == 235
        reference = scene.sends(client, "بشهادة")
    reader = scene.imap("salem")
    assert "AUTH=EXTERNAL" in reader.capabilities
    assert reader.authenticate("EXTERNAL", lambda _challenge: MOF.encode())[0] == "OK"
    reader.select()
    found = reader.search(None, "ALL")[1][0].split()[-1]
    assert reader.fetch(found.decode(), "(BODY[TEXT])")[0] == "OK"
    reader.logout()
    methods = scene.methods(reference)
    assert methods["ACCEPTED"] == "certificate"
    assert methods["SEEN"] == "certificate"
    assert_intact(scene.site)


def test_an_officer_sends_by_scram(scene: Scene) -> None:
    said = ScramClient(["SCRAM-SHA-256"], "noura", scene.site.secrets["noura"])
    with scene.smtp() as client:
        assert "EXTERNAL" not in client.esmtp_features["auth"]
        first = b64encode(said.get_client_first().encode()).decode()
        code, challenge = client.docmd("AUTH", f"SCRAM-SHA-256 {first}")
        assert code == 334
        said.set_server_first(decoded(challenge))
        code, confirmation = client.docmd(b64encode(said.get_client_final().encode()).decode())
        assert code == 334
        said.set_server_final(decoded(confirmation))
        assert client.docmd("")[0] == 235
        reference = scene.sends(client, "بغير إرسال كلمة المرور")
    assert scene.methods(reference)["ACCEPTED"] == "scram"


def decoded(base64: bytes) -> str:
    return b64decode(base64, validate=True).decode()


def test_a_password_that_the_command_line_made_is_good_for_scram_and_plain(scene: Scene) -> None:
    home = scene.site.home
    made = json.loads(command(home, "officer", "password", "salem", "--keep", "--json").out)
    for secret in (made["password"], scene.site.secrets["salem"]):
        for mechanism in ("scram", "plain"):
            reader = scene.imap()
            if mechanism == "plain":
                assert reader.login("salem", secret)[0] == "OK"
            else:
                assert reader.authenticate("SCRAM-SHA-256", Conversation("salem", secret))[0] == "OK"
            reader.logout()


class Conversation:
    """scramp's client as imaplib's callback."""

    def __init__(self, login: str, secret: str) -> None:
        self._client = ScramClient(["SCRAM-SHA-256"], login, secret)

    def __call__(self, challenge: bytes) -> bytes:
        if not challenge:
            return bytes(self._client.get_client_first().encode())
        if challenge.startswith(b"v="):
            self._client.set_server_final(challenge.decode())
            return b""
        self._client.set_server_first(challenge.decode())
        return bytes(self._client.get_client_final().encode())


def test_what_is_revoked_or_suspended_is_felt_at_the_next_login(scene: Scene) -> None:
    login, folder = "leila", str(scene.folder)
    scene.site.officer(login, MOJ)
    assert scene.officer("certificate", login, "--issue", folder).code == 0
    assert enters(scene, login)
    assert scene.officer("suspend", login).code == 0
    assert not enters(scene, login)
    assert scene.officer("suspend", login, "--restore").code == 0
    assert enters(scene, login)
    assert scene.officer("certificate", login, "--revoke").code == 0
    assert not enters(scene, login)
    assert scene.officer("certificate", login, "--certificate", f"{folder}/{login}.pem").code == 0
    assert enters(scene, login)
    (scene.folder / f"{login}.pem").rename(scene.folder / "old.pem")
    (scene.folder / f"{login}.key").rename(scene.folder / "old.key")
    assert scene.officer("certificate", login, "--issue", folder).code == 0
    assert enters(scene, login)
    assert not enters(scene, "old")


def enters(scene: Scene, certificate: str) -> bool:
    reader = scene.imap(certificate)
    try:
        reader.authenticate("EXTERNAL", lambda _challenge: b"")
    except imaplib.IMAP4.error as fault:
        assert "AUTHENTICATIONFAILED" in str(fault)  # noqa: PT017 - the other way is as good
        reader.shutdown()
        with scene.smtp(certificate) as client:
            assert client.docmd("AUTH", "EXTERNAL =")[0] == 535
        return False
    reader.logout()
    with scene.smtp(certificate) as client:
        return client.docmd("AUTH", "EXTERNAL =")[0] == 235


def test_the_command_says_what_it_did_and_what_it_cannot(scene: Scene) -> None:
    shown = json.loads(scene.officer("show", "noura", "--json").out)
    pem = scene.folder / "noura.pem"
    again = scene.officer("certificate", "noura", "--certificate", str(pem), "--json")
    assert json.loads(again.out) == {"login": "noura", "certificate": shown["certificate"]}
    taken = scene.officer("certificate", "salem", "--certificate", str(pem))
    assert (taken.code, "exists already" in taken.err) == (3, True), taken
    assert scene.officer("certificate", "nobody", "--revoke").code == 4
    for words in (
        (),
        ("--revoke", "--certificate", str(pem)),
        ("--certificate", str(scene.site.home / FILE)),
    ):
        assert scene.officer("certificate", "noura", *words).code == 2, words
    assert (
        scene.officer("certificate", "noura", "--issue", str(scene.folder)).code == 2
    )  # it is there already
    assert scene.officer("certificate", "../noura", "--issue", str(scene.folder)).code == 2
    dry = scene.officer("certificate", "noura", "--revoke", "--dry-run", "--json")
    assert json.loads(dry.out) == {"login": "noura", "dry_run": True}
    dry = scene.officer("certificate", "noura", "--issue", str(scene.folder / "dry"), "--dry-run")
    assert dry.code == 0
    assert not (scene.folder / "dry").exists()
    assert json.loads(scene.officer("show", "noura", "--json").out) == shown
    assert (scene.folder / "noura.key").stat().st_mode & 0o077 == 0


def test_unless_it_is_set_nobody_is_asked_and_no_officers_certificate_counts(
    bare_home: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(bare_home, home)
    site = Site(home)
    site.officer("noura", MOJ)
    assert command(home, "officer", "certificate", "noura", "--issue", str(home / "issued")).code == 0
    with site.serving() as where:
        scene = Scene(site, where, home / "issued")
        reader = scene.imap("noura")
        assert "AUTH=EXTERNAL" not in reader.capabilities
        with pytest.raises(imaplib.IMAP4.error, match="not offered"):
            reader.authenticate("EXTERNAL", lambda _challenge: b"")
        reader.shutdown()
        with scene.smtp("noura") as client:
            assert client.docmd("AUTH", "EXTERNAL =")[0] == 504
        with Scene(site, replace(where, submission=where.systems), home / "issued").smtp("noura") as client:
            assert client.docmd("AUTH", "EXTERNAL =")[0] == 535  # systems are asked, and the CA is the same
    site.close()


def test_a_ca_that_is_not_there_is_named(bare_home: Path, tmp_path: Path) -> None:
    for setting in ("officer_ca", "client_ca"):
        home = tmp_path / setting
        shutil.copytree(bare_home, home)
        settled(home, setting, "absent.pem")
        told = json.loads(command(home, "doctor", "--json").out)
        (found,) = (one for one in told["checks"] if one["check"] == setting)
        assert (found["ok"], found["fix"]) == (False, f"set [tls] {setting} to a PEM file")
        done = command(home, "serve")
        assert (done.code, done.out) == (2, "")
        assert f"[tls] {setting}: {home / 'absent.pem'}" in done.err
