from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imap.wire.dates import DATE_TIME, read_date_time, write_date_time

ZONES = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def parsed(written: bytes) -> datetime:
    found = DATE_TIME.fullmatch(written)
    assert found is not None
    return read_date_time(found)


FIRST, LAST = datetime(2, 1, 1), datetime(9998, 12, 31)  # noqa: DTZ001 - the strategy adds the zone
MOMENTS = st.datetimes(FIRST, LAST, timezones=ZONES).map(lambda moment: moment.replace(microsecond=0))


@given(MOMENTS)
def test_a_moment_written_and_read_is_the_same_in_the_same_zone(moment: datetime) -> None:
    again = parsed(write_date_time(moment))
    assert again == moment
    assert again.utcoffset() == moment.utcoffset()


def test_the_day_is_padded_with_a_space_and_the_zone_kept() -> None:
    moment = datetime(2026, 11, 3, 7, 5, 9, tzinfo=timezone(timedelta(hours=3)))
    assert write_date_time(moment) == b'" 3-Nov-2026 07:05:09 +0300"'
    assert write_date_time(moment.astimezone(UTC)) == b'" 3-Nov-2026 04:05:09 +0000"'
    assert write_date_time(moment.astimezone(timezone(-timedelta(hours=3, minutes=30)))).endswith(b'-0330"')


def test_a_moment_without_zone_is_no_date_time() -> None:
    with pytest.raises(ValueError, match="zone"):
        write_date_time(datetime(2026, 11, 3))  # noqa: DTZ001 - it is the point


@pytest.mark.parametrize("written", [b'"3-Nov-2026 07:05:09 +0300"', b'"03-Nov-2026 07:05:09 +0300"'])
def test_other_paddings_are_read(written: bytes) -> None:
    assert write_date_time(parsed(written)) == b'" 3-Nov-2026 07:05:09 +0300"'
