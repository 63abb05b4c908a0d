"""Stories: which stored articles tell the same event, and how a chat sees them.

Today a story is an article and its exact copies (the store joins them by address and
fingerprint); the choice of the story a new article joins is made by `story_for` and nowhere else.
"""

from collections import defaultdict
from collections.abc import Iterable

from digests.models import Article, Story, StoryId


def tell_stories(articles: Iterable[Article]) -> list[Story]:
    """The stories of the articles one chat may see, newest first.

    What a chat may not see is not among the articles, so it is neither named, counted nor quoted.
    """
    members: defaultdict[StoryId, list[Article]] = defaultdict(list)
    for article in articles:
        members[article.story_id].append(article)
    stories = [Story(story, tuple(sorted(found, key=_telling))) for story, found in members.items()]
    return sorted(stories, key=lambda story: (story.newest, story.id), reverse=True)


def _telling(article: Article) -> tuple[bool, bool, float, int]:
    """The original before its copies: linked, with a summary, published first."""
    return (
        article.link is None,
        not article.summary,
        article.published.timestamp(),
        article.id,
    )
