"""The Date field of a message as an instant (RFC 5322 sections 3.3 and 4.3).

Invariant: total, and linear in the length of the text. Obsolete forms are read: names of zones, years of two or three
digits, comments, blanks around the colons; a name of no known zone counts as -0000 (section 4.3), which is UTC here.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

LONGEST = 1_000  # characters; what is longer is no date

_DATE = re.compile(
    r"(?:[A-Za-z]{3}[ \t]*+,)?[ \t]*+(\d{1,2})[ \t]++([A-Za-z]{3})[ \t]++(\d{2,4})[ \t]++"
    r"(\d{1,2})[ \t]*+:[ \t]*+(\d{2})(?:[ \t]*+:[ \t]*+(\d{2}))?[ \t]++([+-]\d{4}|[A-Za-z]{1,5})",
    re.ASCII,
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
_HOURS = {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}


def parse_mail_date(text: str) -> datetime | None:
    """Return the instant (UTC) of an unfolded Date field, or None when it is not one."""
    written = _without_comments(text) if len(text) <= LONGEST else None
    match = _DATE.fullmatch(written.strip(" \t")) if written is not None else None
    if match is None:
        return None
    day, month, year, hour, minute, second, zone = match.groups()
    offset = _offset(zone)
    if offset is None or month.lower() not in _MONTHS:
        return None
    seconds = 59 if second == "60" else int(second or 0)  # no datetime holds a leap second
    try:
        local = datetime(
            _year(year), _MONTHS[month.lower()], int(day), int(hour), int(minute), seconds, tzinfo=UTC
        )
        return local.replace(tzinfo=timezone(offset)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _year(digits: str) -> int:
    """Section 4.3: two digits are 2000 to 2049 or 1950 to 1999, three are counted from 1900."""
    number = int(digits)
    if len(digits) == 2 and number < 50:
        return 2000 + number
    return 1900 + number if len(digits) < 4 else number


def _offset(zone: str) -> timedelta | None:
    if zone[0] not in "+-":
        return timedelta(hours=_HOURS.get(zone.lower(), 0)) if zone.lower() != "j" else None
    if int(zone[3:]) > 59:
        return None
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:]))
    return -offset if zone[0] == "-" else offset


def _without_comments(text: str) -> str | None:
    """Return the text with a blank for each comment (section 3.2.2); None when one does not end."""
    if "(" not in text and ")" not in text:
        return text
    kept: list[str] = []
    depth, position = 0, 0
    while position < len(text):
        character = text[position]
        if depth and character == "\\":
            position += 1
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            kept.append(" ")
        elif not depth:
            kept.append(character)
        if depth < 0:
            return None
        position += 1
    return None if depth else "".join(kept)
