"""Looking up header fields and their parameters; values stay octets as received, unfolded and no more.

Invariant: nothing here decodes; `decode` does, for reading. Names are asked for in lower case.
"""

from gateway.mime.header import Field, raw_value, unfold, unfolded_value
from gateway.mime.parameters import Parameter, parse_parameters, parse_token
from gateway.mime.part import Part

__all__ = [
    "Field",
    "Parameter",
    "all_named",
    "disposition",
    "first",
    "raw_value",
    "sole",
    "unfold",
    "unfolded_value",
    "values",
]


def all_named(part: Part, name: str) -> tuple[Field, ...]:
    """Return every field of that lower-case name, in order."""
    return tuple([field for field in part.fields if field.name == name])


def values(part: Part, octets: bytes, name: str) -> tuple[bytes, ...]:
    """Return the unfolded value of every field of that lower-case name, in order."""
    return tuple([unfolded_value(octets, field) for field in part.fields if field.name == name])


def first(part: Part, octets: bytes, name: str) -> bytes | None:
    """Return the unfolded value of the first field of that lower-case name, or None."""
    for field in part.fields:
        if field.name == name:
            return unfolded_value(octets, field)
    return None


def sole(part: Part, octets: bytes, name: str) -> bytes | None:
    """Return the unfolded value of the only field of that name; None when it is absent or repeated."""
    found = values(part, octets, name)
    return found[0] if len(found) == 1 else None


def disposition(part: Part, octets: bytes) -> tuple[bytes, tuple[Parameter, ...]] | None:
    """Return the first Content-Disposition as written, token and parameters (RFC 2183), or None."""
    value = first(part, octets, "content-disposition")
    if value is None:
        return None
    token, position = parse_token(value)
    return (token, parse_parameters(value, position).items) if token else None
