"""What a chat was told, as it can be asked about: by message, page and place."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from digests.models import ArticleId, ChatId, DigestId, Reason, StoryId, Terms
from storage.database import Database
from storage.instants import from_seconds


@dataclass(frozen=True, slots=True)
class ToldBefore:
    """A story as a digest told it."""

    story: StoryId
    article: ArticleId
    made: datetime
    reason: Reason | None  # None: an update
    page: int  # of its message; 0: an update
    place: int  # its number in the digest less one


async def told_by(db: Database, chat: ChatId, message: int | None) -> list[ToldBefore]:
    """What a message of a digest told the chat, on all its pages, in reading order; `message`
    None: the last digest that told anything."""
    rows = await db.fetch_all(
        """
        SELECT told.story_id, told.article_id, told.reason, told.page, told.place, digest.made_at
        FROM told JOIN digest ON digest.id = told.digest_id
        LEFT JOIN delivery ON delivery.digest_id = told.digest_id AND delivery.part = told.part
        WHERE told.chat_id = :chat AND digest.state <> 'failed'
          AND (delivery.message_id = :message OR (:message IS NULL AND told.digest_id = (
              SELECT max(other.digest_id) FROM told AS other
              JOIN digest AS last ON last.id = other.digest_id
              WHERE other.chat_id = :chat AND last.state <> 'failed')))
        ORDER BY told.place
        """,
        {"chat": chat, "message": message},
    )
    return [_told_before(row) for row in rows]


async def was_told(db: Database, chat: ChatId) -> bool:
    """Whether a digest told the chat anything, whatever became of its articles since."""
    row = await db.fetch_one(
        "SELECT 1 FROM digest WHERE chat_id = :chat AND state IN ('pending', 'delivered') LIMIT 1",
        {"chat": chat},
    )
    return row is not None


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
        row["page"],
        row["place"],
    )


async def message_of(db: Database, digest: DigestId) -> tuple[ChatId, int] | None:
    """The chat that a digest was sent to, and the message that has its pages there. None: it is
    not sent, or forgotten."""
    row = await db.fetch_one(
        """
        SELECT chat_id, message_id FROM delivery
        WHERE digest_id = :digest AND message_id IS NOT NULL ORDER BY part DESC LIMIT 1
        """,
        {"digest": digest},
    )
    return (ChatId(row["chat_id"]), row["message_id"]) if row else None


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of a digest's message, and the digest it is of."""

    content: str  # JSON, as in Delivery
    pages: int
    since: datetime
    made: datetime
    slot: str


async def page_of(db: Database, chat: ChatId, message: int, page: int = 1) -> Shown | None:
    """None: the chat was sent no such digest, or it has no such page."""
    row = await db.fetch_one(
        """
        SELECT CASE WHEN :page = 1 THEN delivery.content ELSE digest_page.content END AS content,
               1 + (SELECT count(*) FROM digest_page WHERE digest_id = digest.id) AS pages,
               digest.since_at, digest.made_at, digest.slot
        FROM delivery JOIN digest ON digest.id = delivery.digest_id
        LEFT JOIN digest_page ON digest_page.digest_id = digest.id AND digest_page.page = :page
        WHERE delivery.chat_id = :chat AND delivery.message_id = :message
        """,
        {"chat": chat, "message": message, "page": page},
    )
    if row is None or row["content"] is None:
        return None
    return Shown(
        row["content"],
        row["pages"],
        from_seconds(row["since_at"]),
        from_seconds(row["made_at"]),
        row["slot"],
    )
