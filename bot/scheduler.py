"""The dumb clock: APScheduler runs interval ticks, and what is due lives in the database.

One job a subscriber would cost 4 GB at a million; `misfire_grace_time` None because a late tick
is as good as a punctual one; at most one of each runs at a time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger()

Tick = Callable[[], Awaitable[object]]


@contextmanager
def ticking(ticks: dict[str, tuple[Tick, float]]) -> Iterator[AsyncIOScheduler]:
    """Run each tick every so many seconds, at once for the first time."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    for name, (tick, seconds) in ticks.items():
        scheduler.add_job(
            _guarded(name, tick),
            "interval",
            seconds=seconds,
            id=name,
            max_instances=1,
            next_run_time=datetime.now(UTC),
            coalesce=True,
            misfire_grace_time=None,
        )
    scheduler.start()
    try:
        yield scheduler
    finally:
        scheduler.shutdown(wait=False)


def _guarded(name: str, tick: Tick) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        try:
            await tick()
        except asyncio.CancelledError:
            return  # at a stop, which APScheduler would log as an error of the tick
        except Exception:
            log.exception("tick_failed", tick=name)

    return run
