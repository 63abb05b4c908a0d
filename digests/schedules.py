"""Schedules: when a subscriber's next digest is due, and the words people say it in.

The only place of local time below rendering. A day's digest is due at a local wall time in an
IANA zone; the slot, not the instant, makes it unique, so no clock change can make a second one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from digests.errors import BadScheduleError
from digests.models import ScheduleId

EVERY_DAY: Final = 0b1111111  # bit 0 is Monday
WEEKDAYS: Final = 0b0011111
WEEKEND: Final = 0b1100000

DAY_SETS: Final[dict[str, int]] = {
    "ежедневно": EVERY_DAY, "каждый день": EVERY_DAY, "daily": EVERY_DAY, "every day": EVERY_DAY,
    "everyday": EVERY_DAY, "по будням": WEEKDAYS, "будни": WEEKDAYS, "будням": WEEKDAYS,
    "рабочие": WEEKDAYS, "weekdays": WEEKDAYS, "workdays": WEEKDAYS, "weekday": WEEKDAYS,
    "по выходным": WEEKEND, "выходные": WEEKEND, "выходным": WEEKEND, "weekends": WEEKEND,
    "weekend": WEEKEND,
}  # fmt: skip
DAY_NAMES: Final = (
    ("пн", "пон", "mon", "mo"),
    ("вт", "втор", "tue", "tu"),
    ("ср", "сре", "wed", "we"),
    ("чт", "чет", "thu", "th"),
    ("пт", "пят", "fri", "fr"),
    ("сб", "суб", "sat", "sa"),
    ("вс", "вос", "sun", "su"),
)
TIME: Final = re.compile(
    r"(?<![\d.:])(?P<hour>\d{1,2})(?:[:.\-](?P<minute>\d{2}))?\s*(?P<half>am|pm)?(?![\d:])",
    re.IGNORECASE,
)
DAY_RANGE: Final = re.compile(r"([^\W\d_]+)\s*[-–—]\s*([^\W\d_]+)")


@dataclass(frozen=True, slots=True)
class Timing:
    """A local time of day on some weekdays."""

    at: time
    days: int = EVERY_DAY  # bit 0 is Monday

    def allows(self, day: date) -> bool:
        return bool(self.days >> day.weekday() & 1)


@dataclass(frozen=True, slots=True)
class Due:
    instant: datetime  # UTC
    day: date  # local


def next_due(timing: Timing, zone: ZoneInfo, after: datetime) -> Due:
    """The first due instant later than `after`.

    The wall time is built for each local date with fold=0: the repeated hour of autumn counts
    once, a time that spring skips falls due as much later as the clocks jumped.
    """
    day = after.astimezone(zone).date() - timedelta(days=1)
    for _ in range(16):
        if timing.allows(day):
            instant = datetime.combine(day, timing.at, zone).astimezone(UTC)
            if instant > after:
                return Due(instant, day)
        day += timedelta(days=1)
    raise BadScheduleError(days=timing.days)


def latest_due(timing: Timing, zone: ZoneInfo, first: datetime, now: datetime) -> Due:
    """Of the slots due from `first` to `now` the last: a long outage gives one late digest."""
    due = next_due(timing, zone, first - timedelta(seconds=1))
    while (following := next_due(timing, zone, due.instant)).instant <= now:
        due = following
    return due


def slot_of(schedule: ScheduleId, timing: Timing, due: Due) -> str:
    return f"{schedule}/{due.day.isoformat()}/{timing.at:%H:%M}"


def parse_timing(text: str, days: int = EVERY_DAY) -> Timing:
    """`8:30 weekdays`, `9 пн ср пт`, `20.15 по будням`, `7pm sat-sun`; `days` when none is named.

    Raises BadScheduleError.
    """
    match = TIME.search(text)
    if match is None:
        raise BadScheduleError(text=text[:80])
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    half = (match["half"] or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59 or (half and int(match["hour"]) > 12):
        raise BadScheduleError(text=text[:80])
    named = parse_days(text[: match.start()] + " " + text[match.end() :])
    return Timing(time(hour, minute), named or days)


def parse_days(text: str) -> int:
    """The weekdays named, 0 for none. Raises BadScheduleError on a word that names no day."""
    text = text.lower().replace(",", " ")
    days = 0
    for words, mask in DAY_SETS.items():
        if re.search(rf"(?<!\w){words}(?!\w)", text):
            days |= mask
            text = re.sub(rf"(?<!\w){words}(?!\w)", " ", text)
    for first, last in DAY_RANGE.findall(text):
        start, end = day_number(first), day_number(last)
        days |= sum(1 << (start + step) % 7 for step in range((end - start) % 7 + 1))
    text = DAY_RANGE.sub(" ", text)
    for word in re.findall(r"\w+", text):
        if word not in {"в", "at", "on", "и", "and", "по", "every", "каждый", "каждую"}:
            days |= 1 << day_number(word)
    return days


def day_number(word: str) -> int:
    """0 for Monday. Raises BadScheduleError."""
    for number, starts in enumerate(DAY_NAMES):
        if any(word == start or (len(start) > 2 and word.startswith(start)) for start in starts):
            return number
    raise BadScheduleError(text=word[:80])


def day_numbers(days: int) -> Iterable[int]:
    return (number for number in range(7) if days >> number & 1)
