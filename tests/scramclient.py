"""A client of SCRAM-SHA-256 written from RFC 5802 alone, which can also say what no honest client says."""

import hashlib
import hmac
from base64 import b64decode, b64encode

NONCE = "rOprNGfwEbeRWgbNEkqO"


class ScramSpeaker:
    """One exchange as `login` (escaped by the caller); `identity` is an authorization identity."""

    def __init__(
        self, login: str, secret: str, identity: str = "", flag: str = "n", nonce: str = NONCE
    ) -> None:
        self.header = f"{flag},{f'a={identity}' if identity else ''},"
        self.bare = f"n={login},r={nonce}"
        self._secret = secret
        self.confirmation = b""
        """What the server must answer to `final`."""

    def first(self) -> bytes:
        return (self.header + self.bare).encode()

    def final(
        self, challenge: bytes, *, binding: str | None = None, client_key: bytes | None = None
    ) -> bytes:
        """Answer the server's first message; `binding` stands in for the header, `client_key` for the client's."""
        nonce, salt, iterations = (part[2:] for part in challenge.decode().split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self._secret.encode(), b64decode(salt), int(iterations))
        client_key = client_key or hmac.digest(salted, b"Client Key", "sha256")
        bound = b64encode((self.header if binding is None else binding).encode()).decode()
        spoken = f"c={bound},r={nonce}"
        said = f"{self.bare},{challenge.decode()},{spoken}".encode()
        signature = hmac.digest(hashlib.sha256(client_key).digest(), said, "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        server_key = hmac.digest(salted, b"Server Key", "sha256")
        self.confirmation = b"v=" + b64encode(hmac.digest(server_key, said, "sha256"))
        return f"{spoken},p={b64encode(proof).decode()}".encode()
