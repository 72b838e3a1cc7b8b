"""A running gateway with the sample agencies, and one official letter sent through the whole of its life."""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from admin_cli.console import document
from admin_cli.globals import DEFAULT_HOME, current


def demo(
    once: Annotated[bool, typer.Option("--once", help="end after the story instead of serving on")] = False,
) -> None:
    """Make an instance with the 37 sample agencies, send one signed letter, open it, show receipts and trace."""
    given = current().home
    own = given == Path(DEFAULT_HOME)
    home = Path(tempfile.mkdtemp(prefix="murasalat-")) / "demo" if own else given
    try:
        _play(home, once=once)
    finally:
        if own and once:
            shutil.rmtree(home.parent, ignore_errors=True)


def _play(home: Path, *, once: bool) -> None:
    from admin_cli.demostory import Story

    for number in (signal.SIGINT, signal.SIGTERM):  # also when a script started us with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    quiet = current().json
    story = Story(home, quiet=quiet, any_port=once)
    story.prepare()
    server = _serve(home)
    try:
        listeners = json.loads(_first_line(server))["listeners"]
        told = story.play(listeners)
        if quiet:
            document(told)
        if not once:
            story.say_how_to_connect(listeners)
            server.wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _serve(home: Path) -> "subprocess.Popen[str]":
    """Start `serve` as its own process, as an administrator would; its journal goes to a file in the home."""
    with (home / "journal.log").open("ab") as journal:
        return subprocess.Popen(  # noqa: S603 - our own program, on a home that we just made
            [sys.executable, "-m", "admin_cli", "serve", "--home", str(home)],
            stdout=subprocess.PIPE,
            stderr=journal,
            text=True,
            start_new_session=True,  # Ctrl-C reaches the demo alone, which then lets the server drain
        )


def _first_line(server: "subprocess.Popen[str]") -> str:
    line = server.stdout.readline() if server.stdout else ""
    if not line:
        raise RuntimeError("the gateway did not start; see journal.log in the demo's home")
    return line
