"""A thousand feeds on loopback, each a host of its own: what a poll of all of them costs, and how
soon what is new can be found. The clock is moved by the interval instead of waiting for it.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from aiohttp import ClientSession, web

from benchmarks.footprint import megabytes, worker_pids
from bot.context import Core
from bot.core import open_core, warm_up
from bot.gathering import Refresher
from bot.settings import load_settings
from digests.models import ChatId, SourceKind
from digests.topics import parse_query
from storage.search import find_stories
from storage.sources import add_source

TITLE: Final = "1,000 feeds of 5 articles on loopback, every 15 minutes; half of them answer 304"
COLUMNS: Final = ("poll", "seconds", "CPU s", "CPU of 15 min", "bot MB")
FEEDS: Final = 1_000
ENTRIES: Final = 5
INTERVAL: Final = timedelta(minutes=15)
CHANGED_EVERY: Final = 10  # this share of the feeds has a new article at the second poll
WORD: Final = "уникальнослово"
SYLLABLES: Final = ("ба", "ве", "ги", "до", "жу", "зы", "ка", "ле", "ми", "но")


@dataclass
class Clock:
    """Runs as time does, and can be moved ahead."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


async def measure() -> list[tuple[str, ...]]:
    configured = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    clock = Clock()
    hosts = [f"127.{1 + n // 250}.0.{1 + n % 250}" for n in range(FEEDS)]
    with tempfile.TemporaryDirectory(prefix="svodka-bench-") as folder:
        async with _server() as port, ClientSession() as control:
            settings = load_settings(
                _env_file=None,
                poll_interval=int(INTERVAL.total_seconds()),
                allowed_hosts=tuple(f"{host}:{port}" for host in hosts),
            )
            async with open_core(settings, Path(folder) / "bench.sqlite", now=clock) as core:
                warm_up(core)
                for number, host in enumerate(hosts):
                    address = f"http://{host}:{port}/{number}"
                    await add_source(core.db, SourceKind.FEED, address, host, clock())
                refreshing = asyncio.ensure_future(Refresher(core).run(0.2))
                try:
                    rows = [("the first, all backlog", *await _polled(core, 0))]
                    await control.post(f"http://127.0.0.1:{port}/advance")
                    clock.ahead += INTERVAL + timedelta(hours=3)
                    rows.append(("a later one, 100 new articles", *await _polled(core, 1)))
                finally:
                    refreshing.cancel()
                    with suppress(asyncio.CancelledError):
                        await refreshing
    structlog.configure(**configured)
    return rows


async def _polled(core: Core, round_: int) -> tuple[str, ...]:
    """Until nothing is due: how long, at what cost; and when the last new article was found."""
    started, used = time.monotonic(), _cpu_seconds()
    since = int(core.now().timestamp())
    found: list[float] = []
    while True:
        await asyncio.sleep(0.1)
        if round_ and len(found) < FEEDS // CHANGED_EVERY:
            ids = await find_stories(core.db, ChatId(0), parse_query(WORD), FEEDS)
            found += [time.monotonic() - started] * (len(ids) - len(found))
        row = await core.db.fetch_one(
            "SELECT count(*) AS open FROM source WHERE ifnull(last_success_at, 0) < :since",
            {"since": since},
        )
        if row is None or not row["open"]:
            break
    taken, cpu = time.monotonic() - started, _cpu_seconds() - used
    told = f"{taken:.0f}"
    if found:
        found.sort()
        told += (
            f"; new ones found after {found[len(found) // 2]:.1f} (median), {found[-1]:.1f} (last)"
        )
    return (
        told,
        f"{cpu:.0f}",
        f"{cpu / INTERVAL.total_seconds():.1%}",
        f"{megabytes(os.getpid()):.0f}",
    )


def _cpu_seconds() -> float:
    """Of this process and its workers."""
    tick = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for pid in (os.getpid(), *worker_pids(os.getpid())):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / tick
    return total


@asynccontextmanager
async def _server() -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.thousand", stdout=asyncio.subprocess.PIPE
    )
    try:
        if process.stdout is None:
            raise RuntimeError("no output to read")
        yield int(json.loads(await process.stdout.readline()))
    finally:
        process.terminate()
        await process.wait()


async def serve() -> None:
    """The thousand feeds, on every loopback address."""
    start = datetime.now(UTC)
    rounds = [0]

    async def feed(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        changed = rounds[0] if number % CHANGED_EVERY == 0 else 0
        etag = f'"{changed}"'
        if number % 2 and request.headers.get("If-None-Match") == etag:
            return web.Response(status=304)
        body = _feed(number, changed, start)
        return web.Response(body=body, content_type="application/rss+xml", headers={"ETag": etag})

    async def advance(_: web.Request) -> web.Response:
        rounds[0] += 1
        return web.Response()

    app = web.Application()
    app.router.add_post("/advance", advance)
    app.router.add_get("/{number}", feed)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0, backlog=FEEDS).start()  # noqa: S104 - all of 127/8
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def _feed(number: int, changed: int, start: datetime) -> bytes:
    items = [
        _item(number, entry, start - timedelta(hours=1 + entry), "") for entry in range(ENTRIES)
    ]
    if changed:
        items.insert(0, _item(number, ENTRIES, start, WORD))
    return f"<rss><channel><title>Лента {number}</title>{''.join(items)}</channel></rss>".encode()


def _item(number: int, entry: int, at: datetime, word: str) -> str:
    text = ". ".join(_words((number, entry, line), 14).capitalize() for line in range(12))
    return (
        f"<item><title>{_words((number, entry), 6).capitalize()} {word}</title>"
        f"<guid>{number}-{entry}</guid><pubDate>{at:%a, %d %b %Y %H:%M:%S} +0000</pubDate>"
        f"<description>{text}.</description></item>"
    )


def _words(seed: Sequence[int], count: int) -> str:
    """Made-up words, of which two articles hardly share any."""
    state = hash(tuple(seed)) & 0xFFFF_FFFF
    words = []
    for _ in range(count):
        state = (state * 1_103_515_245 + 12_345) & 0x7FFF_FFFF
        words.append("".join(SYLLABLES[int(digit)] for digit in f"{state >> 8:04}"[-4:]))
    return " ".join(words)


if __name__ == "__main__":
    asyncio.run(serve())
