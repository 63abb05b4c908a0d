"""Taste: what 👍 and 👎 under items say about topics and sources, and what that is worth.

Each press is a vote for the item's topic and for the source whose report told it. A vote is worth
1 when it is cast and half as much every thirty days. A leaning is the sum of the votes for one
topic or source over `FULL_VOTES`, clipped to -1 … 1, so no crowd of presses outweighs what the
chat follows by name (docs/decisions/0016-taste.md).
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from digests.models import Interest, SourceId
from digests.text.words import fold

HALF_LIFE_DAYS: Final = 30.0
FULL_VOTES: Final = 3.0  # fresh ones alike, beyond which nothing changes
LEAST: Final = 0.05  # weaker leanings are forgotten

T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Vote:
    """A press under an item."""

    topic: str | None  # None: it stood under «Главное»
    source: SourceId
    liked: bool
    cast: datetime


@dataclass(frozen=True, slots=True)
class Taste:
    """The leanings that differ from 0, each -1 … 1; equal ones compare equal."""

    topics: tuple[tuple[str, float], ...] = ()  # folded words
    sources: tuple[tuple[SourceId, float], ...] = ()


NO_TASTE: Final = Taste()


def learn(votes: Iterable[Vote], now: datetime) -> Taste:
    topics: defaultdict[str, float] = defaultdict(float)
    sources: defaultdict[SourceId, float] = defaultdict(float)
    for vote in votes:
        worth = _worth(vote, now)
        sources[vote.source] += worth
        if vote.topic is not None:
            topics[fold(vote.topic)] += worth
    return Taste(_leanings(topics), _leanings(sources))


def _worth(vote: Vote, now: datetime) -> float:
    days = max(0.0, (now - vote.cast).total_seconds() / 86_400)
    return float((1 if vote.liked else -1) * 2 ** (-days / HALF_LIFE_DAYS))


def _leanings(sums: Mapping[T, float]) -> tuple[tuple[T, float], ...]:
    """Strongest first; rounded, so that chats whose tastes are nearly alike share a digest."""
    clipped = {one: max(-1.0, min(1.0, total / FULL_VOTES)) for one, total in sums.items()}
    kept = [(one, round(many, 2)) for one, many in clipped.items() if abs(many) >= LEAST]
    return tuple(sorted(kept, key=lambda pair: (-abs(pair[1]), str(pair[0]))))


def taste_for(taste: Taste, interests: tuple[Interest, ...], source: SourceId) -> float:
    """What a story is worth to a taste, -1 … 1: the mean of its topic's and its source's leaning;
    its topic is the one it answers best."""
    topic = dict(taste.topics).get(fold(interests[0].topic), 0.0) if interests else 0.0
    return (topic + dict(taste.sources).get(source, 0.0)) / 2
