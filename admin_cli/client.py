"""Settings for mail clients: what an officer types in, as a sheet for people or as JSON."""

from typing import Annotated

import typer

from admin_cli.console import document
from admin_cli.globals import current

app = typer.Typer(help="Settings for mail clients / إعدادات برامج البريد", no_args_is_help=True)


@app.callback()
def noun() -> None:
    """Settings for mail clients."""


@app.command()
def sheet(
    login: str, office: Annotated[str, typer.Option(help="office address; default: the primary office")] = ""
) -> None:
    """Print one officer's settings for Thunderbird, Outlook or Apple Mail."""
    from admin_cli.acts import instance
    from mailstore.directory.directory import snapshot
    from mailstore.faults import NotFound

    with instance() as opened:
        person = opened.store.read(snapshot).officers.get(login.lower())
        config, ca = opened.config, str((opened.home / "ca.pem").absolute())
    if person is None or not person.grants:
        raise NotFound(f"no officer {login} with an office", f"لا يوجد موظف {login} له مكتب")
    address = office.lower() or person.grants[0].office
    listen = config.listen
    found = {
        "login": person.login,
        "address": address,
        "imap": {"host": listen.host, "port": listen.imap_port, "security": "SSL/TLS"},
        "submission": {"host": listen.host, "port": listen.submission_port, "security": "SSL/TLS"},
        "authentication": "normal password",
        "ca": ca,
    }
    if current().json:
        document(found)
        return
    for ar, en, value in (
        ("العنوان", "Address", address),
        ("اسم المستخدم", "User name", person.login),
        (
            "البريد الوارد (IMAP, SSL/TLS)",
            "Incoming mail (IMAP, SSL/TLS)",
            f"{listen.host}:{listen.imap_port}",
        ),
        (
            "البريد الصادر (SMTP, SSL/TLS)",
            "Outgoing mail (SMTP, SSL/TLS)",
            f"{listen.host}:{listen.submission_port}",
        ),
        ("المصادقة", "Authentication", "Normal password"),
        ("شهادة الجهة", "Authority to trust", ca),
    ):
        print(f"{ar if current().lang == 'ar' else en}: {value}")
