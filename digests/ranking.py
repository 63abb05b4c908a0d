"""Ranking: what a story is worth to a subscriber, in terms that can be shown.

score = .40 interest + .30 coverage + .20 fresh + .10 quality + .15 taste (the weights and each
term's formula are those of the project's pipeline notes; taste is `digests.taste`). Without
topics nobody's interest differs, so the term drops out of the order by itself.
"""

from collections.abc import Iterable
from datetime import datetime
from math import log2
from typing import Final

from digests.models import Candidate, Interest, Story, Terms
from digests.taste import NO_TASTE, Taste, taste_for

WEIGHTS: Final = {
    "interest": 0.40,
    "coverage": 0.30,
    "fresh": 0.20,
    "quality": 0.10,
    "taste": 0.15,
}
FRESH_HALF_LIFE_HOURS: Final = 12.0
FULL_COVERAGE_BITS: Final = 3  # seven hosts are full coverage


def terms_of(
    story: Story, interests: tuple[Interest, ...], now: datetime, taste: Taste = NO_TASTE
) -> Terms:
    interest = max((found.strength for found in interests), default=0.0)
    coverage = min(1.0, log2(1 + len(story.hosts)) / FULL_COVERAGE_BITS)
    age_hours = max(0.0, (now - story.newest).total_seconds() / 3600)
    fresh = 2 ** (-age_hours / FRESH_HALF_LIFE_HOURS)
    quality = max(article.source.weight for article in story.articles)
    liking = taste_for(taste, interests, story.lead.source.id)
    score = (
        WEIGHTS["interest"] * interest
        + WEIGHTS["coverage"] * coverage
        + WEIGHTS["fresh"] * fresh
        + WEIGHTS["quality"] * quality
        + WEIGHTS["taste"] * liking
    )
    return Terms(interest, coverage, fresh, quality, max(0.0, score), liking)


def rank(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Best first; ties go to the newer, then to the story stored first."""
    return sorted(
        candidates,
        key=lambda c: (-c.terms.score, -c.story.newest.timestamp(), c.story.id),
    )
