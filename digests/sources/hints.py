"""What a feed says about when to come again: `<ttl>` and `<skipHours>` of RSS 2.0, the syndication
module of RSS 1.0. Read from its head by pattern: the parsers do not agree on any of them.
"""

import re
from dataclasses import dataclass
from typing import Final

MOST_MINUTES: Final = 60 * 24 * 7

_HEAD_LETTERS: Final = 20_000
_TTL = re.compile(r"<ttl>\s*(\d{1,6})\s*</ttl>", re.IGNORECASE)
_PERIOD = re.compile(
    r"<(?:\w+:)?updatePeriod>\s*(hourly|daily|weekly|monthly|yearly)\b", re.IGNORECASE
)
_FREQUENCY = re.compile(r"<(?:\w+:)?updateFrequency>\s*(\d{1,4})\s*<", re.IGNORECASE)
_SKIPPED = re.compile(r"<skipHours>(.{0,2000}?)</skipHours>", re.IGNORECASE | re.DOTALL)
_HOUR = re.compile(r"<hour>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_PERIOD_MINUTES: Final = {
    "hourly": 60,
    "daily": 60 * 24,
    "weekly": 60 * 24 * 7,
    "monthly": 60 * 24 * 30,
    "yearly": 60 * 24 * 365,
}


@dataclass(frozen=True, slots=True)
class Hints:
    ttl_minutes: int | None = None  # None: no interval asked for
    skip_hours: frozenset[int] = frozenset()  # of UTC, in which polls are unwelcome


def hints_of(text: str) -> Hints:
    head = text[:_HEAD_LETTERS]
    ttl, period = _TTL.search(head), _PERIOD.search(head)
    minutes = int(ttl[1]) if ttl else 0
    if period:
        often = _FREQUENCY.search(head)
        times = max(1, int(often[1]) if often else 1)
        minutes = max(minutes, _PERIOD_MINUTES[period[1].lower()] // times)
    skipped = _SKIPPED.search(head)
    hours = {int(hour) % 24 for hour in _HOUR.findall(skipped[1])} if skipped else set()
    if len(hours) == 24:
        hours = set()  # who never wants to be asked does not mean it
    return Hints(min(minutes, MOST_MINUTES) or None, frozenset(hours))
