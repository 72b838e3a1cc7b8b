"""Keys: read a key file, enrol it for an office, list, show, revoke."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from admin_cli.console import document, result, rows
from admin_cli.globals import current
from policies.words.calendar import rfc3339

if TYPE_CHECKING:
    from policies.signature import EnrolledKey

app = typer.Typer(help="Public keys of offices / المفاتيح العامة", no_args_is_help=True)

COLUMNS = (
    ("address", "العنوان", "Address"),
    ("format", "الصيغة", "Format"),
    ("fingerprint", "البصمة", "Fingerprint"),
    ("enrolled", "سُجّل", "Enrolled"),
    ("expires", "ينتهي", "Expires"),
    ("revoked", "أُلغي", "Revoked"),
)


@app.command()
def enroll(
    address: str,
    file: Path,
    approve_by: Annotated[str, typer.Option(help="login of the second person who approves")] = "",
) -> None:
    """Enrol a public key (OpenPGP or X.509, told apart by content) for an office."""
    from admin_cli import checks
    from admin_cli.acts import apply, instance
    from gateway.signatures.enrolment import read_key
    from mailstore.directory.keys import enroll_key

    with instance() as opened:
        reading = read_key(
            _octets(file),
            checks.address(address),
            opened.store.clock(),
            rsa_bits=opened.config.policy.rsa_bits,
        )
        apply(opened, lambda unit: enroll_key(unit, reading.key, reading.fingerprints, approve_by.lower()))
    key = reading.key
    result(
        {"address": key.address, "format": key.format, "fingerprint": key.fingerprint},
        f"سُجّل المفتاح {key.fingerprint} للمكتب {key.address}",
        f"key {key.fingerprint} enrolled for {key.address}",
    )


@app.command()
def scan(address: str, file: Path) -> None:
    """Read a key file and say what it is, without enrolling it."""
    from datetime import UTC, datetime

    from admin_cli import checks
    from gateway.signatures.enrolment import read_key

    reading = read_key(_octets(file), checks.address(address), datetime.now(UTC))
    found = {
        "address": reading.key.address,
        "format": reading.key.format,
        "fingerprint": reading.key.fingerprint,
        "algorithm": reading.algorithm,
        "bits": reading.bits,
        "user_ids": list(reading.user_ids),
        "expires": rfc3339(reading.key.expires) if reading.key.expires else None,
    }
    result(
        found, f"المفتاح صالح للتسجيل: {reading.key.fingerprint}", f"fit to enrol: {reading.key.fingerprint}"
    )


@app.command("list")
def list_(address: Annotated[str, typer.Option(help="only this office's keys")] = "") -> None:
    """List enrolled keys."""
    from admin_cli.acts import read
    from mailstore.directory.directory import snapshot

    keys = [key for some in read(snapshot).keys.values() for key in some]
    rows("keys", [_members(key) for key in keys if address.lower() in {"", key.address}], COLUMNS)


@app.command()
def show(fingerprint: str) -> None:
    """Show one enrolled key."""
    from admin_cli.acts import read
    from mailstore.directory.directory import snapshot
    from mailstore.faults import NotFound

    key = read(snapshot).fingerprints.get(fingerprint.upper().replace(" ", ""))
    if key is None:
        raise NotFound(f"no key {fingerprint}", f"لا يوجد مفتاح {fingerprint}")
    if current().json:
        document(_members(key))
    else:
        rows("key", [_members(key)], COLUMNS)


@app.command()
def revoke(fingerprint: str, reason: Annotated[str, typer.Option(help="why")]) -> None:
    """Revoke an enrolled key from now on; letters accepted before stay valid."""
    from admin_cli.acts import ask, change
    from mailstore.directory.keys import revoke_key

    wanted = fingerprint.upper().replace(" ", "")
    ask(f"سيُلغى المفتاح {wanted}.", f"The key {wanted} will be revoked.")
    change(lambda unit: revoke_key(unit, wanted, unit.now, reason))
    result({"fingerprint": wanted, "revoked": True}, f"أُلغي المفتاح {wanted}", f"key {wanted} revoked")


def _octets(file: Path) -> bytes:
    from admin_cli.acts import unreadable

    try:
        return file.read_bytes()
    except OSError as fault:
        raise unreadable(file, fault) from None


def _members(key: "EnrolledKey") -> dict[str, object]:
    return {
        "address": key.address,
        "format": key.format,
        "fingerprint": key.fingerprint,
        "enrolled": rfc3339(key.enrolled),
        "expires": rfc3339(key.expires) if key.expires else None,
        "revoked": rfc3339(key.revoked) if key.revoked else None,
    }
