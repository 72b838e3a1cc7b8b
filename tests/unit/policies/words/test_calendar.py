from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.words.calendar import (
    Language,
    add_working_days,
    both,
    gregorian,
    hijri,
    in_qatar,
    is_working_day,
    month_bounds,
    months,
    parse_rfc3339,
    rfc3339,
    time_of_day,
    weekday,
)

MOMENT = datetime(2026, 11, 23, 10, 0, 0, 123_456, tzinfo=UTC)
LANGUAGES: tuple[Language, ...] = ("ar", "en")
NATIONAL_DAY = frozenset({date(2026, 12, 18), date(2026, 12, 20)})
MOMENTS = st.datetimes(timezones=st.just(UTC))


def test_dates_are_written_in_both_calendars_and_languages() -> None:
    assert gregorian(MOMENT, "ar") == "23 نوفمبر 2026 م"
    assert gregorian(MOMENT, "en") == "23 November 2026"
    assert hijri(MOMENT, "ar") == "13 جمادى الآخرة 1448 هـ"
    assert hijri(MOMENT, "en") == "13 Jumada al-Akhirah 1448 AH"
    assert both(MOMENT, "ar") == "الاثنين 13 جمادى الآخرة 1448 هـ، الموافق 23 نوفمبر 2026 م"
    assert both(MOMENT, "en") == "Monday, 23 November 2026 (13 Jumada al-Akhirah 1448 AH)"
    assert weekday(MOMENT, "ar") == "الاثنين"
    assert time_of_day(MOMENT) == "13:00:00"


def test_the_day_is_the_day_in_qatar() -> None:
    late = datetime(2026, 11, 23, 20, 59, 59, tzinfo=UTC)
    assert gregorian(late, "en") == "23 November 2026"
    assert gregorian(late + timedelta(seconds=1), "en") == "24 November 2026"
    assert hijri(late + timedelta(seconds=1), "en") == "14 Jumada al-Akhirah 1448 AH"
    assert in_qatar(datetime(2026, 7, 1, tzinfo=UTC)).utcoffset() == timedelta(hours=3)


def test_an_announced_month_can_differ_from_the_table_by_days() -> None:
    assert hijri(MOMENT, "en", offset_days=-1) == "12 Jumada al-Akhirah 1448 AH"
    assert hijri(MOMENT, "en", offset_days=1) == "14 Jumada al-Akhirah 1448 AH"
    assert both(MOMENT, "ar", offset_days=1).startswith("الاثنين 14 جمادى الآخرة 1448 هـ")


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(1924, 8, 1), "1 Muharram 1343 AH"),
        (date(2023, 3, 23), "1 Ramadan 1444 AH"),
        (date(2024, 4, 10), "1 Shawwal 1445 AH"),
        (date(2077, 11, 16), "30 Dhu al-Hijjah 1500 AH"),
        (date(1924, 7, 31), None),
        (date(2077, 11, 17), None),
        (date(1, 1, 1), None),
        (date(9999, 12, 31), None),
    ],
)
def test_hijri_dates_follow_the_umm_al_qura_table_and_end_with_it(day: date, expected: str | None) -> None:
    assert hijri(datetime(day.year, day.month, day.day, 9, tzinfo=UTC), "en") == expected


@pytest.mark.parametrize("offset", [10**9, -(10**9), 10**30])
def test_an_absurd_offset_gives_no_hijri_date(offset: int) -> None:
    assert hijri(MOMENT, "ar", offset) is None


def test_without_a_hijri_date_the_gregorian_one_stands_alone() -> None:
    moment = datetime(2078, 1, 1, tzinfo=UTC)
    assert both(moment, "en") == "Saturday, 1 January 2078"
    assert both(moment, "ar") == "السبت 1 يناير 2078 م"


@given(MOMENTS, st.sampled_from(LANGUAGES))
def test_every_moment_has_a_reading_or_a_value_error(moment: datetime, language: Language) -> None:
    if moment > datetime.max.replace(tzinfo=UTC) - timedelta(hours=3):
        with pytest.raises(ValueError, match="no date"):
            both(moment, language)
    else:
        assert gregorian(moment, language) in both(moment, language)
        assert (hijri(moment, language) or "") in both(moment, language)


@pytest.mark.parametrize(
    "moment",
    [datetime(2026, 11, 23), datetime(2026, 11, 23, tzinfo=timezone(timedelta(hours=3)))],  # noqa: DTZ001
)
def test_a_moment_that_is_not_utc_is_refused(moment: datetime) -> None:
    for reading in (rfc3339, in_qatar, time_of_day):
        with pytest.raises(ValueError, match="UTC"):
            reading(moment)
    with pytest.raises(ValueError, match="UTC"):
        both(moment, "ar")


def test_a_language_that_is_neither_arabic_nor_english_is_refused() -> None:
    for reading in (gregorian, hijri, both, weekday):
        with pytest.raises(ValueError, match="ar or en"):
            reading(MOMENT, "fr")  # type: ignore[arg-type]


def test_working_days_are_sunday_to_thursday_without_holidays() -> None:
    week = [date(2026, 12, 13) + timedelta(days=index) for index in range(7)]  # from a Sunday
    assert [is_working_day(day, frozenset()) for day in week] == [True] * 5 + [False] * 2
    assert not is_working_day(date(2026, 12, 20), NATIONAL_DAY)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        (date(2026, 12, 14), 0, date(2026, 12, 14)),
        (date(2026, 12, 14), 1, date(2026, 12, 15)),
        (date(2026, 12, 14), 3, date(2026, 12, 17)),
        (date(2026, 12, 17), 1, date(2026, 12, 21)),  # over the weekend and the holiday on Sunday
        (date(2026, 12, 18), 0, date(2026, 12, 21)),
        (date(2026, 12, 18), 1, date(2026, 12, 21)),
        (date(2026, 12, 14), 5, date(2026, 12, 22)),
    ],
)
def test_working_days_are_counted_over_weekends_and_holidays(start: date, days: int, expected: date) -> None:
    assert add_working_days(start, days, NATIONAL_DAY) == expected


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 60), st.frozensets(st.dates(), max_size=5)
)
def test_a_due_date_is_a_working_day_with_so_many_working_days_before(
    start: date, days: int, holidays: frozenset[date]
) -> None:
    due = add_working_days(start, days, holidays)
    assert is_working_day(due, holidays)
    passed = [start + timedelta(days=index) for index in range(1, (due - start).days + 1)]
    if days:
        assert sum(is_working_day(day, holidays) for day in passed) == days


@pytest.mark.parametrize(
    ("start", "days"), [(date(2026, 1, 1), -1), (date(2026, 1, 1), 10_001), (date(9999, 12, 31), 1)]
)
def test_a_count_that_has_no_due_date_is_refused(start: date, days: int) -> None:
    with pytest.raises(ValueError, match="working day"):
        add_working_days(start, days, frozenset())


def test_a_calendar_of_holidays_only_has_no_due_date() -> None:
    class Always:
        def __contains__(self, _day: object) -> bool:
            return True

    with pytest.raises(ValueError, match="calendar ends"):
        add_working_days(date(9990, 1, 1), 0, Always())


def test_moments_are_written_in_utc_with_milliseconds() -> None:
    assert rfc3339(MOMENT) == "2026-11-23T10:00:00.123Z"
    assert rfc3339(datetime(26, 1, 2, tzinfo=UTC)) == "0026-01-02T00:00:00.000Z"


@given(MOMENTS)
def test_a_written_moment_reads_back_cut_to_milliseconds(moment: datetime) -> None:
    assert parse_rfc3339(rfc3339(moment)) == moment.replace(microsecond=moment.microsecond // 1000 * 1000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T10:00:00Z", MOMENT.replace(microsecond=0)),
        ("2026-11-23T13:00:00.123456789+03:00", MOMENT),
        ("2026-11-23T04:30:00.1-05:30", MOMENT.replace(microsecond=100_000)),
        ("2026-11-23T10:00:00+00:00", MOMENT.replace(microsecond=0)),
    ],
)
def test_every_offset_is_read_into_utc(text: str, expected: datetime) -> None:
    moment = parse_rfc3339(text)
    assert moment == expected
    assert moment.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "2026-11-23",
            "2026-11-23T10:00:00",
            "2026-11-23 10:00:00Z",
            "2026-11-23T10:00Z",
            "2026-11-23t10:00:00z",
        ),
        *("2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T23:59:60Z"),
        *("2026-11-23T10:00:00+24:00", "2026-11-23T10:00:00+03:60", "2026-11-23T10:00:00-00:00"),
        *(
            "2026-11-23T10:00:00.Z",
            "2026-11-23T10:00:00.1234567890Z",
            "٢٠٢٦-11-23T10:00:00Z",
            "2026-11-23T10:00:00Z\n",
        ),
        *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"),
    ],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"RFC 3339|must be in|out of range"):
        parse_rfc3339(text)


@given(st.text(st.sampled_from("0123456789-:.TZ+") | st.characters(), max_size=30))
def test_no_text_raises_anything_but_value_error(text: str) -> None:
    try:
        moment = parse_rfc3339(text)
    except ValueError:
        return
    assert moment.tzinfo is UTC


def test_a_month_is_qatars() -> None:
    since, until = month_bounds("2026-12")
    assert (rfc3339(since), rfc3339(until)) == ("2026-11-30T21:00:00.000Z", "2026-12-31T21:00:00.000Z")
    assert months("2026-11", "2027-02") == ["2026-11", "2026-12", "2027-01", "2027-02"]
    assert months("2026-02", "2026-01") == []


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-1", "٢٠٢٦-٠١", "0000-01", "2026-00", " 2026-01"])
def test_a_month_has_one_form(text: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM"):
        months(text, "2026-12")
