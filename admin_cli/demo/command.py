"""A running gateway with the sample agencies, and one official letter sent through the whole of its life."""

import shutil
import signal
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from admin_cli.console import document
from admin_cli.globals import DEFAULT_HOME, current
from admin_cli.serving import served


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
    from admin_cli.demo.story import Story

    for number in (signal.SIGINT, signal.SIGTERM):  # also when a script started us with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    quiet = current().json
    story = Story(home, quiet=quiet, any_port=once)
    story.prepare()
    try:
        with served(home) as server:
            told = story.play(server.listeners)
            if quiet:
                document(told)
            if not once:
                story.say_how_to_connect(server.listeners)
                server.process.wait()
    except KeyboardInterrupt:
        pass
