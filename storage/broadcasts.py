"""An administrator's words to every subscriber: a draft, its recipients, and its spreading."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from digests.models import ChatId
from storage.database import Database, Transaction
from storage.instants import to_seconds
from storage.outbox import queue_notice

# Wants digests, has access, is not on a break and can be reached.
RECIPIENT: Final = """
    subscribed = 1 AND unreachable_at IS NULL AND ifnull(paused_until, 0) <= :now
    AND (access = 'granted' OR (:open AND access <> 'refused')
         OR chat_id IN (SELECT value FROM json_each(:admins)))
"""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may be written to."""

    open: bool  # everybody but the refused; else those let in
    admins: Sequence[ChatId]


def _values(audience: Audience, now: datetime) -> dict[str, object]:
    admins = json.dumps(list(audience.admins))
    return {"now": to_seconds(now), "open": audience.open, "admins": admins}


async def add_draft(db: Database, number: int, author: ChatId, content: str, now: datetime) -> None:
    """`number`: the id of the update that asked for it. Known numbers are passed over."""
    async with db.write() as tx:
        await tx.execute(
            """
            INSERT OR IGNORE INTO broadcast (id, author, content, created_at)
            VALUES (:id, :author, :content, :now)
            """,
            {"id": number, "author": author, "content": content, "now": to_seconds(now)},
        )


async def count_recipients(db: Database, audience: Audience, now: datetime) -> tuple[int, int]:
    """How many chats would get it now, and how many would not."""
    row = await db.fetch_one(
        f"SELECT ifnull(sum({RECIPIENT}), 0) AS some, count(*) AS everybody FROM subscriber",  # noqa: S608
        _values(audience, now),
    )
    return (row["some"], row["everybody"] - row["some"]) if row else (0, 0)


async def confirm(db: Database, number: int, now: datetime) -> bool:
    """Let it be spread; twice is once. False: there is no such draft."""
    async with db.write() as tx:
        changed = await tx.execute(
            "UPDATE broadcast SET confirmed_at = ifnull(confirmed_at, :now) WHERE id = :id",
            {"id": number, "now": to_seconds(now)},
        )
    return bool(changed)


async def drop_draft(db: Database, number: int) -> bool:
    """False: there is no such draft, or it was confirmed."""
    async with db.write() as tx:
        changed = await tx.execute(
            "DELETE FROM broadcast WHERE id = :id AND confirmed_at IS NULL", {"id": number}
        )
    return bool(changed)


async def count_waiting(db: Database, most: int) -> int:
    """How many messages wait in the outbox, counted up to `most`."""
    row = await db.fetch_one(
        """
        SELECT count(*) AS messages
        FROM (SELECT 1 FROM delivery WHERE state = 'waiting' LIMIT :most)
        """,
        {"most": most},
    )
    return row["messages"] if row else 0


async def spread(
    db: Database,
    audience: Audience,
    now: datetime,
    limit: int,
    report: Callable[[int, str | None], str],
) -> int | None:
    """Put the oldest unfinished broadcast into the outbox for the next chats, and at the end the
    `report` for its author, of their number and in the author's language: that many so far. None:
    there is none.

    The chats and how far they reach are written together: each gets it once, whatever happens.
    """
    async with db.write() as tx:
        row = await tx.fetch_one(
            """
            SELECT id, author, content, last_chat_id, chats, language FROM broadcast
            LEFT JOIN subscriber ON chat_id = author
            WHERE confirmed_at IS NOT NULL AND finished_at IS NULL ORDER BY id LIMIT 1
            """
        )
        if row is None:
            return None
        found = await _queue(tx, row, audience, now, limit)
        finished, chats = len(found) < limit, row["chats"] + len(found)
        if finished:
            await queue_notice(tx, ChatId(row["author"]), report(chats, row["language"]), now)
        await tx.execute(
            """
            UPDATE broadcast SET chats = :chats, finished_at = :finished,
                last_chat_id = ifnull(:last, last_chat_id)
            WHERE id = :id
            """,
            {
                "id": row["id"],
                "chats": chats,
                "last": found[-1] if found else None,
                "finished": to_seconds(now) if finished else None,
            },
        )
    return int(chats)


async def _queue(
    tx: Transaction, row: sqlite3.Row, audience: Audience, now: datetime, limit: int
) -> list[int]:
    rows = await tx.fetch_all(
        f"""
        SELECT chat_id FROM subscriber
        WHERE (:last IS NULL OR chat_id > :last) AND {RECIPIENT}
        ORDER BY chat_id LIMIT :limit
        """,  # noqa: S608 - a constant
        _values(audience, now) | {"last": row["last_chat_id"], "limit": limit},
    )
    chats = [one["chat_id"] for one in rows]
    for chat in chats:
        await queue_notice(tx, ChatId(chat), row["content"], now)
    return chats
