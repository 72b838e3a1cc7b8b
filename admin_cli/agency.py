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


@app.command()
def add(
    code: str,
    domain: Annotated[str, typer.Option(help="the agency's mail domain")],
    name_ar: Annotated[str, typer.Option(help="name in Arabic")],
    name_en: Annotated[str, typer.Option(help="name in English")],
    unsigned_systems: Annotated[
        bool, typer.Option(help="let the gateway seal unsigned letters of this agency's systems")
    ] = False,
) -> None:
    """Enrol an agency."""
    from admin_cli.acts import change
    from admin_cli.checks import agency_code, domain_name, name
    from mailstore.directory.directory import add_agency
    from policies.people.identity import Agency

    agency = Agency(
        agency_code(code),
        domain_name(domain),
        name(name_ar, "--name-ar"),
        name(name_en, "--name-en"),
        allow_unsigned_systems=unsigned_systems,
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
    members = _members(agency) | {"allow_unsigned_systems": agency.allow_unsigned_systems, "offices": offices}
    if current().json:
        document(members)
    else:
        rows("agency", [members], (*COLUMNS[:3], ("offices", "المكاتب", "Offices"), COLUMNS[-1]))


@app.command()
def suspend(
    code: str, restore: Annotated[bool, typer.Option("--restore", help="end the suspension")] = False
) -> None:
    """Suspend an agency: nobody writes for it or to it until it is restored."""
    from admin_cli.acts import change
    from mailstore.directory.directory import change_agency

    change(lambda unit: change_agency(unit, code.upper(), suspended=not restore))
    word_ar, word_en = ("أُعيدت", "restored") if restore else ("أُوقفت", "suspended")
    result(
        {"code": code.upper(), "suspended": not restore},
        f"{word_ar} الجهة {code}",
        f"agency {code} {word_en}",
    )


def _members(agency: object) -> dict[str, object]:
    names = ("code", "domain", "name_ar", "name_en", "suspended")
    return {name: getattr(agency, name) for name in names}
