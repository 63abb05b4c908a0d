"""A loopback feed that has another article each time it is read."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime

from aiohttp import web

FIRST_ARTICLES = 8
SYLLABLES = ("ба", "ве", "ги", "до", "жу", "зы", "ка", "ле", "ми", "но", "пу", "ри", "се", "то")


@dataclass
class Feed:
    url: str = ""
    guids: set[str] = field(default_factory=set)
    grows: bool = True
    _items: list[str] = field(default_factory=list)

    async def answer(self, _: web.Request) -> web.Response:
        if self.grows:
            for _again in range(1 if self._items else FIRST_ARTICLES):
                self._add()
        body = (
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
            f"<title>Feed</title><link>{self.url}</link><description>d</description>"
            f"{''.join(self._items)}</channel></rss>"
        )
        return web.Response(text=body, content_type="application/rss+xml")

    def _add(self) -> None:
        number = len(self._items)
        chance = random.Random(number)
        text = ". ".join(_sentence(chance) for _ in range(6))
        guid, now = f"article-{number}", datetime.now(UTC)
        self.guids.add(guid)
        self._items.append(
            f"<item><title>{_sentence(chance)}</title><link>{self.url}/{number}</link>"
            f"<guid>{guid}</guid><pubDate>{format_datetime(now)}</pubDate>"
            f"<description>{text}.</description></item>"
        )


def _sentence(chance: random.Random) -> str:
    """Made-up words: no two articles are about the same."""
    words = ["".join(chance.choices(SYLLABLES, k=3)) for _ in range(9)]
    return " ".join(words).capitalize()


@asynccontextmanager
async def run_feed() -> AsyncIterator[Feed]:
    feed = Feed()
    app = web.Application()
    app.router.add_get("/feed.xml", feed.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    feed.url = f"http://127.0.0.1:{runner.addresses[0][1]}/feed.xml"
    try:
        yield feed
    finally:
        await runner.cleanup()
