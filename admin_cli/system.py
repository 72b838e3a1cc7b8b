"""Legacy document systems: programs of an agency that send by SMTP."""

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from admin_cli.console import result, rows
from admin_cli.globals import current

if TYPE_CHECKING:
    from mailstore.database.transaction import Unit

app = typer.Typer(help="Legacy document systems / الأنظمة", no_args_is_help=True)

SPLITTING = "it may send one letter in several transactions, each to some of its recipients"
COLUMNS = (
    ("login", "الحساب", "Login"),
    ("agency", "الجهة", "Agency"),
    ("offices", "المكاتب", "Offices"),
    ("networks", "الشبكات", "Networks"),
    ("certificate", "الشهادة", "Certificate"),
    ("split_recipients", "يجزئ المستلمين", "Splits recipients"),
    ("suspended", "موقوف", "Suspended"),
    ("name_en", "الاسم بالإنجليزية", "Name (English)"),
    ("name_ar", "الاسم", "Name (Arabic)"),
)


@app.command()
def add(
    login: str,
    agency: Annotated[str, typer.Option(help="code of its agency")],
    office: Annotated[list[str], typer.Option(help="office it sends for; may be given again")],
    network: Annotated[list[str], typer.Option(help="source address or network (CIDR); may be given again")],
    name_ar: Annotated[str, typer.Option(help="name in Arabic")],
    name_en: Annotated[str, typer.Option(help="name in English")],
    certificate: Annotated[Path | None, typer.Option(help="its TLS client certificate (PEM)")] = None,
    issue: Annotated[
        Path | None, typer.Option(help="directory for a client certificate issued by the instance's own CA")
    ] = None,
    split_recipients: Annotated[bool, typer.Option("--split-recipients", help=SPLITTING)] = False,
) -> None:
    """Add a system, with an app password (shown once) or a TLS client certificate."""
    from admin_cli import checks
    from admin_cli.acts import InputFault, apply, instance
    from admin_cli.client_certificate import fingerprint_of, issue_client
    from gateway.login.passwords import generate_secret, hash_secret, scram_keys
    from mailstore.directory.directory import add_system
    from policies.people.identity import System

    if certificate and issue:
        raise InputFault("give --certificate or --issue, not both", "أعطِ --certificate أو --issue لا كليهما")
    account = checks.login(login)
    with instance() as opened:
        issued = issue_client(opened.home, account, issue, opened.store.clock()) if issue else None
        digest = issued.sha256 if issued else fingerprint_of(certificate)
        secret = "" if digest else generate_secret()
        system = System(
            account,
            checks.agency_code(agency),
            checks.name(name_ar, "--name-ar"),
            checks.name(name_en, "--name-en"),
            tuple(checks.address(one) for one in office),
            tuple(_network(one) for one in network),
            digest,
            split_recipients=split_recipients,
        )
        hashed = hash_secret(secret) if secret else ""

        def enrol(unit: "Unit") -> None:
            add_system(unit, system, hashed, scram_keys(unit, account, secret) if secret else "")
            if issued and not current().dry_run:
                issued.write()  # in the same act: no certificate is left behind for a system that is not added

        apply(opened, enrol)
    found = {
        "login": account,
        "agency": system.agency,
        "password": secret or None,
        "certificate": digest or None,
        "split_recipients": split_recipients,
    }
    shown = f"app password (shown once): {secret}" if secret else f"client certificate {digest}"
    result(found, f"أُضيف النظام {account}\n{shown}", f"system {account} added\n{shown}")


@app.command("list")
def list_() -> None:
    """List systems."""
    from admin_cli.acts import read
    from mailstore.directory.directory import snapshot

    names = tuple(name for name, _arabic, _english in COLUMNS)
    systems = read(snapshot).systems.values()
    rows("systems", [{name: getattr(one, name) for name in names} for one in systems], COLUMNS)


@app.command("set")
def set_(
    login: str,
    split_recipients: Annotated[
        bool,
        typer.Option("--split-recipients/--no-split-recipients", help=SPLITTING),
    ],
) -> None:
    """Change what a system may do."""
    from admin_cli.acts import change
    from mailstore.directory.systems import change_system

    account = login.lower()
    change(lambda unit: change_system(unit, account, split_recipients=split_recipients))
    result(
        {"login": account, "split_recipients": split_recipients},
        f"النظام {account}: {'يجوز' if split_recipients else 'لا يجوز'} له أن يرسل الخطاب إلى مستلميه على دفعات",
        f"system {account} {'may' if split_recipients else 'may not'} split a letter's recipients",
    )


@app.command()
def revoke(login: str) -> None:
    """Suspend a system for good: it can log in no more."""
    from admin_cli.acts import ask, change
    from mailstore.directory.directory import suspend_account

    ask(f"سيُوقف النظام {login} نهائياً.", f"The system {login} will be suspended for good.")
    change(lambda unit: suspend_account(unit, login.lower(), suspended=True))
    result({"login": login.lower(), "suspended": True}, f"أُوقف النظام {login}", f"system {login} suspended")


def _network(text: str) -> str:
    from admin_cli.acts import InputFault

    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise InputFault(
            f"--network {text!r} is neither an address nor a network like 192.0.2.0/24",
            f"‎--network {text!r} ليس عنواناً ولا شبكة مثل 192.0.2.0/24",
        ) from None
