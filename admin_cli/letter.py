"""Letters: find them, trace them, export them."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from admin_cli.console import document, result, rows
from admin_cli.globals import current

app = typer.Typer(help="Letters / الخطابات", no_args_is_help=True)

COLUMNS = (
    ("reference", "الرقم", "Reference"),
    ("accepted_at", "قُبل", "Accepted"),
    ("sender_office", "من", "From"),
    ("recipients", "إلى", "To"),
    ("subject", "الموضوع", "Subject"),
)


@app.command()
def trace(word: Annotated[str, typer.Argument(metavar="REFERENCE|LETTER-ID|MESSAGE-ID")]) -> None:
    """Show the whole life of a letter on one screen."""
    from admin_cli.acts import instance
    from gateway.letters.tracing import trace as find

    with instance() as opened:
        found = opened.store.read(lambda connection: find(connection, word))
        hijri_offset = opened.config.instance.hijri_offset
    if current().json or current().ndjson:
        document(found)
        return
    from admin_cli.trace_screen import show as show_screen

    show_screen(found, hijri_offset)


@app.command("list")
def list_(
    subject: Annotated[str, typer.Option(help="words of the subject; Arabic forms are folded")] = "",
    agency: Annotated[str, typer.Option(help="code of the sending or receiving agency")] = "",
    number: Annotated[str, typer.Option(help="a reference, or its number")] = "",
    since: Annotated[str, typer.Option("--from", help="first day, YYYY-MM-DD")] = "",
    until: Annotated[str, typer.Option("--to", help="last day, YYYY-MM-DD")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="most rows")] = 1000,
) -> None:
    """Find letters by subject, agency, number and period, newest first."""
    from admin_cli.acts import read
    from admin_cli.checks import day
    from mailstore.database.transaction import Reading
    from mailstore.letters.letters import Search, addressees, search
    from policies.reference import parse as parse_reference
    from policies.words.calendar import rfc3339

    known = parse_reference(number) if number else None
    what = Search(
        subject,
        agency.upper(),
        str(known) if known else number,
        rfc3339(day(since, "--from")) if since else "",
        rfc3339(day(until, "--to") + timedelta(days=1)) if until else "",
        limit,
    )

    def find(connection: Reading) -> list[dict[str, Any]]:
        return [
            _members(one) | {"recipients": [to.office for to in addressees(connection, one.letter_id)]}
            for one in search(connection, what)
        ]

    rows("letters", read(find), COLUMNS)


@app.command()
def show(word: Annotated[str, typer.Argument(metavar="REFERENCE|LETTER-ID|MESSAGE-ID")]) -> None:
    """Show a letter's register entry: what it is, without its content."""
    from admin_cli.acts import read
    from gateway.letters.tracing import trace as find

    found = read(lambda connection: find(connection, word))
    members = {name: value for name, value in found.items() if name != "events"}
    if current().json:
        document(members)
        return
    flat = [{"name": name, "value": _flat(value)} for name, value in members.items()]
    rows("letter", flat, (("name", "البيان", "Item"), ("value", "القيمة", "Value")))


@app.command()
def export(
    word: Annotated[str, typer.Argument(metavar="REFERENCE|LETTER-ID|MESSAGE-ID")],
    to: Annotated[Path, typer.Option("--to", help="file for the original octets (.eml)")],
    reason: Annotated[str, typer.Option(help="why the letter is taken out; recorded as evidence")],
) -> None:
    """Write a letter's original octets to a file; the export is itself evidence."""
    from admin_cli.acts import InputFault, apply, instance
    from gateway.letters.exporting import export as take

    if to.exists():
        raise InputFault(f"{to}: exists already; choose another file", f"{to}: موجود من قبل؛ اختر ملفاً آخر")
    with instance() as opened:
        letter, octets = apply(opened, lambda unit: take(unit, opened.issuer, word, reason))
    if not current().dry_run:
        to.write_bytes(octets)
    result(
        {"reference": letter.reference, "sha256": letter.sha256, "size": len(octets), "file": str(to)},
        f"صُدّر الخطاب {letter.reference} إلى {to}",
        f"{letter.reference}: {len(octets)} octets written to {to}",
    )


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_flat(one)}" for name, one in value.items())
    if isinstance(value, list):
        return " | ".join(_flat(one) for one in value)
    return str(value)


def _members(letter: object) -> dict[str, Any]:
    names = (
        "letter_id",
        "reference",
        "message_id",
        "sha256",
        "size",
        "subject",
        "grade",
        "urgency",
        "accepted_at",
        "sender_agency",
        "sender_office",
        "sender_login",
    )
    return {name: getattr(letter, name) for name in names}
