"""A chat asks for stories: which list, in what order, of what period; and a page of it.

A list is named by what its buttons carry (`Asked`) and the words its message shows. It is held at
the newest article and the minute of its first page, so that its pages stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from bot.context import Context
from bot.errors import WorkerError
from bot.spelling import better_spelling
from digests.clustering import UNKNOWN_LANGUAGE, tell_stories, understood
from digests.errors import EmptyQueryError
from digests.models import Article, ArticleId, ChatId, Story, StoryId, Subscriber
from digests.periods import Period
from digests.snippets import Passage, Snippet, snippets_of
from digests.text.words import fold
from digests.topics import Query, parse_query
from storage import articles, asking, subscribers
from storage.asking import Match, Scope
from storage.search import NEWEST_MATCHES

log = structlog.get_logger()

STORIES_SHOWN: Final = 5
MOST_SHOWN: Final = 10
MOST_OFFSET: Final = 10_000
LEAST_BEGUN: Final = 3  # letters of a word that is still being typed
NOT_YET: Final = ArticleId(0)
LONG_AGO: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Asked:
    """A page of a list."""

    words: str  # "": the latest
    period: Period | None = None  # None: any time
    relevant: bool = False  # the most relevant first, not the newest
    offset: int = 0
    size: int = STORIES_SHOWN
    newest: ArticleId = NOT_YET  # then the list is of whatever there is now
    at: datetime = LONG_AGO

    def turned_to(self, offset: int) -> "Asked":
        return replace(self, offset=max(0, offset))

    def anew(self, *, period: Period | None, relevant: bool) -> "Asked":
        """Its first page of another period or order, of what there is now."""
        return Asked(self.words, period, relevant, size=self.size)


@dataclass(frozen=True, slots=True)
class Told:
    """A story of a list."""

    story: Story
    snippet: Snippet | None = None  # None: nothing was searched for
    source: Article | None = None  # None: the lead; else whose sentence the snippet is
    at: datetime | None = None  # of the newest report that answers; None: of the newest of all


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list, and where it is kept."""

    asked: Asked
    told: list[Told]
    more: bool  # whether another page follows
    total: int | None = None  # None: not counted
    more_than_total: bool = False  # there are older matches still
    meant: str | None = None  # None: no better spelling is known
    followed: bool = False  # the words are a topic of the chat


async def listed(
    context: Context, subscriber: Subscriber, asked: Asked, *, typing: bool = False
) -> Listed:
    """`typing`: the last word may be a beginning, and is no slip yet. Raises EmptyQueryError."""
    if not asked.newest:
        now = context.now().replace(second=0, microsecond=0)
        asked = replace(asked, newest=await asking.newest_article(context.db), at=now)
    since, until = (None, None)
    if asked.period:
        since, until = asked.period.bounds(asked.at, ZoneInfo(subscriber.zone))
    reads = () if subscriber.reads == "all" else (*subscriber.languages, UNKNOWN_LANGUAGE)
    scope = Scope(asked.newest, since, until, reads)
    if asked.words:
        found = await _found(context, subscriber, asked, scope, typing=typing)
        if typing:
            return found
        known = found.total or 0
        meant = await better_spelling(context, subscriber, asked.words, scope, known)
        topics = await subscribers.topics_of(context.db, subscriber.chat_id)
        followed = fold(asked.words) in {fold(topic.words) for topic in topics}
        return replace(found, meant=meant, followed=followed)
    chat = subscriber.chat_id
    ids = await asking.latest_within(context.db, chat, scope, asked.size + 1, asked.offset)
    stories = await _stories(context, subscriber, ids[: asked.size])
    return Listed(asked, [Told(story) for story in stories], len(ids) > asked.size)


async def _found(
    context: Context, subscriber: Subscriber, asked: Asked, scope: Scope, *, typing: bool
) -> Listed:
    query = parse_query(asked.words)
    search = asking.matches_by_relevance if asked.relevant else asking.matches_by_time
    matches = await search(context.db, subscriber.chat_id, query, scope)
    if typing and not matches:
        matches = await _begun(context, subscriber.chat_id, asked.words, scope)
    ids = list(dict.fromkeys(match.story for match in matches))
    page = ids[asked.offset : asked.offset + asked.size]
    stories = await _stories(context, subscriber, page)
    quoted = [_quoted(story, matches) for story in stories]
    texts = await asking.texts_of(context.db, subscriber.chat_id, [one.id for one in quoted])
    passages = [
        Passage(story.lead.title, texts.get(one.id, ""), _first_sentence(story.lead))
        for story, one in zip(stories, quoted, strict=True)
    ]
    snippets = await _snippets(context, query, passages)
    newest: dict[StoryId, int] = {}
    for match in matches:
        newest[match.story] = max(match.published, newest.get(match.story, 0))
    told = [
        Told(
            story,
            snippet,
            None if one.id == story.lead.id else one,
            datetime.fromtimestamp(newest[story.id], UTC),
        )
        for story, snippet, one in zip(stories, snippets, quoted, strict=True)
    ]
    more = len(ids) > asked.offset + asked.size
    return Listed(asked, told, more, len(ids), len(matches) >= NEWEST_MATCHES)


async def _begun(context: Context, chat: ChatId, words: str, scope: Scope) -> list[Match]:
    """What has all words but the last, and one that begins as the last."""
    *others, last = words.split()
    begun = fold(last)
    if len(begun) < LEAST_BEGUN or not begun.isalpha():
        return []
    try:
        query = parse_query(" ".join(others))
    except EmptyQueryError:
        query = None
    return await asking.matches_begun(context.db, chat, query, begun, scope)


async def _snippets(
    context: Context, query: Query, passages: list[Passage]
) -> Sequence[Snippet | None]:
    """None each when the worker fails: what was found is told all the same."""
    try:
        return await context.workers.run(snippets_of, query, passages)
    except WorkerError as error:
        log.warning("snippets_failed", cause=str(error))
        return [None] * len(passages)


def _quoted(story: Story, matches: list[Match]) -> Article:
    """The lead where it answers, else the article that answers best."""
    ranks = {match.article: rank for rank, match in reversed(list(enumerate(matches)))}
    if story.lead.id in ranks:
        return story.lead
    return min(story.articles, key=lambda article: ranks.get(article.id, len(ranks)))


def _first_sentence(article: Article) -> str | None:
    return article.summary[0].text if article.summary else None


async def _stories(context: Context, subscriber: Subscriber, ids: list[StoryId]) -> list[Story]:
    """In that order, each as the chat may see it, in the languages it reads."""
    members = await articles.members_of(context.db, subscriber.chat_id, ids)
    told = (understood(story, subscriber.languages) for story in tell_stories(members))
    by_id = {story.id: story for story in told}
    return [by_id[number] for number in ids if number in by_id]
