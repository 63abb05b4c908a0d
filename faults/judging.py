"""What is compared after a fault: the file the bot left with what the sandbox saw."""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.sandbox.model import Person
from bot.sandbox.world import World
from digests.models import ChatId
from storage.database import open_database
from storage.outbox import queue_notice

FIRST_CHAT = 10_001


@dataclass(frozen=True, slots=True)
class Arrived:
    messages: int
    lost: int  # in the outbox and never seen by the sandbox
    doubled: int  # seen once too often


def people(count: int) -> list[Person]:
    """Persons who have written to the bot before."""
    return [Person(FIRST_CHAT + n, f"Person {n}", started=True) for n in range(count)]


async def introduce(database: Path, chats: list[int]) -> None:
    """Make the chats known to the bot, as if each had said something."""
    now = int(datetime.now(UTC).timestamp())
    async with open_database(database) as db, db.write() as tx:
        await tx.execute_all(
            """
            INSERT INTO subscriber (chat_id, kind, title, language, zone, reads, created_at)
            VALUES (:chat, :kind, 'P', 'ru', 'UTC', 'all', :now)
            """,
            [
                {"chat": chat, "kind": "private" if chat > 0 else "group", "now": now}
                for chat in chats
            ],
        )


async def queue(database: Path, texts: list[tuple[int, str]], **content: object) -> None:
    """Put a notice for each (chat, text) into the outbox."""
    now = datetime.now(UTC)
    async with open_database(database) as db, db.write() as tx:
        for chat, text in texts:
            notice = json.dumps({"text": text} | content, ensure_ascii=False)
            await queue_notice(tx, ChatId(chat), notice, now)


def compared(database: Path, world: World) -> Arrived:
    """Every message of the outbox against every message the sandbox took in by sendMessage."""
    wanted = Counter(
        (row["chat_id"], json.loads(row["content"])["text"].strip())
        for row in rows(database, "SELECT chat_id, content FROM delivery")
    )
    seen = Counter((entry["chat_id"], entry["text"].strip()) for entry in world.ledger)
    return Arrived(
        wanted.total(),
        (wanted - seen).total(),
        sum(max(0, seen[key] - count) for key, count in wanted.items()),
    )


def rows(database: Path, query: str) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(database, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(query).fetchall()


def one(database: Path, query: str) -> Any:  # noqa: ANN401 - what the query gives
    """The one value of a query."""
    return rows(database, query)[0][0]


def unsent(database: Path) -> int:
    return int(one(database, "SELECT count(*) FROM delivery WHERE state NOT IN ('sent', 'failed')"))


def integrity(database: Path) -> str:
    return str(one(database, "PRAGMA integrity_check"))
