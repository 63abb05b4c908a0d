"""The outbox: the only road to a scheduled message.

waiting → claimed (leased by a worker) → sending (the request may be out) → sent, or failed when
Telegram refuses for good. A part is claimed only when nothing older of its chat is under way, so
parts arrive in order and one chat never holds up another. A row found `sending` after a crash has
an unknown outcome; Telegram has no idempotency key, so it is sent again.
"""

from datetime import datetime, timedelta
from typing import Final

from digests.models import ChatId, Delivery, DeliveryId, DigestId
from storage.database import Database, Transaction
from storage.instants import to_seconds

LEASE: Final = timedelta(seconds=120)


async def add_notice(db: Database, chat: ChatId, content: str, now: datetime) -> DeliveryId:
    """Queue a message that is no digest: to an admin, or to somebody let in."""
    async with db.write() as tx:
        return await queue_notice(tx, chat, content, now)


async def queue_notice(tx: Transaction, chat: ChatId, content: str, now: datetime) -> DeliveryId:
    """`add_notice` as part of what it tells of."""
    number = await tx.insert(
        """
        INSERT INTO delivery (chat_id, part, content, due_at, created_at)
        VALUES (:chat, 1, :content, :now, :now)
        """,
        {"chat": chat, "content": content, "now": to_seconds(now)},
    )
    return DeliveryId(number or 0)


async def claim(db: Database, now: datetime, limit: int) -> list[Delivery]:
    """Lease what may be sent now: at most one message a chat, the oldest of it, no chat that
    waits or cannot be reached."""
    async with db.write() as tx:
        rows = await tx.fetch_all(
            """
            SELECT delivery.id, delivery.chat_id, delivery.digest_id, delivery.part,
                   delivery.content, delivery.attempts
            FROM delivery LEFT JOIN subscriber ON subscriber.chat_id = delivery.chat_id
            WHERE delivery.state = 'waiting' AND delivery.due_at <= :now
              AND ifnull(subscriber.wait_until, 0) <= :now AND subscriber.unreachable_at IS NULL
              AND NOT EXISTS (
                  SELECT 1 FROM delivery AS older
                  WHERE older.chat_id = delivery.chat_id AND older.id < delivery.id
                    AND older.state IN ('waiting', 'claimed', 'sending'))
            ORDER BY delivery.due_at, delivery.id LIMIT :limit
            """,
            {"now": to_seconds(now), "limit": limit},
        )
        await tx.execute_all(
            "UPDATE delivery SET state = 'claimed', lease_until = :lease WHERE id = :id",
            [{"id": row["id"], "lease": to_seconds(now + LEASE)} for row in rows],
        )
    return [
        Delivery(
            DeliveryId(row["id"]),
            ChatId(row["chat_id"]),
            None if row["digest_id"] is None else DigestId(row["digest_id"]),
            row["part"],
            row["content"],
            row["attempts"],
        )
        for row in rows
    ]


async def mark_sending(db: Database, delivery: DeliveryId) -> bool:
    """The intent, written before the request goes out. False: the lease was lost."""
    async with db.write() as tx:
        changed = await tx.execute(
            """
            UPDATE delivery SET state = 'sending', attempts = attempts + 1
            WHERE id = :id AND state = 'claimed'
            """,
            {"id": delivery},
        )
    return bool(changed)


async def mark_sent(db: Database, delivery: DeliveryId, message_id: int) -> None:
    async with db.write() as tx:
        await tx.execute(
            """
            UPDATE delivery SET state = 'sent', message_id = :message, lease_until = NULL,
                error = NULL
            WHERE id = :id
            """,
            {"id": delivery, "message": message_id},
        )
        await _settle(tx, delivery)


async def mark_failed(db: Database, delivery: DeliveryId, error: str) -> None:
    """Refused for good: the parts behind it are dropped, and what they and it would have told
    counts as not told."""
    values = {"id": delivery, "error": error}
    async with db.write() as tx:
        await tx.execute(
            """
            DELETE FROM told WHERE EXISTS (
                SELECT 1 FROM delivery WHERE delivery.id = :id
                  AND delivery.digest_id = told.digest_id AND delivery.part <= told.part)
            """,
            values,
        )
        await tx.execute(
            """
            UPDATE delivery SET state = 'failed', error = :error, lease_until = NULL
            WHERE id = :id OR (state = 'waiting' AND digest_id =
                (SELECT digest_id FROM delivery WHERE id = :id))
            """,
            values,
        )
        await _settle(tx, delivery)


async def _settle(tx: Transaction, delivery: DeliveryId) -> None:
    """Once no part of its digest is under way: delivered if any part was."""
    await tx.execute(
        """
        UPDATE digest SET state = CASE WHEN EXISTS (
            SELECT 1 FROM delivery WHERE digest_id = digest.id AND state = 'sent')
            THEN 'delivered' ELSE 'failed' END
        WHERE id = (SELECT digest_id FROM delivery WHERE id = :id) AND NOT EXISTS (
            SELECT 1 FROM delivery WHERE digest_id = digest.id
              AND state IN ('waiting', 'claimed', 'sending'))
        """,
        {"id": delivery},
    )


async def put_back(
    db: Database, delivery: DeliveryId, due: datetime, error: str, *, content: str | None = None
) -> None:
    """Try again at `due`; `content` None: with the same content."""
    async with db.write() as tx:
        await tx.execute(
            """
            UPDATE delivery SET state = 'waiting', due_at = :due, error = :error,
                lease_until = NULL, content = ifnull(:content, content)
            WHERE id = :id AND state IN ('claimed', 'sending')
            """,
            {"id": delivery, "due": to_seconds(due), "error": error, "content": content},
        )


async def release_expired(db: Database, now: datetime) -> int:
    """Give back what a worker claimed and never sent."""
    async with db.write() as tx:
        return await tx.execute(
            """
            UPDATE delivery SET state = 'waiting', lease_until = NULL
            WHERE state = 'claimed' AND lease_until <= :now
            """,
            {"now": to_seconds(now)},
        )


async def recover(db: Database) -> int:
    """After a start: nobody else is sending, so whatever was claimed or under way waits again.

    The number of messages whose outcome is unknown; each may arrive twice.
    """
    async with db.write() as tx:
        await tx.execute(
            "UPDATE delivery SET state = 'waiting', lease_until = NULL WHERE state = 'claimed'"
        )
        return await tx.execute(
            """
            UPDATE delivery SET state = 'waiting', lease_until = NULL, error = 'unknown'
            WHERE state = 'sending'
            """
        )


async def wait_chat(db: Database, chat: ChatId, until: datetime) -> None:
    """Telegram asked us to leave this chat alone until then."""
    async with db.write() as tx:
        await tx.execute(
            "UPDATE subscriber SET wait_until = :until WHERE chat_id = :chat",
            {"chat": chat, "until": to_seconds(until)},
        )


async def forget_delivered(db: Database, before: datetime) -> int:
    """Drop what was sent or given up before then, and what those digests told: stories that old
    never return."""
    values = {"before": to_seconds(before)}
    async with db.write() as tx:
        await tx.execute(
            """
            DELETE FROM told WHERE digest_id IN (SELECT id FROM digest WHERE made_at < :before)
            """,
            values,
        )
        return await tx.execute(
            """
            DELETE FROM delivery WHERE state IN ('sent', 'failed') AND created_at < :before
            """,
            values,
        )


async def count_by_state(db: Database) -> dict[str, int]:
    rows = await db.fetch_all("SELECT state, count(*) AS messages FROM delivery GROUP BY state")
    return {row["state"]: row["messages"] for row in rows}
