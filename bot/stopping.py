"""How work ends at a stop: what is half done is finished, within reason."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

STOP_SECONDS: Final = 5.0

T = TypeVar("T")


async def uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """Run `work`; when cancelled meanwhile, let it finish for up to `STOP_SECONDS` first.

    A request to Telegram that is cut off has an unknown outcome, and a command that was carried
    out but not marked would be carried out again at the next start.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=STOP_SECONDS)
        task.cancel()
        raise


async def unless_stopped(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """What `work` returns. None: `stop` was set first, and `work` was cancelled and has ended."""
    task, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([task, stopping], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        task.cancel()
        await asyncio.wait([task])
        return None
    finally:
        task.cancel()
        stopping.cancel()
