"""When to look at a source again: as often as it publishes, as rarely as it asks, less and less
while it fails. Pure: what was fetched and when is told, and so is chance (`spread`, 0 … 1).
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

LONGEST_WAIT: Final = timedelta(hours=24)  # whatever a site asks for
LONGEST_INTERVAL: Final = timedelta(hours=3)  # however rarely a source publishes
LOOKS_A_GAP: Final = 8  # polls between two articles: news is late by a sixteenth of the gap
NEWEST_COUNTED: Final = 20
FEWEST_COUNTED: Final = 3
LONGEST_SPREAD: Final = timedelta(minutes=1)


def publishing_interval(
    published: Iterable[datetime],
    now: datetime,
    least: timedelta,
    longest: timedelta = LONGEST_INTERVAL,
) -> timedelta:
    """How often a source that published then is worth a look; silence since counts too."""
    newest = sorted((moment for moment in published if moment <= now), reverse=True)
    counted = newest[:NEWEST_COUNTED]
    if len(counted) < FEWEST_COUNTED:
        return least
    gap = (now - counted[-1]) / len(counted)
    return max(least, min(gap / LOOKS_A_GAP, longest))


def after_success(
    now: datetime,
    interval: timedelta,
    asked: timedelta,
    skip_hours: Collection[int],
    spread: float,
) -> datetime:
    """`asked` is what the site wants at least. Sources added together drift apart: each comes up
    to a minute early, never earlier than asked."""
    wait = interval - spread * min(LONGEST_SPREAD, interval / 10)
    return _outside(now + max(wait, min(asked, LONGEST_WAIT)), skip_hours)


def after_failure(
    now: datetime, failures: int, least: timedelta, asked: timedelta, spread: float
) -> datetime:
    """Twice as long after each of `failures` in a row, a day at most, and as long as asked."""
    wait = min(least * (1 << min(failures - 1, 16)), LONGEST_WAIT)
    wait -= spread * min(LONGEST_SPREAD, wait / 10)
    return now + max(wait, min(asked, LONGEST_WAIT))


def _outside(moment: datetime, skip_hours: Collection[int]) -> datetime:
    """The moment, or the beginning of the first hour after it in which polls are welcome."""
    for _ in range(24):
        if moment.hour not in skip_hours:
            return moment
        moment = moment.replace(minute=0, second=0) + timedelta(hours=1)
    return moment
