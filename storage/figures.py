"""What an operator wants to know of the file: counts and ages, each from an index or a small table,
so that asking every few seconds costs nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from digests.models import ChatId, Subscriber
from storage.database import Database
from storage.instants import from_seconds, to_seconds
from storage.subscribers import SUBSCRIBER_COLUMNS, subscriber_of

FAILURES_SHOWN: Final = 5
FAILURES_AMONG: Final = 5_000

UNDER_WAY: Final = ("waiting", "claimed", "sending", "held")


@dataclass(frozen=True, slots=True)
class Figures:
    articles: int  # ever stored
    stories: int  # ever opened
    subscribers: int
    subscribed: int  # of them, who want digests
    unreachable: int
    sources: dict[str, int] = field(default_factory=dict)  # by state: healthy, failing, parked
    outbox: dict[str, int] = field(default_factory=dict)  # by state of a message under way
    outbox_since: datetime | None = None  # None: nothing waits that could be sent
    digests_due: int = 0
    digests_due_since: datetime | None = None  # None: none is due
    updates_open: int = 0
    updates_since: datetime | None = None  # None: all are handled


async def read_figures(db: Database, now: datetime) -> Figures:
    values = {"now": to_seconds(now)}
    row = await db.fetch_one(
        """
        SELECT
            ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'article'), 0) AS articles,
            ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'story'), 0) AS stories,
            count(*) AS subscribers, ifnull(sum(subscribed), 0) AS subscribed,
            count(unreachable_at) AS unreachable,
            (SELECT count(*) FROM incoming_update WHERE handled_at IS NULL) AS updates_open,
            (SELECT min(received_at) FROM incoming_update WHERE handled_at IS NULL)
                AS updates_since
        FROM subscriber
        """
    )
    due = await db.fetch_one(
        """
        SELECT count(*) AS digests, min(next_due_at) AS since
        FROM schedule JOIN subscriber USING (chat_id)
        WHERE next_due_at <= :now AND unreachable_at IS NULL
        """,
        values,
    )
    if row is None or due is None:
        raise AssertionError("an aggregate without GROUP BY has one row")
    return Figures(
        row["articles"],
        row["stories"],
        row["subscribers"],
        row["subscribed"],
        row["unreachable"],
        await _sources_by_state(db),
        await _outbox_by_state(db),
        await _outbox_since(db, now),
        due["digests"],
        from_seconds(due["since"]),
        row["updates_open"],
        from_seconds(row["updates_since"]),
    )


async def _sources_by_state(db: Database) -> dict[str, int]:
    rows = await db.fetch_all(
        """
        SELECT CASE WHEN parked_at IS NOT NULL THEN 'parked'
                    WHEN last_error IS NOT NULL THEN 'failing' ELSE 'healthy' END AS state,
               count(*) AS sources
        FROM source GROUP BY state
        """
    )
    return {"healthy": 0, "failing": 0, "parked": 0} | {r["state"]: r["sources"] for r in rows}


async def _outbox_by_state(db: Database) -> dict[str, int]:
    """One query a state: only so is its partial index used."""
    counted = {}
    for state in UNDER_WAY:
        row = await db.fetch_one(
            f"SELECT count(*) AS messages FROM delivery WHERE state = '{state}'"  # noqa: S608
        )
        counted[state] = row["messages"] if row else 0
    return counted


async def _outbox_since(db: Database, now: datetime) -> datetime | None:
    """Since when the oldest message is under way that nothing but ourselves or Telegram holds up:
    its chat is known, can be reached and was not told to wait."""
    oldest = []
    for state in UNDER_WAY:
        row = await db.fetch_one(
            f"""
            SELECT min(delivery.created_at) AS since
            FROM delivery JOIN subscriber USING (chat_id)
            WHERE delivery.state = '{state}' AND subscriber.unreachable_at IS NULL
              AND ifnull(subscriber.wait_until, 0) <= :now
            """,  # noqa: S608 - a constant
            {"now": to_seconds(now)},
        )
        if row and row["since"] is not None:
            oldest.append(row["since"])
    return from_seconds(min(oldest, default=None))


@dataclass(frozen=True, slots=True)
class Ailing:
    """A source that does not answer as it should."""

    id: int
    title: str
    address: str
    failures: int  # in a row
    error: str  # code
    last_success: datetime | None  # None: never
    parked: datetime | None  # None: still polled


async def ailing_sources(db: Database, limit: int, offset: int = 0) -> list[Ailing]:
    """Those given up first, then those that failed most often; only shared ones."""
    rows = await db.fetch_all(
        """
        SELECT id, title, address, failures, last_error, last_success_at, parked_at
        FROM source
        WHERE owner_chat_id IS NULL AND (parked_at IS NOT NULL OR last_error IS NOT NULL)
        ORDER BY parked_at IS NULL, failures DESC, id LIMIT :limit OFFSET :offset
        """,
        {"limit": limit, "offset": offset},
    )
    return [
        Ailing(
            row["id"],
            row["title"],
            row["address"],
            row["failures"],
            row["last_error"] or "",
            from_seconds(row["last_success_at"]),
            from_seconds(row["parked_at"]),
        )
        for row in rows
    ]


async def zones_in_use(db: Database) -> list[str]:
    rows = await db.fetch_all("SELECT DISTINCT zone FROM subscriber ORDER BY zone")
    return [row["zone"] for row in rows]


async def digests_due_before(db: Database, moment: datetime) -> int:
    """How many digests should have been made by then and are not."""
    row = await db.fetch_one(
        """
        SELECT count(*) AS digests FROM schedule JOIN subscriber USING (chat_id)
        WHERE next_due_at <= :moment AND unreachable_at IS NULL
        """,
        {"moment": to_seconds(moment)},
    )
    return row["digests"] if row else 0


async def parked_since(db: Database, since: datetime, limit: int) -> list[str]:
    """Titles of sources given up after `since`, the first of them; only of shared ones."""
    rows = await db.fetch_all(
        "SELECT title FROM source WHERE parked_at > :since AND owner_chat_id IS NULL "
        "ORDER BY parked_at, id LIMIT :limit",
        {"since": to_seconds(since), "limit": limit},
    )
    return [row["title"] for row in rows]


@dataclass(frozen=True, slots=True)
class Recent:
    """The last of each, to see at which step things stopped. None: there was none."""

    article: datetime | None  # arrived
    first_digest: datetime | None  # made, the oldest that is kept
    digest: datetime | None  # made
    sent: datetime | None  # a digest's message that reached its chat, by its making


async def read_recent(db: Database) -> Recent:
    row = await db.fetch_one(
        """
        SELECT (SELECT arrived_at FROM article ORDER BY id DESC LIMIT 1) AS article,
               (SELECT made_at FROM digest ORDER BY id LIMIT 1) AS first_digest,
               (SELECT made_at FROM digest ORDER BY id DESC LIMIT 1) AS digest,
               (SELECT created_at FROM delivery
                WHERE state = 'sent' AND digest_id IS NOT NULL ORDER BY id DESC LIMIT 1) AS sent
        """
    )
    if row is None:
        raise AssertionError("a SELECT without FROM has one row")
    return Recent(
        *(from_seconds(row[name]) for name in ("article", "first_digest", "digest", "sent"))
    )


async def list_chats(db: Database, limit: int, offset: int) -> list[Subscriber]:
    """The newest first."""
    rows = await db.fetch_all(
        f"""
        SELECT {SUBSCRIBER_COLUMNS} FROM subscriber
        ORDER BY created_at DESC, chat_id LIMIT :limit OFFSET :offset
        """,  # noqa: S608 - a constant
        {"limit": limit, "offset": offset},
    )
    return [subscriber_of(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Failure:
    """A message that Telegram refused for good."""

    chat_id: ChatId
    error: str
    created: datetime


async def last_failures(db: Database) -> list[Failure]:
    """Of the newest messages: what failed long ago is in the log."""
    rows = await db.fetch_all(
        """
        SELECT chat_id, error, created_at FROM delivery
        WHERE id > (SELECT max(id) FROM delivery) - :newest AND state = 'failed'
        ORDER BY id DESC LIMIT :limit
        """,
        {"newest": FAILURES_AMONG, "limit": FAILURES_SHOWN},
    )
    return [
        Failure(ChatId(row["chat_id"]), row["error"] or "", from_seconds(row["created_at"]))
        for row in rows
    ]
