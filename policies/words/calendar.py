"""Dates as people in Qatar read them: Qatar time, Gregorian and Umm al-Qura Hijri, working days, RFC 3339.

Evidence is always UTC; Qatar time (UTC+3, no daylight saving) and both calendars are for reading. The one
module of another project that policies may import is `hijridate`: a pure table of Umm al-Qura months, no I/O.

Invariants:
- A datetime that comes in is aware and in UTC, else ValueError.
- Nothing but ValueError is raised: dates beyond the table have no Hijri rendering, and none is made up.
- A Hijri day is given by the civil day in Qatar; it does not begin at sunset.
"""

import re
from collections.abc import Container
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

from hijridate import Gregorian

Language = Literal["ar", "en"]

QATAR = timezone(timedelta(hours=3), "UTC+3")
_MONTH = re.compile(r"([1-9][0-9]{3})-(0[1-9]|1[0-2])")
WEEKEND = (4, 5)  # Friday, Saturday, as date.weekday() counts
WORKING_DAYS_LIMIT = 10_000

_WEEKDAYS: dict[Language, tuple[str, ...]] = {  # from Monday, as date.weekday() counts
    "ar": ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS: dict[Language, tuple[str, ...]] = {
    "ar": (
        *("يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو"),
        *("يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
_RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))",
)


def in_qatar(moment: datetime) -> datetime:
    """Return the same moment on the clocks of Qatar."""
    if moment.utcoffset() != timedelta(0):
        raise ValueError("a datetime must be aware and in UTC")
    try:
        return moment.astimezone(QATAR)
    except OverflowError:
        raise ValueError("the moment has no date in Qatar time") from None


def weekday(moment: datetime, language: Language) -> str:
    """Return the name of the day of the week in Qatar."""
    return _names(_WEEKDAYS, language)[in_qatar(moment).weekday()]


def time_of_day(moment: datetime) -> str:
    """Return the time of day in Qatar, e.g. `13:05:09`."""
    return in_qatar(moment).strftime("%H:%M:%S")


def gregorian(moment: datetime, language: Language) -> str:
    """Return the Gregorian date in Qatar: `23 نوفمبر 2026 م` or `23 November 2026`."""
    day = in_qatar(moment)
    text = f"{day.day} {_names(_MONTHS, language)[day.month - 1]} {day.year}"
    return f"{text} م" if language == "ar" else text


def hijri(moment: datetime, language: Language, offset_days: int = 0) -> str | None:
    """Return the Umm al-Qura date in Qatar: `13 جمادى الآخرة 1448 هـ` or `13 Jumada al-Akhirah 1448 AH`.

    `offset_days` moves it where the officially announced month differs from the table. None when the day lies
    outside the table (1 August 1924 to 16 November 2077).
    """
    _names(_MONTHS, language)
    civil = in_qatar(moment)
    try:
        day = civil.date() + timedelta(days=offset_days)
        lunar = Gregorian(day.year, day.month, day.day).to_hijri()
    except OverflowError:
        return None
    era = "هـ" if language == "ar" else "AH"
    return f"{lunar.day} {lunar.month_name(language)} {lunar.year} {era}"


def both(moment: datetime, language: Language, offset_days: int = 0) -> str:
    """Return weekday and both dates in Qatar; the Gregorian date alone when the Hijri one is not known.

    `الاثنين 13 جمادى الآخرة 1448 هـ، الموافق 23 نوفمبر 2026 م`;
    `Monday, 23 November 2026 (13 Jumada al-Akhirah 1448 AH)`.
    """
    day, civil, lunar = (
        weekday(moment, language),
        gregorian(moment, language),
        hijri(moment, language, offset_days),
    )
    if language == "ar":
        return f"{day} {lunar}، الموافق {civil}" if lunar else f"{day} {civil}"
    return f"{day}, {civil} ({lunar})" if lunar else f"{day}, {civil}"


def is_working_day(day: date, holidays: Container[date]) -> bool:
    """Whether offices are open on `day`: Sunday to Thursday and no public holiday."""
    return day.weekday() not in WEEKEND and day not in holidays


def add_working_days(start: date, days: int, holidays: Container[date]) -> date:
    """Return the `days`-th working day after `start`; for 0, `start` or the next working day when it is none.

    ValueError when `days` is negative or above 10,000, or when the calendar ends before.
    """
    if not 0 <= days <= WORKING_DAYS_LIMIT:
        raise ValueError("working days are counted from 0 to 10000")
    day = start
    try:
        while not days and not is_working_day(day, holidays):
            day += timedelta(days=1)
        while days:
            day += timedelta(days=1)
            days -= is_working_day(day, holidays)
    except OverflowError:
        raise ValueError("the calendar ends before that working day") from None
    return day


def months(first: str, last: str) -> list[str]:
    """Return the months from `first` to `last`, both "YYYY-MM" and both included; ValueError for anything else."""
    ends = []
    for text in (first, last):
        match = _MONTH.fullmatch(text)
        if match is None:
            raise ValueError("a month is written YYYY-MM")
        ends.append(int(match[1]) * 12 + int(match[2]) - 1)
    return [f"{count // 12:04d}-{count % 12 + 1:02d}" for count in range(ends[0], ends[1] + 1)]


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """Return the first moment of a month "YYYY-MM" in Qatar and that of the month after, in UTC."""
    months(month, month)
    year, number = int(month[:4]), int(month[5:])
    first = datetime(year, number, 1, tzinfo=QATAR)
    after = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=QATAR)
    return first.astimezone(UTC), after.astimezone(UTC)


def rfc3339(moment: datetime) -> str:
    """Return the moment as the evidence writes it: `2026-11-23T10:00:00.123Z` (RFC 3339, UTC, cut to ms)."""
    if moment.utcoffset() != timedelta(0):
        raise ValueError("a datetime must be aware and in UTC")
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def parse_rfc3339(text: str) -> datetime:
    """Read a date-time of RFC 3339 section 5.6 and return it in UTC, cut to microseconds; else ValueError.

    Refused although the RFC allows them: small `t` and `z`, leap seconds, and the unknown offset `-00:00`.
    """
    match = _RFC3339.fullmatch(text)
    if match is None or text.endswith("-00:00"):
        raise ValueError("not an RFC 3339 date-time")
    *fields, fraction, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if offset >= timedelta(days=1) or int(minutes or 0) > 59:
        raise ValueError("not an RFC 3339 date-time")
    year, month, day, hour, minute, second = map(int, fields)
    microsecond = int((fraction or "").ljust(6, "0")[:6])
    moment = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=UTC)
    try:
        return moment + offset if sign == "-" else moment - offset
    except OverflowError:
        raise ValueError("not an RFC 3339 date-time") from None


def _names(table: dict[Language, tuple[str, ...]], language: Language) -> tuple[str, ...]:
    if language not in table:
        raise ValueError("the language is ar or en")
    return table[language]
