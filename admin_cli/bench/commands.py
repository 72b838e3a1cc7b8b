"""Benchmarks: measured on this machine, in this run; every figure says how it was made."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from admin_cli.console import document, rows
from admin_cli.globals import Exit, current, leave

app = typer.Typer(help="Benchmarks / القياس", no_args_is_help=True)


@app.callback()
def noun() -> None:
    """Benchmarks: measured on this machine, in this run."""


@app.command()
def intake(
    letters: Annotated[int, typer.Option(min=20, help="letters in each run")] = 1000,
    clients: Annotated[
        int, typer.Option(min=1, max=200, help="clients at once, each on its own connection")
    ] = 20,
    size: Annotated[int, typer.Option(min=1024, help="octets of a letter, about")] = 4096,
    runs: Annotated[int, typer.Option(min=1, help="runs; the figures are medians")] = 3,
) -> None:
    """Signed letters over TLS, verified by both engines, durable before the 250: letters/s, CPU ms, latency."""
    from admin_cli.bench.intake import Plan, measure

    with _folder() as home:
        found = measure(home / "instance", Plan(letters, clients, size, runs))
    if current().json:
        document(found)
        return
    shown = [{"name": name, "value": value} for name, value in found.items()]
    rows("intake", shown, (("name", "البيان", "Figure"), ("value", "القيمة", "Value")))


@app.command()
def imap(
    messages: Annotated[int, typer.Option(min=200, max=200_000, help="messages in the mailbox")] = 2000,
    peer: Annotated[
        str, typer.Option(help="measure this server too, in turns: dovecot, dovecot-maildir")
    ] = "",
    size: Annotated[int, typer.Option(min=2500, help="octets of a message, about")] = 4096,
    connections: Annotated[int, typer.Option(min=2, max=48, help="idling connections held for memory")] = 40,
    runs: Annotated[int, typer.Option(min=1, help="runs; the figures are medians")] = 3,
) -> None:
    """Reading over IMAP and TLS: bulk FETCH, SEARCH, APPEND, IDLE, LOGIN and memory; beside Dovecot if wanted."""
    from admin_cli.bench.imap import Plan, measure
    from admin_cli.bench.peer import PEERS, installed

    if peer and peer not in PEERS:
        known = ", ".join(PEERS)
        leave(Exit.USAGE, f"--peer takes {known}, not {peer}", f"الخادم المقارن: {known} لا {peer}")
    if peer and installed() is None:
        leave(
            Exit.USAGE,
            "Dovecot is not installed: apt-get install dovecot-imapd",
            "لم يُثبَّت Dovecot: apt-get install dovecot-imapd",
        )
    with _folder() as home:
        found = measure(home / "instance", Plan(messages, size, connections, runs, peer))
    if current().json:
        document(found)
        return
    ours, theirs, ratio = (found.get(name, {}) for name in ("murasalat", "dovecot", "ratio"))
    shown = [
        {"name": name, "ours": value, "peer": theirs.get(name), "ratio": ratio.get(name)}
        for name, value in ours.items()
    ]
    columns = (
        ("name", "البيان", "Figure"),
        ("ours", "مراسلات", "Murasalat"),
        ("peer", "Dovecot", "Dovecot"),
        ("ratio", "كم مرة أفضل", "Times as good"),
    )
    rows("imap", shown, columns if peer else columns[:2])


@app.command()
def idle(
    sessions: Annotated[int, typer.Option(min=10, max=50_000, help="sessions that idle at once")] = 5000,
    messages: Annotated[int, typer.Option(min=0, max=1_000_000, help="messages in their mailbox")] = 0,
) -> None:
    """A crowd of idling mail programs over TLS: memory of each, how soon all hear of a new letter, a login."""
    from admin_cli.bench.idle import Plan, measure

    with _folder() as home:
        try:
            found = measure(home / "instance", Plan(sessions, messages))
        except OSError as fault:
            leave(Exit.USAGE, str(fault), f"تعذّر القياس: {fault}")
    if current().json:
        document(found)
        return
    shown = [{"name": name, "value": value} for name, value in found.items()]
    rows("idle", shown, (("name", "البيان", "Figure"), ("value", "القيمة", "Value")))


@contextmanager
def _folder() -> Iterator[Path]:
    """Give a folder that is gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="murasalat-bench-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
