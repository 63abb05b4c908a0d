"""A sandbox and a newsroom in a process of their own, so that only the bot is measured."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.newsroom.server import run_newsroom
from bot.sandbox.server import run_sandbox
from bot.sandbox.world import World


@asynccontextmanager
async def outside() -> AsyncIterator[dict[str, object]]:
    """`api`, `token` and `feeds` of the far ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.serving", stdout=asyncio.subprocess.PIPE
    )
    try:
        if process.stdout is None:
            raise RuntimeError("no output to read")
        yield json.loads(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


async def serve() -> None:
    start = datetime.now(UTC)
    async with (
        run_sandbox(world=World(rates=None)) as sandbox,
        run_newsroom(start, lambda: datetime.now(UTC)) as newsroom,
    ):
        told = {
            "api": sandbox.url,
            "token": sandbox.token,
            "feeds": list(newsroom.feed_urls.values()),
        }
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
