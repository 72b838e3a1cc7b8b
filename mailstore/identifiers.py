"""Identifiers that sort by time: UUID version 7 (RFC 9562 section 5.7)."""

import os
from datetime import datetime


def uuid7(now: datetime) -> str:
    """Return a fresh UUIDv7 for the instant `now` (aware), in its canonical text form."""
    milliseconds = int(now.timestamp() * 1000)
    value = milliseconds << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    digits = f"{value:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
