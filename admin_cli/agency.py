"""Agencies: enrol, list, show, suspend."""

from typing import Annotated

import typer

from admin_cli.console import document, result, rows
from admin_cli.globals import current

app = typer.Typer(help="Agencies / الجهات", no_args_is_help=True)

COLUMNS = (
    ("code", "الرمز", "Code"),
    ("domain", "النطاق", "Domain"),
    ("name_en", "الاسم بالإنجليزية", "Name (English)"),
    ("suspended", "موقوفة", "Suspended"),
    ("name_ar", "الاسم", "Name (Arabic)"),
)
PROTECTION = (
    "letters whose signature does not cover the header: off, warn or enforce, by format: 'warn, openpgp: enforce'; "
    "empty: as in the settings"
)
REPEATS = "take the same unprotected signed text again from the same account within a minute"


@app.command()
def add(
    code: str,
    domain: Annotated[str, typer.Option(help="the agency's mail domain")],
    name_ar: Annotated[str, typer.Option(help="name in Arabic")],
    name_en: Annotated[str, typer.Option(help="name in English")],
    unsigned_systems: Annotated[
        bool, typer.Option(help="let the gateway seal unsigned letters of this agency's systems")
    ] = False,
    header_protection: Annotated[str, typer.Option(help=PROTECTION)] = "",
    repeats: Annotated[bool, typer.Option(help=REPEATS)] = False,
) -> None:
    """Enrol an agency."""
    from admin_cli.acts import change
    from admin_cli.checks import agency_code, domain_name, header_demands, name
    from mailstore.directory.directory import add_agency
    from policies.people.identity import Agency

    agency = Agency(
        agency_code(code),
        domain_name(domain),
        name(name_ar, "--name-ar"),
        name(name_en, "--name-en"),
        allow_unsigned_systems=unsigned_systems,
        header_protection=header_demands(header_protection),
        allow_repeats=repeats,
    )
    change(lambda unit: add_agency(unit, agency))
    result(
        {"code": agency.code, "domain": agency.domain},
        f"سُجّلت الجهة {agency.name_ar} ({agency.code})",
        f"agency {agency.code} enrolled: {agency.domain}",
    )


@app.command("list")
def list_() -> None:
    """List every agency."""
    from admin_cli.acts import read
    from mailstore.directory.directory import snapshot

    directory = read(snapshot)
    rows("agencies", [_members(one) for one in directory.agencies.values()], COLUMNS)


@app.command()
def show(code: str) -> None:
    """Show one agency with its offices."""
    from admin_cli.acts import read
    from mailstore.directory.directory import snapshot
    from mailstore.faults import NotFound

    directory = read(snapshot)
    agency = directory.agencies.get(code.upper())
    if agency is None:
        raise NotFound(f"no agency {code}", f"لا توجد جهة {code}")
    offices = [one.address for one in directory.offices.values() if one.agency == agency.code]
    members = _members(agency) | _policy(agency) | {"offices": offices}
    if current().json:
        document(members)
    else:
        rows("agency", [members], (*COLUMNS[:3], ("offices", "المكاتب", "Offices"), COLUMNS[-1]))


@app.command()
def suspend(
    code: str, restore: Annotated[bool, typer.Option("--restore", help="end the suspension")] = False
) -> None:
    """Suspend an agency: nobody writes for it or to it until it is restored."""
    from admin_cli.acts import ask, change
    from mailstore.directory.directory import change_agency

    if not restore:
        ask(f"ستُوقف الجهة {code}: لا يُرسل منها ولا إليها.", f"Nobody will write for {code} or to it.")
    change(lambda unit: change_agency(unit, code.upper(), suspended=not restore))
    word_ar, word_en = ("أُعيدت", "restored") if restore else ("أُوقفت", "suspended")
    result(
        {"code": code.upper(), "suspended": not restore},
        f"{word_ar} الجهة {code}",
        f"agency {code} {word_en}",
    )


@app.command()
def change(
    code: str,
    unsigned_systems: Annotated[
        bool | None, typer.Option(help="let the gateway seal unsigned letters of this agency's systems")
    ] = None,
    header_protection: Annotated[str | None, typer.Option(help=PROTECTION)] = None,
    repeats: Annotated[bool | None, typer.Option(help=REPEATS)] = None,
) -> None:
    """Change an agency's own policy; what is not named stays."""
    from admin_cli import acts
    from admin_cli.checks import header_demands
    from mailstore.database.transaction import Unit
    from mailstore.directory.directory import change_agency, snapshot
    from policies.people.identity import Agency

    demands = None if header_protection is None else header_demands(header_protection)

    def act(unit: Unit) -> Agency:
        change_agency(
            unit,
            code.upper(),
            allow_unsigned_systems=unsigned_systems,
            header_protection=demands,
            allow_repeats=repeats,
        )
        return snapshot(unit.connection).agencies[code.upper()]

    agency = acts.change(act)
    shown = ", ".join(f"{name}={value}" for name, value in _policy(agency).items())
    result(
        {"code": agency.code} | _policy(agency),
        f"سياسة الجهة {agency.code}: {shown}",
        f"policy of agency {agency.code}: {shown}",
    )


def _policy(agency: object) -> dict[str, object]:
    names = ("allow_unsigned_systems", "header_protection", "allow_repeats")
    return {name: getattr(agency, name) for name in names}


def _members(agency: object) -> dict[str, object]:
    names = ("code", "domain", "name_ar", "name_en", "suspended")
    return {name: getattr(agency, name) for name in names}
