"""What accounts prove themselves with: app passwords and client certificates, as they are looked up at a login.

Invariant: a secret itself is nowhere; a certificate is known by its SHA-256 and belongs to one account at most.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select, update

from mailstore.database import schema
from mailstore.database.transaction import Unit
from mailstore.directory import directory
from mailstore.faults import Conflict, NotFound, StoreFault

SALT_KEY = "scram_salt_key"
"""The instance's row with the key of all SCRAM salts: in the database, since every node must answer alike."""


@dataclass(frozen=True, slots=True)
class Password:
    """What is kept of one app password: its number, its Argon2id hash, and its SCRAM keys or nothing.

    The keys are in the form of RFC 5803, one for each spelling that SCRAM takes, with blanks between.
    """

    number: int
    hash: str
    scram: str


def live_passwords(connection: Connection, login: str) -> tuple[Password, ...]:
    """Return the app passwords of a login that are not revoked, newest first."""
    table = schema.credentials
    query = select(table.c.id, table.c.hash, table.c.scram)
    query = query.where(table.c.login == login, table.c.revoked_at.is_(None)).order_by(table.c.id.desc())
    return tuple(Password(row.id, row.hash, row.scram) for row in connection.execute(query))


def salt_key(connection: Connection) -> bytes:
    """Return the key of the SCRAM salts. Raises StoreFault when the database has none."""
    found = connection.scalar(select(schema.instance.c.value).where(schema.instance.c.name == SALT_KEY))
    if found is None:
        raise StoreFault(
            "the database has no key for SCRAM salts: it was not made by `murasalat init`",
            "ليس في قاعدة البيانات مفتاح SCRAM: لم ينشئها murasalat init",
        )
    return bytes.fromhex(found)


def login_of_certificate(connection: Connection, sha256: str) -> str | None:
    """Return the login of the officer or system whose client certificate has this SHA-256 (hex)."""
    return connection.scalar(select(schema.accounts.c.login).where(schema.accounts.c.certificate == sha256))


def set_officer_certificate(unit: Unit, login: str, sha256: str) -> None:
    """Let an officer log in by the client certificate with this SHA-256 (hex), and by no other; empty: by none.

    Raises NotFound when the login is no officer's, and Conflict when the certificate is another account's.
    """
    accounts = schema.accounts
    holder = login_of_certificate(unit.connection, sha256) if sha256 else None
    if holder not in {None, login}:
        raise Conflict(f"certificate {sha256} exists already", f"موجود من قبل: الشهادة {sha256}")
    found = unit.connection.execute(
        update(accounts)
        .where(accounts.c.login == login, accounts.c.kind == "officer")
        .values(certificate=sha256 or None)
    )
    if found.rowcount == 0:
        raise NotFound(f"no officer {login}", f"لا يوجد موظف {login}")
    directory.changed(unit)
