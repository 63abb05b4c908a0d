"""When a digest is due: once a local day, whatever the clocks do."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digests.errors import BadScheduleError
from digests.models import ScheduleId
from digests.schedules import (
    EVERY_DAY,
    WEEKDAYS,
    WEEKEND,
    Due,
    Timing,
    day_numbers,
    latest_due,
    next_due,
    parse_days,
    parse_timing,
    slot_of,
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
MON, TUE, WED, THU, FRI, SAT, SUN = (1 << number for number in range(7))


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
    first = next_due(timing, BERLIN, datetime(2026, 11, 16, 0, tzinfo=UTC)).instant
    back = datetime(2026, 11, 22, 12, tzinfo=UTC)  # Sunday
    assert latest_due(timing, BERLIN, first, back).day == date(2026, 11, 20)  # Friday


def test_a_slot_just_due_is_its_own_latest() -> None:
    timing = Timing(time(8))
    due = next_due(timing, BERLIN, datetime(2026, 11, 16, tzinfo=UTC))
    assert latest_due(timing, BERLIN, due.instant, due.instant) == due
    tomorrow = due.instant + timedelta(days=1)
    assert latest_due(timing, BERLIN, due.instant, tomorrow - timedelta(seconds=1)) == due
    assert latest_due(timing, BERLIN, due.instant, tomorrow).instant == tomorrow


def test_a_slot_names_schedule_local_day_and_local_time() -> None:
    timing = Timing(time(0, 30))
    due = next_due(timing, ZoneInfo("Asia/Kathmandu"), datetime(2026, 11, 22, 18, tzinfo=UTC))
    assert due.instant.day == 22
    assert slot_of(ScheduleId(7), timing, due) == "7/2026-11-23/00:30"


# --- words -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "days"),
    [
        ("8:30", time(8, 30), EVERY_DAY),
        ("8", time(8), EVERY_DAY),
        ("08.05", time(8, 5), EVERY_DAY),
        ("0:00", time(0), EVERY_DAY),
        ("23-59", time(23, 59), EVERY_DAY),
        ("7pm", time(19), EVERY_DAY),
        ("7:15 AM", time(7, 15), EVERY_DAY),
        ("12am", time(0), EVERY_DAY),
        ("12pm", time(12), EVERY_DAY),
        ("8:30 weekdays", time(8, 30), WEEKDAYS),
        ("weekends at 10", time(10), WEEKEND),
        ("every day at 9", time(9), EVERY_DAY),
        ("ежедневно в 9", time(9), EVERY_DAY),
        ("каждый день в 21:00", time(21), EVERY_DAY),
        ("20.15 по будням", time(20, 15), WEEKDAYS),
        ("По выходным в 11", time(11), WEEKEND),
        ("9 пн ср пт", time(9), MON | WED | FRI),
        ("9 пн, ср и пт", time(9), MON | WED | FRI),
        ("в 9 в понедельник", time(9), MON),
        ("9:00 вторник четверг", time(9), TUE | THU),
        ("по субботам в 9", time(9), SAT),
        ("пн-пт 9", time(9), WEEKDAYS),
        ("7pm sat-sun", time(19), WEEKEND),
        ("8 fri–mon", time(8), FRI | SAT | SUN | MON),
        ("8 Mon, Thursday", time(8), MON | THU),
        ("weekdays sat 8", time(8), WEEKDAYS | SAT),
    ],
)
def test_schedules_are_said_in_words(text: str, at: time, days: int) -> None:
    assert parse_timing(text) == Timing(at, days)


def test_days_stay_as_they_were_when_none_is_named() -> None:
    assert parse_timing("9:30", WEEKEND) == Timing(time(9, 30), WEEKEND)
    assert parse_timing("9:30 пн", WEEKEND).days == MON


@pytest.mark.parametrize(
    "text",
    [
        "", "завтра", "weekdays", "24:00", "25", "8:60", "8:5", "12:345", "8:30 когда-нибудь",
        "8:30 9:30", "8 пн-никогда", "2026-11-23", "123", "-", "8:30:15", "9 foo", "٨:٣٠ x" * 500,
    ],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(BadScheduleError):
        parse_timing(text)


@given(st.text(max_size=60) | st.text(st.sampled_from("0123456789:.-apmпнсрвт ,"), max_size=14))
def test_any_text_is_a_schedule_or_refused(text: str) -> None:
    try:
        timing = parse_timing(text)
    except BadScheduleError:
        return
    assert 0 < timing.days <= EVERY_DAY
    assert timing.at.second == 0


@given(st.integers(0, EVERY_DAY))
def test_days_said_one_by_one_are_read_back(days: int) -> None:
    names = ("пн", "tue", "ср", "thu", "пятница", "sat", "вс")
    assert parse_days(" ".join(names[number] for number in day_numbers(days))) == days
