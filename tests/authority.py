"""Every certificate that the tests make, and the TLS of a client that trusts one.

Invariant: a client of the tests verifies strictly (RFC 5280) whatever the Python: from 3.13 on it is the default, and
what only passes on an older one would fail at people's hands. `tests/house/test_certificates.py` keeps it so.
"""

import ssl
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def trusting(authority: Path | str | None = None) -> ssl.SSLContext:
    """Return the TLS of a client that trusts this authority's PEM file, or what the machine trusts."""
    context = ssl.create_default_context(cafile=None if authority is None else str(authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def named(common_name: str, *more: x509.NameAttribute[str]) -> x509.Name:
    """Return the name of a certificate's holder or issuer."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name), *more])


def signed(
    subject: x509.Name,
    key: CertificateIssuerPrivateKeyTypes,
    extensions: Iterable[tuple[x509.ExtensionType, bool]],
    *,
    life: tuple[datetime, datetime],
    issuer: tuple[x509.Name, CertificateIssuerPrivateKeyTypes] | None = None,
) -> x509.Certificate:
    """Return a certificate with these extensions (and whether each is critical), self-signed without an `issuer`."""
    by, signer = issuer or (subject, key)
    builder = x509.CertificateBuilder(by, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(life[0]).not_valid_after(life[1])
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def usage(**yes: bool) -> x509.KeyUsage:
    """Return a key usage with what is named, and nothing else."""
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**(dict.fromkeys(every, False) | yes))


class Authority:
    """A certificate authority that lives as long as the tests, with files in `folder`."""

    def __init__(self, folder: Path, name: str = "Test CA") -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = named(name)
        own: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(ca=True, path_length=0), True),
            (usage(key_cert_sign=True, crl_sign=True), True),
            (x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), False),
        ]
        certificate = signed(self._name, self._key, own, life=_days(-1, 1))
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        self.file.write_bytes(certificate.public_bytes(Encoding.PEM))

    def issue(
        self, name: str, *, client: bool = False, days: tuple[int, int] = (-1, 1)
    ) -> tuple[Path, Path, str]:
        """Return the files of a certificate and its key, and its SHA-256."""
        key = ec.generate_private_key(ec.SECP256R1())
        purpose = ExtendedKeyUsageOID.CLIENT_AUTH if client else ExtendedKeyUsageOID.SERVER_AUTH
        names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (usage(digital_signature=True), True),
            (x509.ExtendedKeyUsage([purpose]), False),
            (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False),
            (x509.SubjectAlternativeName(names), False),
        ]
        certificate = signed(named(name), key, extensions, life=_days(*days), issuer=(self._name, self._key))
        paths = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return *paths, certificate.fingerprint(hashes.SHA256()).hex()


def _days(begins: int, ends: int) -> tuple[datetime, datetime]:
    now = datetime.now(UTC)
    return now + timedelta(days=begins), now + timedelta(days=ends)
