"""Updates as Telegram sent them, stored before Telegram is told they were received."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from digests.models import ChatId
from storage.database import Database
from storage.instants import to_seconds

KEPT: Final = timedelta(hours=48)  # Telegram itself forgets updates after 24 h


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    id: int
    chat_id: ChatId | None  # None: belongs to no chat
    body: str  # JSON


async def store_updates(db: Database, updates: Iterable[StoredUpdate], now: datetime) -> None:
    """Known ids are passed over: a redelivered update is handled once."""
    async with db.write() as tx:
        await tx.execute_all(
            """
            INSERT OR IGNORE INTO incoming_update (id, chat_id, body, received_at)
            VALUES (:id, :chat, :body, :now)
            """,
            [
                {"id": u.id, "chat": u.chat_id, "body": u.body, "now": to_seconds(now)}
                for u in updates
            ],
        )


async def open_updates(db: Database, held: Sequence[int], limit: int) -> list[StoredUpdate]:
    """Updates not yet handled nor held in memory, oldest first."""
    rows = await db.fetch_all(
        """
        SELECT id, chat_id, body FROM incoming_update
        WHERE handled_at IS NULL AND id NOT IN (SELECT value FROM json_each(:held))
        ORDER BY id LIMIT :limit
        """,
        {"held": json.dumps(list(held)), "limit": limit},
    )
    return [StoredUpdate(row["id"], row["chat_id"], row["body"]) for row in rows]


async def mark_handled(db: Database, update: int, now: datetime) -> None:
    async with db.write() as tx:
        await tx.execute(
            "UPDATE incoming_update SET handled_at = :now, body = NULL WHERE id = :id",
            {"id": update, "now": to_seconds(now)},
        )


async def forget_handled(db: Database, now: datetime) -> int:
    async with db.write() as tx:
        return await tx.execute(
            "DELETE FROM incoming_update WHERE handled_at < :before",
            {"before": to_seconds(now - KEPT)},
        )
