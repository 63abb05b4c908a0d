"""Alerts: who wants them, what may be breaking, and that none comes twice or too often."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from digests.models import ChatId, DigestId, StoryId, Subscriber
from storage.database import Database
from storage.digests import Publication, Slot, Told, write_parts
from storage.instants import to_seconds
from storage.subscribers import SUBSCRIBER_COLUMNS, subscriber_of

ALERT: Final = "alert"  # scope of an alert, and what its slot begins with


async def set_alerts(db: Database, chat: ChatId, *, wanted: bool) -> None:
    async with db.write() as tx:
        await tx.execute(
            "UPDATE subscriber SET alerts = :wanted WHERE chat_id = :chat",
            {"chat": chat, "wanted": int(wanted)},
        )


async def who_wants(db: Database, after: ChatId, limit: int) -> list[Subscriber]:
    """Chats that want alerts, get digests and can be written to, in the order of their numbers,
    those behind `after`."""
    rows = await db.fetch_all(
        f"""
        SELECT {SUBSCRIBER_COLUMNS} FROM subscriber
        WHERE alerts = 1 AND subscribed = 1 AND unreachable_at IS NULL AND chat_id > :after
        ORDER BY chat_id LIMIT :limit
        """,  # noqa: S608 - a constant
        {"after": after, "limit": limit},
    )
    return [subscriber_of(row) for row in rows]


async def reported_widely(db: Database, since: datetime, least: int) -> list[StoryId]:
    """Stories of which at least so many sources brought texts of their own since then, whoever
    may see them; the most covered first."""
    rows = await db.fetch_all(
        """
        SELECT story_id, count(DISTINCT source_id) AS sources FROM article
        WHERE arrived_at > :since AND published_at > :since AND copy_of IS NULL
        GROUP BY +story_id HAVING sources >= :least ORDER BY sources DESC, story_id
        """,  # + : else SQLite reads every article there is, in the order of the stories
        {"since": to_seconds(since), "least": least},
    )
    return [StoryId(row["story_id"]) for row in rows]


async def had_enough(db: Database, days: Mapping[ChatId, datetime], most: int) -> frozenset[ChatId]:
    """Which of these chats had so many alerts since their day began."""
    rows = await db.fetch_all(
        """
        SELECT digest.chat_id FROM json_each(:days) AS asked
        JOIN digest ON digest.chat_id = json_extract(asked.value, '$[0]')
        WHERE digest.made_at >= json_extract(asked.value, '$[1]')
          AND digest.scope = :scope AND digest.state <> 'failed'
        GROUP BY digest.chat_id HAVING count(*) >= :most
        """,
        {
            "days": json.dumps([[chat, to_seconds(day)] for chat, day in days.items()]),
            "scope": ALERT,
            "most": most,
        },
    )
    return frozenset(ChatId(row["chat_id"]) for row in rows)


@dataclass(frozen=True, slots=True)
class Alert:
    """One story for one chat, told by this article."""

    chat: ChatId
    told: Told
    message: str
    day: datetime  # when its day began, which may have so many


async def publish_alerts(
    db: Database, alerts: Sequence[Alert], made: datetime, since: datetime, most: int
) -> list[DigestId | None]:
    """Write alerts with their messages and what they tell, all or none. None: the chat was told
    the story that the article is of now, had so many alerts since its day began, or wants none any
    more; or the article is gone. What failed to arrive counts not."""
    written: list[DigestId | None] = []
    async with db.write() as tx:
        for alert in alerts:
            row = await tx.fetch_one(
                """
                INSERT OR IGNORE INTO digest (chat_id, slot, since_at, made_at, state, scope)
                SELECT subscriber.chat_id, :scope || '/' || article.story_id, :since, :made,
                       'pending', :scope
                FROM subscriber JOIN article ON article.id = :article
                WHERE subscriber.chat_id = :chat AND alerts = 1 AND subscribed = 1
                  AND ifnull(paused_until, 0) <= :made
                  AND (SELECT count(*) FROM digest WHERE chat_id = :chat AND made_at >= :day
                       AND scope = :scope AND state <> 'failed') < :most
                  AND NOT EXISTS (
                      SELECT 1 FROM told JOIN digest ON digest.id = told.digest_id
                      WHERE told.chat_id = :chat AND told.story_id = article.story_id
                        AND digest.state <> 'failed')
                RETURNING id, slot
                """,
                {
                    "chat": alert.chat,
                    "article": alert.told.article,
                    "since": to_seconds(since),
                    "made": to_seconds(made),
                    "scope": ALERT,
                    "day": to_seconds(alert.day),
                    "most": most,
                },
            )
            number = None if row is None else DigestId(row["id"])
            if row is not None and number is not None:
                slot, told = Slot(row["slot"]), [alert.told]
                part = Publication(alert.chat, slot, since, [alert.message], told)
                await write_parts(tx, number, made, part)
            written.append(number)
    return written
