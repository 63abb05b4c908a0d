"""Building digests fails at the N-th statement, for every N: one digest a slot in the end.

In this process, because no operator can make a chosen statement fail; sandbox and file are real.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.app import open_context
from bot.context import Context
from bot.gathering import refresh_source
from bot.logs import set_up_logs
from bot.pipeline import publish_due_digests
from bot.sandbox.server import run_sandbox
from bot.sandbox.world import World
from bot.settings import load_settings
from digests.models import SourceKind
from faults.crashes import make_due
from faults.feed import run_feed
from faults.judging import introduce, one, people, rows
from faults.table import Plan, Row
from storage import sources
from storage.database import Database, Transaction

MOST_STATEMENTS = 200
CHATS = 3


class BrokenStatementError(Exception):
    pass


class Breaking:
    """Counts statements and breaks one of them."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.seen = 0

    def count(self) -> None:
        self.seen += 1
        if self.seen == self.at:
            raise BrokenStatementError


@contextmanager
def breaking(at: int) -> Iterator[Breaking]:
    """The `at`-th statement raises, read or written, BEGIN and COMMIT among them."""
    breaks = Breaking(at)
    kept = {(cls, name): getattr(cls, name) for cls, name in STATEMENTS}
    write = Database.write

    def counted(original: Any) -> Any:  # noqa: ANN401 - any method
        async def run(*given: Any) -> Any:  # noqa: ANN401 - as the original
            breaks.count()
            return await original(*given)

        return run

    @asynccontextmanager
    async def counted_write(self: Database) -> AsyncIterator[Transaction]:
        breaks.count()
        async with write(self) as tx:
            yield tx
            breaks.count()

    try:
        for (cls, name), original in kept.items():
            setattr(cls, name, counted(original))
        Database.write = counted_write  # type: ignore[method-assign]
        yield breaks
    finally:
        for (cls, name), original in kept.items():
            setattr(cls, name, original)
        Database.write = write  # type: ignore[method-assign]


STATEMENTS = (
    (Database, "fetch_all"),
    (Transaction, "execute"),
    (Transaction, "insert"),
    (Transaction, "execute_all"),
    (Transaction, "fetch_all"),
)


async def run(plan: Plan) -> list[Row]:
    set_up_logs("CRITICAL", "json")  # each failure would be logged with a traceback
    folder = plan.scratch("building")
    database = folder / "svodka.sqlite"
    world = World(people=people(CHATS), groups=[])
    async with run_feed() as feed, run_sandbox(world=world) as sandbox:
        await introduce(database, list(world.people))
        settings = load_settings(
            _env_file=None,
            bot_token=sandbox.token,
            telegram_api_url=sandbox.url,
            database_url=f"sqlite:///{database}",
            access="open",
            allowed_hosts=("127.0.0.1:*",),
        )
        async with open_context(settings, settings.token()) as (context, _):
            now = datetime.now(UTC)
            await sources.add_source(context.db, SourceKind.FEED, feed.url, "Feed", now)
            broken, wrong = await break_each(context, database)
    return [
        Row(
            f"failure at the N-th statement of building digests for {CHATS} chats, every N",
            broken,
            "one digest a slot, with its messages and what it tells",
            f"{wrong} slots without or with two",
            ok=wrong == 0 and broken > 10,
        )
    ]


async def break_each(context: Context, database: Path) -> tuple[int, int]:
    """Until a digest has fewer statements than N: how many broke, and how many went wrong."""
    wrong = 0
    for at in range(1, MOST_STATEMENTS):
        await next_article(context)
        await make_due(database, at)
        context.failed_until.clear()
        # What raises is the tick's own read: the scheduler logs it and ticks again.
        with breaking(at) as breaks, suppress(BrokenStatementError):
            await publish_due_digests(context)
        context.failed_until.clear()
        await publish_due_digests(context)
        wrong += not is_whole(database, at)
        if breaks.seen < at:
            return at - 1, wrong
    raise RuntimeError("a digest never ended")


async def next_article(context: Context) -> None:
    (polling,) = await sources.due_sources(context.db, context.now() + timedelta(days=2))
    await refresh_source(context, polling)


def is_whole(database: Path, slots: int) -> bool:
    """One digest each slot and chat so far, each with one message and with something told."""
    counts = rows(
        database,
        """
        SELECT count(*) AS digests, count(DISTINCT slot) AS slots,
               (SELECT count(*) FROM delivery) AS messages,
               (SELECT count(DISTINCT digest_id) FROM told) AS telling
        FROM digest
        """,
    )[0]
    due = one(database, "SELECT min(next_due_at) FROM schedule")
    return set(counts) == {slots * CHATS} and due > datetime.now(UTC).timestamp()
