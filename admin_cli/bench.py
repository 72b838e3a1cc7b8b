"""Benchmarks: measured on this machine, in this run; every figure says how it was made."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from admin_cli.console import document, rows
from admin_cli.globals import current

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
    from admin_cli.benchintake import Plan, measure

    home = Path(tempfile.mkdtemp(prefix="murasalat-bench-"))
    try:
        found = measure(home / "instance", Plan(letters, clients, size, runs))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    if current().json:
        document(found)
        return
    shown = [{"name": name, "value": value} for name, value in found.items()]
    rows("intake", shown, (("name", "البيان", "Figure"), ("value", "القيمة", "Value")))
