"""The directory: agencies, offices, officers, systems, their credentials and enrolled keys.

Invariant: every change raises the directory's version in the same transaction, so that a cached snapshot can
be told from the present by one small read.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from mailstore.database import schema
from mailstore.database.prepared import Prepared
from mailstore.database.transaction import Unit
from mailstore.directory.existence import known, unknown
from mailstore.directory.likeness import hold_agency, hold_at_home, hold_office, hold_officer
from mailstore.faults import Conflict, NotFound
from mailstore.mailboxes.mailboxes import provision
from policies.people.directory import Directory, password_credential
from policies.people.identity import Agency, Grant, Office, Officer, Right, System
from policies.signature import EnrolledKey
from policies.words.calendar import parse_rfc3339, rfc3339

_VERSION = Prepared(select(schema.instance.c.value).where(schema.instance.c.name == "directory"))

# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────


def version(connection: Connection) -> int:
    """Return the directory's version."""
    return int(_VERSION.value(connection, {}) or 0)


def snapshot(connection: Connection) -> Directory:
    """Read the whole directory as one value."""
    agencies = {row.code: _agency(row) for row in connection.execute(select(schema.agencies))}
    offices = {row.address: _office(row) for row in connection.execute(select(schema.offices))}
    grants: dict[str, list[Grant]] = defaultdict(list)
    for row in connection.execute(select(schema.grants).order_by(schema.grants.c.granted_at)):
        rights = frozenset(Right(word) for word in row.rights.split())
        grants[row.login].append(Grant(row.office, rights, row.is_primary))
    officers: dict[str, Officer] = {}
    systems: dict[str, System] = {}
    for row in connection.execute(select(schema.accounts)):
        if row.kind == "officer":
            officers[row.login] = _officer(row, grants[row.login])
        else:
            systems[row.login] = _system(row, grants[row.login])
    keys: dict[str, list[EnrolledKey]] = defaultdict(list)
    fingerprints: dict[str, EnrolledKey] = {}
    by_id: dict[int, EnrolledKey] = {}
    for row in connection.execute(select(schema.keys).order_by(schema.keys.c.id)):
        by_id[row.id] = key = enrolled_key(row)
        keys[key.address].append(key)
    for row in connection.execute(select(schema.key_fingerprints)):
        fingerprints[row.fingerprint] = by_id[row.key_id]
    passwords: dict[str, set[str]] = defaultdict(set)
    credentials = schema.credentials.c
    live = select(credentials.id, credentials.login).where(credentials.revoked_at.is_(None))
    for row in connection.execute(live):
        passwords[row.login].add(password_credential(row.id))
    pairs = {
        (row.sender, row.recipient): row.allowed for row in connection.execute(select(schema.pair_rules))
    }
    return Directory(
        version(connection),
        agencies,
        offices,
        officers,
        systems,
        {address: tuple(some) for address, some in keys.items()},
        fingerprints,
        pairs,
        {agency.domain: agency.code for agency in agencies.values()},
        {login: frozenset(some) for login, some in passwords.items()},
    )


def _agency(row: Row[Any]) -> Agency:
    return Agency(**{name: getattr(row, name) for name in Agency.__dataclass_fields__})


def _office(row: Row[Any]) -> Office:
    return Office(row.address, row.agency, row.name_ar, row.name_en, row.suspended)


def _officer(row: Row[Any], grants: Iterable[Grant]) -> Officer:
    return Officer(
        row.login,
        row.name_ar,
        row.name_en,
        row.post_ar,
        row.post_en,
        row.language,
        row.suspended,
        tuple(sorted(grants, key=lambda grant: not grant.primary)),
        row.certificate or "",
    )


def _system(row: Row[Any], grants: Iterable[Grant]) -> System:
    return System(
        row.login,
        row.agency,
        row.name_ar,
        row.name_en,
        tuple(grant.office for grant in grants if Right.SEND in grant.rights),
        tuple(json.loads(row.networks)),
        row.certificate or "",
        row.suspended,
        row.split_recipients,
    )


def enrolled_key(row: Row[Any]) -> EnrolledKey:
    """Return a row of the keys table as a value."""
    return EnrolledKey(
        row.address,
        row.format,
        row.fingerprint,
        bytes(row.material),
        parse_rfc3339(row.enrolled_at),
        parse_rfc3339(row.expires_at) if row.expires_at else None,
        parse_rfc3339(row.revoked_at) if row.revoked_at else None,
    )


# ── Changing ──────────────────────────────────────────────────────────────────────────────────────────────


def changed(unit: Unit) -> None:
    """Raise the directory's version."""
    unit.connection.execute(
        update(schema.instance)
        .where(schema.instance.c.name == "directory")
        .values(value=str(version(unit.connection) + 1))
    )


def add_agency(unit: Unit, agency: Agency) -> None:
    """Enrol an agency. Raises Conflict when code, domain or name are, or look like, an enrolled one's."""
    unknown(unit.connection, schema.agencies.c.code, agency.code, "agency")
    unknown(unit.connection, schema.agencies.c.domain, agency.domain, "domain")
    hold_agency(unit.connection, agency.code, agency.domain, (agency.name_ar, agency.name_en))
    unit.connection.execute(
        insert(schema.agencies),
        {name: getattr(agency, name) for name in Agency.__dataclass_fields__}
        | {"created_at": rfc3339(unit.now)},
    )
    changed(unit)


def change_agency(
    unit: Unit,
    code: str,
    *,
    suspended: bool | None = None,
    allow_unsigned_systems: bool | None = None,
    header_protection: str | None = None,
    allow_repeats: bool | None = None,
) -> None:
    """Set what is not None of an agency. Raises NotFound."""
    known(unit.connection, schema.agencies.c.code, code, "agency")
    asked: dict[str, object] = {
        "suspended": suspended,
        "allow_unsigned_systems": allow_unsigned_systems,
        "header_protection": header_protection,
        "allow_repeats": allow_repeats,
    }
    values = {name: value for name, value in asked.items() if value is not None}
    if values:
        unit.connection.execute(update(schema.agencies).where(schema.agencies.c.code == code).values(values))
    changed(unit)


def add_office(unit: Unit, office: Office) -> None:
    """Open an office with its mailboxes. Raises NotFound (no such agency) or Conflict (address or name taken)."""
    known(unit.connection, schema.agencies.c.code, office.agency, "agency")
    unknown(unit.connection, schema.offices.c.address, office.address, "office")
    domain = unit.connection.scalar(
        select(schema.agencies.c.domain).where(schema.agencies.c.code == office.agency)
    )
    if office.address.rpartition("@")[2] != domain:
        raise Conflict(
            f"office {office.address} is not in the domain {domain} of {office.agency}",
            f"المكتب {office.address} ليس في النطاق {domain} للجهة {office.agency}",
        )
    hold_office(unit.connection, office.address, office.agency, (office.name_ar, office.name_en))
    unit.connection.execute(
        insert(schema.offices),
        {
            "address": office.address,
            "agency": office.agency,
            "name_ar": office.name_ar,
            "name_en": office.name_en,
            "suspended": office.suspended,
            "created_at": rfc3339(unit.now),
        },
    )
    provision(unit, office.address)
    changed(unit)


def add_officer(
    unit: Unit, officer: Officer, password_hash: str, scram: str = "", *, across_agencies: bool = False
) -> None:
    """Add a named person with the grants and the first app password. Raises Conflict or NotFound, as `grant` does."""
    hold_officer(unit.connection, officer.login, (officer.name_ar, officer.name_en))
    _add_account(
        unit,
        {
            "login": officer.login,
            "kind": "officer",
            "agency": None,
            "name_ar": officer.name_ar,
            "name_en": officer.name_en,
            "post_ar": officer.post_ar,
            "post_en": officer.post_en,
            "language": officer.language,
            "suspended": officer.suspended,
            "networks": "[]",
            "certificate": None,
        },
        officer.grants,
        password_hash,
        scram,
        across_agencies=across_agencies,
    )


def add_system(unit: Unit, system: System, password_hash: str, scram: str = "") -> None:
    """Add a legacy system of an agency; `password_hash` may be empty when it has a certificate.

    Raises NotFound (no such agency or office) or Conflict (login, certificate or office is another's).
    """
    known(unit.connection, schema.agencies.c.code, system.agency, "agency")
    if system.certificate:
        unknown(unit.connection, schema.accounts.c.certificate, system.certificate, "certificate")
    _add_account(
        unit,
        {
            "login": system.login,
            "kind": "system",
            "agency": system.agency,
            "name_ar": system.name_ar,
            "name_en": system.name_en,
            "post_ar": "",
            "post_en": "",
            "language": "en",
            "suspended": system.suspended,
            "networks": json.dumps(list(system.networks)),
            "certificate": system.certificate or None,
            "split_recipients": system.split_recipients,
        },
        [Grant(office, frozenset({Right.SEND})) for office in system.offices],
        password_hash,
        scram,
    )


def _add_account(
    unit: Unit,
    row: dict[str, object],
    grants: Iterable[Grant],
    password_hash: str,
    scram: str,
    *,
    across_agencies: bool = False,
) -> None:
    login = str(row["login"])
    unknown(unit.connection, schema.accounts.c.login, login, "login")
    unit.connection.execute(insert(schema.accounts), row | {"created_at": rfc3339(unit.now)})
    for one in grants:
        grant(unit, login, one, across_agencies=across_agencies)
    if password_hash:
        add_password(unit, login, password_hash, scram)
    changed(unit)


def suspend_account(unit: Unit, login: str, *, suspended: bool) -> None:
    """Suspend or restore an account. Raises NotFound."""
    known(unit.connection, schema.accounts.c.login, login, "login")
    unit.connection.execute(
        update(schema.accounts).where(schema.accounts.c.login == login).values(suspended=suspended)
    )
    changed(unit)


def grant(unit: Unit, login: str, one: Grant, *, across_agencies: bool = False) -> None:
    """Give an account rights for an office, replacing what it had there.

    Raises NotFound, and Conflict when the office is another agency's than the account's: for a system always, for an
    officer unless `across_agencies`.
    """
    known(unit.connection, schema.accounts.c.login, login, "login")
    known(unit.connection, schema.offices.c.address, one.office, "office")
    accounts, offices = schema.accounts.c, schema.offices.c
    own = unit.connection.scalar(select(accounts.agency).where(accounts.login == login))  # None: an officer
    if own not in {None, unit.connection.scalar(select(offices.agency).where(offices.address == one.office))}:
        raise Conflict(f"office {one.office} is not of agency {own}", f"المكتب {one.office} ليس للجهة {own}")
    if not across_agencies:
        hold_at_home(unit.connection, login, one.office)
    table = schema.grants
    where = (table.c.login == login) & (table.c.office == one.office)
    unit.connection.execute(table.delete().where(where))
    unit.connection.execute(
        insert(table),
        {
            "login": login,
            "office": one.office,
            "rights": " ".join(sorted(one.rights)),
            "is_primary": one.primary,
            "granted_at": rfc3339(unit.now),
        },
    )
    changed(unit)


def revoke_grant(unit: Unit, login: str, office: str) -> None:
    """Take away all rights of an account for an office. Raises NotFound when it has none."""
    table = schema.grants
    gone = unit.connection.execute(table.delete().where(table.c.login == login, table.c.office == office))
    if gone.rowcount == 0:
        raise NotFound(f"{login} has no grant for {office}", f"ليس للحساب {login} صلاحية على {office}")
    changed(unit)


def add_password(
    unit: Unit, login: str, password_hash: str, scram: str = "", *, replace: bool = False
) -> None:
    """Store a new app password's hash and SCRAM keys (RFC 5803; empty: it serves for PLAIN and LOGIN alone).

    `replace` revokes the earlier ones. Raises NotFound.
    """
    known(unit.connection, schema.accounts.c.login, login, "login")
    table = schema.credentials
    if replace:
        unit.connection.execute(
            update(table)
            .where(table.c.login == login, table.c.revoked_at.is_(None))
            .values(revoked_at=rfc3339(unit.now))
        )
    row = {"login": login, "hash": password_hash, "scram": scram, "created_at": rfc3339(unit.now)}
    unit.connection.execute(insert(table), row)
    changed(unit)


def set_pair(unit: Unit, sender: str, recipient: str, *, allowed: bool) -> None:
    """Allow or forbid letters from one agency (code) to another. Raises NotFound."""
    for code in (sender, recipient):
        known(unit.connection, schema.agencies.c.code, code, "agency")
    table = schema.pair_rules
    unit.connection.execute(table.delete().where(table.c.sender == sender, table.c.recipient == recipient))
    row = {"sender": sender, "recipient": recipient, "allowed": allowed, "decided_at": rfc3339(unit.now)}
    unit.connection.execute(insert(table), row)
    changed(unit)
