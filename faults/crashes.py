"""kill -9 at random moments: while feeds are read, digests made and sent to everybody.

Between two lives nothing is mended: the next one finds the file as the last one left it.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from bot.sandbox.server import run_sandbox
from bot.sandbox.world import World
from faults.feed import Feed, run_feed
from faults.judging import compared, integrity, introduce, one, people, queue, rows, unsent
from faults.process import Bot, bot_of
from faults.table import Plan, Row
from storage.database import open_database

LONGEST_LIFE_SECONDS: Final = 3.0
WHILE_STARTING: Final = 0.1  # of the kills
WHILE_BUILDING: Final = 0.5  # and above
BUILDING_SECONDS: Final = 5.0
BUILT: Final = '"event": "digest_published"'
STARTING_SECONDS: Final = 3.0
LONG_AGO: Final = timedelta(hours=5)
REST_SECONDS: Final = 600
SENDS_AT_ONCE: Final = 8  # as bot.delivery promises
KILLS_FOR_A_MEAN: Final = 50  # of fewer it says how fast the machine was


@dataclass
class Killed:
    times: int = 0
    under_way: list[int] = field(default_factory=list)  # sends, at each kill
    notices: int = 0  # broadcasts of them
    digests: int = 0  # slots of everybody


async def run(plan: Plan) -> list[Row]:
    chats, kills = (20, 2) if plan.short else (2_000, 200)
    chance, folder = plan.random("crashes"), plan.scratch("crashes")
    killed = Killed()
    world = World(people=people(chats), groups=[], rates=None)
    async with (
        run_feed() as feed,
        run_sandbox(world=world) as sandbox,
        bot_of(sandbox, folder, poll_interval="5") as bot,
    ):
        await introduce(bot.database, list(world.people))
        await follow(bot.database, feed)
        await bot.start()
        while not one(bot.database, "SELECT count(*) FROM article"):
            await asyncio.sleep(0.05)
        await die(bot, killed)
        while killed.times < kills:
            if unsent(bot.database) < chats // 2:  # both go on at once, most of the time
                killed.notices += 1
                texts = [(chat, f"notice {killed.notices} to {chat}") for chat in world.people]
                await queue(bot.database, texts)
                if not waiting(bot.database):
                    killed.digests += 1
                    await make_due(bot.database, killed.digests)
            await one_life(bot, chance, killed)
        await bot.start()
        async with asyncio.timeout(REST_SECONDS):
            while unsent(bot.database) or waiting(bot.database):
                await asyncio.sleep(0.3)
        feed.grows = False
        async with asyncio.timeout(REST_SECONDS):
            while unread(bot.database, feed):
                await asyncio.sleep(0.3)
        await bot.stop()
    return [judged(bot.database, world, feed, killed, chats)]


async def one_life(bot: Bot, chance: Random, killed: Killed) -> None:
    """Ends while the bot starts, sends, or has begun to build: its workers take a while."""
    drawn = chance.random()
    if drawn < WHILE_STARTING:
        await bot.spawn()
        await asyncio.sleep(chance.uniform(0, STARTING_SECONDS))
    else:
        before = bot.log.stat().st_size
        await bot.start()
        if drawn > WHILE_BUILDING:
            with suppress(TimeoutError):
                async with asyncio.timeout(BUILDING_SECONDS):
                    while BUILT not in bot.logged(before):
                        await asyncio.sleep(0.05)
        await asyncio.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
    await die(bot, killed)


async def die(bot: Bot, killed: Killed) -> None:
    await bot.kill()
    killed.times += 1
    query = "SELECT count(*) FROM delivery WHERE state = 'sending'"
    killed.under_way.append(int(one(bot.database, query)))


async def follow(database: Path, feed: Feed) -> None:
    now = int(datetime.now(UTC).timestamp())
    async with open_database(database) as db, db.write() as tx:
        await tx.execute(
            """
            INSERT INTO source (kind, address, title, created_at, next_poll_at)
            VALUES ('feed', :url, 'Feed', :now, :now)
            """,
            {"url": feed.url, "now": now},
        )


async def make_due(database: Path, broadcast: int) -> None:
    """A new slot for everybody, due a little while ago; each broadcast's is later than the last."""
    due = datetime.now(UTC).replace(second=0) - LONG_AGO + timedelta(minutes=broadcast)
    values = {"at": f"{due:%H:%M}", "due": int(due.timestamp())}
    async with open_database(database) as db, db.write() as tx:
        await tx.execute("UPDATE subscriber SET subscribed = 1")
        await tx.execute("UPDATE schedule SET at = :at, next_due_at = :due", values)
        await tx.execute(
            """
            INSERT INTO schedule (chat_id, at, days, next_due_at)
            SELECT chat_id, :at, 127, :due FROM subscriber
            WHERE chat_id NOT IN (SELECT chat_id FROM schedule)
            """,
            values,
        )


def waiting(database: Path) -> int:
    """Schedules whose digest is not made yet."""
    now = int(datetime.now(UTC).timestamp())
    return int(one(database, f"SELECT count(*) FROM schedule WHERE next_due_at <= {now}"))  # noqa: S608


def unread(database: Path, feed: Feed) -> int:
    """Articles that the feed has shown and the bot does not have."""
    return len(feed.guids - {row[0] for row in rows(database, "SELECT guid FROM article")})


def judged(database: Path, world: World, feed: Feed, killed: Killed, chats: int) -> Row:
    arrived, sound = compared(database, world), integrity(database)
    digests = rows(database, "SELECT count(*), count(DISTINCT slot) FROM digest")[0]
    missed = chats * killed.digests - digests[0]
    articles, missing = one(database, "SELECT count(*) FROM article"), unread(database, feed)
    mean, most = arrived.doubled / killed.times, max(killed.under_way)
    has_mean = killed.times >= KILLS_FOR_A_MEAN
    return Row(
        f"kill -9 at random moments of ingest, building and broadcasts: {digests[0]} digests and "
        f"{arrived.messages - digests[0]} notices to {chats} chats, {articles} articles",
        killed.times,
        f"0 lost; duplicates ≤ sends in flight{', mean ≤ 1 a kill' * has_mean}; integrity_check ok",
        f"{arrived.lost} messages, {missed} digests, {missing} articles lost; {arrived.doubled} "
        f"duplicates of {sum(killed.under_way)} in flight, {mean:.2f} a kill (at most {most} in "
        f"flight); {sound}",
        ok=(
            arrived.lost == missed == missing == 0
            and articles == len(feed.guids)
            and arrived.messages > 0
            and arrived.doubled <= sum(killed.under_way)
            and most <= SENDS_AT_ONCE
            and (mean <= 1 or not has_mean)
            and sound == "ok"
        ),
    )
