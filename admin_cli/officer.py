"""Officers: named people with posts, their grants and app passwords."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin_cli.console import document, result, rows
from admin_cli.globals import current

if TYPE_CHECKING:
    from mailstore.database.transaction import Unit
    from policies.people.identity import Officer

app = typer.Typer(help="Officers: named people / الموظفون", no_args_is_help=True)

COLUMNS = (
    ("login", "الحساب", "Login"),
    ("post_en", "المنصب بالإنجليزية", "Post (English)"),
    ("name_en", "الاسم بالإنجليزية", "Name (English)"),
    ("offices", "المكاتب", "Offices"),
    ("suspended", "موقوف", "Suspended"),
    ("name_ar", "الاسم", "Name (Arabic)"),
)


@app.command()
def add(
    login: str,
    name_ar: Annotated[str, typer.Option(help="name in Arabic")],
    name_en: Annotated[str, typer.Option(help="name in English")],
    post_ar: Annotated[str, typer.Option(help="post in Arabic")],
    post_en: Annotated[str, typer.Option(help="post in English")],
    office: Annotated[str, typer.Option(help="address of the primary office")],
    may: Annotated[str, typer.Option(help="rights: send,read,refer,register")] = "send,read",
    language: Annotated[str, typer.Option(help="language of notices: ar or en")] = "ar",
    across_agencies: Annotated[
        bool,
        typer.Option("--across-agencies", help="the office may be of another agency than the login's domain"),
    ] = False,
) -> None:
    """Add a named person; the generated app password is shown once."""
    from admin_cli import checks
    from admin_cli.acts import InputFault, change
    from gateway.login.passwords import generate_secret, hash_secret, scram_keys
    from mailstore.directory.directory import add_officer
    from policies.people.identity import Grant, Officer

    if language not in {"ar", "en"}:
        raise InputFault(
            f"--language takes ar or en, not {language}", f"‎--language يقبل ar أو en لا {language}"
        )
    person = Officer(
        checks.login(login),
        checks.name(name_ar, "--name-ar"),
        checks.name(name_en, "--name-en"),
        checks.name(post_ar, "--post-ar"),
        checks.name(post_en, "--post-en"),
        language,
        grants=(Grant(checks.address(office), checks.rights(may), primary=True),),
    )
    secret = generate_secret()
    hashed = hash_secret(secret)
    change(
        lambda unit: add_officer(
            unit,
            person,
            hashed,
            scram_keys(unit, person.login, secret),
            across_agencies=across_agencies,
        )
    )
    _show_secret(person.login, secret)


@app.command("list")
def list_(office: Annotated[str, typer.Option(help="only officers of this office")] = "") -> None:
    """List officers."""
    from admin_cli.acts import read
    from mailstore.directory.directory import snapshot

    directory = read(snapshot)
    people = [_members(one) for one in directory.officers.values()]
    rows("officers", [one for one in people if not office or office.lower() in one["offices"]], COLUMNS)


@app.command()
def show(login: str) -> None:
    """Show one officer with every grant."""
    from admin_cli.acts import read
    from mailstore.directory.directory import snapshot
    from mailstore.faults import NotFound

    person = read(snapshot).officers.get(login.lower())
    if person is None:
        raise NotFound(f"no officer {login}", f"لا يوجد موظف {login}")
    grants = [
        {"office": grant.office, "rights": sorted(grant.rights), "primary": grant.primary}
        for grant in person.grants
    ]
    if current().json:
        document(_members(person) | {"grants": grants})
    else:
        rows("officer", [_members(person)], COLUMNS)
        rows(
            "grants",
            grants,
            (
                ("office", "المكتب", "Office"),
                ("rights", "الصلاحيات", "Rights"),
                ("primary", "الأساسي", "Primary"),
            ),
        )


@app.command()
def password(
    login: str,
    keep: Annotated[
        bool, typer.Option("--keep", help="earlier app passwords stay valid (another device)")
    ] = False,
) -> None:
    """Generate a new app password, shown once; earlier ones are revoked."""
    from admin_cli.acts import change
    from gateway.login.passwords import generate_secret, hash_secret, scram_keys
    from mailstore.directory.directory import add_password

    secret, account = generate_secret(), login.lower()
    hashed = hash_secret(secret)
    change(
        lambda unit: add_password(unit, account, hashed, scram_keys(unit, account, secret), replace=not keep)
    )
    _show_secret(account, secret)


@app.command()
def certificate(
    login: str,
    certificate: Annotated[
        Path | None, typer.Option(help="the officer's TLS client certificate (PEM)")
    ] = None,
    issue: Annotated[
        Path | None, typer.Option(help="directory for a client certificate issued by the instance's own CA")
    ] = None,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="no certificate logs the officer in any more")
    ] = False,
) -> None:
    """Let an officer log in by a TLS client certificate, in place of an earlier one; see [tls] officer_ca."""
    from admin_cli import checks
    from admin_cli.acts import InputFault, apply, instance
    from admin_cli.client_certificate import fingerprint_of, issue_client
    from mailstore.directory.credentials import set_officer_certificate

    if [certificate is not None, issue is not None, revoke].count(True) != 1:
        raise InputFault(
            "give one of --certificate, --issue and --revoke", "أعطِ واحداً من --certificate و--issue و--revoke"
        )
    account = checks.login(login)
    with instance() as opened:
        issued = issue_client(opened.home, account, issue, opened.store.clock()) if issue else None
        digest = issued.sha256 if issued else fingerprint_of(certificate)

        def enrol(unit: "Unit") -> None:
            set_officer_certificate(unit, account, digest)
            if issued and not current().dry_run:
                issued.write()  # in the same act: no certificate is left behind that is not the officer's

        apply(opened, enrol)
    if current().dry_run:
        result({"login": account, "dry_run": True}, "لم يتغير شيء", "nothing was changed")
    elif digest:
        result(
            {"login": account, "certificate": digest},
            f"الحساب {account}\nشهادة الدخول {digest}",
            f"login {account}\nclient certificate {digest}",
        )
    else:
        result(
            {"login": account, "certificate": None},
            f"لا شهادة للحساب {account} بعد الآن",
            f"{account} has no client certificate any more",
        )


@app.command()
def grant(
    login: str,
    office: Annotated[str, typer.Option(help="address of the office")],
    may: Annotated[str, typer.Option(help="rights: send,read,refer,register")] = "send,read",
    primary: Annotated[bool, typer.Option(help="this office's INBOX is the officer's own")] = False,
    across_agencies: Annotated[
        bool, typer.Option("--across-agencies", help="the office may be of another agency than the officer's")
    ] = False,
) -> None:
    """Give an officer rights for an office, replacing those held there."""
    from admin_cli import checks
    from admin_cli.acts import change
    from mailstore.directory import directory
    from policies.people.identity import Grant

    one = Grant(checks.address(office), checks.rights(may), primary)
    change(lambda unit: directory.grant(unit, login.lower(), one, across_agencies=across_agencies))
    result(
        {"login": login.lower(), "office": one.office, "rights": sorted(one.rights)},
        f"مُنحت الصلاحيات للحساب {login}",
        f"{login} may {', '.join(sorted(one.rights))} for {one.office}",
    )


@app.command()
def revoke(login: str, office: Annotated[str, typer.Option(help="address of the office")]) -> None:
    """Take away an officer's rights for an office; open sessions lose it too."""
    from admin_cli import checks
    from admin_cli.acts import change
    from mailstore.directory.directory import revoke_grant

    address = checks.address(office)
    change(lambda unit: revoke_grant(unit, login.lower(), address))
    result(
        {"login": login.lower(), "office": address},
        f"سُحبت صلاحيات {login}",
        f"{login} acts no more for {address}",
    )


@app.command()
def suspend(
    login: str, restore: Annotated[bool, typer.Option("--restore", help="end the suspension")] = False
) -> None:
    """Suspend an officer: no login and no open session until restored."""
    from admin_cli.acts import change
    from mailstore.directory.directory import suspend_account

    change(lambda unit: suspend_account(unit, login.lower(), suspended=not restore))
    result(
        {"login": login.lower(), "suspended": not restore},
        f"{'أُعيد' if restore else 'أُوقف'} الحساب {login}",
        f"{login} {'restored' if restore else 'suspended'}",
    )


def _show_secret(login: str, secret: str) -> None:
    if current().dry_run:
        result({"login": login, "dry_run": True}, "لم يتغير شيء", "nothing was changed")
        return
    result(
        {"login": login, "password": secret},
        f"الحساب {login}\nكلمة مرور التطبيق (تظهر مرة واحدة): {secret}",
        f"login {login}\napp password (shown once): {secret}",
    )


def _members(person: "Officer") -> dict[str, Any]:
    names = ("login", "name_ar", "name_en", "post_ar", "post_en", "language", "suspended", "certificate")
    offices = [grant.office for grant in person.grants]
    return {name: getattr(person, name) for name in names} | {"offices": offices}
