"""What chats put aside to read, and the weekly reminder of it."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from digests.models import Article, ArticleId, ChatId, Subscriber
from storage.database import Database
from storage.instants import from_seconds, to_seconds
from storage.outbox import queue_notice
from storage.subscribers import SUBSCRIBER_COLUMNS, subscriber_of

MOST_SAVED: Final = 200


@dataclass(frozen=True, slots=True)
class Saved:
    """An article as it was when it was put aside."""

    id: int
    article: ArticleId
    title: str
    outlet: str
    link: str | None  # None: no public address
    published: datetime


async def save(
    db: Database, chat: ChatId, article: Article, text: str | None, now: datetime
) -> bool:
    """`text` None: it can be read at its link. False: the chat saved too much already."""
    async with db.write() as tx:
        await tx.execute(
            """
            INSERT OR IGNORE INTO saved (chat_id, article_id, title, outlet, link, text,
                                         published_at, saved_at)
            SELECT :chat, :article, :title, :outlet, :link, :text, :published, :now
            WHERE (SELECT count(*) FROM saved WHERE chat_id = :chat) < :most
            """,
            {
                "chat": chat,
                "article": article.id,
                "title": article.title,
                "outlet": article.outlet,
                "link": article.link,
                "text": text,
                "published": to_seconds(article.published),
                "now": to_seconds(now),
                "most": MOST_SAVED,
            },
        )
        row = await tx.fetch_one(
            "SELECT 1 FROM saved WHERE chat_id = :chat AND article_id = :article",
            {"chat": chat, "article": article.id},
        )
    return row is not None


async def unsave(db: Database, chat: ChatId, article: ArticleId) -> None:
    async with db.write() as tx:
        await tx.execute(
            "DELETE FROM saved WHERE chat_id = :chat AND article_id = :article",
            {"chat": chat, "article": article},
        )


async def drop(db: Database, chat: ChatId, number: int) -> None:
    async with db.write() as tx:
        await tx.execute(
            "DELETE FROM saved WHERE chat_id = :chat AND id = :id", {"chat": chat, "id": number}
        )


async def saved_of(
    db: Database, chat: ChatId, limit: int, offset: int = 0
) -> tuple[list[Saved], int]:
    """A page of what the chat saved, the last one first, and how many there are in all."""
    rows = await db.fetch_all(
        """
        SELECT id, article_id, title, outlet, link, published_at FROM saved
        WHERE chat_id = :chat ORDER BY id DESC LIMIT :limit OFFSET :offset
        """,
        {"chat": chat, "limit": limit, "offset": offset},
    )
    count = await db.fetch_one(
        "SELECT count(*) AS saved FROM saved WHERE chat_id = :chat", {"chat": chat}
    )
    return [_saved(row) for row in rows], count["saved"] if count else 0


async def saved_among(
    db: Database, chat: ChatId, articles: Sequence[ArticleId]
) -> frozenset[ArticleId]:
    rows = await db.fetch_all(
        """
        SELECT article_id FROM saved
        WHERE chat_id = :chat AND article_id IN (SELECT value FROM json_each(:articles))
        """,
        {"chat": chat, "articles": json.dumps(list(articles))},
    )
    return frozenset(ArticleId(row["article_id"]) for row in rows)


async def saved_text(db: Database, chat: ChatId, article: ArticleId) -> tuple[Saved, str] | None:
    """None: the chat saved no such article, or it has an address."""
    row = await db.fetch_one(
        """
        SELECT id, article_id, title, outlet, link, published_at, text FROM saved
        WHERE chat_id = :chat AND article_id = :article AND text IS NOT NULL
        """,
        {"chat": chat, "article": article},
    )
    return (_saved(row), row["text"]) if row else None


def _saved(row: sqlite3.Row) -> Saved:
    return Saved(
        row["id"],
        ArticleId(row["article_id"]),
        row["title"],
        row["outlet"],
        row["link"],
        from_seconds(row["published_at"]),
    )


# --- the weekly reminder ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reminder:
    """A chat whose reminder is due."""

    subscriber: Subscriber
    due: datetime


async def reminded_at(db: Database, chat: ChatId) -> datetime | None:
    """When the next reminder is due. None: the chat wants none."""
    row = await db.fetch_one(
        "SELECT remind_at FROM subscriber WHERE chat_id = :chat", {"chat": chat}
    )
    return from_seconds(row["remind_at"]) if row and row["remind_at"] is not None else None


async def set_reminder(db: Database, chat: ChatId, due: datetime | None) -> None:
    async with db.write() as tx:
        await tx.execute(
            "UPDATE subscriber SET remind_at = :due WHERE chat_id = :chat",
            {"chat": chat, "due": to_seconds(due)},
        )


async def due_reminders(db: Database, now: datetime, limit: int) -> list[Reminder]:
    """Of chats that can be written to, longest due first."""
    rows = await db.fetch_all(
        f"""
        SELECT subscriber.remind_at, {SUBSCRIBER_COLUMNS} FROM subscriber
        WHERE remind_at <= :now AND unreachable_at IS NULL ORDER BY remind_at LIMIT :limit
        """,  # noqa: S608 - a constant
        {"now": to_seconds(now), "limit": limit},
    )
    return [Reminder(subscriber_of(row), from_seconds(row["remind_at"])) for row in rows]


async def move_reminder(
    db: Database, reminder: Reminder, following: datetime, content: str | None, now: datetime
) -> bool:
    """To the next week, and the message into the outbox with it, both or neither; `content` None:
    nothing to send. False: it was moved or switched off meanwhile."""
    chat = reminder.subscriber.chat_id
    async with db.write() as tx:
        moved = await tx.execute(
            """
            UPDATE subscriber SET remind_at = :next WHERE chat_id = :chat AND remind_at = :due
            """,
            {"chat": chat, "next": to_seconds(following), "due": to_seconds(reminder.due)},
        )
        if moved and content is not None:
            await queue_notice(tx, chat, content, now)
    return bool(moved)


async def rewind_reminders(db: Database, latest: datetime) -> None:
    """Nothing waits beyond `latest`: a clock that ran ahead was set back."""
    async with db.write() as tx:
        await tx.execute(
            "UPDATE subscriber SET remind_at = :latest WHERE remind_at > :latest",
            {"latest": to_seconds(latest)},
        )
