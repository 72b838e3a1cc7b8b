"""Seal the gateway's own mail: a finished entity inside multipart/signed (RFC 3156 section 5).

Invariant: the octets that are signed are those that are sent: the inner entity is made once, signed, and put as it is
between the delimiters (RFC 1847 section 2.1).
"""

from collections.abc import Callable

from gateway.mime.writing import Entity, Fields, boundary_for, header
from gateway.signatures.openpgp.packets import signature_header, signature_packet


def sealed(fields: Fields, signed: Entity, seed: str, sign: Callable[[bytes], bytes]) -> bytes:
    """Return a whole message: `fields`, and `signed` inside multipart/signed (RFC 3156 section 5).

    `sign` makes an armored detached signature over exactly the octets it is given; what it raises passes on.
    Raises PacketError when it returns anything but one signature.
    """
    octets = signed.octets
    armored = b"".join(line.rstrip() + b"\r\n" for line in sign(octets).strip().splitlines())
    hashed = signature_header(signature_packet(armored)).hash_algorithm.lower()
    signature = Entity(header(_SIGNATURE_FIELDS) + b"\r\n", armored)
    boundary = boundary_for(f"sealed {seed}", [octets, armored])
    protocol = 'protocol="application/pgp-signature"'
    content_type = f'multipart/signed; micalg="pgp-{hashed}"; {protocol}; boundary="{boundary}"'
    delimiter = b"--" + boundary.encode("ascii")
    return b"\r\n".join(
        (
            header([*fields, ("MIME-Version", "1.0"), ("Content-Type", content_type)]),
            delimiter,
            octets,
            delimiter,
            signature.octets,
            delimiter + b"--",
            b"",
        )
    )


_SIGNATURE_FIELDS = (("Content-Type", 'application/pgp-signature; name="signature.asc"'),)
