"""Where articles come from, who may read them, and how their polling goes."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from digests.models import ChatId, Source, SourceId, SourceKind
from storage.database import Database
from storage.instants import from_seconds, to_seconds

# What a chat may see: shared sources and its own. Every read of articles carries this condition.
VISIBLE: Final = "(source.owner_chat_id IS NULL OR source.owner_chat_id = :chat)"
SOURCE_COLUMNS: Final = (
    "source.id AS source_id, source.kind AS source_kind, source.address, "
    "source.title AS source_title, source.owner_chat_id, source.weight"
)


@dataclass(frozen=True, slots=True)
class Polling:
    """What the next poll of a feed needs to know."""

    source: Source
    etag: str | None  # None: none given
    last_modified: str | None  # None: none given
    failures: int
    is_first: bool  # nothing was ever fetched: what comes is backlog


@dataclass(frozen=True, slots=True)
class Health:
    """A source as an operator or reader sees it."""

    source: Source
    articles: int
    last_success: datetime | None  # None: never
    failures: int
    last_error: str | None  # None: the last poll went well


def source_of(row: sqlite3.Row) -> Source:
    return Source(
        SourceId(row["source_id"]),
        SourceKind(row["source_kind"]),
        row["address"],
        row["source_title"],
        row["owner_chat_id"],
        row["weight"],
    )


async def add_source(
    db: Database,
    kind: SourceKind,
    address: str,
    title: str,
    now: datetime,
    *,
    owner: ChatId | None = None,
    weight: float = 0.5,
    next_poll_at: datetime | None = None,
) -> tuple[Source, bool]:
    """The source, and whether it is new. `next_poll_at` None: feeds are due for polling at once."""
    values = {
        "kind": kind,
        "address": address,
        "title": title,
        "owner": owner,
        "weight": weight,
        "now": to_seconds(now),
        "poll": to_seconds(next_poll_at or now) if kind is SourceKind.FEED else None,
    }
    async with db.write() as tx:
        added = await tx.insert(
            """
            INSERT OR IGNORE INTO source
                (kind, address, title, owner_chat_id, weight, created_at, next_poll_at)
            VALUES (:kind, :address, :title, :owner, :weight, :now, :poll)
            """,
            values,
        )
        row = await tx.fetch_one(
            f"""
            SELECT {SOURCE_COLUMNS} FROM source
            WHERE kind = :kind AND address = :address AND owner_chat_id IS :owner
            """,  # noqa: S608 - a constant
            values,
        )
    if row is None:
        raise LookupError(address)
    return source_of(row), added is not None


async def remove_source(db: Database, source: SourceId) -> bool:
    """Forget a source and all its articles. False when there is none."""
    async with db.write() as tx:
        return bool(await tx.execute("DELETE FROM source WHERE id = :id", {"id": source}))


async def visible_sources(db: Database, chat: ChatId) -> list[Health]:
    """The sources a chat may see, by title."""
    rows = await db.fetch_all(
        f"""
        SELECT {SOURCE_COLUMNS}, source.last_success_at, source.failures, source.last_error,
               (SELECT count(*) FROM article WHERE article.source_id = source.id) AS articles
        FROM source WHERE {VISIBLE} ORDER BY source.title, source.id
        """,  # noqa: S608 - constants
        {"chat": chat},
    )
    return [
        Health(
            source_of(row),
            row["articles"],
            from_seconds(row["last_success_at"]),
            row["failures"],
            row["last_error"],
        )
        for row in rows
    ]


async def due_sources(db: Database, now: datetime, limit: int = 50) -> list[Polling]:
    rows = await db.fetch_all(
        f"""
        SELECT {SOURCE_COLUMNS}, etag, last_modified, failures, last_success_at FROM source
        WHERE next_poll_at <= :now ORDER BY next_poll_at LIMIT :limit
        """,  # noqa: S608 - a constant
        {"now": to_seconds(now), "limit": limit},
    )
    return [
        Polling(
            source_of(row),
            row["etag"],
            row["last_modified"],
            row["failures"],
            row["last_success_at"] is None,
        )
        for row in rows
    ]


async def record_success(
    db: Database,
    source: SourceId,
    now: datetime,
    next_poll_at: datetime,
    *,
    etag: str | None,
    last_modified: str | None,
    title: str | None = None,
) -> None:
    """`title` None: keep the one we have."""
    async with db.write() as tx:
        await tx.execute(
            """
            UPDATE source SET etag = :etag, last_modified = :last_modified, failures = 0,
                last_error = NULL, last_success_at = :now, next_poll_at = :next,
                title = ifnull(:title, title)
            WHERE id = :id
            """,
            {
                "id": source,
                "now": to_seconds(now),
                "next": to_seconds(next_poll_at),
                "etag": etag,
                "last_modified": last_modified,
                "title": title,
            },
        )


async def record_failure(
    db: Database, source: SourceId, next_poll_at: datetime, error: str
) -> None:
    """`error`: the code of what went wrong."""
    async with db.write() as tx:
        await tx.execute(
            """
            UPDATE source SET failures = failures + 1, last_error = :error, next_poll_at = :next
            WHERE id = :id
            """,
            {"id": source, "error": error, "next": to_seconds(next_poll_at)},
        )
