"""Digests as they were made: one a slot, written with their messages and what they tell."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from digests.models import ArticleId, ChatId, DigestId, Reason, ScheduleId, StoryId, Terms
from storage.database import Database, Transaction
from storage.instants import from_seconds, to_seconds
from storage.subscribers import advance_in


@dataclass(frozen=True, slots=True)
class Told:
    """A story a digest tells, by which article and in which of its messages."""

    story: StoryId
    article: ArticleId
    part: int
    reason: Reason | None = None  # None: an update


@dataclass(frozen=True, slots=True)
class Slot:
    """What makes a digest unique in its chat, and the schedule that moves on with it."""

    name: str
    schedule: ScheduleId | None = None  # None: asked for by hand
    due: datetime | None = None  # None with schedule
    next_due: datetime | None = None  # None with schedule


async def window_start(db: Database, chat: ChatId) -> datetime | None:
    """The end of the last digest that reached the chat or told it nothing. None: there is none."""
    row = await db.fetch_one(
        "SELECT max(made_at) AS made_at FROM digest WHERE chat_id = :chat AND state <> 'failed'",
        {"chat": chat},
    )
    return from_seconds(row["made_at"]) if row else None


@dataclass(frozen=True, slots=True)
class Before:
    """When a chat was last told of a story, and by which message."""

    story: StoryId
    told: datetime
    message_id: int | None  # None: not sent yet, or told by a digest without messages


async def told_since(db: Database, chat: ChatId, oldest: datetime) -> list[Before]:
    """The stories the chat was told after `oldest`, each as of the last time."""
    rows = await db.fetch_all(
        """
        SELECT told.story_id, max(digest.made_at) AS made_at, delivery.message_id
        FROM digest JOIN told ON told.digest_id = digest.id
        LEFT JOIN delivery ON delivery.digest_id = digest.id AND delivery.part = told.part
        WHERE digest.chat_id = :chat AND digest.made_at >= :oldest AND digest.state <> 'failed'
        GROUP BY told.story_id
        """,
        {"chat": chat, "oldest": to_seconds(oldest)},
    )
    return [
        Before(StoryId(row["story_id"]), from_seconds(row["made_at"]), row["message_id"])
        for row in rows
    ]


async def digest_state(db: Database, chat: ChatId, slot: str) -> str | None:
    """`empty`, `pending`, `delivered` or `failed`. None: the slot has no digest."""
    row = await db.fetch_one(
        "SELECT state FROM digest WHERE chat_id = :chat AND slot = :slot",
        {"chat": chat, "slot": slot},
    )
    return row["state"] if row else None


async def publish(
    db: Database,
    chat: ChatId,
    slot: Slot,
    since: datetime,
    made: datetime,
    messages: Sequence[str],
    told: Sequence[Told],
) -> DigestId | None:
    """Write a digest, its messages into the outbox, what it tells, and the schedule's next time,
    in one transaction. None: the slot has its digest already; then only the schedule moves on.

    `messages` empty: nothing to tell, and silence.
    """
    async with db.write() as tx:
        if slot.schedule is not None and slot.due is not None and slot.next_due is not None:
            await advance_in(tx, slot.schedule, slot.due, slot.next_due)
        digest = await tx.insert(
            """
            INSERT OR IGNORE INTO digest (chat_id, slot, since_at, made_at, state)
            VALUES (:chat, :slot, :since, :made, :state)
            """,
            {
                "chat": chat,
                "slot": slot.name,
                "since": to_seconds(since),
                "made": to_seconds(made),
                "state": "pending" if messages else "empty",
            },
        )
        if digest is None:
            return None
        await _write_parts(tx, chat, DigestId(digest), made, messages, told)
    return DigestId(digest)


async def _write_parts(
    tx: Transaction,
    chat: ChatId,
    digest: DigestId,
    made: datetime,
    messages: Sequence[str],
    told: Sequence[Told],
) -> None:
    await tx.execute_all(
        """
        INSERT INTO delivery (chat_id, digest_id, part, content, due_at, created_at)
        VALUES (:chat, :digest, :part, :content, :made, :made)
        """,
        [
            {
                "chat": chat,
                "digest": digest,
                "part": part,
                "content": content,
                "made": to_seconds(made),
            }
            for part, content in enumerate(messages, 1)
        ],
    )
    await tx.execute_all(
        """
        INSERT INTO told (chat_id, story_id, article_id, digest_id, part, place, reason)
        VALUES (:chat, :story, :article, :digest, :part, :place, :reason)
        """,
        [
            {
                "chat": chat,
                "story": one.story,
                "article": one.article,
                "digest": digest,
                "part": one.part,
                "place": place,
                "reason": _reason_json(one.reason),
            }
            for place, one in enumerate(told)
        ],
    )


def _reason_json(reason: Reason | None) -> str | None:
    if reason is None:
        return None
    kept = {
        "topic": reason.topic,
        "hosts": reason.hosts,
        "newest": to_seconds(reason.newest),
        "terms": asdict(reason.terms),
    }
    return json.dumps(kept, ensure_ascii=False)


# --- what was told and why -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToldBefore:
    """A story as a digest told it."""

    story: StoryId
    article: ArticleId
    made: datetime
    reason: Reason | None  # None: an update


async def told_by(db: Database, chat: ChatId, message: int | None) -> list[ToldBefore]:
    """What a message of a digest told the chat, in reading order; `message` None: the last digest
    that told anything."""
    rows = await db.fetch_all(
        """
        SELECT told.story_id, told.article_id, told.reason, digest.made_at
        FROM told JOIN digest ON digest.id = told.digest_id
        LEFT JOIN delivery ON delivery.digest_id = told.digest_id AND delivery.part = told.part
        WHERE told.chat_id = :chat AND digest.state <> 'failed'
          AND (delivery.message_id = :message OR (:message IS NULL AND told.digest_id = (
              SELECT max(digest_id) FROM told AS any WHERE any.chat_id = :chat)))
        ORDER BY told.place
        """,
        {"chat": chat, "message": message},
    )
    return [_told_before(row) for row in rows]


def _told_before(row: sqlite3.Row) -> ToldBefore:
    kept = json.loads(row["reason"]) if row["reason"] else None
    reason = kept and Reason(
        kept["topic"], kept["hosts"], from_seconds(kept["newest"]), Terms(**kept["terms"])
    )
    return ToldBefore(
        StoryId(row["story_id"]),
        ArticleId(row["article_id"]),
        from_seconds(row["made_at"]),
        reason,
    )


async def message_of(db: Database, chat: ChatId, message: int) -> str | None:
    """The content of a digest's message, as JSON. None: the chat was sent no such digest."""
    row = await db.fetch_one(
        """
        SELECT content FROM delivery
        WHERE chat_id = :chat AND message_id = :message AND digest_id IS NOT NULL
        """,
        {"chat": chat, "message": message},
    )
    return row["content"] if row else None
