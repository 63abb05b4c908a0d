"""The outbox: the only road to a scheduled message.

waiting → claimed (leased by a worker) → sending (the request may be out) → sent, or failed when
Telegram refuses for good. A part is claimed only when nothing older of its chat is under way, so
parts arrive in order and one chat never holds up another. A row found `sending` after a crash has
an unknown outcome; Telegram has no idempotency key, so it is sent again, or held for an
administrator to decide. A held part holds up the parts behind it and no other message.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from digests.models import ChatId, Delivery, DeliveryId, DigestId
from storage.database import Database, Transaction
from storage.instants import from_seconds, to_seconds

LEASE: Final = timedelta(seconds=120)
NOTICES_A_BATCH: Final = 200  # a transaction's; commands that write wait for no more than that


@dataclass(frozen=True, slots=True)
class Held:
    """A message that may have arrived or not."""

    id: DeliveryId
    chat_id: ChatId
    title: str  # of the chat; empty when it never spoke to us
    created: datetime
    content: str  # JSON, as in Delivery


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
                   delivery.content, delivery.attempts, subscriber.thread_id
            FROM delivery LEFT JOIN subscriber ON subscriber.chat_id = delivery.chat_id
            WHERE delivery.state = 'waiting' AND delivery.due_at <= :now
              AND ifnull(subscriber.wait_until, 0) <= :now AND subscriber.unreachable_at IS NULL
              AND NOT EXISTS (
                  SELECT 1 FROM delivery AS older
                  WHERE older.chat_id = delivery.chat_id AND older.id < delivery.id
                    AND older.state IN ('waiting', 'claimed', 'sending', 'held')
                    AND (older.digest_id = delivery.digest_id
                        OR (older.state <> 'held' AND NOT EXISTS (
                            SELECT 1 FROM delivery AS held
                            WHERE held.state = 'held' AND held.digest_id = older.digest_id))))
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
            row["thread_id"],
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


async def mark_failed(db: Database, delivery: DeliveryId, error: str) -> bool:
    """Refused for good: the parts behind it are dropped, and what they and it would have told
    counts as not told. False: its chat erased itself meanwhile."""
    values = {"id": delivery, "error": error}
    async with db.write() as tx:
        await tx.execute(
            """
            DELETE FROM told
            WHERE digest_id = (SELECT digest_id FROM delivery WHERE id = :id)
              AND part >= (SELECT part FROM delivery WHERE id = :id)
            """,
            values,
        )
        failed = await tx.execute(
            """
            UPDATE delivery SET state = 'failed', error = :error, lease_until = NULL
            WHERE id = :id OR (state IN ('waiting', 'held') AND digest_id =
                (SELECT digest_id FROM delivery WHERE id = :id))
            """,
            values,
        )
        await _settle(tx, delivery)
    return bool(failed)


async def _settle(tx: Transaction, delivery: DeliveryId) -> None:
    """Once no part of its digest is under way: delivered if any part was."""
    await tx.execute(
        """
        UPDATE digest SET state = CASE WHEN EXISTS (
            SELECT 1 FROM delivery WHERE digest_id = digest.id AND state = 'sent')
            THEN 'delivered' ELSE 'failed' END
        WHERE id = (SELECT digest_id FROM delivery WHERE id = :id) AND NOT EXISTS (
            SELECT 1 FROM delivery WHERE digest_id = digest.id
              AND state IN ('waiting', 'claimed', 'sending', 'held'))
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


async def recover(db: Database, *, hold: bool = False) -> int:
    """After a start: nobody else is sending, so whatever was claimed or under way waits again;
    with `hold`, what was under way is held.

    The number of messages whose outcome is unknown; each may have arrived.
    """
    async with db.write() as tx:
        await tx.execute(
            "UPDATE delivery SET state = 'waiting', lease_until = NULL WHERE state = 'claimed'"
        )
        return await tx.execute(
            """
            UPDATE delivery SET state = :state, lease_until = NULL, error = 'unknown'
            WHERE state = 'sending'
            """,
            {"state": "held" if hold else "waiting"},
        )


async def hold(db: Database, delivery: DeliveryId, error: str) -> None:
    """Its outcome is unknown: an administrator decides."""
    async with db.write() as tx:
        await tx.execute(
            """
            UPDATE delivery SET state = 'held', error = :error, lease_until = NULL
            WHERE id = :id AND state = 'sending'
            """,
            {"id": delivery, "error": error},
        )


async def held(db: Database, limit: int) -> tuple[list[Held], int]:
    """The oldest messages that are held, and how many there are in all."""
    rows = await db.fetch_all(
        """
        SELECT delivery.id, delivery.chat_id, ifnull(subscriber.title, '') AS title,
               delivery.created_at, delivery.content, count(*) OVER () AS held
        FROM delivery LEFT JOIN subscriber ON subscriber.chat_id = delivery.chat_id
        WHERE delivery.state = 'held' ORDER BY delivery.id LIMIT :limit
        """,
        {"limit": limit},
    )
    found = [
        Held(
            DeliveryId(row["id"]),
            ChatId(row["chat_id"]),
            row["title"],
            from_seconds(row["created_at"]),
            row["content"],
        )
        for row in rows
    ]
    return found, rows[0]["held"] if rows else 0


async def decide_held(db: Database, delivery: DeliveryId, now: datetime, *, resend: bool) -> bool:
    """Send it again, or count it as arrived. False: it is not held any more."""
    async with db.write() as tx:
        changed = await tx.execute(
            """
            UPDATE delivery SET state = :state, due_at = :now WHERE id = :id AND state = 'held'
            """,
            {"id": delivery, "state": "waiting" if resend else "sent", "now": to_seconds(now)},
        )
        await _settle(tx, delivery)
    return bool(changed)


async def wait_chat(db: Database, chat: ChatId, until: datetime) -> None:
    """Telegram asked us to leave this chat alone until then; no second is rounded away."""
    async with db.write() as tx:
        await tx.execute(
            "UPDATE subscriber SET wait_until = :until WHERE chat_id = :chat",
            {"chat": chat, "until": ceil(until.timestamp())},
        )


async def waiting_chats(db: Database, now: datetime) -> dict[ChatId, datetime]:
    """The chats that Telegram asked us to leave alone, and until when."""
    rows = await db.fetch_all(
        "SELECT chat_id, wait_until FROM subscriber WHERE wait_until > :now",
        {"now": to_seconds(now)},
    )
    return {ChatId(row["chat_id"]): from_seconds(row["wait_until"]) for row in rows}


async def forget_notices(db: Database, before: datetime) -> int:
    """Drop messages, no digests, that were sent or given up and written before then, in steps;
    how many. Digests go with theirs (`storage.retention`)."""
    dropped = 0
    while True:
        async with db.write() as tx:
            gone = await tx.execute(
                """
                DELETE FROM delivery WHERE id IN (
                    SELECT id FROM delivery INDEXED BY delivery_noticed
                    WHERE digest_id IS NULL AND state IN ('sent', 'failed')
                      AND created_at < :before LIMIT :limit)
                """,
                {"before": to_seconds(before), "limit": NOTICES_A_BATCH},
            )
        dropped += gone
        if gone < NOTICES_A_BATCH:
            return dropped


async def count_by_state(db: Database) -> dict[str, int]:
    rows = await db.fetch_all("SELECT state, count(*) AS messages FROM delivery GROUP BY state")
    return {row["state"]: row["messages"] for row in rows}
