"""Run the Dovecot project's imaptest, which is installed apart, against a gateway and say what passed.

    python -m tests.clients.imaptest --binary imaptest --scripts DIR --serve
    python -m tests.clients.imaptest --binary imaptest --scripts DIR --host H --port P --user U --password P
    python -m tests.clients.imaptest … --stress 30 -- logout=0

Without --stress every script of DIR runs in a process of its own: one that hangs or ends imaptest itself fails alone.
A script is skipped when the server does not offer a capability that the script names, or when it needs a second user.
Words after `--` go to imaptest as they are. Exit codes: 0 all passed, 1 something failed, 2 wrong usage.

imaptest deletes and makes mailboxes whose names begin with the one that it works in (`--box`, default `imaptest`).
"""

import argparse
import imaplib
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.authority import trusting
from tests.harness import Site
from tests.postgres import binaries, running_postgres

BOX = "imaptest"
COUNTS = re.compile(r"^(base protocol|extensions): (\d+)/(\d+) individual commands failed", re.MULTILINE)
CAPABILITIES = re.compile(rb"^capabilities: *(.+?) *\r?$", re.IGNORECASE | re.MULTILINE)
SECOND_USER = re.compile(rb"^user ", re.IGNORECASE | re.MULTILINE)
CLIENTS = re.compile(r"^[ \d]+/ *\d+( |$)")  # counts of one second, and how many clients are logged in
AT_ITS_END = "Panic: file client-state.c: line 222 (client_update_plan)"
NAME_WIDTH = 38


@dataclass(frozen=True, slots=True)
class Target:
    """Where imaptest logs in, and as whom."""

    host: str
    port: int
    user: str
    password: str
    tls: bool = True

    def words(self) -> list[str]:
        secure = ["ssl=any-cert"] if self.tls else []
        return [
            f"host={self.host}",
            f"port={self.port}",
            f"user={self.user}",
            f"pass={self.password}",
            *secure,
        ]

    @contextmanager
    def session(self) -> Iterator[imaplib.IMAP4]:
        context = trusting()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # as imaptest's ssl=any-cert
        client = (
            imaplib.IMAP4_SSL(self.host, self.port, ssl_context=context, timeout=30)
            if self.tls
            else imaplib.IMAP4(self.host, self.port, timeout=30)
        )
        with client:
            client.login(self.user, self.password)
            yield client

    def capabilities(self) -> set[str]:
        with self.session() as client:
            return set(client.capability()[1][0].decode().upper().split())


@dataclass(frozen=True, slots=True)
class Script:
    """One of imaptest's scripts; `needs` are the capabilities it names, upper case."""

    path: Path
    needs: frozenset[str]
    second_user: bool

    @property
    def family(self) -> str:
        return " ".join(sorted(self.needs)) or "base"

    def chosen(self, groups: Sequence[str]) -> bool:
        """Tell whether it belongs to a group: its own name, a capability, `base`, `extensions`, or no group asked."""
        asked = {one.upper() for one in groups}
        own = (
            {self.path.name.upper(), "EXTENSIONS", *self.needs}
            if self.needs
            else {self.path.name.upper(), "BASE"}
        )
        return not asked or bool(asked & own)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one script said: commands failed and run, and the complaint if it failed."""

    script: Script
    failed: int = 0
    commands: int = 0
    complaint: str = ""


def read_scripts(folder: Path) -> list[Script]:
    """Return the scripts of a folder, by name."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.suffix != ".mbox" and not path.name.startswith("."):
            octets = path.read_bytes()
            named = CAPABILITIES.search(octets)
            needs = frozenset(named[1].decode().upper().split() if named else ())
            found.append(Script(path, needs, SECOND_USER.search(octets) is not None))
    return found


@dataclass(frozen=True, slots=True)
class Imaptest:
    """An installed imaptest; it runs in `folder`, where its raw logs go."""

    binary: str
    folder: Path
    extra: tuple[str, ...] = ()

    def run(self, target: Target, *words: str, seconds: float) -> "subprocess.CompletedProcess[str]":
        """Run it. Raises TimeoutExpired."""
        by_line = (
            ["stdbuf", "-oL"] if shutil.which("stdbuf") else []
        )  # what it printed outlives its own panics
        return subprocess.run(
            [*by_line, self.binary, *target.words(), *words, *self.extra],
            cwd=self.folder,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )

    def script(self, target: Target, script: Script, box: str, seconds: float) -> Outcome:
        """Run one script and read what imaptest says of it."""
        try:
            done = self.run(target, f"test={script.path}", f"box={box}", seconds=seconds)
        except subprocess.TimeoutExpired as late:
            said = late.stderr.decode(errors="replace") if late.stderr else ""
            return Outcome(script, 1, 1, f"no end within {seconds:g} s\n{said}")
        counts = COUNTS.findall(done.stdout)
        failed, commands = (sum(int(one[place]) for one in counts) for place in (1, 2))
        if done.returncode or failed or not counts:
            return Outcome(
                script, failed or 1, commands or 1, done.stderr.strip() or f"exit code {done.returncode}"
            )
        return Outcome(script, 0, commands)

    def stress(
        self, target: Target, mbox: Path, box: str, seconds: int
    ) -> tuple[dict[str, int], list[str], str]:
        """Run random commands of ten clients on one mailbox; return commands by name, the errors, and ms a command."""
        with target.session() as client:
            client.create(box)
        done = self.run(target, f"box={box}", f"mbox={mbox}", f"secs={seconds}", seconds=seconds + 120)
        with target.session() as client:
            client.delete(box)
        said = done.stderr.partition(AT_ITS_END)[
            0
        ]  # checkpoints at the end of the time are too much for imaptest
        errors = [line for line in said.splitlines() if line.startswith(("Error:", "Panic:", "Fatal:"))]
        lines = done.stdout.splitlines()
        names = next((line.split() for line in lines if line.startswith("Logi ")), [])
        seconds_of = [line.split() for line in lines if CLIENTS.search(line)]
        counts = [sum(int(one[place]) for one in seconds_of) for place in range(len(names))]
        pace = next((line for line in reversed(lines) if "ms/cmd avg" in line), "").split(" ms/cmd")[0]
        return dict(zip(names, counts, strict=True)), errors, pace


def run_scripts(imaptest: Imaptest, target: Target, wanted: argparse.Namespace) -> int:
    """Run the chosen scripts, print one line each and the sum; return the exit code."""
    offered = target.capabilities()
    scripts = [one for one in read_scripts(wanted.scripts) if one.chosen(wanted.groups)]
    if not scripts:
        print("no script belongs to these groups", file=sys.stderr)
        return 2
    outcomes, skipped = [], 0
    for script in scripts:
        missing = sorted(script.needs - offered) + (["a second user"] if script.second_user else [])
        if missing:
            skipped += 1
            print(f"skipped  {script.path.name:{NAME_WIDTH}} not offered: {', '.join(missing)}")
            continue
        outcome = imaptest.script(target, script, wanted.box, wanted.timeout)
        outcomes.append(outcome)
        word = "FAILED " if outcome.failed else "passed "
        print(
            f"{word}  {script.path.name:{NAME_WIDTH}} {outcome.commands} commands, {script.family}",
            flush=True,
        )
        if outcome.failed:
            print("\n".join(f"           {line}" for line in outcome.complaint.splitlines() if line.strip()))
    failed = [one for one in outcomes if one.failed]
    print(f"groups: {len(outcomes) - len(failed)} passed, {len(failed)} failed, {skipped} skipped")
    for name, base in (("base", True), ("extensions", False)):
        own = [one for one in outcomes if (not one.script.needs) is base]
        print(f"{name}: {sum(one.failed for one in own)}/{sum(one.commands for one in own)} commands failed")
    if failed:
        print("failed: " + " ".join(one.script.path.name for one in failed))
    return 1 if failed else 0


def run_stress(imaptest: Imaptest, target: Target, wanted: argparse.Namespace) -> int:
    """Run the stress mode, print commands a second and the errors; return the exit code."""
    counts, errors, pace = imaptest.stress(target, wanted.scripts / "default.mbox", wanted.box, wanted.stress)
    total = sum(counts.values())
    print("commands: " + " ".join(f"{name}={count}" for name, count in counts.items()))
    print(f"ms a command, last: {pace}")
    print(
        f"stress: {total} commands in {wanted.stress} s = {total / wanted.stress:.0f}/s, {len(errors)} errors"
    )
    for line in errors[:20]:
        print(f"  {line}")
    return 0 if total and not errors else 1


@contextmanager
def served(*, postgres: bool) -> Iterator[Target]:
    """Serve a fresh instance as its own process; yield an officer's login there."""
    with ExitStack() as stack:
        database = ""
        if postgres:
            install = binaries()
            if install is None:
                raise SystemExit("the PostgreSQL of the test group is not installed")
            server = stack.enter_context(running_postgres(install))
            database = server.url(server.create())
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="imaptest-")))
        site = Site.create(home / "home", database=database)
        stack.callback(site.close)
        login = site.officer("imaptest", "registry@moj.gov.example")
        _process, where = stack.enter_context(site.process())
        yield Target(*where.imap, login, site.secrets[login])
        journal = (home / "home" / "journal.log").read_text(encoding="utf-8", errors="replace")
        if "Traceback" in journal:
            print(journal[-4000:], file=sys.stderr)


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.clients.imaptest", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--binary", default="imaptest", help="the imaptest program")
    parser.add_argument(
        "--scripts", type=Path, required=True, help="folder of imaptest's scripts (src/tests)"
    )
    parser.add_argument("--serve", action="store_true", help="serve a fresh instance and test that")
    parser.add_argument(
        "--postgres", action="store_true", help="with --serve: on PostgreSQL instead of SQLite"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int)
    parser.add_argument("--user")
    parser.add_argument(
        "--password", default=os.environ.get("IMAPTEST_PASSWORD"), help="or $IMAPTEST_PASSWORD"
    )
    parser.add_argument("--plain", action="store_true", help="without TLS")
    parser.add_argument(
        "--groups", nargs="+", default=[], help="base, extensions, a capability, or a script's name"
    )
    parser.add_argument(
        "--box", default=BOX, help="the mailbox to work in; it and what begins with it is deleted"
    )
    parser.add_argument("--timeout", type=float, default=60.0, help="longest time of one script, in seconds")
    parser.add_argument("--stress", type=int, metavar="SECONDS", help="random commands instead of scripts")
    parser.add_argument("--rawlog", type=Path, help="folder for the dialogues as imaptest logs them")
    return parser


def main(words: Sequence[str]) -> int:
    end = list(words).index("--") if "--" in words else len(words)
    extra = words[end + 1 :]
    parser = arguments()
    wanted = parser.parse_args(words[:end])
    if not shutil.which(wanted.binary):
        parser.error(f"{wanted.binary}: no such program; docs/testing-imap.md says where it comes from")
    if not wanted.scripts.is_dir():
        parser.error(f"{wanted.scripts}: no such folder")
    wanted.scripts = wanted.scripts.resolve()
    if not wanted.serve and None in (wanted.port, wanted.user, wanted.password):
        parser.error("give --serve, or --port, --user and --password")
    with ExitStack() as stack:
        folder = wanted.rawlog or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="imaptest-")))
        folder.mkdir(parents=True, exist_ok=True)
        logged = ("rawlog",) if wanted.rawlog else ()
        binary = str(Path(shutil.which(wanted.binary) or wanted.binary).resolve())
        imaptest = Imaptest(binary, folder, (*logged, *extra))
        target = (
            stack.enter_context(served(postgres=wanted.postgres))
            if wanted.serve
            else Target(wanted.host, wanted.port, wanted.user, wanted.password, tls=not wanted.plain)
        )
        try:
            return (run_stress if wanted.stress else run_scripts)(imaptest, target, wanted)
        except (OSError, imaplib.IMAP4.error) as fault:
            print(f"cannot log in at {target.host}:{target.port}: {fault}", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
