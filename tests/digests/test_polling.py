"""When a source is looked at again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.polling import after_failure, after_success, publishing_interval
from tests.factories import NOW, hours

QUARTER = timedelta(minutes=15)
NOTHING = timedelta(0)


@pytest.mark.parametrize(
    ("gap_hours", "interval"),
    [(0.1, QUARTER), (1, QUARTER), (4, hours(0.5)), (8, hours(1)), (240, hours(3))],
)
def test_source_is_looked_at_as_often_as_it_publishes(
    gap_hours: float, interval: timedelta
) -> None:
    dates = [NOW - hours(gap_hours) * number for number in range(1, 11)]
    assert publishing_interval(dates, NOW, QUARTER) == interval


def test_operator_who_wants_frequent_looks_at_rare_sources_gets_them() -> None:
    dates = [NOW - hours(24 * number) for number in range(1, 20)]
    assert publishing_interval(dates, NOW, QUARTER, hours(0.5)) == hours(0.5)
    assert publishing_interval(dates, NOW, hours(1), hours(0.5)) == hours(1)


def test_silence_since_the_last_article_counts() -> None:
    year_ago = [NOW - hours(24 * 365 + number) for number in range(20)]
    assert publishing_interval(year_ago, NOW, QUARTER) == hours(3)


def test_too_few_dates_or_dates_ahead_say_nothing() -> None:
    ahead = [NOW + hours(number) for number in range(1, 20)]
    assert publishing_interval([NOW - hours(900), NOW - hours(1), *ahead], NOW, QUARTER) == QUARTER


def test_operator_who_wants_rare_looks_gets_them() -> None:
    dates = [NOW - hours(number) for number in range(20)]
    assert publishing_interval(dates, NOW, hours(12)) == hours(12)


def test_what_a_site_asks_for_is_honoured_up_to_a_day() -> None:
    for asked, wait in ((NOTHING, 0.25), (hours(2), 2), (hours(1000), 24)):
        assert after_success(NOW, QUARTER, asked, (), 0.0) == NOW + hours(wait)


@given(st.floats(0, 1), st.integers(5, 86_400))
def test_spread_is_a_minute_or_a_tenth_at_most_and_never_against_a_wish(
    spread: float, seconds: int
) -> None:
    interval = timedelta(seconds=seconds)
    wait = after_success(NOW, interval, NOTHING, (), spread) - NOW
    assert interval - min(timedelta(minutes=1), interval / 10) <= wait <= interval
    assert after_success(NOW, interval, interval, (), spread) >= NOW + interval


def test_poll_waits_for_the_end_of_skipped_hours() -> None:
    at = datetime(2026, 11, 23, 21, 50, tzinfo=UTC)
    night = {22, 23, 0, 1}
    assert after_success(at, QUARTER, NOTHING, night, 0.0) == datetime(2026, 11, 24, 2, tzinfo=UTC)
    assert after_success(at, QUARTER, NOTHING, {5}, 0.0) == at + QUARTER
    assert after_success(at, QUARTER, NOTHING, set(range(24)), 0.0) > at


def test_failures_double_the_wait_up_to_a_day_or_what_is_asked() -> None:
    waits = [after_failure(NOW, failures, QUARTER, NOTHING, 0.0) - NOW for failures in range(1, 9)]
    assert waits == [hours(n) for n in (0.25, 0.5, 1, 2, 4, 8, 16, 24)]
    assert after_failure(NOW, 100_000, QUARTER, NOTHING, 0.0) == NOW + hours(24)
    assert after_failure(NOW, 1, QUARTER, hours(5), 1.0) == NOW + hours(5)
