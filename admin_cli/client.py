"""Settings for mail clients: what an officer types in, as a sheet for people or as JSON."""

import hashlib
import ssl
from pathlib import Path
from typing import Annotated

import typer

from admin_cli import client_sheet
from admin_cli.console import cell, document
from admin_cli.globals import current

app = typer.Typer(help="Settings for mail clients / إعدادات برامج البريد", no_args_is_help=True)


@app.callback()
def noun() -> None:
    """Settings for mail clients."""


@app.command()
def sheet(
    login: str,
    office: Annotated[str, typer.Option(help="office address; default: the primary office")] = "",
    html: Annotated[
        Path | None, typer.Option(help="write a page to print, with a QR code, to this file")
    ] = None,
) -> None:
    """Print one officer's settings for Thunderbird, Outlook or Apple Mail."""
    from admin_cli.acts import instance
    from mailstore.directory.directory import snapshot
    from mailstore.faults import NotFound

    with instance() as opened:
        person = opened.store.read(snapshot).officers.get(login.lower())
        listen, host = opened.config.listen, opened.public_host
        authority = (opened.home / "ca.pem").read_text(encoding="ascii")
    if person is None or not person.grants:
        raise NotFound(f"no officer {login} with an office", f"لا يوجد موظف {login} له مكتب")
    found = {
        "login": person.login,
        "name_ar": person.name_ar,
        "name_en": person.name_en,
        "address": office.lower() or person.grants[0].office,
        "imap": {"host": host, "port": listen.imap_port, "security": "SSL/TLS"},
        "submission": {"host": host, "port": listen.submission_port, "security": "SSL/TLS"},
        "authentication": "normal password",
        "ca_pem": authority,
        "ca_sha256": fingerprint(authority),
    }
    if html is not None:
        html.write_text(client_sheet.page(found), encoding="utf-8")
    if current().json or current().ndjson:
        document(found)
        return
    for ar, en, value in client_sheet.lines(found):
        print(f"{ar if current().lang == 'ar' else en}: {cell(value)}")
    print(authority, end="")


def fingerprint(pem: str) -> str:
    """Return the SHA-256 of a certificate as mail programs show it: pairs of upper-case digits with colons."""
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
