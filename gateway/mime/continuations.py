"""Parameters in sections, `name*0*=...; name*1*=...` (RFC 2231 sections 3 and 4), in order, not decoded.

Invariants:
- Sections count up from 0 to the first gap; of two with one number the first counts; others are left out.
- Time is linear in the number of parameters.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

from gateway.mime.parameters import Parameter

# name, name*, name*0, name*0*
_NAME = re.compile(rb"([^*]++)(?:\*([0-9]{1,6}))?(\*)?")
# RFC 2231 section 7: attribute-char, what need not be percent-encoded.
_TO_ENCODE = re.compile(rb"[^!#$&+\-.0-9A-Z^_`a-z{|}~]")


class Section(NamedTuple):
    """One section of a value; `extended` when its percent signs encode octets."""

    extended: bool
    value: bytes


def sections_by_name(params: Iterable[Parameter]) -> dict[bytes, list[Section]]:
    """Return the sections of every parameter in RFC 2231 form by lower-case name, in sequence."""
    numbered: dict[bytes, dict[int, Section]] = {}
    for param in params:
        match = _NAME.fullmatch(param.name)
        if match is not None and (match[2] is not None or match[3] is not None):
            sections = numbered.setdefault(match[1].lower(), {})
            sections.setdefault(int(match[2] or 0), Section(match[3] is not None, param.value))
    ordered: dict[bytes, list[Section]] = {}
    for name, sections in numbered.items():
        run: list[Section] = []
        while len(run) in sections:
            run.append(sections[len(run)])
        if run:
            ordered[name] = run
    return ordered


def join_sections(params: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """Join sections into one parameter each, still encoded, as IMAP gives them (RFC 2231 section 6).

    The result is named `name`, or `name*` when a section is extended; plain sections are percent-encoded
    then. A parameter that is not in sections, or lacks section 0, stays as written.
    """
    if not any(b"*" in param.name for param in params):
        return params
    by_name = sections_by_name(params)
    written: set[bytes] = set()
    joined: list[Parameter] = []
    for param in params:
        match = _NAME.fullmatch(param.name)
        name = match[1].lower() if match is not None else b""
        if match is None or match[2] is None or name not in by_name:
            joined.append(param)
        elif name not in written:
            written.add(name)
            joined.append(_join(match[1], by_name[name]))
    return tuple(joined)


def _join(name: bytes, run: list[Section]) -> Parameter:
    if not any(section.extended for section in run):
        return Parameter(name, b"".join([section.value for section in run]))
    charset = b"" if run[0].extended else b"''"
    encoded = [
        section.value if section.extended else _TO_ENCODE.sub(_percent, section.value) for section in run
    ]
    return Parameter(name + b"*", charset + b"".join(encoded))


def _percent(octet: re.Match[bytes]) -> bytes:
    return b"%%%02X" % octet[0][0]
