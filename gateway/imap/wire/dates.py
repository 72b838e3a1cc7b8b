"""Dates of IMAP: `date` (searches) and `date-time` (INTERNALDATE, APPEND), RFC 9051 section 9."""

import re
from datetime import date, datetime, timedelta, timezone

MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_MONTH_NUMBER = {name.lower(): number for number, name in enumerate(MONTHS, 1)}

DATE = re.compile(rb'("?)([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})\1')
"""`date`, with or without quotation marks."""

DATE_TIME = re.compile(
    rb'"( ?[0-9]|[0-9]{2})-([A-Za-z]{3})-([0-9]{4}) '
    rb'([0-9]{2}):([0-9]{2}):([0-9]{2}) ([+-])([0-9]{2})([0-5][0-9])"',
)
"""`date-time`. The day is padded with a space or, as some clients do, with a zero or not at all."""


def read_date(found: re.Match[bytes]) -> date:
    """Return the date of a `DATE` match. Raises ValueError when there is no such day."""
    return date(int(found[4]), _month(found[3]), int(found[2]))


def read_date_time(found: re.Match[bytes]) -> datetime:
    """Return the moment of a `DATE_TIME` match in its own zone. Raises ValueError when there is none such.

    The first and the last year are none: in another zone their moments may lie where no date can be written.
    """
    offset = timedelta(hours=int(found[8]), minutes=int(found[9]))
    zone = timezone(-offset if found[7] == b"-" else offset)
    year = int(found[3])
    if not 1 < year < 9999:
        raise ValueError("no such year")
    return datetime(
        year, _month(found[2]), int(found[1]), int(found[4]), int(found[5]), int(found[6]), tzinfo=zone
    )


def write_date_time(moment: datetime) -> bytes:
    """Return `moment` as a quoted date-time in its own zone. Seconds of a zone offset are cut off.

    Raises ValueError when it has no zone: a date without one would be read as another moment by each client.
    """
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("a date-time needs a zone")
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    return b'"%2d-%b-%04d %02d:%02d:%02d %c%02d%02d"' % (
        moment.day,
        MONTHS[moment.month - 1],
        moment.year,
        moment.hour,
        moment.minute,
        moment.second,
        b"-" if minutes < 0 else b"+",
        hours,
        rest,
    )


def _month(name: bytes) -> int:
    number = _MONTH_NUMBER.get(name.lower())
    if number is None:
        raise ValueError("no such month")
    return number
