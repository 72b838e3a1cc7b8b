"""The client sheet: one officer's settings as lines of text, and as a page to print with a QR code. Arabic first."""

from collections.abc import Mapping
from html import escape
from typing import Any

Line = tuple[str, str, str]


def lines(sheet: Mapping[str, Any]) -> list[Line]:
    """Return label in Arabic, label in English and value of each line."""
    return [
        ("الاسم", "Name", f"{sheet['name_ar']} / {sheet['name_en']}"),
        ("العنوان", "Address", sheet["address"]),
        ("اسم المستخدم", "User name", sheet["login"]),
        ("البريد الوارد (IMAP, SSL/TLS)", "Incoming mail (IMAP, SSL/TLS)", _where(sheet["imap"])),
        ("البريد الصادر (SMTP, SSL/TLS)", "Outgoing mail (SMTP, SSL/TLS)", _where(sheet["submission"])),
        ("المصادقة", "Authentication", "Normal password"),
        ("بصمة شهادة الجهة (SHA-256)", "Authority to trust (SHA-256)", sheet["ca_sha256"]),
    ]


def page(sheet: Mapping[str, Any]) -> str:
    """Return the page: a table with both labels, the QR code of the settings, and the authority's certificate."""
    rows = "".join(
        f"<tr><th>{escape(ar)}<td><bdi dir=ltr>{escape(value)}</bdi><th dir=ltr lang=en>{escape(en)}"
        for ar, en, value in lines(sheet)
    )
    return (
        "<!doctype html><html lang=ar dir=rtl><meta charset=utf-8><title>Murasalat</title>"
        "<style>body{font-family:sans-serif;max-width:50rem;margin:2rem auto}table{border-collapse:collapse}"
        "th,td{border:1px solid #999;padding:.4rem .6rem;text-align:start;overflow-wrap:anywhere}"
        "th{white-space:nowrap}pre{font-size:.7rem}</style>"
        "<h1>إعدادات برنامج البريد <span dir=ltr lang=en>Mail settings</span></h1>"
        f"<table>{rows}</table><p>{qr(sheet)}"
        "<h2>شهادة الجهة <span dir=ltr lang=en>Authority's certificate</span></h2>"
        f"<pre dir=ltr>{escape(sheet['ca_pem'])}</pre>\n"
    )


def qr(sheet: Mapping[str, Any]) -> str:
    """Return the settings as a QR code (SVG): addresses as URLs, one a line, and the authority's fingerprint."""
    import segno

    imap, submission = (f"{sheet[name]['host']}:{sheet[name]['port']}" for name in ("imap", "submission"))
    text = "\n".join(
        (
            f"mailto:{sheet['address']}",
            f"imaps://{sheet['login']}@{imap}",
            f"submissions://{sheet['login']}@{submission}",
            f"sha256:{sheet['ca_sha256']}",
        )
    )
    svg: str = segno.make(text, error="m", micro=False).svg_inline(scale=4)
    return svg


def _where(listener: Mapping[str, Any]) -> str:
    return f"{listener['host']}:{listener['port']}"
