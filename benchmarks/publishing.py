"""Digests a second when ten thousand subscribers are due in one minute, and how long a reader who
asks for `/latest` meanwhile has to wait.

The first day every subscriber's window is the longest there is; on the second each was told
something the day before, so memory and updates are in play.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from aiogram import Dispatcher
from aiogram.types import Update

from benchmarks.latency import PERSON, latest_update, watch_lag
from benchmarks.scale import Scale
from benchmarks.serving import outside
from benchmarks.storing import fill
from benchmarks.stream import frequent_words, time_of
from bot.app import make_dispatcher, open_context
from bot.context import Context
from bot.pipeline import publish_due_digests
from bot.sandbox.client import SandboxClient
from bot.settings import load_settings
from storage.database import Database
from storage.instants import to_seconds

COLUMNS: Final = ("", "digests", "digests/s", "/latest p50 ms", "p95 ms", "loop lag p99 ms")
FIRST_CHAT: Final = 1_000_000
TOPICS: Final = 3
DAY: Final = timedelta(days=1)
PAUSE_SECONDS: Final = 0.05  # between two readers


def title(scale: Scale) -> str:
    return (
        f"{scale.subscribers:,} subscribers due in one minute, {scale.profiles} profiles "
        "(to reach: ≥ 300 digests/s, /latest p95 ≤ 50 ms, lag p99 ≤ 50 ms)"
    )


async def measure(scale: Scale) -> list[tuple[str, ...]]:
    # A schedule knows minutes only.
    clock = Clock(time_of(scale.news).replace(second=0, microsecond=0) - DAY)
    async with _opened(clock, scale) as (context, dispatcher):
        await _subscribe(context.db, scale, clock.now)
        rows = [("the first day", *await _published(context, dispatcher))]
        clock.now += DAY
        rows.append(("the second day", *await _published(context, dispatcher)))
    return rows


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@asynccontextmanager
async def _opened(clock: Clock, scale: Scale) -> AsyncIterator[tuple[Context, Dispatcher]]:
    with tempfile.TemporaryDirectory(prefix="svodka-bench-") as folder:
        async with outside() as far:
            settings = load_settings(
                _env_file=None,
                bot_token=far["token"],
                telegram_api_url=far["api"],
                database_url=f"sqlite:///{Path(folder) / 'bench.sqlite'}",
                access="open",
                log_level="ERROR",
            )
            async with (
                SandboxClient(str(far["api"])) as client,
                open_context(settings, settings.token(), now=clock) as (context, _),
            ):
                await (await client.person(PERSON)).say("/start")
                await fill(context.db, scale.news)
                yield context, make_dispatcher(context)


async def _subscribe(db: Database, scale: Scale, now: datetime) -> None:
    """Everybody due at once, each with one of the profiles."""
    chance = random.Random(1)  # noqa: S311 - the same every time
    words = frequent_words("ru", 200) + frequent_words("en", 80)
    profiles = [chance.sample(words, TOPICS) for _ in range(scale.profiles)]
    chats = [(FIRST_CHAT + n, profiles[n % scale.profiles]) for n in range(scale.subscribers)]
    async with db.write() as tx:
        await tx.execute_all(
            """
            INSERT INTO subscriber (chat_id, kind, title, language, zone, reads, subscribed,
                                    access, created_at)
            VALUES (:chat, 'private', 'Анна', 'ru', 'Europe/Moscow', 'all', 1, 'granted', 0)
            """,
            [{"chat": chat} for chat, _ in chats],
        )
        await tx.execute_all(
            """
            INSERT INTO topic (chat_id, words, folded, created_at)
            VALUES (:chat, :word, :word, 0)
            """,
            [{"chat": chat, "word": word} for chat, topics in chats for word in topics],
        )
        await tx.execute_all(
            "INSERT INTO schedule (chat_id, at, days, next_due_at) VALUES (:chat, :at, 127, :due)",
            [
                {"chat": chat, "at": f"{now + timedelta(hours=3):%H:%M}", "due": to_seconds(now)}
                for chat, _ in chats
            ],
        )


@dataclass
class Waits:
    """What readers waited, and how late the loop was; in ms."""

    latest: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)


async def _published(context: Context, dispatcher: Dispatcher) -> tuple[str, ...]:
    waits = Waits()
    reading = asyncio.create_task(_read(context, dispatcher, waits))  # noqa: TID251 - cancelled below
    watching = asyncio.create_task(watch_lag(waits.lags))  # noqa: TID251 - cancelled below
    await asyncio.sleep(0.2)
    start = time.perf_counter()
    count = await publish_due_digests(context)
    seconds = time.perf_counter() - start
    for task in (reading, watching):
        task.cancel()
    await asyncio.gather(reading, watching, return_exceptions=True)
    waits.latest.sort()
    waits.lags.sort()
    return (
        f"{count:,}",
        f"{count / seconds:.0f}",
        f"{waits.latest[len(waits.latest) // 2]:.1f}",
        f"{waits.latest[int(len(waits.latest) * 0.95)]:.1f}",
        f"{waits.lags[int(len(waits.lags) * 0.99)]:.1f}",
    )


async def _read(context: Context, dispatcher: Dispatcher, waits: Waits) -> None:
    """A reader asks for `/latest` again and again."""
    number = 0
    while True:
        update = Update.model_validate(latest_update(number), context={"bot": context.bot})
        start = time.perf_counter()
        await dispatcher.feed_update(context.bot, update)
        waits.latest.append((time.perf_counter() - start) * 1000)
        number += 1
        await asyncio.sleep(PAUSE_SECONDS)
