"""Subscribers and their topics."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Final

from digests.models import Access, ChatId, Quiet, Subscriber, Topic, TopicId
from digests.semantics import LANGUAGES
from digests.text.words import fold
from storage.database import Database
from storage.instants import from_seconds, to_seconds
from storage.outbox import queue_notice

MOST_TOPICS: Final = 50
SUBSCRIBER_COLUMNS: Final = (
    "subscriber.chat_id, subscriber.kind, subscriber.title, subscriber.language, subscriber.zone, "
    "subscriber.reads, "
    "subscriber.access, subscriber.subscribed, subscriber.minutes, subscriber.main_section, "
    "subscriber.sentences, subscriber.quotes, subscriber.paused_until, "
    "subscriber.unreachable_at, subscriber.expects, subscriber.quiet, "
    "subscriber.thread_id, subscriber.acts_for, subscriber.most_sources, subscriber.alerts"
)


def subscriber_of(row: sqlite3.Row) -> Subscriber:
    return Subscriber(
        ChatId(row["chat_id"]),
        row["kind"],
        row["title"],
        row["language"],
        row["zone"],
        row["reads"],
        Access(row["access"]),
        bool(row["subscribed"]),
        row["minutes"],
        bool(row["main_section"]),
        row["sentences"],
        bool(row["quotes"]),
        from_seconds(row["paused_until"]),
        row["unreachable_at"] is not None,
        row["expects"],
        quiet_of(row["quiet"]),
        row["thread_id"],
        None if row["acts_for"] is None else ChatId(row["acts_for"]),
        row["most_sources"],
        bool(row["alerts"]),
    )


def quiet_of(kept: str | None) -> Quiet | None:
    if kept is None:
        return None
    start, end = kept.split("-")
    return Quiet(time.fromisoformat(start), time.fromisoformat(end))


def reads_in(language: str) -> str:
    """What a speaker of it reads unless told otherwise: news are in these languages alone."""
    return language if language in LANGUAGES else "all"


async def find_subscriber(db: Database, chat: ChatId) -> Subscriber | None:
    row = await db.fetch_one(
        f"SELECT {SUBSCRIBER_COLUMNS} FROM subscriber WHERE chat_id = :chat",  # noqa: S608
        {"chat": chat},
    )
    return subscriber_of(row) if row else None


async def add_subscriber(
    db: Database, chat: ChatId, kind: str, title: str, language: str, zone: str, now: datetime
) -> Subscriber:
    """The subscriber; one already known keeps everything but its title and kind."""
    async with db.write() as tx:
        await tx.execute(
            """
            INSERT INTO subscriber (chat_id, kind, title, language, zone, reads, created_at)
            VALUES (:chat, :kind, :title, :language, :zone, :reads, :now)
            ON CONFLICT (chat_id) DO UPDATE SET kind = excluded.kind, title = excluded.title
            """,
            {
                "chat": chat,
                "kind": kind,
                "title": title,
                "language": language,
                "reads": reads_in(language),
                "zone": zone,
                "now": to_seconds(now),
            },
        )
        row = await tx.fetch_one(
            f"SELECT {SUBSCRIBER_COLUMNS} FROM subscriber WHERE chat_id = :chat",  # noqa: S608
            {"chat": chat},
        )
    if row is None:
        raise LookupError(chat)
    return subscriber_of(row)


async def _set(db: Database, chat: ChatId, column: str, value: object) -> None:
    async with db.write() as tx:
        await tx.execute(
            f"UPDATE subscriber SET {column} = :value WHERE chat_id = :chat",  # noqa: S608
            {"chat": chat, "value": value},
        )


async def set_language(db: Database, chat: ChatId, language: str) -> None:
    await _set(db, chat, "language", language)


async def set_most_sources(db: Database, chat: ChatId, most: int) -> None:
    await _set(db, chat, "most_sources", most)


async def set_access(
    db: Database,
    chat: ChatId,
    access: Access,
    notices: Iterable[tuple[ChatId, str]] = (),
    now: datetime | None = None,
) -> bool:
    """False when it was so already; else the notices, with `now`, are queued with the change."""
    async with db.write() as tx:
        changed = await tx.execute(
            """
            UPDATE subscriber SET access = :access WHERE chat_id = :chat AND access <> :access
            """,
            {"chat": chat, "access": access},
        )
        if changed and now is not None:
            for told, content in notices:
                await queue_notice(tx, told, content, now)
    return bool(changed)


async def set_reads(db: Database, chat: ChatId, reads: str) -> None:
    """`ru`, `en` or `all`: the languages of the articles that digests are made of."""
    await _set(db, chat, "reads", reads)


async def set_minutes(db: Database, chat: ChatId, minutes: int) -> None:
    await _set(db, chat, "minutes", minutes)


async def set_telling(db: Database, chat: ChatId, *, sentences: int, quotes: bool) -> None:
    """How an item is told: by 1, 3 or 5 sentences at most, or by one quotation."""
    async with db.write() as tx:
        await tx.execute(
            """
            UPDATE subscriber SET sentences = :sentences, quotes = :quotes WHERE chat_id = :chat
            """,
            {"chat": chat, "sentences": sentences, "quotes": int(quotes)},
        )


async def set_main_section(db: Database, chat: ChatId, *, wanted: bool) -> None:
    await _set(db, chat, "main_section", int(wanted))


async def set_paused(db: Database, chat: ChatId, until: datetime | None) -> None:
    await _set(db, chat, "paused_until", to_seconds(until))


async def set_thread(db: Database, chat: ChatId, thread: int | None) -> None:
    """The topic of a forum that digests go to; None: the general one."""
    await _set(db, chat, "thread_id", thread)


async def mark_unreachable(db: Database, chat: ChatId, now: datetime) -> None:
    """Telegram refuses our messages: keep everything, send nothing."""
    async with db.write() as tx:
        await tx.execute(
            """
            UPDATE subscriber SET unreachable_at = ifnull(unreachable_at, :now)
            WHERE chat_id = :chat
            """,
            {"chat": chat, "now": to_seconds(now)},
        )


async def mark_reachable(db: Database, chat: ChatId) -> None:
    await _set(db, chat, "unreachable_at", None)


async def migrate_chat(db: Database, old: ChatId, new: ChatId) -> None:
    """A group became a supergroup: everything of it moves in one transaction.

    Telegram tells it several times, by a message and by refusing ours: only the first moves.
    """
    async with db.write() as tx:
        await tx.execute(
            """
            DELETE FROM subscriber WHERE chat_id = :new
                AND EXISTS (SELECT 1 FROM subscriber WHERE chat_id = :old)
            """,
            {"old": old, "new": new},
        )
        await tx.execute(
            """
            UPDATE subscriber SET chat_id = :new, kind = 'supergroup', unreachable_at = NULL,
                wait_until = NULL
            WHERE chat_id = :old
            """,
            {"old": old, "new": new},
        )
        await tx.execute(
            "UPDATE delivery SET chat_id = :new WHERE chat_id = :old", {"old": old, "new": new}
        )


# --- topics ----------------------------------------------------------------------------------


async def topics_of(db: Database, chat: ChatId) -> list[Topic]:
    """In the order they were added."""
    return await _words_of(db, "topic", chat)


async def add_topic(db: Database, chat: ChatId, words: str, now: datetime) -> bool:
    """False when the chat has the topic already or may have no more."""
    return await _add_words(db, "topic", chat, words, now)


async def remove_topic(db: Database, chat: ChatId, topic: TopicId) -> str | None:
    """The words of the topic that was removed. None: the chat has no such topic."""
    return await _remove_words(db, "topic", chat, topic)


async def mutes_of(db: Database, chat: ChatId) -> list[Topic]:
    """What the chat wants to read nothing about, in the order it was added."""
    return await _words_of(db, "mute", chat)


async def add_mute(db: Database, chat: ChatId, words: str, now: datetime) -> bool:
    """False when the chat muted it already or may mute no more."""
    return await _add_words(db, "mute", chat, words, now)


async def remove_mute(db: Database, chat: ChatId, mute: TopicId) -> str | None:
    """The words that are no longer muted. None: the chat has no such mute."""
    return await _remove_words(db, "mute", chat, mute)


async def topic_words(db: Database, chats: Sequence[ChatId]) -> dict[ChatId, tuple[str, ...]]:
    """The topics of many chats, in the order they were added."""
    return await _words_of_many(db, "topic", chats)


async def mute_words(db: Database, chats: Sequence[ChatId]) -> dict[ChatId, tuple[str, ...]]:
    """What many chats want to read nothing about, in the order it was added."""
    return await _words_of_many(db, "mute", chats)


async def _words_of_many(
    db: Database, table: str, chats: Sequence[ChatId]
) -> dict[ChatId, tuple[str, ...]]:
    rows = await db.fetch_all(
        f"""
        SELECT chat_id, words FROM {table}
        WHERE chat_id IN (SELECT value FROM json_each(:chats)) ORDER BY id
        """,  # noqa: S608 - a constant
        {"chats": json.dumps(list(chats))},
    )
    found: defaultdict[ChatId, list[str]] = defaultdict(list)
    for row in rows:
        found[ChatId(row["chat_id"])].append(row["words"])
    return {chat: tuple(words) for chat, words in found.items()}


async def _words_of(db: Database, table: str, chat: ChatId) -> list[Topic]:
    rows = await db.fetch_all(
        f"SELECT id, words FROM {table} WHERE chat_id = :chat ORDER BY id",  # noqa: S608
        {"chat": chat},
    )
    return [Topic(TopicId(row["id"]), row["words"]) for row in rows]


async def _add_words(db: Database, table: str, chat: ChatId, words: str, now: datetime) -> bool:
    async with db.write() as tx:
        added = await tx.insert(
            f"""
            INSERT OR IGNORE INTO {table} (chat_id, words, folded, created_at)
            SELECT :chat, :words, :folded, :now
            WHERE (SELECT count(*) FROM {table} WHERE chat_id = :chat) < :most
            """,  # noqa: S608 - a constant
            {
                "chat": chat,
                "words": words,
                "folded": fold(words),
                "now": to_seconds(now),
                "most": MOST_TOPICS,
            },
        )
    return added is not None


async def _remove_words(db: Database, table: str, chat: ChatId, number: TopicId) -> str | None:
    async with db.write() as tx:
        row = await tx.fetch_one(
            f"DELETE FROM {table} WHERE id = :id AND chat_id = :chat RETURNING words",  # noqa: S608
            {"id": number, "chat": chat},
        )
    return row["words"] if row else None


async def count_subscribers(db: Database) -> int:
    row = await db.fetch_one("SELECT count(*) AS chats FROM subscriber WHERE subscribed = 1")
    return int(row["chats"]) if row else 0
