"""What chats pressed under items, from which their taste is learnt."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from digests.models import ArticleId, ChatId, SourceId
from digests.taste import Vote
from storage.database import Database
from storage.instants import from_seconds, to_seconds


async def cast(db: Database, chat: ChatId, article: ArticleId, vote: Vote) -> None:
    """One vote an article: a later one takes the place of an earlier one."""
    async with db.write() as tx:
        await tx.execute(
            """
            INSERT INTO vote (chat_id, article_id, topic, source_id, liked, cast_at)
            VALUES (:chat, :article, :topic, :source, :liked, :cast)
            ON CONFLICT (chat_id, article_id) DO UPDATE SET topic = excluded.topic,
                source_id = excluded.source_id, liked = excluded.liked, cast_at = excluded.cast_at
            """,
            {
                "chat": chat,
                "article": article,
                "topic": vote.topic,
                "source": vote.source,
                "liked": int(vote.liked),
                "cast": to_seconds(vote.cast),
            },
        )


async def take_back(db: Database, chat: ChatId, article: ArticleId) -> None:
    async with db.write() as tx:
        await tx.execute(
            "DELETE FROM vote WHERE chat_id = :chat AND article_id = :article",
            {"chat": chat, "article": article},
        )


async def votes_of(db: Database, chats: Sequence[ChatId]) -> dict[ChatId, tuple[Vote, ...]]:
    """The votes of these chats, latest first; those that cast none are left out."""
    rows = await db.fetch_all(
        """
        SELECT chat_id, topic, source_id, liked, cast_at FROM vote
        WHERE chat_id IN (SELECT value FROM json_each(:chats)) ORDER BY cast_at DESC
        """,
        {"chats": json.dumps(list(chats))},
    )
    found: defaultdict[ChatId, list[Vote]] = defaultdict(list)
    for row in rows:
        found[ChatId(row["chat_id"])].append(_vote(row))
    return {chat: tuple(votes) for chat, votes in found.items()}


def _vote(row: sqlite3.Row) -> Vote:
    return Vote(
        row["topic"],
        SourceId(row["source_id"]),
        bool(row["liked"]),
        from_seconds(row["cast_at"]),
    )


async def liked_among(
    db: Database, chat: ChatId, articles: Sequence[ArticleId]
) -> dict[ArticleId, bool]:
    """How the chat voted on these articles, where it did."""
    rows = await db.fetch_all(
        """
        SELECT article_id, liked FROM vote
        WHERE chat_id = :chat AND article_id IN (SELECT value FROM json_each(:articles))
        """,
        {"chat": chat, "articles": json.dumps(list(articles))},
    )
    return {ArticleId(row["article_id"]): bool(row["liked"]) for row in rows}


async def forget_taste(db: Database, chat: ChatId) -> None:
    """All that the chat ever pressed."""
    async with db.write() as tx:
        await tx.execute("DELETE FROM vote WHERE chat_id = :chat", {"chat": chat})


async def forget_votes(db: Database, before: datetime) -> None:
    """Those that are worth next to nothing."""
    async with db.write() as tx:
        await tx.execute("DELETE FROM vote WHERE cast_at < :before", {"before": to_seconds(before)})
