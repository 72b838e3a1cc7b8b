"""Keys enrolled for offices.

Invariant: no key material serves two offices: every primary and subkey fingerprint stands once.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select, update

from mailstore.database import schema
from mailstore.database.transaction import Unit
from mailstore.directory.directory import changed
from mailstore.directory.existence import known
from mailstore.faults import Conflict, StoreFault
from policies.signature import EnrolledKey
from policies.words.calendar import rfc3339


def enroll_key(unit: Unit, key: EnrolledKey, fingerprints: Iterable[str], approved_by: str = "") -> None:
    """Enrol a public key for an office. Raises Conflict when any of its (sub)keys is enrolled already."""
    known(unit.connection, schema.offices.c.address, key.address, "office")
    every = {key.fingerprint, *fingerprints}
    table = schema.key_fingerprints
    taken = unit.connection.scalar(
        select(schema.keys.c.address)
        .join(table, table.c.key_id == schema.keys.c.id)
        .where(table.c.fingerprint.in_(every))
    )
    if taken is not None:
        raise Conflict(
            f"key {key.fingerprint} is enrolled already, for {taken}",
            f"المفتاح {key.fingerprint} مسجّل من قبل باسم {taken}",
        )
    added = unit.connection.execute(
        insert(schema.keys),
        {
            "address": key.address,
            "format": key.format,
            "fingerprint": key.fingerprint,
            "material": key.material,
            "approved_by": approved_by,
            "enrolled_at": rfc3339(key.enrolled),
            "expires_at": rfc3339(key.expires) if key.expires else None,
        },
    )
    number = added.inserted_primary_key
    if number is None:
        raise StoreFault("the database gave the key no number")
    unit.connection.execute(insert(table), [{"fingerprint": one, "key_id": number[0]} for one in every])
    changed(unit)


def revoke_key(unit: Unit, fingerprint: str, when: datetime, reason: str) -> None:
    """Mark a key as revoked from `when` on. Raises NotFound."""
    known(unit.connection, schema.keys.c.fingerprint, fingerprint, "key")
    unit.connection.execute(
        update(schema.keys)
        .where(schema.keys.c.fingerprint == fingerprint)
        .values(revoked_at=rfc3339(when), revocation_reason=reason)
    )
    changed(unit)
