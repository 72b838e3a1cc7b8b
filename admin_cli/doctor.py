"""Check an instance: programs, settings, files, certificate, keys, database, queue; each with a fix."""

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from admin_cli.console import document, rows
from admin_cli.globals import Exit, current, leave

if TYPE_CHECKING:
    from gateway.instance.home import Instance

SOON = timedelta(days=30)


def doctor() -> None:
    """Check the instance; exit 5 when anything is wrong."""
    found = _checks()
    bad = [one for one in found if not one["ok"]]
    if current().json:
        document({"healthy": not bad, "checks": found})
    else:
        columns = (
            ("check", "الفحص", "Check"),
            ("ok", "سليم", "OK"),
            ("found", "الموجود", "Found"),
            ("fix", "العلاج", "Fix"),
        )
        rows("checks", found, columns)
    if bad:
        leave(Exit.CHECK_FAILED)


def _checks() -> list[dict[str, Any]]:
    from gateway.config.reading import ConfigError
    from gateway.instance.home import open_instance
    from mailstore.faults import StoreFault

    gpg = shutil.which("gpg")
    found = [_check("gpg", gpg, gpg or "not found", "apt-get install gnupg")]
    try:
        opened = open_instance(current().home)
    except (ConfigError, StoreFault, OSError) as fault:
        return [*found, _check("instance", None, str(fault), f"murasalat init --home {current().home}")]
    try:
        return [*found, *_files(opened), _engines(opened), *_certificates(opened), *_contents(opened)]
    finally:
        opened.close()


def _check(name: str, ok: object, found: object, fix: str) -> dict[str, Any]:
    return {"check": name, "ok": bool(ok), "found": str(found), "fix": "" if ok else fix}


def _files(opened: "Instance") -> list[dict[str, Any]]:
    checks = []
    for name in ("log.key", "ca.key", "server.key"):
        path = opened.home / name
        if not path.exists():
            continue
        mode = path.stat().st_mode & 0o777
        checks.append(_check(f"{name} is private", not mode & 0o077, f"mode {mode:o}", f"chmod 600 {path}"))
    free = shutil.disk_usage(opened.home).free // 2**20
    checks.append(
        _check("disk", free > 1024, f"{free} MiB free", "free at least 1 GiB for letters and evidence")
    )
    return checks


def _engines(opened: "Instance") -> dict[str, Any]:
    from gateway.letters.examination import verifier
    from gateway.signatures.sealing import SealingError
    from gateway.signatures.selftest import EngineUnfit, self_test

    try:
        gnupg = verifier(opened.home)
        with opened.sealer() as sealer:
            self_test(sealer, gnupg)
    except (EngineUnfit, SealingError, OSError, ValueError) as fault:
        return _check(
            "signatures", None, fault, "repair GnuPG or the key in seal/; letters are refused meanwhile"
        )
    return _check("signatures", ok=True, found=f"sealed and verified, GnuPG {gnupg.version}", fix="")


def _certificates(opened: "Instance") -> list[dict[str, Any]]:
    from gateway.instance.certificates import expiry

    tls, checks = opened.config.tls, []
    named = {"certificate": tls.certificate, "client_ca": tls.client_ca, "officer_ca": tls.officer_ca}
    for setting, name in named.items():
        if not name:
            continue
        try:
            until = expiry(opened.path(name).read_bytes())
        except (OSError, ValueError) as fault:
            checks.append(_check(setting, None, fault, f"set [tls] {setting} to a PEM file"))
            continue
        good = until > datetime.now(UTC) + SOON
        checks.append(_check(setting, good, f"valid until {until:%Y-%m-%d}", "renew the certificate"))
    return checks


def _contents(opened: "Instance") -> list[dict[str, Any]]:
    from mailstore.directory.directory import snapshot
    from mailstore.outbox import listed

    directory = opened.store.read(snapshot)
    owed = opened.store.read(listed)
    keys = [key for some in directory.keys.values() for key in some if key.revoked is None]
    soon = [key.address for key in keys if key.expires and key.expires < datetime.now(UTC) + SOON]
    late = [one.id for one in owed if one.attempts > 2 or one.state == "failed"]
    return [
        _check(
            "agencies", directory.agencies, f"{len(directory.agencies)} enrolled", "murasalat agency add …"
        ),
        _check(
            "keys",
            not soon,
            ", ".join(soon) or f"{len(keys)} valid",
            "extend these keys and enrol them again",
        ),
        _check("receipts owed", not late, f"{len(owed)} owed, {len(late)} late", "murasalat queue list"),
    ]
