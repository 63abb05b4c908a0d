"""What a chat asks for, page by page: the latest stories, and those that answer a query.

A list is held at the newest article there was when it was asked for, so that its pages stay as
they are while articles arrive.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from digests.models import ArticleId, ChatId, SourceId, StoryId
from digests.text.keys import ACRONYM, NAME, STEM
from digests.topics import IN_BODY, IN_LEAD, IN_TITLE, Query
from storage.database import Database, Statements
from storage.instants import to_seconds
from storage.search import NEWEST_MATCHES, expression, quoted
from storage.sources import VISIBLE

# Full-text filters: the same strengths by which topics choose (digests.topics.strength).
STRENGTHS: Final = ((IN_TITLE, "{title} : "), (IN_LEAD, "{title lead} : "), (IN_BODY, ""))

FREQUENT: Final = 2_000  # articles of about a month that words with one beginning stand in
MOST_WORDS_BEGUN: Final = 16
FAR: Final = 1 << 40  # seconds, in either direction: no article is from then


@dataclass(frozen=True, slots=True)
class Scope:
    """What a list may hold."""

    newest: ArticleId  # none that arrived after it
    since: datetime | None = None  # published; None: any time
    until: datetime | None = None  # published before; None: now
    languages: tuple[str, ...] = ()  # of articles, for lists of the latest; none: any


@dataclass(frozen=True, slots=True)
class Match:
    """An article that answers a query."""

    article: ArticleId
    story: StoryId
    source: SourceId
    published: int
    strength: float = IN_BODY


async def newest_article(db: Database) -> ArticleId:
    """0: there is none."""
    row = await db.fetch_one("SELECT ifnull(max(id), 0) AS newest FROM article")
    return ArticleId(row["newest"] if row else 0)


async def latest_within(
    db: Database, chat: ChatId, scope: Scope, limit: int, offset: int
) -> list[StoryId]:
    """Newest first by the publication of their newest article; copies are no news."""
    wanted = limit + offset
    read = wanted * 4 + 20  # articles; more when a few stories hold most of them
    while True:
        rows = await db.read(partial(_latest, _bounds(scope) | {"chat": chat}, scope, read))
        stories = list(dict.fromkeys(StoryId(row["story_id"]) for row in rows))
        if len(stories) >= wanted or len(rows) < read:
            return stories[offset:wanted]
        read *= 4


def _latest(
    values: Mapping[str, Any], scope: Scope, read: int, inside: Statements
) -> list[sqlite3.Row]:
    """The newest articles, so many. Each language is read by itself, by its index: of one that
    little is in, it would be looked for in all there is."""
    found: list[sqlite3.Row] = []
    for language in scope.languages or (None,):
        by_language = "" if language is None else "AND article.language = :language"
        found += inside.fetch_all(
            f"""
            SELECT article.id, article.story_id, article.published_at
            FROM article JOIN source ON source.id = article.source_id
            WHERE {VISIBLE} AND article.copy_of IS NULL AND article.id <= :newest
              AND article.published_at >= :since AND article.published_at < :until {by_language}
            ORDER BY article.published_at DESC, article.id DESC LIMIT :rows
            """,  # noqa: S608 - constants
            {**values, "language": language, "rows": read},
        )
    found.sort(key=lambda row: (row["published_at"], row["id"]), reverse=True)
    return found[:read]


def _bounds(scope: Scope) -> dict[str, Any]:
    # Numbers, never NULL: `:since IS NULL OR …` is no range, and a quiet hour's few articles would
    # be looked for through the whole index.
    return {
        "newest": scope.newest,
        "since": to_seconds(scope.since) if scope.since else -FAR,
        "until": to_seconds(scope.until) if scope.until else FAR,
    }


async def matches_by_time(db: Database, chat: ChatId, query: Query, scope: Scope) -> list[Match]:
    """The newest matches, the newest published first."""
    found = await _matches(db, chat, expression(query), scope, IN_BODY)
    return sorted(found, key=lambda match: (-match.published, -match.article))


async def matches_begun(
    db: Database, chat: ChatId, query: Query | None, begun: str, scope: Scope
) -> list[Match]:
    """As `matches_by_time`, of what has a word that begins so besides; `query` None: only that.

    `begun` is folded and of letters.
    """
    others = f"({expression(query)}) AND " if query else ""
    frequent, found = await _frequent_words(db, begun), list[Match]()
    if frequent:
        found = await _matches(db, chat, f"{others}({frequent})", scope, IN_BODY)
    if not found:  # the root of a frequent word need not be what its forms are kept as
        words = " OR ".join(f"{quoted(mark + begun)} *" for mark in ("", NAME, ACRONYM))
        found = await _matches(db, chat, f"{others}({words})", scope, IN_BODY)
    return sorted(found, key=lambda match: (-match.published, -match.article))


async def _frequent_words(db: Database, begun: str) -> str:
    """Where words that many articles hold begin so, the most frequent of them in shared ones: of
    any word that does, the index reads through all there is before the first is found. Empty: it
    is not much."""
    rows = await db.fetch_all(
        """
        SELECT key, articles FROM key_count WHERE key >= :begun AND key < :beyond
        ORDER BY articles DESC, key LIMIT :limit
        """,
        {
            "begun": begun,
            "beyond": begun[:-1] + chr(ord(begun[-1]) + 1),
            "limit": MOST_WORDS_BEGUN,
        },
    )
    if sum(row["articles"] for row in rows) < FREQUENT:
        return ""
    marks = ("", STEM, NAME + STEM, ACRONYM)
    return " OR ".join(quoted(mark + row["key"]) for row in rows for mark in marks)


async def matches_by_relevance(
    db: Database, chat: ChatId, query: Query, scope: Scope
) -> list[Match]:
    """Answered by the title, then by the first paragraph, then by the body; among equals those
    that more sources tell, then the newest. Each kind is of the newest that there are.

    bm25 is not asked: it takes 1.3 s for a frequent word of a million articles.
    """
    asked = expression(query)
    best: dict[ArticleId, Match] = {}
    for strength, fields in STRENGTHS:
        for match in await _matches(db, chat, f"{fields}({asked})", scope, strength):
            best.setdefault(match.article, match)
        if len(best) >= NEWEST_MATCHES:
            break
    told: dict[StoryId, set[SourceId]] = {}
    strongest: dict[StoryId, float] = {}
    for match in best.values():
        told.setdefault(match.story, set()).add(match.source)
        strongest[match.story] = max(match.strength, strongest.get(match.story, 0.0))
    return sorted(
        best.values(),
        key=lambda match: (
            -strongest[match.story],
            -len(told[match.story]),
            -match.published,
            -match.article,
        ),
    )


async def _matches(
    db: Database, chat: ChatId, asked: str, scope: Scope, strength: float
) -> list[Match]:
    # The first article of a period bounds the walk through the index: without it an hour's news
    # of a frequent word would be looked for in all history. The words lead (`+` keeps the index of
    # times out).
    first = await first_since(db, scope.since) if scope.since else ArticleId(0)
    if first is None:
        return []
    rows = await db.fetch_all(
        f"""
        SELECT article.id, article.story_id, article.source_id, article.published_at
        FROM article_search JOIN article ON article.id = article_search.rowid
        JOIN source ON source.id = article.source_id
        WHERE article_search MATCH :asked
          AND article_search.rowid BETWEEN :first AND :newest AND {VISIBLE}
          AND +article.published_at >= :since AND +article.published_at < :until
        ORDER BY article_search.rowid DESC LIMIT :matches
        """,  # noqa: S608 - a constant
        _bounds(scope)
        | {
            "asked": asked,
            "chat": chat,
            "first": first,
            "matches": NEWEST_MATCHES,
        },
    )
    return [
        Match(
            ArticleId(row["id"]),
            StoryId(row["story_id"]),
            SourceId(row["source_id"]),
            row["published_at"],
            strength,
        )
        for row in rows
    ]


async def first_since(db: Database, since: datetime) -> ArticleId | None:
    """None: nothing was published since."""
    row = await db.fetch_one(
        """
        SELECT min(id) AS id FROM article INDEXED BY article_published
        WHERE published_at >= :since
        """,
        {"since": to_seconds(since)},
    )
    return ArticleId(row["id"]) if row and row["id"] is not None else None


async def texts_of(
    db: Database, chat: ChatId, articles: Sequence[ArticleId]
) -> dict[ArticleId, str]:
    """The texts of those of them that the chat may see."""
    rows = await db.fetch_all(
        f"""
        SELECT article.id, article.text FROM article JOIN source ON source.id = article.source_id
        WHERE article.id IN (SELECT value FROM json_each(:articles)) AND {VISIBLE}
        """,  # noqa: S608 - a constant
        {"articles": json.dumps(list(articles)), "chat": chat},
    )
    return {ArticleId(row["id"]): row["text"] for row in rows}
