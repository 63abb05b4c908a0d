"""When a digest is due: once a local day, whatever the clocks do."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digests.errors import BadScheduleError
from digests.models import Quiet, ScheduleId
from digests.schedules import (
    EVERY_DAY,
    MOST_HOURS,
    WEEKDAYS,
    Due,
    Timing,
    every_hours,
    last_due,
    latest_slot,
    next_digest,
    next_due,
    quiet_ends,
    slot_of,
    upcoming,
)

BERLIN = ZoneInfo("Europe/Berlin")
# Zones whose clocks change at 01:00 UTC, at 02:00 local, at midnight, by half an hour, once for
# good (Moscow 2014), or never and by quarters.
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Europe/Moscow",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
)
ONE, TWO = ScheduleId(1), ScheduleId(2)
NIGHT = Quiet(time(23), time(7))


def dues(timing: Timing, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Due]:
    due = next_due(timing, zone, start)
    while due.instant < end:
        yield due
        due = next_due(timing, zone, due.instant)


def allowed_days(timing: Timing, first: date, last: date) -> list[date]:
    days = (first + timedelta(n) for n in range((last - first).days + 1))
    return [day for day in days if timing.days >> day.weekday() & 1]


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    at=st.times().map(lambda t: t.replace(second=0, microsecond=0, fold=0))
    | st.sampled_from([time(0), time(0, 30), time(2), time(2, 30), time(2, 59), time(23, 59)]),
    days=st.integers(1, EVERY_DAY),
    year=st.sampled_from([2013, 2016, 2025]),
)
@example(zone="Europe/Berlin", at=time(2, 30), days=EVERY_DAY, year=2025)
@example(zone="America/Sao_Paulo", at=time(0), days=EVERY_DAY, year=2016)
@example(zone="America/Sao_Paulo", at=time(23, 30), days=EVERY_DAY, year=2016)
@example(zone="Australia/Lord_Howe", at=time(1, 45), days=EVERY_DAY, year=2025)
def test_each_allowed_local_day_of_two_years_has_one_digest(
    zone: str, at: time, days: int, year: int
) -> None:
    timing, there = Timing(at, days), ZoneInfo(zone)
    start = datetime(year, 1, 1, tzinfo=there)
    end = datetime(year + 2, 1, 1, tzinfo=there)
    found = list(dues(timing, there, (start - timedelta(minutes=1)).astimezone(UTC), end))

    assert [due.day for due in found] == allowed_days(timing, start.date(), date(year + 1, 12, 31))
    assert all(a.instant < b.instant for a, b in pairwise(found))
    assert len({slot_of(ScheduleId(1), timing, due) for due in found}) == len(found)
    for due in found:
        assert due.instant.tzinfo is UTC
        wall = due.instant.astimezone(there)
        late = datetime.combine(wall.date(), wall.time()) - datetime.combine(due.day, at)
        assert timedelta(0) <= late <= timedelta(hours=1)
        if late:  # only a wall time that spring skips falls due later
            skipped = datetime.combine(due.day, at, there)
            assert skipped.astimezone(UTC).astimezone(there).replace(
                tzinfo=None
            ) != skipped.replace(tzinfo=None)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2013, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.times(),
    st.integers(1, EVERY_DAY),
)
def test_what_is_due_next_is_later_than_now_and_nothing_lies_between(
    zone: str, after: datetime, at: time, days: int
) -> None:
    timing, there = Timing(at.replace(second=0, microsecond=0), days), ZoneInfo(zone)
    due = next_due(timing, there, after)
    assert due.instant > after
    assert due.instant - after <= timedelta(days=7, hours=1)
    assert timing.allows(due.day)
    assert next_due(timing, there, due.instant - timedelta(seconds=1)) == due


def test_a_time_that_spring_skips_falls_due_when_the_clocks_have_jumped() -> None:
    due = next_due(Timing(time(2, 30)), BERLIN, datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert due.day == date(2026, 3, 29)
    assert due.instant.astimezone(BERLIN).time() == time(3, 30)


def test_the_repeated_hour_of_autumn_counts_once() -> None:
    first = next_due(Timing(time(2, 30)), BERLIN, datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert first.instant == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    following = next_due(Timing(time(2, 30)), BERLIN, first.instant)
    assert following.day == date(2026, 10, 26)


def test_no_day_at_all_is_refused() -> None:
    with pytest.raises(BadScheduleError):
        next_due(Timing(time(8), 0), BERLIN, datetime(2026, 1, 1, tzinfo=UTC))


# --- late ------------------------------------------------------------------------------------


def test_a_long_outage_gives_the_last_slot_only() -> None:
    timing = Timing(time(8), WEEKDAYS)
    back = datetime(2026, 11, 22, 12, tzinfo=UTC)  # Sunday
    assert last_due(timing, BERLIN, back).day == date(2026, 11, 20)  # Friday


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2013, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    st.integers(1, EVERY_DAY),
    st.none() | st.integers(1, MOST_HOURS),
)
def test_last_and_next_are_neighbours_around_every_instant(
    zone: str, now: datetime, at: time, days: int, every: int | None
) -> None:
    timing, there = Timing(at, days, every), ZoneInfo(zone)
    last, following = last_due(timing, there, now), next_due(timing, there, now)
    assert last.instant <= now < following.instant
    assert next_due(timing, there, last.instant) == following
    assert last_due(timing, there, following.instant) == following


def test_a_slot_names_schedule_local_day_and_local_time() -> None:
    timing = Timing(time(0, 30))
    due = next_due(timing, ZoneInfo("Asia/Kathmandu"), datetime(2026, 11, 22, 18, tzinfo=UTC))
    assert due.instant.day == 22
    assert slot_of(ScheduleId(7), timing, due) == "7/2026-11-23/00:30"


def test_of_several_schedules_that_are_due_the_latest_slot_counts() -> None:
    morning, evening = (ONE, Timing(time(8))), (TWO, Timing(time(20)))
    back = datetime(2026, 11, 25, 12, tzinfo=UTC)  # 13:00 in Berlin
    assert latest_slot([evening, morning], BERLIN, back) == "1/2026-11-25/08:00"
    assert latest_slot([morning, evening], BERLIN, back - timedelta(hours=7)) == (
        "2/2026-11-24/20:00"
    )


# --- every so many hours -----------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["Europe/Moscow", "Asia/Kathmandu", "America/New_York"])
@pytest.mark.parametrize("every", [1, 3, 6, 24])
def test_hours_are_counted_from_the_local_midnight_of_today(zone: str, every: int) -> None:
    there = ZoneInfo(zone)
    now = datetime(2026, 11, 25, 10, 20, tzinfo=there)
    timing = every_hours(every, there, now)
    due = next_due(timing, there, now).instant.astimezone(there)
    assert due.hour % every == due.minute == 0
    assert timedelta(0) < due - now <= timedelta(hours=every)


def test_hours_can_be_counted_from_another_time() -> None:
    now = datetime(2026, 11, 25, 10, 20, tzinfo=BERLIN)
    timing = every_hours(5, BERLIN, now, time(8, 30))
    due = next_due(timing, BERLIN, now)
    assert due.instant.astimezone(BERLIN).time() == time(13, 30)
    assert slot_of(ScheduleId(7), timing, due) == "7/2026-11-25T12"


@pytest.mark.parametrize(
    "start", [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)]
)
@pytest.mark.parametrize("every", [1, 5, 6])
def test_no_clock_change_moves_a_rhythm_of_hours(start: datetime, every: int) -> None:
    timing = every_hours(every, BERLIN, start)
    found = list(dues(timing, BERLIN, start, start + timedelta(days=3)))
    assert {b.instant - a.instant for a, b in pairwise(found)} == {timedelta(hours=every)}
    assert len({slot_of(ONE, timing, due) for due in found}) == len(found)


def test_hours_on_some_days_skip_the_others() -> None:
    friday = datetime(2026, 11, 27, 22, tzinfo=BERLIN)
    timing = every_hours(6, BERLIN, friday, days=WEEKDAYS)
    assert next_due(timing, BERLIN, friday).instant == datetime(2026, 11, 30, tzinfo=BERLIN)


@pytest.mark.parametrize("every", [0, -1, MOST_HOURS + 1])
def test_a_rhythm_outside_a_day_is_refused(every: int) -> None:
    with pytest.raises(BadScheduleError):
        every_hours(every, BERLIN, datetime(2026, 1, 1, tzinfo=UTC))


# --- quiet hours -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quiet", "at", "ends"),
    [
        (NIGHT, (25, 23, 0), (26, 7, 0)),
        (NIGHT, (26, 0, 0), (26, 7, 0)),
        (NIGHT, (26, 6, 59), (26, 7, 0)),
        (NIGHT, (26, 7, 0), None),
        (NIGHT, (26, 22, 59), None),
        (Quiet(time(13), time(14, 30)), (25, 13, 0), (25, 14, 30)),
        (Quiet(time(13), time(14, 30)), (25, 14, 30), None),
        (Quiet(time(13), time(14, 30)), (25, 12, 59), None),
        (Quiet(time(0), time(9)), (25, 0, 0), (25, 9, 0)),
        (Quiet(time(20), time(0)), (25, 23, 59), (26, 0, 0)),
        (Quiet(time(20), time(0)), (26, 0, 0), None),
    ],
)
def test_quiet_hours_hold_from_their_start_until_their_end(
    quiet: Quiet, at: tuple[int, int, int], ends: tuple[int, int, int] | None
) -> None:
    instant = datetime(2026, 11, *at, tzinfo=BERLIN).astimezone(UTC)
    wanted = datetime(2026, 11, *ends, tzinfo=BERLIN) if ends else None
    assert quiet_ends(quiet, instant, BERLIN) == wanted


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2013, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 95),
    st.integers(1, 95),
)
@example("Europe/Berlin", datetime(2026, 10, 25, 1, 10, tzinfo=UTC), 92, 14)  # 02:10, again
def test_the_end_of_quiet_hours_lies_ahead_and_is_no_quiet_hour(
    zone: str, instant: datetime, start: int, length: int
) -> None:
    there, end = ZoneInfo(zone), (start + length) % 96
    quiet = Quiet(time(start // 4, start % 4 * 15), time(end // 4, end % 4 * 15))
    ends = quiet_ends(quiet, instant, there)
    if ends is not None:
        assert instant < ends <= instant + timedelta(hours=25)
        # Only where the clocks change is what follows a wall time not later than it.
        calm = ends.astimezone(there).utcoffset() == instant.astimezone(there).utcoffset()
        assert not calm or quiet_ends(quiet, ends, there) is None


def test_what_falls_due_in_quiet_hours_comes_at_their_end_as_one() -> None:
    timing = every_hours(3, BERLIN, datetime(2026, 11, 25, 21, tzinfo=BERLIN))
    evening = datetime(2026, 11, 25, 21, 30, tzinfo=BERLIN)
    found = upcoming([timing, Timing(time(6, 15))], BERLIN, NIGHT, evening, 3)
    assert [one.astimezone(BERLIN).hour for one in found] == [7, 9, 12]
    assert next_digest(timing, BERLIN, NIGHT, evening) == found[0]
    assert latest_slot([(ONE, timing)], BERLIN, found[0]) == "1/2026-11-26T05"


def test_what_fell_due_earlier_in_the_same_night_is_still_to_come() -> None:
    night = datetime(2026, 11, 26, 1, tzinfo=BERLIN)
    midnight, noon = Timing(time(0)), Timing(time(12))
    morning = datetime(2026, 11, 26, 7, tzinfo=BERLIN)
    assert next_digest(midnight, BERLIN, NIGHT, night) == morning
    assert next_digest(noon, BERLIN, NIGHT, night) == morning + timedelta(hours=5)
    assert next_digest(midnight, BERLIN, NIGHT, morning) == morning + timedelta(days=1)


def test_what_comes_next_is_told_over_all_times_of_a_chat() -> None:
    noon = datetime(2026, 11, 27, 12, tzinfo=BERLIN)  # Friday
    times = [Timing(time(8), WEEKDAYS), Timing(time(20)), Timing(time(20), WEEKDAYS)]
    found = [one.astimezone(BERLIN) for one in upcoming(times, BERLIN, None, noon, 3)]
    assert [(one.day, one.hour) for one in found] == [(27, 20), (28, 20), (29, 20)]
