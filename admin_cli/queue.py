"""What is still owed: list, show, retry, hold, give up."""

from typing import Annotated

import typer

from admin_cli.console import document, result, rows

app = typer.Typer(help="Receipts still owed / الإيصالات المستحقة", no_args_is_help=True)

COLUMNS = (
    ("id", "الرقم", "Id"),
    ("kind", "النوع", "Kind"),
    ("letter_id", "الخطاب", "Letter"),
    ("state", "الحالة", "State"),
    ("attempts", "المحاولات", "Attempts"),
    ("due_at", "الموعد", "Due"),
    ("error", "الخطأ", "Error"),
)

Number = Annotated[int, typer.Argument(min=1, max=2**63 - 1)]


@app.command("list")
def list_(state: Annotated[str, typer.Option(help="owed, held, failed or done")] = "") -> None:
    """List what is owed, held or failed."""
    from dataclasses import asdict

    from admin_cli.acts import read
    from mailstore.outbox import listed

    rows("queue", [asdict(one) for one in read(lambda connection: listed(connection, state))], COLUMNS)


@app.command()
def show(number: Number) -> None:
    """Show one piece of work."""
    from dataclasses import asdict

    from admin_cli.acts import read
    from mailstore.faults import NotFound
    from mailstore.outbox import listed

    every = read(lambda connection: listed(connection) + listed(connection, "done"))
    found = next((asdict(one) for one in every if one.id == number), None)
    if found is None:
        raise NotFound(f"nothing owed has the number {number}", f"لا يوجد مستحق رقمه {number}")
    document(found)


@app.command()
def retry(number: Number) -> None:
    """Try again now."""
    _set(number, "owed")


@app.command()
def hold(number: Number) -> None:
    """Stop trying until told to retry."""
    _set(number, "held")


@app.command()
def fail(number: Number) -> None:
    """Give up; the row stays, with its reason."""
    from admin_cli.acts import ask

    ask(f"لن يُحاوَل العمل رقم {number} بعد الآن.", f"Number {number} will not be tried again.")
    _set(number, "failed")


def _set(number: int, state: str) -> None:
    from admin_cli.acts import change
    from mailstore.outbox import set_state

    change(lambda unit: set_state(unit, number, state))
    result({"id": number, "state": state}, f"العمل رقم {number}: {state}", f"{number} is {state}")
