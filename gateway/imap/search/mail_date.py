"""The Date field, read for searching and sorting: as lenient as old programs need (RFC 5322 section 4.3). Pure.

Nothing that decides about a letter reads the results.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

_COMMENT = re.compile(r"\([^()]*\)")
_DATE = re.compile(
    r"\s*+(?:[A-Za-z]++\s*+,)?+\s*+([0-9]{1,2})[\s-]++([A-Za-z]{3})[A-Za-z]*+[\s-]++([0-9]{2,4})"
    r"(?:\s++([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?)?\s*+([+-][0-9]{4}|[A-Za-z]{1,5})?"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES = {"EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8}


def read_date(text: str) -> datetime | None:
    """Return the moment of a Date field in its own zone, or None when it is none."""
    found = _DATE.match(_COMMENT.sub(" ", text))
    if found is None:
        return None
    day, month, year, hour, minute, second, zone = found.groups()
    full_year = int(year)
    if len(year) == 2:  # section 4.3
        full_year += 2000 if full_year < 50 else 1900
    elif len(year) == 3:
        full_year += 1900
    try:
        return datetime(
            full_year,
            _MONTHS.index(month.lower()) + 1,
            int(day),
            int(hour or 0),
            int(minute or 0),
            min(int(second or 0), 59),
            tzinfo=_zone(zone),
        )
    except ValueError:
        return None


def _zone(word: str | None) -> timezone:
    if word is None:
        return UTC
    if word[0] in "+-":
        offset = timedelta(hours=int(word[1:3]), minutes=int(word[3:5]))
        return timezone(-offset if word[0] == "-" else offset)
    return timezone(timedelta(hours=_ZONES.get(word.upper(), 0)))
