"""Reports: letters per month and agency, and per agency over a period."""

from typing import Annotated, Any

import typer

from admin_cli.console import document, rows, say
from admin_cli.globals import current

app = typer.Typer(help="Reports / التقارير", no_args_is_help=True)


@app.command()
def monthly(
    since: Annotated[str, typer.Option("--from", help="first month, YYYY-MM")],
    until: Annotated[str, typer.Option("--to", help="last month, YYYY-MM")],
) -> None:
    """Letters per month, and per month and agency."""
    found = _counts(since, until)
    names = _names()
    months: dict[str, int] = {}
    for month, _code, sent, _received in found:
        months[month] = months.get(month, 0) + sent
    per_agency = [
        {"month": month, "agency": code, **names.get(code, {}), "sent": sent, "received": received}
        for month, code, sent, received in found
    ]
    totals = [{"month": month, "letters": count} for month, count in sorted(months.items())]
    if current().json:
        document({"months": totals, "agencies": per_agency, "letters": sum(months.values())})
        return
    rows("months", totals, (("month", "الشهر", "Month"), ("letters", "الخطابات", "Letters")))
    rows("agencies", per_agency, (("month", "الشهر", "Month"), *_AGENCY_COLUMNS))
    say(f"المجموع: {sum(months.values())}", f"total: {sum(months.values())}")


@app.command()
def agencies(
    since: Annotated[str, typer.Option("--from", help="first month, YYYY-MM")],
    until: Annotated[str, typer.Option("--to", help="last month, YYYY-MM")],
) -> None:
    """Letters per agency over a period, most first."""
    names = _names()
    totals: dict[str, list[int]] = {code: [0, 0] for code in names}
    for _month, code, sent, received in _counts(since, until):
        totals.setdefault(code, [0, 0])
        totals[code][0] += sent
        totals[code][1] += received
    ranked = sorted(totals.items(), key=lambda item: (-sum(item[1]), item[0]))
    found = [
        {"agency": code, **names.get(code, {}), "sent": out, "received": into} for code, (out, into) in ranked
    ]
    rows("agencies", found, _AGENCY_COLUMNS)


_AGENCY_COLUMNS = (
    ("agency", "الجهة", "Agency"),
    ("sent", "صادر", "Sent"),
    ("received", "وارد", "Received"),
    ("name_en", "الاسم بالإنجليزية", "Name (English)"),
    ("name_ar", "الاسم", "Name (Arabic)"),
)


def _counts(since: str, until: str) -> list[tuple[str, str, int, int]]:
    from admin_cli.acts import InputFault, read
    from mailstore.letters.letters import monthly as count
    from policies.words.calendar import months

    for text, option in ((since, "--from"), (until, "--to")):
        try:
            months(text, text)
        except ValueError:
            raise InputFault(
                f"{option} takes a month as YYYY-MM, not {text!r}",
                f"{option} يقبل شهراً مثل 2026-01 لا {text!r}",
            ) from None
    if since > until:
        raise InputFault(f"--from {since} lies after --to {until}", f"البداية {since} بعد النهاية {until}")
    return read(lambda connection: count(connection, since, until))


def _names() -> dict[str, dict[str, Any]]:
    from admin_cli.acts import read
    from mailstore.directory.directory import snapshot

    return {
        one.code: {"name_ar": one.name_ar, "name_en": one.name_en} for one in read(snapshot).agencies.values()
    }
