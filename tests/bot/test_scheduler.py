"""The dumb clock: ticks run at once and again, alone, and survive what they raise."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from bot.scheduler import ticking

if TYPE_CHECKING:
    import pytest

SECONDS = 0.01


async def test_tick_runs_again_and_again_until_the_end() -> None:
    rang, count = asyncio.Event(), 0

    async def tick() -> None:
        nonlocal count
        count += 1
        if count == 3:
            rang.set()

    with ticking({"tick": (tick, SECONDS)}) as scheduler:
        async with asyncio.timeout(5):
            await rang.wait()
        assert scheduler.running
    count = 0
    for _ in range(5):
        await asyncio.sleep(SECONDS)
    assert count == 0


async def test_failing_tick_comes_again_and_stops_no_other() -> None:
    failures, calm = 0, asyncio.Event()

    async def fail() -> None:
        nonlocal failures
        failures += 1
        raise ZeroDivisionError

    async def tick() -> None:
        if failures >= 3:
            calm.set()

    with ticking({"fail": (fail, SECONDS), "tick": (tick, SECONDS)}):
        async with asyncio.timeout(5):
            await calm.wait()


async def test_tick_that_lasts_is_not_started_twice() -> None:
    running, most, others, free = 0, 0, 0, asyncio.Event()

    async def slow() -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await free.wait()
        running -= 1

    async def tick() -> None:
        nonlocal others
        others += 1
        if others == 5:
            free.set()

    with ticking({"slow": (slow, SECONDS), "tick": (tick, SECONDS)}):
        async with asyncio.timeout(5):
            await free.wait()
    assert most == 1


async def test_tick_missed_by_a_blocked_loop_is_made_up_for_once() -> None:
    count, enough = 0, asyncio.Event()

    async def tick() -> None:
        nonlocal count
        count += 1
        enough.set()

    with ticking({"tick": (tick, 0.05)}) as scheduler:
        (job,) = scheduler.get_jobs()
        assert job.misfire_grace_time is None
        assert job.coalesce
        async with asyncio.timeout(5):
            await enough.wait()
    assert count >= 1


async def test_the_first_tick_comes_at_once_however_long_the_interval() -> None:
    ticked = asyncio.Event()

    async def tick() -> None:
        ticked.set()

    async with asyncio.timeout(5):
        with ticking({"slow": (tick, 3600.0)}):
            await ticked.wait()


async def test_a_stop_during_a_tick_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    begun = asyncio.Event()

    async def tick() -> None:
        begun.set()
        await asyncio.sleep(60)

    with ticking({"tick": (tick, SECONDS)}):
        await begun.wait()
    for _ in range(5):
        await asyncio.sleep(0)
    assert "raised an exception" not in caplog.text
