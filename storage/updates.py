"""Updates as Telegram sent them, stored before Telegram is told they were received."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from digests.models import ChatId
from storage.database import Database
from storage.erasing import forget_update
from storage.instants import from_seconds, to_seconds
from storage.outbox import queue_notice

COLUMNS: Final = "id, chat_id, lane, kind, sent_at, received_at, body, begun"
KEPT: Final = timedelta(hours=48)  # Telegram itself forgets updates after 24 h


@dataclass(frozen=True, slots=True)
class StoredUpdate:
    id: int
    chat_id: ChatId | None  # None: belongs to no chat
    lane: int  # updates of one lane are handled one after another
    kind: str | None  # a command's name, `words` for plain text; None: neither
    sent: datetime | None  # None: Telegram does not say
    received: datetime
    body: str  # JSON
    begun: int | None = None  # after a start without an end; None: it came since the last start


async def store_updates(db: Database, updates: Iterable[StoredUpdate]) -> None:
    """Known ids are passed over: a redelivered update is handled once."""
    async with db.write() as tx:
        await tx.execute_all(
            """
            INSERT OR IGNORE INTO incoming_update
                (id, chat_id, lane, kind, sent_at, received_at, body)
            VALUES (:id, :chat, :lane, :kind, :sent, :received, :body)
            """,
            [
                {
                    "id": update.id,
                    "chat": update.chat_id,
                    "lane": update.lane,
                    "kind": update.kind,
                    "sent": to_seconds(update.sent),
                    "received": to_seconds(update.received),
                    "body": update.body,
                }
                for update in updates
            ],
        )


async def first_of_lanes(db: Database, busy: Sequence[int], limit: int) -> list[StoredUpdate]:
    """The oldest update not yet handled of each lane that is not busy, oldest first."""
    rows = await db.fetch_all(
        f"""
        SELECT {COLUMNS} FROM incoming_update
        WHERE id IN (
            SELECT min(id) FROM incoming_update
            WHERE handled_at IS NULL AND lane NOT IN (SELECT value FROM json_each(:busy))
            GROUP BY lane ORDER BY min(id) LIMIT :limit)
        ORDER BY id
        """,  # noqa: S608 - a constant
        {"busy": json.dumps(list(busy)), "limit": limit},
    )
    return [_update_of(row) for row in rows]


def _update_of(row: sqlite3.Row) -> StoredUpdate:
    return StoredUpdate(
        row["id"],
        row["chat_id"],
        row["lane"],
        row["kind"],
        from_seconds(row["sent_at"]),
        from_seconds(row["received_at"]),
        row["body"],
        row["begun"],
    )


async def note_start(db: Database) -> list[StoredUpdate]:
    """What is left from before is counted from now on whenever it is begun; those that were begun
    after an earlier start and never ended, oldest first."""
    async with db.write() as tx:
        await tx.execute(
            "UPDATE incoming_update SET begun = 0 WHERE handled_at IS NULL AND begun IS NULL"
        )
    rows = await db.fetch_all(
        f"""
        SELECT {COLUMNS} FROM incoming_update
        WHERE handled_at IS NULL AND begun > 0 ORDER BY +id
        """  # noqa: S608 - a constant; + : else all that was handled is read through
    )
    return [_update_of(row) for row in rows]


async def note_begun(db: Database, update: int, begun: int) -> None:
    """`begun` 0: it ended, to be tried again."""
    async with db.write() as tx:
        await tx.execute(
            "UPDATE incoming_update SET begun = :begun WHERE id = :id",
            {"id": update, "begun": begun},
        )


async def set_aside(db: Database, update: StoredUpdate, now: datetime, notice: str | None) -> None:
    """Never handle it again, and tell its chat so, once; `notice` None: nobody waits for it."""
    async with db.write() as tx:
        marked = await tx.execute(
            """
            UPDATE incoming_update SET handled_at = :now, body = NULL
            WHERE id = :id AND handled_at IS NULL
            """,
            {"id": update.id, "now": to_seconds(now)},
        )
        if marked and notice is not None and update.chat_id is not None:
            await queue_notice(tx, update.chat_id, notice, now)


async def has_newer(db: Database, update: StoredUpdate) -> bool:
    """Whether the chat has asked the same again since, and that waits to be handled too."""
    row = await db.fetch_one(
        """
        SELECT 1 FROM incoming_update
        WHERE handled_at IS NULL AND chat_id = :chat AND kind = :kind AND id > :id LIMIT 1
        """,
        {"chat": update.chat_id, "kind": update.kind, "id": update.id},
    )
    return row is not None


async def mark_handled(
    db: Database,
    update: int,
    now: datetime,
    expected: Mapping[ChatId, str | None],
    acting: Mapping[ChatId, ChatId | None] = MappingProxyType({}),
    erased: bool = False,
) -> None:
    """Once and for all, together with what the chats' next plain words will answer (None: they
    are a search) and whose menus they show: a command handled again must find that as it was.
    `erased`: it erased its chat, and tells no more whose it was."""
    async with db.write() as tx:
        await tx.execute(
            "UPDATE incoming_update SET handled_at = :now, body = NULL WHERE id = :id",
            {"id": update, "now": to_seconds(now)},
        )
        await tx.execute_all(
            "UPDATE subscriber SET expects = :expects WHERE chat_id = :chat",
            [{"chat": chat, "expects": expects} for chat, expects in expected.items()],
        )
        await tx.execute_all(
            """
            UPDATE subscriber SET acts_for = (SELECT chat_id FROM subscriber WHERE chat_id = :acts)
            WHERE chat_id = :chat
            """,
            [{"chat": chat, "acts": acts} for chat, acts in acting.items()],
        )
        if erased:
            await forget_update(tx, update)


async def forget_handled(db: Database, now: datetime) -> int:
    async with db.write() as tx:
        return await tx.execute(
            "DELETE FROM incoming_update WHERE handled_at < :before",
            {"before": to_seconds(now - KEPT)},
        )
