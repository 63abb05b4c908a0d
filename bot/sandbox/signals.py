"""One small broadcast primitive: everybody who waits is woken when something changes.

Long polls, event streams and pressed buttons wait on it; the state is looked at again after each
wake-up, so a signal carries no value and a lost one costs nothing.
"""

from __future__ import annotations

import asyncio


class Signal:
    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    async def wait(self, seconds: float) -> bool:
        """Return True when notified, False when the time is over."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            async with asyncio.timeout(seconds):
                await waiter
        except TimeoutError:
            return False
        finally:
            self._waiters.discard(waiter)
        return True
