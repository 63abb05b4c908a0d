"""Who gets recaps when, and what a week held."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from digests.models import ArticleId, ChatId, StoryId, Subscriber
from digests.topics import Query
from storage.database import Database
from storage.instants import from_seconds, to_seconds
from storage.outbox import queue_notice
from storage.search import expression
from storage.sources import VISIBLE
from storage.subscribers import SUBSCRIBER_COLUMNS, subscriber_of


@dataclass(frozen=True, slots=True)
class DueRecap:
    subscriber: Subscriber
    day: int  # local; 0 is Monday
    due: datetime


async def recap_day(db: Database, chat: ChatId) -> int | None:
    """The weekday of a chat's recaps, 0 is Monday. None: it wants none."""
    row = await db.fetch_one("SELECT day FROM recap WHERE chat_id = :chat", {"chat": chat})
    return row["day"] if row else None


async def set_recap(db: Database, chat: ChatId, day: int | None, next_due: datetime | None) -> None:
    """`day` None: no recaps."""
    async with db.write() as tx:
        if day is None or next_due is None:
            await tx.execute("DELETE FROM recap WHERE chat_id = :chat", {"chat": chat})
            return
        await tx.execute(
            """
            INSERT INTO recap (chat_id, day, next_due_at) VALUES (:chat, :day, :due)
            ON CONFLICT (chat_id) DO UPDATE
                SET day = excluded.day, next_due_at = excluded.next_due_at
            """,
            {"chat": chat, "day": day, "due": to_seconds(next_due)},
        )


async def due_recaps(db: Database, now: datetime, limit: int) -> list[DueRecap]:
    """Of chats that can be written to, longest due first."""
    rows = await db.fetch_all(
        f"""
        SELECT recap.day, recap.next_due_at, {SUBSCRIBER_COLUMNS}
        FROM recap JOIN subscriber ON subscriber.chat_id = recap.chat_id
        WHERE recap.next_due_at <= :now AND subscriber.unreachable_at IS NULL
        ORDER BY recap.next_due_at LIMIT :limit
        """,  # noqa: S608 - a constant
        {"now": to_seconds(now), "limit": limit},
    )
    return [_due(row) for row in rows]


async def waiting_recaps(db: Database, after: datetime, limit: int) -> list[DueRecap]:
    """Those of anybody that are not due before `after` is over."""
    rows = await db.fetch_all(
        f"""
        SELECT recap.day, recap.next_due_at, {SUBSCRIBER_COLUMNS}
        FROM recap JOIN subscriber ON subscriber.chat_id = recap.chat_id
        WHERE recap.next_due_at > :after ORDER BY recap.next_due_at LIMIT :limit
        """,  # noqa: S608 - a constant
        {"after": to_seconds(after), "limit": limit},
    )
    return [_due(row) for row in rows]


def _due(row: sqlite3.Row) -> DueRecap:
    return DueRecap(subscriber_of(row), row["day"], from_seconds(row["next_due_at"]))


@dataclass(frozen=True, slots=True)
class Moved:
    """A recap that is due, when its next one is, and what it says."""

    recap: DueRecap
    next_due: datetime
    content: str | None = None  # None: none this time


async def move_recaps(db: Database, moves: Sequence[Moved], now: datetime) -> list[bool]:
    """Move on, and put recaps into the outbox in the same transaction: once a due instant.

    False: it was moved meanwhile, or taken back.
    """
    moved = []
    async with db.write() as tx:
        for one in moves:
            chat = one.recap.subscriber.chat_id
            changed = await tx.execute(
                """
                UPDATE recap SET next_due_at = :next WHERE chat_id = :chat AND next_due_at = :due
                """,
                {
                    "chat": chat,
                    "due": to_seconds(one.recap.due),
                    "next": to_seconds(one.next_due),
                },
            )
            if changed and one.content is not None:
                await queue_notice(tx, chat, one.content, now)
            moved.append(bool(changed))
    return moved


@dataclass(frozen=True, slots=True)
class Written:
    """What was published in a time."""

    articles: int
    sources: int
    stories: tuple[StoryId, ...]  # those of most sources first


async def written_between(
    db: Database, chat: ChatId, since: datetime, until: datetime, most_stories: int
) -> Written:
    """As far as the chat may see it."""
    values = {
        "chat": chat,
        "since": to_seconds(since),
        "until": to_seconds(until),
        "limit": most_stories,
    }
    total = await db.fetch_one(
        f"""
        SELECT count(*) AS articles, count(DISTINCT source.id) AS sources
        FROM article JOIN source ON source.id = article.source_id
        WHERE article.published_at > :since AND article.published_at <= :until AND {VISIBLE}
        """,  # noqa: S608 - a constant
        values,
    )
    rows = await db.fetch_all(
        f"""
        SELECT article.story_id FROM article JOIN source ON source.id = article.source_id
        WHERE article.published_at > :since AND article.published_at <= :until AND {VISIBLE}
        GROUP BY article.story_id
        ORDER BY count(DISTINCT source.id) DESC, max(article.published_at) DESC, article.story_id
        LIMIT :limit
        """,  # noqa: S608 - a constant
        values,
    )
    stories = tuple(StoryId(row["story_id"]) for row in rows)
    return Written(total["articles"], total["sources"], stories) if total else Written(0, 0, ())


async def count_matching(
    db: Database, chat: ChatId, query: Query, first: ArticleId, since: datetime, until: datetime
) -> int:
    """How many articles of that time answer the query; `first` is the first of them, so that a
    frequent word is not counted through all history."""
    row = await db.fetch_one(
        f"""
        SELECT count(*) AS articles
        FROM article_search JOIN article ON article.id = article_search.rowid
        JOIN source ON source.id = article.source_id
        WHERE article_search MATCH :expression AND article_search.rowid >= :first AND {VISIBLE}
          AND +article.published_at > :since AND +article.published_at <= :until
        """,  # noqa: S608 - a constant
        {
            "expression": expression(query),
            "chat": chat,
            "first": first,
            "since": to_seconds(since),
            "until": to_seconds(until),
        },
    )
    return row["articles"] if row else 0
