"""Where articles come from, who may read them, and how their polling goes."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from digests.models import POLLED_KINDS, ChatId, Found, Source, SourceId, SourceKind
from storage.database import Database, Transaction
from storage.instants import from_seconds, to_seconds
from storage.outbox import queue_notice

# What a chat may see: shared sources and its own. Every read of articles carries this condition.
VISIBLE: Final = "(source.owner_chat_id IS NULL OR source.owner_chat_id = :chat)"
SOURCE_COLUMNS: Final = (
    "source.id AS source_id, source.kind AS source_kind, source.address, "
    "source.title AS source_title, source.owner_chat_id, source.weight"
)
SOURCES_A_BATCH: Final = 200  # a transaction's; commands that write wait for no more than that
ARTICLES_A_BATCH: Final = 100  # removed in one
# Never one that a removed source had: what is being read for that one, and buttons of old messages,
# would be taken for the new one's, which may be somebody else's.
NEXT_ID: Final = (
    "(SELECT 1 + max(ifnull((SELECT max(id) FROM source), 0), ifnull("
    "(SELECT CAST(value AS INTEGER) FROM state WHERE name = 'last_source_removed'), 0)))"
)
POLLING_COLUMNS: Final = (
    f"{SOURCE_COLUMNS}, etag, last_modified, failures, last_success_at, interval_seconds, "
    "skip_hours, last_post, pages"
)


@dataclass(frozen=True, slots=True)
class Polling:
    """What the next poll of a feed needs to know."""

    source: Source
    etag: str | None  # None: none given
    last_modified: str | None  # None: none given
    failures: int
    is_first: bool  # nothing was ever fetched: what comes is backlog
    interval: timedelta | None = None  # None: not known how often it is worth a look
    skip_hours: frozenset[int] = frozenset()  # of UTC, in which it wants no polls
    last_post: int | None = None  # None: no post of the channel was seen; else the newest's number
    pages: str = "auto"  # whether articles are read from their pages: auto, on, off


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll that went well leaves for the next one."""

    etag: str | None = None  # None: none given
    last_modified: str | None = None  # None: none given
    interval: timedelta | None = None  # None: not known how often it is worth a look
    skip_hours: frozenset[int] = frozenset()  # of UTC, in which it wants no polls
    title: str | None = None  # None: the one it has
    moved: str | None = None  # None: it is where it was; else its address from now on
    last_post: int | None = None  # None: the one it has


@dataclass(frozen=True, slots=True)
class Bulk:
    """What became of a list of sources."""

    added: int = 0
    known: int = 0  # the chat could read them already
    left: int = 0  # there was no room for more

    def __add__(self, other: "Bulk") -> "Bulk":
        return Bulk(self.added + other.added, self.known + other.known, self.left + other.left)


@dataclass(frozen=True, slots=True)
class Health:
    """A source as an operator or reader sees it."""

    source: Source
    articles: int
    last_success: datetime | None  # None: never
    failures: int
    last_error: str | None  # None: the last poll went well
    parked: datetime | None = None  # None: polled; else not any more since then
    recent: int = 0  # articles that arrived since the moment asked about
    muted: bool = False  # for the chat that asks
    pages: str = "auto"  # whether articles are read from their pages: auto, on, off


def source_of(row: sqlite3.Row) -> Source:
    return Source(
        SourceId(row["source_id"]),
        SourceKind(row["source_kind"]),
        row["address"],
        row["source_title"],
        row["owner_chat_id"],
        row["weight"],
    )


async def owners_among(db: Database, chats: Sequence[ChatId]) -> frozenset[ChatId]:
    """Which of these chats have sources of their own."""
    rows = await db.fetch_all(
        """
        SELECT DISTINCT owner_chat_id FROM source
        WHERE owner_chat_id IN (SELECT value FROM json_each(:chats))
        """,
        {"chats": json.dumps(list(chats))},
    )
    return frozenset(ChatId(row["owner_chat_id"]) for row in rows)


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
    notices: Iterable[tuple[ChatId, str]] = (),
) -> tuple[Source, bool]:
    """The source, and whether it is new. `next_poll_at` None: polled kinds are due at once.

    `notices` are queued with a new one.
    """
    values = {
        "kind": kind,
        "address": address,
        "title": title,
        "owner": owner,
        "weight": weight,
        "now": to_seconds(now),
        "poll": to_seconds(next_poll_at or now) if kind in POLLED_KINDS else None,
    }
    async with db.write() as tx:
        added = await tx.insert(
            f"""
            INSERT OR IGNORE INTO source
                (id, kind, address, title, owner_chat_id, weight, created_at, next_poll_at)
            VALUES ({NEXT_ID}, :kind, :address, :title, :owner, :weight, :now, :poll)
            """,  # noqa: S608 - a constant
            values,
        )
        if added is not None:
            for told, content in notices:
                await queue_notice(tx, told, content, now)
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


async def add_sources(
    db: Database,
    found: Sequence[Found],
    now: datetime,
    *,
    owner: ChatId | None = None,
    room: int | None = None,
) -> Bulk:
    """Add a list of sources that nobody has read yet, as far as there is room.

    `owner` None: for everybody. `room` None: for all of them.
    """
    done = Bulk()
    for start in range(0, len(found), SOURCES_A_BATCH):
        batch = found[start : start + SOURCES_A_BATCH]
        still = None if room is None else room - done.added
        done += await _add_batch(db, batch, now, owner, still)
    return done


async def _add_batch(
    db: Database, found: Sequence[Found], now: datetime, owner: ChatId | None, room: int | None
) -> Bulk:
    added = known = left = 0
    async with db.write() as tx:
        for one in found:
            values = {
                "kind": one.kind,
                "address": one.address,
                "title": one.title,
                "owner": owner,
                "now": to_seconds(now),
            }
            seen = await tx.fetch_one(
                """
                SELECT 1 FROM source WHERE kind = :kind AND address = :address
                  AND (owner_chat_id IS NULL OR owner_chat_id IS :owner)
                """,
                values,
            )
            if seen:
                known += 1
            elif room is not None and added >= room:
                left += 1
            else:
                added += 1
                await tx.execute(
                    f"""
                    INSERT INTO source (id, kind, address, title, owner_chat_id, created_at,
                                        next_poll_at)
                    VALUES ({NEXT_ID}, :kind, :address, :title, :owner, :now, :now)
                    """,  # noqa: S608 - a constant
                    values,
                )
    return Bulk(added, known, left)


async def note_heard(db: Database, source: SourceId, now: datetime) -> None:
    """Something came from a source that is not polled."""
    async with db.write() as tx:
        await tx.execute(
            "UPDATE source SET last_success_at = :now WHERE id = :id",
            {"id": source, "now": to_seconds(now)},
        )


async def remove_source(db: Database, source: SourceId) -> bool:
    """Forget a source and all its articles. False when there is none.

    Of those that repeat one of its articles the first becomes what the others repeat: they are no
    news because somebody removed what they copied. What is broken off goes on when asked again.
    """
    values = {"id": source, "limit": ARTICLES_A_BATCH}
    async with db.write() as tx:
        await tx.execute("UPDATE source SET next_poll_at = NULL WHERE id = :id", values)
        await _hand_down(tx, source)
    removed = ARTICLES_A_BATCH
    while removed:
        async with db.write() as tx:
            rows = await tx.fetch_all(
                "SELECT id, story_id FROM article WHERE source_id = :id LIMIT :limit", values
            )
            removed = await tx.execute(
                "DELETE FROM article WHERE id IN (SELECT value FROM json_each(:articles))",
                {"articles": json.dumps([row["id"] for row in rows])},
            )
            # Of one that was told stays the memory that it was.
            await tx.execute(
                """
                DELETE FROM story WHERE id IN (SELECT value FROM json_each(:stories))
                  AND NOT EXISTS (SELECT 1 FROM article WHERE article.story_id = story.id)
                  AND NOT EXISTS (SELECT 1 FROM told WHERE told.story_id = story.id)
                """,
                {"stories": json.dumps(sorted({row["story_id"] for row in rows}))},
            )
    async with db.write() as tx:
        return bool(await tx.execute("DELETE FROM source WHERE id = :id", values))


async def _hand_down(tx: Transaction, source: SourceId) -> None:
    heirs = await tx.fetch_all(
        """
        SELECT copy.id AS copy, (
            SELECT heir.id FROM article AS heir JOIN source AS its ON its.id = heir.source_id
            WHERE heir.copy_of = copy.copy_of AND heir.source_id <> :id
              AND (its.owner_chat_id IS NULL OR its.owner_chat_id = mine.owner_chat_id)
            ORDER BY its.owner_chat_id IS NOT NULL, heir.published_at, heir.id LIMIT 1) AS heir
        FROM article AS original
        JOIN article AS copy ON copy.copy_of = original.id AND copy.source_id <> :id
        JOIN source AS mine ON mine.id = copy.source_id
        WHERE original.source_id = :id
        """,
        {"id": source},
    )
    await tx.execute_all(
        "UPDATE article SET copy_of = nullif(:heir, id) WHERE id = :copy",
        [{"copy": row["copy"], "heir": row["heir"]} for row in heirs],
    )


async def visible_sources(
    db: Database,
    chat: ChatId,
    since: datetime | None = None,
    *,
    limit: int = -1,
    offset: int = 0,
    only: SourceId | None = None,
) -> list[Health]:
    """The sources a chat may see, by title; what arrived after `since` is counted as recent.

    `since` None: nothing is. `limit` -1: all. `only` None: any.
    """
    rows = await db.fetch_all(
        f"""
        SELECT {SOURCE_COLUMNS}, source.last_success_at, source.failures, source.last_error,
               source.parked_at, source.pages,
               (SELECT count(*) FROM article WHERE article.source_id = source.id) AS articles,
               (SELECT count(*) FROM article
                WHERE article.source_id = source.id AND article.arrived_at > :since) AS recent,
               EXISTS (SELECT 1 FROM source_mute
                       WHERE source_mute.chat_id = :chat
                         AND source_mute.source_id = source.id) AS muted
        FROM source WHERE id IN (
            SELECT id FROM source WHERE {VISIBLE} AND (:only IS NULL OR id = :only)
            ORDER BY source.title, source.id LIMIT :limit OFFSET :offset)
        ORDER BY source.title, source.id
        """,  # noqa: S608 - constants
        {
            "chat": chat,
            "since": to_seconds(since),
            "limit": limit,
            "offset": offset,
            "only": only,
        },
    )
    return [
        Health(
            source_of(row),
            row["articles"],
            from_seconds(row["last_success_at"]),
            row["failures"],
            row["last_error"],
            from_seconds(row["parked_at"]),
            row["recent"],
            bool(row["muted"]),
            row["pages"],
        )
        for row in rows
    ]


async def count_visible(db: Database, chat: ChatId) -> int:
    row = await db.fetch_one(
        f"SELECT count(*) AS sources FROM source WHERE {VISIBLE}",  # noqa: S608 - a constant
        {"chat": chat},
    )
    return int(row["sources"]) if row else 0


async def count_own(db: Database, chat: ChatId) -> int:
    """How many sources are polled or heard for this chat alone."""
    row = await db.fetch_one(
        """
        SELECT count(*) AS sources FROM source
        WHERE owner_chat_id = :chat AND kind IN ('feed', 'channel', 'posts')
        """,
        {"chat": chat},
    )
    return int(row["sources"]) if row else 0


async def sources_at(db: Database, kind: SourceKind, address: str) -> list[Source]:
    """All sources of this address: a shared one and private ones."""
    rows = await db.fetch_all(
        f"SELECT {SOURCE_COLUMNS} FROM source WHERE kind = :kind AND address = :address",  # noqa: S608
        {"kind": kind, "address": address},
    )
    return [source_of(row) for row in rows]


async def due_sources(
    db: Database, now: datetime, limit: int = 50, *, except_for: Iterable[SourceId] = ()
) -> list[Polling]:
    """Those due longest first, one of each address; `except_for` are being polled already."""
    rows = await db.fetch_all(
        f"""
        SELECT {POLLING_COLUMNS} FROM source
        WHERE next_poll_at <= :now AND NOT EXISTS (
            SELECT 1 FROM source AS other
            WHERE other.address = source.address AND other.kind = source.kind
              AND (other.id IN (SELECT value FROM json_each(:except))
                   OR (other.id < source.id AND other.next_poll_at <= :now)))
        ORDER BY next_poll_at LIMIT :limit
        """,  # noqa: S608 - a constant
        {"now": to_seconds(now), "limit": limit, "except": json.dumps(list(except_for))},
    )
    return [_polling_of(row) for row in rows]


async def polled_together(db: Database, polling: Polling) -> list[Polling]:
    """All who read the address of this one, itself first: it is fetched once for them."""
    rows = await db.fetch_all(
        f"""
        SELECT {POLLING_COLUMNS} FROM source
        WHERE kind = :kind AND address = :address ORDER BY id <> :id, id
        """,  # noqa: S608 - a constant
        {
            "kind": polling.source.kind,
            "address": polling.source.address,
            "id": polling.source.id,
        },
    )
    return [_polling_of(row) for row in rows]


async def find_polling(db: Database, source: SourceId) -> Polling | None:
    """What a poll out of turn needs. None: there is no such source, or it is not polled."""
    row = await db.fetch_one(
        f"SELECT {POLLING_COLUMNS} FROM source WHERE id = :id",  # noqa: S608 - a constant
        {"id": source},
    )
    return _polling_of(row) if row and row["source_kind"] in POLLED_KINDS else None


def _polling_of(row: sqlite3.Row) -> Polling:
    seconds = row["interval_seconds"]
    return Polling(
        source_of(row),
        row["etag"],
        row["last_modified"],
        row["failures"],
        row["last_success_at"] is None,
        None if seconds is None else timedelta(seconds=seconds),
        frozenset(hour for hour in range(24) if row["skip_hours"] >> hour & 1),
        row["last_post"],
        row["pages"],
    )


async def record_success(
    db: Database, source: SourceId, now: datetime, next_poll_at: datetime, polled: Polled
) -> None:
    """Also ends a source's parking. It stays where it is if its new address is taken."""
    values = {
        "id": source,
        "now": to_seconds(now),
        "next": to_seconds(next_poll_at),
        "etag": polled.etag,
        "last_modified": polled.last_modified,
        "interval": polled.interval and int(polled.interval.total_seconds()),
        "skip": sum(1 << hour for hour in polled.skip_hours),
        "title": polled.title,
        "moved": polled.moved,
        "last_post": polled.last_post,
    }
    async with db.write() as tx:
        await tx.execute(
            """
            UPDATE source SET etag = :etag, last_modified = :last_modified, failures = 0,
                last_error = NULL, last_success_at = :now, next_poll_at = :next, parked_at = NULL,
                interval_seconds = :interval, skip_hours = :skip, title = ifnull(:title, title),
                last_post = ifnull(:last_post, last_post)
            WHERE id = :id
            """,
            values,
        )
        if polled.moved:
            await tx.execute("UPDATE OR IGNORE source SET address = :moved WHERE id = :id", values)


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


async def park_source(
    db: Database, source: SourceId, now: datetime, error: str, notices: Iterable[tuple[ChatId, str]]
) -> bool:
    """Give a source up and put the notices of it into the outbox, once. False: it was parked."""
    async with db.write() as tx:
        parked = await tx.execute(
            """
            UPDATE source SET failures = failures + 1, last_error = :error, next_poll_at = NULL,
                parked_at = :now
            WHERE id = :id AND parked_at IS NULL
            """,
            {"id": source, "error": error, "now": to_seconds(now)},
        )
        if parked:
            for chat, content in notices:
                await queue_notice(tx, chat, content, now)
    return bool(parked)


async def readers_of(db: Database, source: Source) -> list[tuple[ChatId, str]]:
    """(chat, language) of those who would miss the source: its owner, or whoever was told a story
    it reported and still gets digests."""
    rows = await db.fetch_all(
        """
        SELECT chat_id, language FROM subscriber WHERE chat_id = :owner
        UNION
        SELECT subscriber.chat_id, subscriber.language FROM article
        JOIN told ON told.story_id = article.story_id
        JOIN subscriber ON subscriber.chat_id = told.chat_id AND subscriber.subscribed = 1
        WHERE article.source_id = :id AND :owner IS NULL
        """,
        {"id": source.id, "owner": source.owner},
    )
    return [(ChatId(row["chat_id"]), row["language"]) for row in rows]


async def rewind_polls(db: Database, now: datetime, longest: timedelta) -> int:
    """Poll now what would wait for longer than any wait is: a clock that was wrong said so."""
    async with db.write() as tx:
        return await tx.execute(
            "UPDATE source SET next_poll_at = :now WHERE next_poll_at > :latest",
            {"now": to_seconds(now), "latest": to_seconds(now + longest)},
        )
