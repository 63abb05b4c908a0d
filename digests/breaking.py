"""Breaking: a story that several outlets report at once, on a topic somebody follows."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from digests.models import ArticleId, Keys, Story
from digests.topics import matches, parse_topic

WITHIN: Final = timedelta(hours=1)
LEAST_OUTLETS: Final = 3
MOST_A_DAY: Final = 3  # alerts a chat


def is_breaking(story: Story, now: datetime) -> bool:
    """Whether that many outlets published texts of their own, and we had them, within the hour."""
    return len(_outlets(story, now)) >= LEAST_OUTLETS


def _outlets(story: Story, now: datetime) -> set[str]:
    since = now - WITHIN
    return {
        article.host
        for article in story.articles
        if article.copy_of is None and since < article.published <= now and article.arrived > since
    }


def meeting(
    topics: Sequence[str], keys: Mapping[ArticleId, Keys]
) -> frozenset[tuple[str, ArticleId]]:
    """Which articles answer which of these topics, as their subscribers typed them."""
    return frozenset(
        (words, article)
        for words in topics
        for query in [parse_topic(words)]
        for article, its in keys.items()
        if matches(query, its)
    )
