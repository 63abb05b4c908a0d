"""The summary of a story: the best sentences over its articles, each of one article, word for word.

The lead article tells first; another is quoted for what it adds.
"""

from functools import lru_cache
from typing import Final

from digests.models import Article, Line, Pick, Story
from digests.sketches import rarity
from digests.summarising import opens_hanging
from digests.text.keys import is_stop_word
from digests.text.words import split_words, stem

MOST_LINES: Final = 8
ARTICLES_READ: Final = 6
RANK_DISCOUNT: Final = 0.35
OTHERS: Final = 0.8  # a sentence of another article has to add more
LEAST_NEW: Final = 0.45  # share of a sentence's weight that was not told yet
LOST_A_DAY: Final = 0.5  # of the worth of a sentence, behind the story's newest report
STORIES_CACHED: Final = 200  # digests of many chats are made one after another of the same news
WEIGHTS_CACHED: Final = 20_000


@lru_cache(maxsize=STORIES_CACHED)
def story_lines(story: Story, count: int = MOST_LINES, *, quote: bool = False) -> tuple[Line, ...]:
    """At most `count` sentences, best first; no two say the same. `quote`: somebody's words come
    first, where one of the articles has them."""
    lead = story.lead
    lines = _quoted(story)[:1] if quote else []
    told = _stems(lead.title).union(*(_stems(line.text) for line in lines))
    left = [
        (article, rank, pick, _stems(pick.text))
        for article in _quotable(story)
        for rank, pick in enumerate(article.summary)
        if article is lead or not opens_hanging(pick.text)
    ]
    while left and len(lines) < count:
        scored = [
            (_worth(story, article, rank, stems, told, first=not lines), -number)
            for number, (article, rank, _, stems) in enumerate(left)
        ]
        worth, number = max(scored)
        article, _, pick, stems = left.pop(-number)
        if worth <= 0:
            break
        told |= stems
        lines.append(Line(pick.text, article))
    return tuple(lines)


def _quoted(story: Story) -> list[Line]:
    return [Line(one.quote.text, one) for one in _quotable(story) if one.quote]


def _quotable(story: Story) -> list[Article]:
    """A sentence of another language adds nothing that its reader could tell from the rest."""
    same = [one for one in story.articles if one.language == story.lead.language]
    return same[:ARTICLES_READ]


def in_reading_order(story: Story, lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lead's sentences as they stand in it, then the others' in order of time."""

    def order(line: Line) -> tuple[bool, float, int]:
        of_lead = line.article.id == story.lead.id
        return (not of_lead, line.article.published.timestamp(), _position(line))

    return tuple(sorted(lines, key=order))


def _position(line: Line) -> int:
    quote = line.article.quote
    picks: tuple[Pick, ...] = (*line.article.summary, *((quote,) if quote else ()))
    return next((pick.position for pick in picks if pick.text == line.text), 0)


def _worth(
    story: Story,
    article: Article,
    rank: int,
    stems: frozenset[str],
    told: frozenset[str],
    *,
    first: bool,
) -> float:
    if article.id == story.lead.id:
        # The summariser has weighed these against each other already.
        return 2.0 if first and rank == 0 else 1 / (1 + RANK_DISCOUNT * rank)
    weight = sum(map(_weight, stems)) or 1.0
    new = sum(map(_weight, stems - told)) / weight
    if new < LEAST_NEW:
        return 0.0
    days = (story.newest - article.published).total_seconds() / 86_400
    return float(OTHERS * new * LOST_A_DAY**days / (1 + RANK_DISCOUNT * rank))


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word.folded) for word in split_words(text) if not is_stop_word(word))


_weight: Final = lru_cache(maxsize=WEIGHTS_CACHED)(rarity)
