"""Programs that are not ours log in by SCRAM-SHA-256: imaplib with scramp, mbsync (Cyrus SASL), mutt (GNU SASL)."""

import asyncio
import imaplib
import os
import pty
import shutil
import smtplib
import subprocess
from pathlib import Path

import pytest
from scramp import ScramClient

from tests.authority import Authority
from tests.dialogs.imap.rig import SECRET, World
from tests.dialogs.imap.test_clients import MBSYNC
from tests.dialogs.smtp.rig import running as submission_running


class Conversation:
    """scramp's client, as a callback for the standard library: it gives the next message to the server's last."""

    def __init__(self, login: str, secret: str) -> None:
        self._client = ScramClient(["SCRAM-SHA-256"], login, secret)
        self._step = 0

    def __call__(self, said: bytes = b"") -> bytes:
        client, self._step = self._client, self._step + 1
        if self._step == 1:
            return bytes(client.get_client_first().encode())
        if self._step == 2:
            client.set_server_first(said.decode())
            return bytes(client.get_client_final().encode())
        client.set_server_final(said.decode())  # raises when the server does not know the password
        return b""


async def test_imaplib_with_scramp(world: World) -> None:
    (placed,) = world.letters(1)

    def converse() -> None:
        client = imaplib.IMAP4_SSL("localhost", world.port, ssl_context=world.client_context())
        assert "AUTH=SCRAM-SHA-256" in client.capabilities
        assert client.authenticate("SCRAM-SHA-256", Conversation("noura", SECRET))[0] == "OK"
        assert client.select() == ("OK", [b"1"])
        assert b"body 1\r\n" in client.fetch("1", "(BODY.PEEK[TEXT])")[1][0]  # type: ignore[operator]
        assert client.logout()[0] == "BYE"

    await asyncio.to_thread(converse)
    assert world.methods(placed.letter) == {("noura", "scram")}


async def test_imaplib_with_a_wrong_password(world: World) -> None:
    def converse() -> None:
        client = imaplib.IMAP4_SSL("localhost", world.port, ssl_context=world.client_context())
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            client.authenticate("SCRAM-SHA-256", Conversation("noura", "wrong"))
        assert client.login("noura", SECRET)[0] == "OK"

    await asyncio.to_thread(converse)


async def test_smtplib_with_scramp(authority: Authority) -> None:
    async with submission_running(authority) as world:

        def converse() -> None:
            with smtplib.SMTP_SSL("localhost", world.port, context=world.client_context()) as client:
                client.ehlo()
                said = Conversation("noura", SECRET)
                code, text = client.auth("SCRAM-SHA-256", lambda c=None: said(c or b"").decode())
                assert (code, text) == (235, b"2.7.0 Authentication successful")

        await asyncio.to_thread(converse)


@pytest.mark.skipif(shutil.which("mbsync") is None, reason="mbsync is not installed")
async def test_mbsync_by_cyrus_sasl(world: World, tmp_path: Path) -> None:
    (placed,) = world.letters(1)
    (tmp_path / "mail").mkdir()
    settings = tmp_path / "mbsyncrc"
    text = MBSYNC.format(port=world.port, secret=SECRET, authority=world.authority.file, folder=tmp_path)
    settings.write_text(text.replace("SSLType IMAPS", "SSLType IMAPS\nAuthMechs SCRAM-SHA-256"))
    command = ["mbsync", "-c", str(settings), "-a"]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, check=False, timeout=30, cwd=tmp_path
    )
    if b"none of the available" in done.stderr.lower() or b"no mechanism available" in done.stderr.lower():
        pytest.skip("Cyrus SASL is here without its SCRAM module (libsasl2-modules)")
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(list((tmp_path / "mail" / "INBOX").rglob("*U=*"))) == 1
    assert world.methods(placed.letter) == {("noura", "scram")}


@pytest.mark.skipif(shutil.which("mutt") is None, reason="mutt is not installed")
async def test_mutt_by_its_sasl_library(world: World, tmp_path: Path) -> None:
    (placed,) = world.letters(1)
    settings = tmp_path / "muttrc"
    settings.write_text(
        f'set folder="imaps://localhost:{world.port}/"\nset spoolfile="+INBOX"\nset imap_user="noura"\n'
        f'set imap_pass="{SECRET}"\nset ssl_ca_certificates_file="{world.authority.file}"\n'
        f'set certificate_file="{world.authority.file}"\nset ssl_starttls=no\n'
        'set imap_authenticators="scram-sha-256"\nset header_cache=""\nset quit=yes\nset move=no\n'
        'push "<first-entry><display-message><exit><quit>"\n'
    )

    def drive() -> int:
        child, screen = pty.fork()
        if child == 0:
            os.execvpe(
                "mutt",
                ["mutt", "-n", "-F", str(settings)],
                os.environ | {"TERM": "xterm", "HOME": str(tmp_path)},
            )
        try:
            while os.read(screen, 4096):
                pass
        except OSError:  # the terminal is gone
            pass
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert await asyncio.wait_for(asyncio.to_thread(drive), 40) == 0
    assert world.methods(placed.letter) == {("noura", "scram")}
