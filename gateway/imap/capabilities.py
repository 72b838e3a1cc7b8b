"""What the server says it can (RFC 9051 section 6.1.1), before and after login. A name stands here when it is true."""

from gateway.imap.settings import ImapSettings

GREETING = ("IMAP4rev1", "SASL-IR", "AUTH=PLAIN", "ID", "ENABLE", "LITERAL-")

_AFTER_LOGIN = (
    "IMAP4rev1",
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


def capabilities(settings: ImapSettings, client: str = "") -> list[str]:
    """Return the capabilities of a session that has logged in; `client` is the program's name from ID."""
    names = [*_AFTER_LOGIN, f"APPENDLIMIT={settings.append_limit}"]
    named = client.lower()
    if settings.utf8 and not any(word.lower() in named for word in settings.without_utf8):
        names.append("UTF8=ACCEPT")
    if settings.xlist:
        names.append("XLIST")
    return names
