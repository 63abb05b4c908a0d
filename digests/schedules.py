"""Schedules: when a subscriber's next digest is due.

The only place of local time below rendering. A day's digest is due at a local wall time in an
IANA zone, or every so many hours; the slot, not the instant, makes it unique, so no clock change
can make a second one. What falls due in a chat's quiet hours waits for their end.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from digests.errors import BadScheduleError
from digests.models import Quiet, ScheduleId

EVERY_DAY: Final = 0b1111111  # bit 0 is Monday
WEEKDAYS: Final = 0b0011111
WEEKEND: Final = 0b1100000
MOST_HOURS: Final = 24  # between two digests of a schedule that goes by hours
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)
DAYS_SEARCHED: Final = 16  # a weekday comes within 7, a zone may skip one


@dataclass(frozen=True, slots=True)
class Timing:
    """A local time of day on some weekdays, or every so many hours on them."""

    at: time  # local; with `every` UTC: they are counted from this time of 1970-01-01
    days: int = EVERY_DAY  # bit 0 is Monday
    every: int | None = None  # hours, 1 … MOST_HOURS; None: once a local day

    def allows(self, day: date) -> bool:
        return bool(self.days >> day.weekday() & 1)


@dataclass(frozen=True, slots=True)
class Due:
    instant: datetime  # UTC
    day: date  # local


def every_hours(
    every: int, zone: ZoneInfo, now: datetime, start: time = time(0), days: int = EVERY_DAY
) -> Timing:
    """Every so many hours, counted from a local time of today. Raises BadScheduleError.

    The count goes on in UTC: no clock change makes a gap longer or shorter.
    """
    if not 1 <= every <= MOST_HOURS:
        raise BadScheduleError(every=every)
    first = datetime.combine(now.astimezone(zone).date(), start, zone).astimezone(UTC)
    return Timing((EPOCH + (first - EPOCH) % timedelta(hours=every)).time(), days, every)


def next_due(timing: Timing, zone: ZoneInfo, after: datetime) -> Due:
    """The first due instant later than `after`.

    The wall time is built for each local date with fold=0: the repeated hour of autumn counts
    once, a time that spring skips falls due as much later as the clocks jumped.
    """
    if timing.every is not None:
        return _by_hours(timing, zone, after, 1)
    day = after.astimezone(zone).date() - DAY
    for _ in range(DAYS_SEARCHED):
        if timing.allows(day):
            instant = datetime.combine(day, timing.at, zone).astimezone(UTC)
            if instant > after:
                return Due(instant, day)
        day += DAY
    raise BadScheduleError(days=timing.days)


def last_due(timing: Timing, zone: ZoneInfo, now: datetime) -> Due:
    """The latest due instant not later than `now`: what a late digest is for, never older than
    the time between two."""
    if timing.every is not None:
        return _by_hours(timing, zone, now, 0)
    day = now.astimezone(zone).date() + DAY
    for _ in range(DAYS_SEARCHED):
        if timing.allows(day):
            instant = datetime.combine(day, timing.at, zone).astimezone(UTC)
            if instant <= now:
                return Due(instant, day)
        day -= DAY
    raise BadScheduleError(days=timing.days)


def _by_hours(timing: Timing, zone: ZoneInfo, moment: datetime, ahead: int) -> Due:
    """The first instant after `moment` with `ahead` 1, the last one until it with 0."""
    step = timedelta(hours=timing.every or MOST_HOURS)
    first = datetime.combine(EPOCH.date(), timing.at, UTC)
    instant = first + ((moment - first) // step + ahead) * step
    for _ in range(DAYS_SEARCHED * MOST_HOURS):
        day = instant.astimezone(zone).date()
        if timing.allows(day):
            return Due(instant, day)
        instant += step if ahead else -step
    raise BadScheduleError(days=timing.days)


def quiet_ends(quiet: Quiet, instant: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours are over that `instant` falls into. None: it falls into none."""
    local = instant.astimezone(zone)
    wall = local.time()
    over_midnight = quiet.end <= quiet.start
    late, early = wall >= quiet.start, wall < quiet.end
    if not (late or early if over_midnight else late and early):
        return None
    day = local.date() + (DAY if over_midnight and late else timedelta(0))
    ends = datetime.combine(day, quiet.end, zone)
    first = ends.astimezone(UTC)
    # In the hour that autumn repeats the first end may be over already.
    return first if first > instant else ends.replace(fold=1).astimezone(UTC)


def next_digest(timing: Timing, zone: ZoneInfo, quiet: Quiet | None, after: datetime) -> datetime:
    """When the next digest after `after` comes; `quiet` None: at any hour. In quiet hours that
    is at their end, if anything fell due in them already."""
    if quiet is None:
        return next_due(timing, zone, after).instant
    ends = quiet_ends(quiet, after, zone)
    if ends and quiet_ends(quiet, last_due(timing, zone, after).instant, zone) == ends:
        return ends
    due = next_due(timing, zone, after).instant
    return quiet_ends(quiet, due, zone) or due


def upcoming(
    timings: Iterable[Timing], zone: ZoneInfo, quiet: Quiet | None, after: datetime, count: int
) -> list[datetime]:
    """When the next `count` digests come, soonest first; what comes at one instant comes as one."""
    found = set()
    for timing in timings:
        at = after
        for _ in range(count):
            at = next_digest(timing, zone, quiet, at)
            found.add(at)
    return sorted(found)[:count]


def latest_slot(timings: Iterable[tuple[ScheduleId, Timing]], zone: ZoneInfo, now: datetime) -> str:
    """The slot of the one digest that a chat gets now for all its schedules that are due: after
    a long outage, or at the end of quiet hours, that is the latest of those passed over."""
    dues = [(last_due(timing, zone, now), number, timing) for number, timing in timings]
    due, number, timing = max(dues, key=lambda one: (one[0].instant, -one[1]))
    return slot_of(number, timing, due)


def slot_of(schedule: ScheduleId, timing: Timing, due: Due) -> str:
    if timing.every is not None:
        return f"{schedule}/{due.instant:%Y-%m-%dT%H}"
    return f"{schedule}/{due.day.isoformat()}/{timing.at:%H:%M}"


def day_numbers(days: int) -> Iterable[int]:
    return (number for number in range(7) if days >> number & 1)
