"""Make a new instance."""

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from admin_cli.console import result
from admin_cli.globals import current

if TYPE_CHECKING:
    from mailstore.database.transaction import Unit

SAMPLE = Path(__file__).parent / "sample" / "agencies.csv"


def init(
    sample: Annotated[
        bool, typer.Option("--sample", help="load the 37 sample agencies with their people")
    ] = False,
    agencies: Annotated[Path | None, typer.Option(help="CSV file: code,domain,name_ar,name_en")] = None,
    listen: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    submission_port: Annotated[
        int, typer.Option(min=0, max=65535, help="SMTP submission port; 0: any free")
    ] = 1465,
    imap_port: Annotated[int, typer.Option(min=0, max=65535, help="IMAP port; 0: any free")] = 1993,
    database: Annotated[str, typer.Option(help="SQLAlchemy URL; default: SQLite in the home")] = "",
) -> None:
    """Make a new instance: settings, certificates, keys and database."""
    from datetime import UTC, datetime

    from gateway.config.tree import Config, DatabaseSection, ListenSection
    from gateway.instance.founding import create

    home = current().home
    config = Config(
        listen=ListenSection(host=listen, submission_port=submission_port, imap_port=imap_port),
        database=DatabaseSection(url=database) if database else DatabaseSection(),
    )
    source = SAMPLE if sample else agencies
    rows = read_agencies(source) if source else []
    if current().dry_run:
        result(_made(home, len(rows), 0), f"سيُنشأ النظام في {home}", f"would make an instance in {home}")
        return
    people = 0

    def fill(unit: "Unit") -> None:
        nonlocal people
        people = load_agencies(unit, rows, with_people=sample)

    create(home, config, datetime.now(UTC), fill)
    result(
        _made(home, len(rows), people),
        f"أُنشئ النظام في {home}؛ ابدأه بالأمر: murasalat serve --home {home}",
        f"instance made in {home}; start it with: murasalat serve --home {home}",
    )


def _made(home: Path, agencies: int, people: int) -> dict[str, object]:
    return {
        "home": str(home),
        "ca": str((home / "ca.pem").absolute()),
        "agencies": agencies,
        "officers": people,
    }


def read_agencies(path: Path) -> list[dict[str, str]]:
    """Return the rows of an agencies file, each checked. Raises InputFault with file, row and fix."""
    from admin_cli.acts import InputFault

    wanted = ["code", "domain", "name_ar", "name_en"]
    names = ",".join(wanted)
    seen: dict[str, int] = {}
    rows: list[dict[str, str]] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, strict=True)
            if table.fieldnames != wanted:
                raise InputFault(
                    f"{path}:1: the first row must be {names}", f"{path}:1: يجب أن يكون الصف الأول {names}"
                )
            for row in table:
                where = f"{path}:{table.line_num}"
                if None in row or None in row.values():
                    raise InputFault(
                        f"{where}: needs exactly {len(wanted)} columns: {names}",
                        f"{where}: يحتاج إلى {len(wanted)} أعمدة بالضبط: {names}",
                    )
                checked = _checked(row, where)
                _hold_distinct(checked, where, seen, rows)
                rows.append(checked)
                seen |= dict.fromkeys((checked["code"], checked["domain"]), table.line_num)
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise InputFault(
            f"{path}: cannot be read as UTF-8 CSV: {fault}",
            f"{path}: تعذّرت قراءته كملف CSV بترميز UTF-8: {fault}",
        ) from None
    return rows


def _checked(row: dict[str, str], where: str) -> dict[str, str]:
    from admin_cli import checks
    from admin_cli.acts import InputFault, arabic
    from policies.addresses.address import AddressRefused

    try:
        return {
            "code": checks.agency_code(row["code"]),
            "domain": checks.domain_name(row["domain"]),
            "name_ar": checks.name(row["name_ar"], "name_ar"),
            "name_en": checks.name(row["name_en"], "name_en"),
        }
    except (InputFault, AddressRefused) as fault:
        raise InputFault(f"{where}: {fault}", f"{where}: {arabic(fault)}") from None


def _hold_distinct(row: dict[str, str], where: str, seen: dict[str, int], rows: list[dict[str, str]]) -> None:
    """Refuse a code or domain that stands in the file already, and domain or names that look like those of a row."""
    from admin_cli.acts import InputFault
    from mailstore.directory.likeness import hold_domain, hold_name
    from mailstore.faults import Conflict

    for key in (row["code"], row["domain"]):
        if key in seen:
            raise InputFault(
                f"{where}: {key} stands in row {seen[key]} already; remove one",
                f"{where}: {key} موجود في الصف {seen[key]} من قبل؛ احذف أحدهما",
            )
    try:
        hold_domain(row["domain"], [(one["code"], one["domain"]) for one in rows])
        names = [(one["code"], (one["code"], one["name_ar"], one["name_en"])) for one in rows]
        hold_name("agency", row["code"], (row["name_ar"], row["name_en"]), names)
    except Conflict as fault:
        raise InputFault(f"{where}: {fault}", f"{where}: {fault.text_ar}") from None


def load_agencies(unit: "Unit", rows: list[dict[str, str]], *, with_people: bool) -> int:
    """Enrol agencies with an office `registry@DOMAIN` each; sample people have no password until one is generated.

    Returns how many officers were added: two for each agency when `with_people`.
    """
    from mailstore.directory import directory
    from policies.people.identity import Agency, Grant, Office, Officer, Right

    people = 0
    for row in rows:
        directory.add_agency(unit, Agency(row["code"], row["domain"], row["name_ar"], row["name_en"]))
        address = f"registry@{row['domain']}"
        directory.add_office(unit, Office(address, row["code"], "السجل العام", "Registry"))
        if not with_people:
            continue
        code = row["code"].lower()
        for login, name_ar, name_en, post_ar, post_en, rights in (
            (f"registrar.{code}", "مسجّل", "Registrar", "أمين السجل", "Registrar", frozenset(Right)),
            (
                f"clerk.{code}",
                "كاتب",
                "Clerk",
                "كاتب السجل",
                "Registry clerk",
                frozenset({Right.SEND, Right.READ}),
            ),
        ):
            person = Officer(
                login,
                f"{name_ar} {row['name_ar']}",
                f"{name_en} of {row['name_en']}",
                post_ar,
                post_en,
                grants=(Grant(address, rights, primary=True),),
            )
            directory.add_officer(unit, person, "")
            people += 1
    return people
