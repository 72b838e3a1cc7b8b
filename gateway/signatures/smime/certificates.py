"""X.509 certificates for S/MIME (RFC 8550), read before their enrolment.

Invariants:
- The subject alternative name alone says whose certificate it is (RFC 8550 section 3); the subject never does.
- Reading checks the certificate itself. Whether a trusted authority issued it and has not revoked it is verified
  with each letter, against the trust roots and revocation lists of that time.
"""

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import MD5, SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from gateway.signatures.key_file import KeyReading, KeyRefused
from policies.signature import EnrolledKey

FORMAT = "smime"
_SMALLEST_RSA = 2048  # bits
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_SMTP_UTF8_MAILBOX = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")  # RFC 9598
_SIGNING_PURPOSES = {ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
_PEM_BEGIN = b"-----BEGIN CERTIFICATE-----"
_PRIVATE = b"PRIVATE KEY-----"


def is_x509(octets: bytes) -> bool:
    """Whether `octets` can only be PEM or DER: an OpenPGP packet has its top bit set, a DER sequence is 0x30."""
    return (
        octets[:1] == b"\x30" or _PEM_BEGIN in octets or (_PRIVATE in octets and b"BEGIN PGP" not in octets)
    )


def read_certificate(octets: bytes, address: str, now: datetime) -> KeyReading:
    """Read the one certificate for `address` in `octets` (PEM or DER). Raises KeyRefused.

    The key's fingerprint is the SHA-256 of the certificate's DER octets, in upper-case hexadecimal.
    """
    certificate = _parse(octets)
    try:
        return _read(certificate, address, now)
    except (UnsupportedAlgorithm, x509.UnsupportedGeneralNameType) as failure:
        raise KeyRefused("weak", str(failure)) from None
    except (ValueError, x509.DuplicateExtension) as failure:
        if isinstance(failure, KeyRefused):
            raise
        raise KeyRefused("not-a-key", type(failure).__name__) from None


def _read(certificate: x509.Certificate, address: str, now: datetime) -> KeyReading:
    if certificate.version is not x509.Version.v3:
        raise KeyRefused("version", "X.509 version 1")
    algorithm, bits = _algorithm(certificate)
    names = _mailboxes(certificate)
    if address.lower() not in {name.lower() for name in names}:
        raise KeyRefused("foreign", ", ".join(names))
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begins <= now < ends:
        raise KeyRefused("expired", f"{begins.isoformat()} .. {ends.isoformat()}")
    _check_purpose(certificate)
    fingerprint = certificate.fingerprint(SHA256()).hex().upper()
    key = EnrolledKey(address, FORMAT, fingerprint, certificate.public_bytes(Encoding.DER), now, ends)
    return KeyReading(key, (fingerprint,), names, algorithm, bits)


def _parse(octets: bytes) -> x509.Certificate:
    """Read exactly one certificate and nothing secret."""
    if _PRIVATE in octets or _begins_with_number(octets):
        raise KeyRefused("secret-material")
    try:
        if octets[:1] == b"\x30":
            return x509.load_der_x509_certificate(octets)
        certificates = x509.load_pem_x509_certificates(octets)
    except x509.InvalidVersion as failure:
        raise KeyRefused("version", str(failure)) from None
    except (ValueError, UnsupportedAlgorithm) as failure:
        raise KeyRefused("not-a-key", type(failure).__name__) from None
    if len(certificates) != 1:
        raise KeyRefused("several-keys")
    return certificates[0]


def _begins_with_number(octets: bytes) -> bool:
    """Whether a DER sequence begins with an integer: PKCS #1, #8 and #12 do, all of them private keys.

    A certificate begins with another sequence (RFC 5280 section 4.1).
    """
    if octets[:1] != b"\x30" or len(octets) < 2:
        return False
    start = 2 + (octets[1] & 0x7F if octets[1] & 0x80 else 0)
    return octets[start : start + 1] == b"\x02"


def _algorithm(certificate: x509.Certificate) -> tuple[str, int]:
    """Name the key's algorithm and size. Raises KeyRefused when it, or the certificate's signature, is weak."""
    if isinstance(certificate.signature_hash_algorithm, MD5 | SHA1):
        raise KeyRefused("weak", certificate.signature_hash_algorithm.name)
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _SMALLEST_RSA:
        return "RSA", key.key_size
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, _CURVES):
        return "ECDSA", key.key_size
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "EdDSA", 256
    raise KeyRefused("weak", f"{type(key).__name__} {getattr(key, 'key_size', '')}".rstrip())


def _mailboxes(certificate: x509.Certificate) -> tuple[str, ...]:
    """Every mailbox of the subject alternative name, ASCII ones and SmtpUTF8Mailbox ones."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    others = names.get_values_for_type(x509.OtherName)
    mailboxes = [_utf8_string(one.value) for one in others if one.type_id == _SMTP_UTF8_MAILBOX]
    return (*names.get_values_for_type(x509.RFC822Name), *mailboxes)


def _utf8_string(der: bytes) -> str:
    """Read a DER UTF8String of up to 255 octets, longer than any mailbox (RFC 5321 section 4.5.3.1.3)."""
    start = 3 if der[1:2] == b"\x81" else 2
    if der[:1] != b"\x0c" or len(der) < start or der[start - 1] != len(der) - start:
        raise ValueError("not a UTF8String")
    return der[start:].decode("utf-8")


def _check_purpose(certificate: x509.Certificate) -> None:
    """Refuse a certificate that may not sign mail (RFC 8550 section 4.4)."""
    for extension in certificate.extensions:
        value = extension.value
        if isinstance(value, x509.BasicConstraints) and value.ca:
            raise KeyRefused("cannot-sign", "a certificate of an authority")
        if isinstance(value, x509.KeyUsage) and not (value.digital_signature or value.content_commitment):
            raise KeyRefused("cannot-sign", "key usage")
        if isinstance(value, x509.ExtendedKeyUsage) and not _SIGNING_PURPOSES & set(value):
            raise KeyRefused("cannot-sign", "extended key usage")
