"""How long `/latest` takes inside the bot's process, idle and while a worker is busy.

From the stored update to the handler's end, with the answer sent over real HTTP to the sandbox.
"""

import asyncio
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from aiogram import Dispatcher
from aiogram.types import Update

from benchmarks.serving import outside
from bot.app import make_dispatcher, open_context
from bot.context import Context
from bot.gathering import add_feed
from bot.newsroom.articles import load_newsroom
from bot.rate_limits import OVERALL_A_SECOND
from bot.sandbox.client import SandboxClient
from bot.settings import load_settings
from digests.models import Entry
from digests.preparing import prepare_all

TITLE: Final = (
    "/latest inside the bot's process, 300 times (to reach: p95 ≤ 50 ms beside a busy worker)"
)
COLUMNS: Final = ("while", "p50 ms", "p95 ms", "max ms", "loop lag p99 ms")
TIMES: Final = 300
SPACED_SECONDS: Final = 1.1 / OVERALL_A_SECOND  # faster, and answers wait for Telegram's rate
PERSON: Final = 1001


async def measure() -> list[tuple[str, ...]]:
    with tempfile.TemporaryDirectory(prefix="svodka-bench-") as folder:
        async with outside() as far:
            settings = load_settings(
                _env_file=None,
                bot_token=far["token"],
                telegram_api_url=far["api"],
                database_url=f"sqlite:///{Path(folder) / 'bench.sqlite'}",
                access="open",
                allowed_hosts=("127.0.0.1:*",),
                log_level="ERROR",
            )
            async with (
                SandboxClient(str(far["api"])) as client,
                open_context(settings, settings.token()) as (context, _),
            ):
                await (await client.person(PERSON)).say("/start")
                feeds = far["feeds"]
                for url in feeds if isinstance(feeds, list) else []:
                    await add_feed(context, url)
                dispatcher = make_dispatcher(context)
                idle = await _times(context, dispatcher)
                busy = asyncio.create_task(_keep_busy(context))  # noqa: TID251 - ends with this function
                await asyncio.sleep(1)
                beside = await _times(context, dispatcher)
                busy.cancel()
                with suppress(asyncio.CancelledError):
                    await busy
    return [("nothing else runs", *idle), ("a worker prepares articles", *beside)]


async def _times(context: Context, dispatcher: Dispatcher) -> tuple[str, ...]:
    lags: list[float] = []
    watching = asyncio.create_task(watch_lag(lags))  # noqa: TID251 - ends with this function
    taken = []
    for number in range(TIMES):
        await asyncio.sleep(SPACED_SECONDS)
        update = Update.model_validate(latest_update(number), context={"bot": context.bot})
        start = time.perf_counter()
        await dispatcher.feed_update(context.bot, update)
        taken.append((time.perf_counter() - start) * 1000)
    watching.cancel()
    taken.sort()
    lags.sort()
    figures = (taken[TIMES // 2], taken[int(TIMES * 0.95)], taken[-1], lags[int(len(lags) * 0.99)])
    return tuple(f"{figure:.1f}" for figure in figures)


async def watch_lag(lags: list[float]) -> None:
    """How much later than asked a 5 ms sleep ends."""
    while True:
        start = time.perf_counter()
        await asyncio.sleep(0.005)
        lags.append((time.perf_counter() - start - 0.005) * 1000)


async def _keep_busy(context: Context) -> None:
    entries = [
        (article.id, Entry(article.title, article.text)) for article in load_newsroom().articles
    ]
    while True:
        await context.workers.run(prepare_all, entries, datetime.now(UTC), UTC)


def latest_update(number: int) -> dict[str, object]:
    who = {"id": PERSON, "is_bot": False, "first_name": "Анна", "language_code": "ru"}
    message = {
        "message_id": 10_000 + number,
        "date": int(time.time()),
        "chat": {"id": PERSON, "type": "private", "first_name": "Анна"},
        "from": who,
        "text": "/latest",
        "entities": [{"type": "bot_command", "offset": 0, "length": 7}],
    }
    return {"update_id": 10_000 + number, "message": message}
