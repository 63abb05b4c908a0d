"""Boilerplate: the lines a source puts under its articles, learned from the articles themselves.

A line that stands in three articles of one source within seven days is the source's, not the
news. What is remembered of a source is, for each line, the days of its latest articles.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Final

ARTICLES: Final = 3
DAYS: Final = 7

Seen = Mapping[str, tuple[int, ...]]  # line key → days (ordinals), newest last, at most ARTICLES


def learn(seen: Seen, articles: Iterable[tuple[datetime, frozenset[str]]]) -> Seen:
    """What is remembered after these articles (publication, line keys); old lines are forgotten."""
    days = {key: list(found) for key, found in seen.items()}
    for published, lines in sorted(articles, key=lambda article: article[0]):
        for key in lines:
            days.setdefault(key, []).append(_day(published))
    newest = max((day for found in days.values() for day in found), default=0)
    latest = {key: tuple(sorted(found)[-ARTICLES:]) for key, found in days.items()}
    return {key: found for key, found in latest.items() if found[-1] >= newest - DAYS}


def learned(seen: Seen) -> frozenset[str]:
    """The lines that are boilerplate."""
    return frozenset(
        key for key, days in seen.items() if len(days) >= ARTICLES and days[-1] - days[0] <= DAYS
    )


def _day(published: datetime) -> int:
    return date.toordinal(published)
