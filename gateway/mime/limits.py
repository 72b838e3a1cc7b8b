"""The limits a letter must keep before its structure is looked at (RFC 5322, RFC 2045 and RFC 2046 set few).

Invariant: `MimeLimitExceeded` is the only exception that parsing raises, whatever the octets.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one message may ask of the parser. Counts are inclusive: exactly the limit still passes."""

    header_octets: int = 262_144  # one entity's header, folding and line ends included
    all_header_octets: int = 1_048_576  # every header of the message together, embedded messages included
    fields: int = 1_000  # in one header
    parameters: int = 128  # in one Content-Type or Content-Disposition field
    parts: int = 10_000  # entities in the whole message; lines that look like a delimiter count too
    depth: int = 100  # multiparts and embedded messages inside each other; the message itself is depth 0
    boundary_octets: int = 998  # RFC 2046 allows 70; longer than a line can never match
    scan_octets: int = 320 * 1024 * 1024  # octets searched for delimiters, over all levels of nesting


DEFAULT_LIMITS = Limits()


class MimeLimitExceeded(ValueError):
    """A message passes one of the `Limits`.

    `code` is a stable word: `header-too-large`, `headers-too-large` (all together), `too-many-fields`,
    `too-many-parameters`, `too-many-parts`, `nested-too-deep`, `boundary-too-long` or `scan-too-long`.
    `limit` and `found` are the numbers, `found` being where counting stopped.
    """

    def __init__(self, code: str, limit: int, found: int) -> None:
        super().__init__(f"{code}: {found} exceeds the limit of {limit}")
        self.code = code
        self.limit = limit
        self.found = found

    def __reduce__(self) -> tuple[type["MimeLimitExceeded"], tuple[str, int, int]]:
        """Survive the way back from a worker process."""
        return (MimeLimitExceeded, (self.code, self.limit, self.found))
