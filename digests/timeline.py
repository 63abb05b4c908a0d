"""A timeline: what each report of a story added when it came.

A report is told by the sentence, its title counted as one, that carries the most that no earlier
report had said; what only repeats is a source and no step.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Final

from digests.models import Article
from digests.sketches import rarity
from digests.summarising import opens_hanging
from digests.text.keys import field_keys
from digests.updates import RANK_DISCOUNT, UNTOLD_SHARE, stems_of

MOST_STEPS: Final = 8
SENTENCES_READ: Final = 5  # of a report
LEAST_NEWS: Final = 12.0  # the weight of two or three telling words


@dataclass(frozen=True, slots=True)
class Step:
    article: Article
    text: str  # a sentence as it stands there, or the title
    news: float  # the weight of what was new in it


def timeline(articles: Iterable[Article]) -> list[Step]:
    """In order of time, at most `MOST_STEPS`: the first, the last, and those with most news."""
    known: set[str] = set()
    steps: list[Step] = []
    reports = sorted(articles, key=lambda one: (one.published, one.id))
    ids = {article.id for article in reports}
    for article in reports:
        if article.copy_of in ids:
            continue
        step = _step(article, known)
        if not steps or step.news >= LEAST_NEWS:
            steps.append(step)
        known |= stems_of(map(_keys, _told(article)))
    return _weightiest(steps)


def _step(article: Article, known: set[str]) -> Step:
    """The title stands for what nothing was told of; the summary's own order counts too."""
    title, *sentences = _told(article)
    first = Step(article, title, _news(title, known))
    if not known:
        return first
    options = [first]
    options += [
        Step(article, one, _news(one, known)) for one in sentences if not opens_hanging(one)
    ]
    return max(
        enumerate(options), key=lambda ranked: ranked[1].news / (1 + RANK_DISCOUNT * ranked[0])
    )[1]


def _told(article: Article) -> list[str]:
    return [article.title, *(pick.text for pick in article.summary[:SENTENCES_READ])]


def _keys(text: str) -> str:
    return field_keys([text])


def _news(sentence: str, known: set[str]) -> float:
    """The weight of what was not told; 0 when it is mostly told."""
    keys = stems_of([_keys(sentence)])
    untold = fsum(rarity(key) for key in keys - known)
    return untold if untold >= UNTOLD_SHARE * fsum(map(rarity, keys)) else 0.0


def _weightiest(steps: Sequence[Step]) -> list[Step]:
    if len(steps) <= MOST_STEPS:
        return list(steps)
    inner = sorted(steps[1:-1], key=lambda step: -step.news)[: MOST_STEPS - 2]
    return [steps[0], *(step for step in steps[1:-1] if step in inner), steps[-1]]
