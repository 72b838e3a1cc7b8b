"""Real client programs and libraries, from login to logout, over loopback TLS."""

import asyncio
import imaplib
import os
import pty
import shutil
import ssl
import subprocess
from pathlib import Path

import aioimaplib
import pytest

from tests.authority import trusting
from tests.dialogs.imap.rig import MOF, SECRET, World


async def test_imaplib_goes_the_whole_way(world: World) -> None:
    placed = world.letters(3)

    def converse() -> None:
        client = imaplib.IMAP4_SSL("localhost", world.port, ssl_context=world.client_context())
        client.login("noura", SECRET)
        assert client.enable("UTF8=ACCEPT")[0] == "OK"
        assert client.select() == ("OK", [b"3"])
        assert client.search(None, "SUBJECT", "letter 2") == ("OK", [b"2"])
        _, found = client.fetch("2", "(FLAGS BODY.PEEK[TEXT])")
        assert found[0][1] == b"body 2\r\n"
        assert client.store("1", "+FLAGS", "\\Deleted")[0] == "OK"
        assert client.expunge() == ("OK", [b"1"])
        assert client.append("Drafts", "\\Draft", None, b"Subject: draft\r\n\r\ntext\r\n")[0] == "OK"
        assert client.copy("1", "Trash")[0] == "OK"
        assert client.uid("MOVE", "3", "Trash")[0] == "OK"
        assert client.status("Trash", "(MESSAGES)") == ("OK", [b'"Trash" (MESSAGES 2)'])
        assert client.create("Work")[0] == "OK"
        assert client.rename("Work", "Done")[0] == "OK"
        assert client.sort("REVERSE DATE", "UTF-8", "ALL") == ("OK", [b"1"])
        assert client.thread("REFERENCES", "UTF-8", "ALL") == ("OK", [b"(1)"])
        assert client.delete("Done")[0] == "OK"
        assert client.close()[0] == "OK"
        assert client.logout()[0] == "BYE"

    await asyncio.to_thread(converse)
    assert world.facts(placed[1].letter, "HANDED-OVER", "SEEN") == [("HANDED-OVER", "noura")]


async def test_aioimaplib_idles_and_hears(world: World) -> None:
    client = aioimaplib.IMAP4_SSL("localhost", world.port, ssl_context=world.client_context())
    async with asyncio.timeout(20):
        await client.wait_hello_from_server()
        assert (await client.login("noura", SECRET)).result == "OK"
        assert (await client.select()).result == "OK"
        idling = await client.idle_start(timeout=10)
        await asyncio.to_thread(world.letters, 1, MOF)
        assert await client.wait_server_push() == [b"1 EXISTS", b"1 RECENT"]
        client.idle_done()
        await asyncio.wait_for(idling, 5)
        result, lines = await client.uid("fetch", "1", "(FLAGS BODY.PEEK[])")
        assert result == "OK"
        assert b"body 1" in b"\n".join(lines)
        result, lines = await client.uid_search("ALL")
        assert lines[0] == b"1"
        await client.logout()


MBSYNC = """
IMAPAccount gateway
Host localhost
Port {port}
User noura
Pass {secret}
SSLType IMAPS
SSLVersions TLSv1.3
CertificateFile {authority}

IMAPStore far
Account gateway

MaildirStore near
Path {folder}/mail/
Inbox {folder}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns "INBOX" "Drafts" "Archive"
Create Near
Expunge None
SyncState *
"""


async def run(command: list[str], folder: Path) -> None:
    """Run a mail program; what it says when it fails stands in the report."""
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, timeout=30, cwd=folder, check=False
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")


@pytest.mark.skipif(shutil.which("mbsync") is None, reason="mbsync is not installed")
async def test_mbsync_copies_down_and_up(world: World, tmp_path: Path) -> None:
    placed = world.letters(3)
    (tmp_path / "mail").mkdir()
    settings = tmp_path / "mbsyncrc"
    settings.write_text(
        MBSYNC.format(port=world.port, secret=SECRET, authority=world.authority.file, folder=tmp_path)
    )
    command = ["mbsync", "-c", str(settings), "-a"]
    await run(command, tmp_path)
    files = sorted((tmp_path / "mail" / "INBOX").rglob("*U=*"))
    assert len(files) == 3
    near = files[0].read_bytes().replace(b"\r\n", b"\n")
    assert b"X-TUID" in near or near == (placed[0].prefix + placed[0].octets).replace(b"\r\n", b"\n")
    assert all(world.facts(one.letter, "HANDED-OVER") == [("HANDED-OVER", "noura")] for one in placed)
    (tmp_path / "mail" / "Drafts" / "cur" / "1.1.host:2,D").write_bytes(b"Subject: up\n\nfrom below\n")
    await run(command, tmp_path)
    client = await world.selected("Drafts")
    (line,) = await client.ok("FETCH 1 (FLAGS BODY.PEEK[TEXT])")
    assert "\\Draft" in line
    assert "from below" in line


@pytest.mark.skipif(shutil.which("mutt") is None, reason="mutt is not installed")
async def test_mutt_opens_a_letter(world: World, tmp_path: Path) -> None:
    read, deleted = world.letters(2)
    settings = tmp_path / "muttrc"
    settings.write_text(
        f'set folder="imaps://localhost:{world.port}/"\nset spoolfile="+INBOX"\nset imap_user="noura"\n'
        f'set imap_pass="{SECRET}"\nset ssl_ca_certificates_file="{world.authority.file}"\n'
        f'set certificate_file="{world.authority.file}"\nset ssl_starttls=no\n'
        f'set header_cache=""\nset quit=yes\nset move=no\nset delete=yes\nset pager_stop\n'
        'push "<first-entry><display-message><exit><last-entry><delete-message><sync-mailbox><quit>"\n'
    )

    def drive() -> int:
        child, screen = pty.fork()
        if child == 0:
            os.execvpe(
                "mutt",
                ["mutt", "-n", "-F", str(settings)],
                os.environ | {"TERM": "xterm", "HOME": str(tmp_path)},
            )
        seen = b""
        try:
            while octets := os.read(screen, 4096):
                seen += octets
        except OSError:  # the terminal is gone
            pass
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert await asyncio.wait_for(asyncio.to_thread(drive), 40) == 0
    assert world.facts(read.letter, "HANDED-OVER", "SEEN") == [("HANDED-OVER", "noura"), ("SEEN", "noura")]
    assert world.facts(deleted.letter, "HANDED-OVER", "SEEN", "UNLINKED") == [("UNLINKED", "noura")]


async def test_certificate_is_checked_by_an_honest_client(world: World) -> None:
    with pytest.raises(ssl.SSLError):
        await asyncio.to_thread(imaplib.IMAP4_SSL, "localhost", world.port, ssl_context=trusting())
