"""What the server says it can (RFC 9051 section 6.1.1), before and after login. A name stands here when it is true."""

from gateway.config.quirks import without
from gateway.imap.settings import ImapSettings

GREETING = (
    "IMAP4rev1",
    "IMAP4rev2",
    "SASL-IR",
    "AUTH=SCRAM-SHA-256",
    "AUTH=PLAIN",
    "ID",
    "ENABLE",
    "LITERAL-",
)

_AFTER_LOGIN = (
    "IMAP4rev1",
    "IMAP4rev2",
    "ID",
    "ENABLE",
    "LITERAL+",
    "IDLE",
    "NAMESPACE",
    "UNSELECT",
    "CHILDREN",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "STATUS=SIZE",
    "ACL",
    "RIGHTS=texk",
    "QUOTA",
    "QUOTA=RES-STORAGE",
    "CONDSTORE",
    "ESEARCH",
    "SEARCHRES",
    "WITHIN",
    "SORT",
    "SORT=DISPLAY",
    "ESORT",
    "THREAD=REFERENCES",
    "THREAD=ORDEREDSUBJECT",
    "MULTIAPPEND",
    "BINARY",
    "OBJECTID",
    "UIDPLUS",
    "MOVE",
)


def greeting(settings: ImapSettings, client: str = "", *, certificate: bool = False) -> list[str]:
    """Return the capabilities before login; `client` is the program's name from ID.

    `certificate`: TLS has verified one of the client's.
    """
    return without([*GREETING, *(["AUTH=EXTERNAL"] if certificate else [])], client, settings.withheld)


def capabilities(settings: ImapSettings, client: str = "") -> list[str]:
    """Return the capabilities of a session that has logged in; `client` is the program's name from ID."""
    names = [*_AFTER_LOGIN, f"APPENDLIMIT={settings.append_limit}"]
    if settings.utf8:
        names.append("UTF8=ACCEPT")
    if settings.xlist:
        names.append("XLIST")
    return without(names, client, settings.withheld)
