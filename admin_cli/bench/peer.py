"""A throw-away Dovecot on loopback, to measure a peer in the same run, with the same certificate and client.

Its settings are generous to it: one login process for many connections, imap processes that wait for clients and
serve one after the other, its fastest storage (mdbox) unless maildir is asked for, and a password that is compared as
it is, without a hash to compute. What it stores is durable before the OK, as its default (`mail_fsync = optimized`)
has it. Nothing of the machine's own Dovecot is read or changed.
"""

import grp
import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from admin_cli.bench.client import Target
from gateway.login.passwords import generate_secret

LOGIN = "bench"
PEERS = {"dovecot": "mdbox", "dovecot-maildir": "maildir"}
"""What may be measured beside ours, with the storage that it keeps mail in."""
_SETTINGS = """\
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
instance_name = bench-{port}
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
mail_location = {storage}:{base}/mail/%u
mail_uid = {mail_user}
mail_gid = {mail_group}
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login_user}
mail_max_userip_connections = 1000
auth_mechanisms = plain
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {base}/users
}}
userdb {{
  driver = static
  args = uid={mail_user} gid={mail_group} home={base}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  service_count = 0
  {chroot}
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service imap {{
  service_count = 100
  process_min_avail = 2
  process_limit = 512
}}
service anvil {{
  {chroot}
}}
"""


def installed() -> str | None:
    """Return the Dovecot program of this machine, or None."""
    return shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")


@contextmanager
def dovecot(base: Path, certificate: Path, key: Path, storage: str) -> Iterator[Target]:
    """Serve one account with Dovecot, its mail in `storage`, while the block runs. Raises OSError when it cannot."""
    program = installed()
    assert program is not None
    secret = generate_secret()
    port = _free_port()
    settings = _settings(base, certificate, key, port, storage)
    (base / "users").write_text(f"{LOGIN}:{{PLAIN}}{secret}:::::::\n", encoding="utf-8")
    (base / "dovecot.conf").write_text(settings, encoding="utf-8")
    server = subprocess.Popen(  # noqa: S603 - the program that the administrator asked to measure
        [program, "-F", "-c", str(base / "dovecot.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(port, server, base / "log")
        yield Target("dovecot", "127.0.0.1", port, LOGIN, secret, server.pid)
    finally:
        server.terminate()
        server.wait(30)


def _settings(base: Path, certificate: Path, key: Path, port: int, storage: str) -> str:
    for name in ("run", "state", "mail"):
        (base / name).mkdir(parents=True, exist_ok=True)
    as_root = os.geteuid() == 0
    me = pwd.getpwuid(os.geteuid()).pw_name
    group = grp.getgrgid(os.getegid()).gr_name
    if as_root:  # Dovecot refuses to keep root's mail, and separates its login processes from the rest
        for folder in (base.parent, base):
            folder.chmod(0o755)
        os.chown(base / "mail", pwd.getpwnam("nobody").pw_uid, -1)
        mail_user, mail_group = "nobody", str(pwd.getpwnam("nobody").pw_gid)
    else:
        mail_user, mail_group = me, group
    return _SETTINGS.format(
        base=base,
        storage=storage,
        port=port,
        certificate=certificate.absolute(),
        key=key.absolute(),
        mail_user=mail_user,
        mail_group=mail_group,
        internal="dovecot" if as_root else me,
        internal_group="dovecot" if as_root else group,
        login_user="dovenull" if as_root else me,
        chroot="" if as_root else "chroot =",
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(100):
        if server.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    said = log.read_text(encoding="utf-8", errors="replace").strip() if log.exists() else ""
    raise OSError(f"Dovecot did not start: {said[-500:] or server.poll()}")
