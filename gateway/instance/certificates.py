"""The instance's own certificate authority, for a start without a national one.

It signs the server's certificate and the client certificates of legacy systems and of officers. An instance with
certificates from elsewhere points the `[tls]` settings at them and never uses this.

Invariant: what is signed here stands up to strict verification (RFC 5280; Python's default since 3.13).
"""

import ipaddress
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID, NameOID

_CA_LIFE = timedelta(days=3650)
_LEAF_LIFE = timedelta(days=397)
_NAME = "Murasalat instance CA"


def create_authority(home: Path, now: datetime) -> None:
    """Write `ca.key` (0600) and `ca.pem` under `home`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)])
    certificate = (
        _builder(name, name, key.public_key(), now, _CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_secret(home / "ca.key", _pem(key))
    (home / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def create_server(home: Path, hosts: Sequence[str], now: datetime) -> None:
    """Write `server.key` (0600) and `server.pem` for these host names and IP addresses, signed by the instance's CA."""
    names: list[x509.GeneralName] = []
    for host in dict.fromkeys(hosts):
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    key, certificate = _issue(home, hosts[0], names, ExtendedKeyUsageOID.SERVER_AUTH, now)
    authority = (home / "ca.pem").read_bytes()
    write_secret(home / "server.key", key)
    (home / "server.pem").write_bytes(certificate + authority)


def create_client(home: Path, login: str, now: datetime) -> tuple[bytes, bytes, str]:
    """Return (private key PEM, certificate PEM, SHA-256 of the certificate in hex) for an account."""
    key, certificate = _issue(
        home, login, [x509.RFC822Name(login)] if "@" in login else [], ExtendedKeyUsageOID.CLIENT_AUTH, now
    )
    return key, certificate, fingerprint(certificate)


def fingerprint(pem: bytes) -> str:
    """Return the SHA-256 (hex) of a PEM certificate's DER. Raises ValueError when it is none."""
    return x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex()


def expiry(pem: bytes) -> datetime:
    """Return when a PEM certificate (the first of a chain) ends, in UTC. Raises ValueError when it is none."""
    return x509.load_pem_x509_certificate(pem).not_valid_after_utc


def wanting(pem: bytes) -> list[str]:
    """Return what strict clients (RFC 5280 section 4.2.1) miss in the certificates of a chain; none is the rule.

    Raises ValueError when it holds no certificate, or one with an extension that cannot be read.
    """
    missing: list[str] = []
    for one in x509.load_pem_x509_certificates(pem):
        held = {extension.oid: extension for extension in one.extensions}
        basic = held.get(ExtensionOID.BASIC_CONSTRAINTS)
        if one.issuer != one.subject and ExtensionOID.AUTHORITY_KEY_IDENTIFIER not in held:
            missing.append("Authority Key Identifier")
        if basic is not None and isinstance(basic.value, x509.BasicConstraints) and basic.value.ca:
            missing += [] if basic.critical else ["critical Basic Constraints"]
            missing += [] if ExtensionOID.KEY_USAGE in held else ["Key Usage"]
            missing += [] if ExtensionOID.SUBJECT_KEY_IDENTIFIER in held else ["Subject Key Identifier"]
    return list(dict.fromkeys(missing))


def _issue(
    home: Path, name: str, names: list[x509.GeneralName], purpose: x509.ObjectIdentifier, now: datetime
) -> tuple[bytes, bytes]:
    authority = x509.load_pem_x509_certificate((home / "ca.pem").read_bytes())
    signer = serialization.load_pem_private_key((home / "ca.key").read_bytes(), None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise TypeError("ca.key is not an elliptic curve key")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    builder = (
        _builder(subject, authority.subject, key.public_key(), now, _LEAF_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    certificate = builder.sign(signer, hashes.SHA256())
    return _pem(key), certificate.public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + life)
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def write_secret(path: Path, octets: bytes) -> None:
    """Write a file that only its owner may read. Raises FileExistsError rather than replace one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(octets)
        out.flush()
        os.fsync(out.fileno())
