"""TLS client certificates of officers and systems: one that is given, or one that the instance's own CA issues."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from admin_cli.acts import InputFault
from gateway.instance.certificates import create_client, fingerprint, write_secret


def fingerprint_of(certificate: Path | None) -> str:
    """Return the SHA-256 (hex) of a certificate in a PEM file, empty without one. Raises InputFault."""
    try:
        return fingerprint(certificate.read_bytes()) if certificate else ""
    except (OSError, ValueError) as fault:
        raise InputFault(
            f"{certificate}: not a PEM certificate: {fault}", f"{certificate}: ليس شهادة PEM: {fault}"
        ) from None


@dataclass(frozen=True)
class Issued:
    """A client certificate of the instance's own CA that is not written yet."""

    key_file: Path
    certificate_file: Path
    key: bytes
    certificate: bytes
    sha256: str

    def write(self) -> None:
        """Write both files, the key readable by its owner alone. Raises OSError."""
        self.key_file.parent.mkdir(parents=True, exist_ok=True)
        write_secret(self.key_file, self.key)
        self.certificate_file.write_bytes(self.certificate)


def issue_client(home: Path, login: str, folder: Path, now: datetime) -> Issued:
    """Make a key and a certificate for a checked login, as `folder/LOGIN.key` and `.pem`. Raises InputFault."""
    key_file, certificate_file = folder / f"{login}.key", folder / f"{login}.pem"
    for one in (key_file, certificate_file):
        if one.exists():
            raise InputFault(
                f"{one}: exists already; move it away or choose another --issue directory",
                f"{one}: موجود من قبل؛ انقله أو اختر مجلداً آخر لـ --issue",
            )
    key, certificate, sha256 = create_client(home, login, now)
    return Issued(key_file, certificate_file, key, certificate, sha256)
