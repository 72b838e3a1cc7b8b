"""A digest over the columns of a row that never change: it tells a flipped bit from the truth."""

import hashlib
import json
from collections.abc import Iterable


def row_digest(values: Iterable[object]) -> bytes:
    """Return SHA-256 over the values, unambiguously joined (a JSON array; octets in hexadecimal)."""
    plain = [value.hex() if isinstance(value, bytes | memoryview) else value for value in values]
    return hashlib.sha256(json.dumps(plain, separators=(",", ":")).encode()).digest()
