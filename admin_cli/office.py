"""Offices: open, list, show."""

from typing import Annotated, Any

import typer

from admin_cli.console import document, result, rows
from admin_cli.globals import current

app = typer.Typer(help="Offices: functional mailboxes of an agency / المكاتب", no_args_is_help=True)

COLUMNS = (
    ("address", "العنوان", "Address"),
    ("agency", "الجهة", "Agency"),
    ("name_en", "الاسم بالإنجليزية", "Name (English)"),
    ("name_ar", "الاسم", "Name (Arabic)"),
)


@app.command()
def add(
    address: str,
    agency: Annotated[str, typer.Option(help="code of the agency")],
    name_ar: Annotated[str, typer.Option(help="name in Arabic")],
    name_en: Annotated[str, typer.Option(help="name in English")],
) -> None:
    """Open an office with its mailboxes."""
    from admin_cli import checks
    from admin_cli.acts import apply, instance
    from mailstore.directory.directory import add_office
    from mailstore.faults import Conflict
    from policies.people.identity import Office

    office = Office(
        checks.address(address),
        checks.agency_code(agency),
        checks.name(name_ar, "--name-ar"),
        checks.name(name_en, "--name-en"),
    )
    with instance() as opened:
        if office.address == opened.config.instance.receipts.lower():
            raise Conflict(
                f"receipts come from {office.address}: no office may write from it; choose another address",
                f"تصدر الإيصالات من {office.address} فلا يكون عنوان مكتب؛ اختر عنواناً آخر",
            )
        apply(opened, lambda unit: add_office(unit, office))
    result(
        {"address": office.address, "agency": office.agency},
        f"فُتح المكتب {office.name_ar} ({office.address})",
        f"office {office.address} opened for {office.agency}",
    )


@app.command("list")
def list_(agency: Annotated[str, typer.Option(help="only this agency's offices")] = "") -> None:
    """List offices."""
    from admin_cli.acts import read
    from mailstore.directory.directory import snapshot

    directory = read(snapshot)
    found = [one for one in directory.offices.values() if agency.upper() in {"", one.agency}]
    rows("offices", [_members(one) for one in found], COLUMNS)


@app.command()
def show(address: str) -> None:
    """Show one office: who acts for it, and which keys sign for it."""
    from admin_cli import checks
    from admin_cli.acts import read
    from mailstore.directory.directory import snapshot
    from mailstore.faults import NotFound

    directory = read(snapshot)
    office = directory.offices.get(checks.address(address))
    if office is None:
        raise NotFound(f"no office {address}", f"لا يوجد مكتب {address}")
    officers: list[dict[str, Any]] = [
        {"login": one.login, "rights": sorted(grant.rights)}
        for one in directory.officers.values()
        for grant in one.grants
        if grant.office == office.address
    ]
    keys = [key.fingerprint for key in directory.keys.get(office.address, ())]
    members = _members(office) | {"officers": officers, "keys": keys}
    if current().json:
        document(members)
        return
    flat = members | {"officers": [f"{one['login']} ({','.join(one['rights'])})" for one in officers]}
    more = (("officers", "الموظفون", "Officers"), ("keys", "المفاتيح", "Keys"))
    rows("office", [flat], (*COLUMNS[:3], *more, COLUMNS[-1]))


def _members(office: object) -> dict[str, object]:
    return {name: getattr(office, name) for name in ("address", "agency", "name_ar", "name_en", "suspended")}
