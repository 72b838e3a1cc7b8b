"""UUIDs of version 7 (RFC 9562 section 5.7)."""

import uuid
from datetime import UTC, datetime, timedelta

from mailstore.identifiers import uuid7

NOW = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)  # the instant of the RFC's own example


def test_the_time_stands_in_front_as_in_the_rfc_s_example() -> None:
    assert uuid7(NOW).startswith("017f22e2-79b0-7")


def test_version_variant_and_form_are_right_and_no_two_are_equal() -> None:
    made = [uuid7(NOW) for _ in range(2000)]
    assert len(set(made)) == len(made)
    for text in made:
        read = uuid.UUID(text)
        assert (read.version, read.variant, str(read)) == (7, uuid.RFC_4122, text)


def test_they_sort_by_time() -> None:
    made = [uuid7(NOW + timedelta(milliseconds=n)) for n in range(100)]
    assert made == sorted(made)
