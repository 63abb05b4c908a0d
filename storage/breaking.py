"""Alerts: who wants them, what may be breaking, and that none comes twice or too often."""

from datetime import datetime
from typing import Final

from digests.models import ChatId, DigestId, StoryId, Subscriber
from storage.database import Database
from storage.digests import Publication, write_parts
from storage.instants import to_seconds
from storage.subscribers import SUBSCRIBER_COLUMNS, subscriber_of

ALERT: Final = "alert"  # scope of an alert, and what its slot begins with


def slot_of(story: StoryId) -> str:
    return f"{ALERT}/{story}"


async def set_alerts(db: Database, chat: ChatId, *, wanted: bool) -> None:
    async with db.write() as tx:
        await tx.execute(
            "UPDATE subscriber SET alerts = :wanted WHERE chat_id = :chat",
            {"chat": chat, "wanted": int(wanted)},
        )


async def who_wants(db: Database) -> list[Subscriber]:
    """The chats that want alerts, get digests and can be written to."""
    rows = await db.fetch_all(
        f"""
        SELECT {SUBSCRIBER_COLUMNS} FROM subscriber
        WHERE alerts = 1 AND subscribed = 1 AND unreachable_at IS NULL
        """  # noqa: S608 - a constant
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


async def publish_alert(
    db: Database, alert: Publication, made: datetime, day: datetime, most: int
) -> DigestId | None:
    """Write an alert with its message and what it tells. None: the chat was told the story, had
    so many alerts since `day` began, or wants none any more. What failed to arrive counts not."""
    (told,) = alert.told
    async with db.write() as tx:
        number = await tx.insert(
            """
            INSERT OR IGNORE INTO digest (chat_id, slot, since_at, made_at, state, scope)
            SELECT chat_id, :slot, :since, :made, 'pending', :scope FROM subscriber
            WHERE chat_id = :chat AND alerts = 1 AND subscribed = 1
              AND ifnull(paused_until, 0) <= :made
              AND (SELECT count(*) FROM digest WHERE chat_id = :chat AND made_at >= :day
                   AND scope = :scope AND state <> 'failed') < :most
              AND NOT EXISTS (
                  SELECT 1 FROM told JOIN digest ON digest.id = told.digest_id
                  WHERE told.chat_id = :chat AND told.story_id = :story
                    AND digest.state <> 'failed')
            """,
            {
                "chat": alert.chat,
                "slot": alert.slot.name,
                "since": to_seconds(alert.since),
                "made": to_seconds(made),
                "scope": ALERT,
                "day": to_seconds(day),
                "most": most,
                "story": told.story,
            },
        )
        if number is None:
            return None
        await write_parts(tx, DigestId(number), made, alert)
    return DigestId(number)
