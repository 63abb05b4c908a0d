"""The whole bot in one process for tests: sandbox, odd feeds, clock, database, and the app."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from bot import stopping
from bot.app import run
from bot.sandbox.client import GroupChat, Member, SandboxClient, SeenMessage
from bot.sandbox.server import Sandbox, run_sandbox
from bot.sandbox.world import World
from bot.settings import AccessPolicy, Settings, load_settings

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from bot.context import Context
    from tests.previews import Channel

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # a Monday; 12:00 in Moscow
ADMIN = 1000
TICK_SECONDS = 0.02
PATIENCE_SECONDS = 10.0
NUMBERS = itertools.count(5_000)
OF_A_CHAT = (
    "SELECT kind, language, zone, reads, access, subscribed FROM subscriber WHERE chat_id = :chat",
    "SELECT minutes, main_section, paused_until, expects FROM subscriber WHERE chat_id = :chat",
    "SELECT words FROM topic WHERE chat_id = :chat ORDER BY words",
    "SELECT words FROM mute WHERE chat_id = :chat ORDER BY words",
    "SELECT day, next_due_at FROM recap WHERE chat_id = :chat",
    "SELECT source_id FROM source_mute WHERE chat_id = :chat ORDER BY source_id",
    "SELECT kind, address, title FROM source WHERE owner_chat_id = :chat ORDER BY address",
    "SELECT kind, address, title, asked FROM offer WHERE chat_id = :chat ORDER BY id",
    "SELECT at, days, next_due_at FROM schedule WHERE chat_id = :chat ORDER BY id",
    """
    SELECT at, words FROM schedule_topic JOIN schedule ON schedule.id = schedule_id
    JOIN topic ON topic.id = topic_id WHERE schedule.chat_id = :chat ORDER BY at, words
    """,
    "SELECT state = 'empty', since_at, made_at, scope FROM digest WHERE chat_id = :chat ORDER BY 3",
    "SELECT article_id, topic, liked, cast_at FROM vote WHERE chat_id = :chat ORDER BY article_id",
    "SELECT article_id, title, link, saved_at FROM saved WHERE chat_id = :chat ORDER BY id",
    "SELECT remind_at, alerts FROM subscriber WHERE chat_id = :chat",
    "SELECT part, content FROM delivery WHERE chat_id = :chat ORDER BY id",
    "SELECT article_id, part, page, place FROM told WHERE chat_id = :chat ORDER BY article_id",
)


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


def bare_environment() -> dict[str, str]:
    """The environment without what a bot in this process shows its workers."""
    shown = {"PYTHONPATH", "PYTHONSAFEPATH"}
    return {name: value for name, value in os.environ.items() if name not in shown}


async def eventually(
    holds: Callable[[], Awaitable[Any]], what: str, seconds: float = PATIENCE_SECONDS
) -> Any:
    """What `holds` returns once it is true; fails with `what` when it never is."""
    async with asyncio.timeout(seconds):
        while not (found := await holds()):  # noqa: ASYNC110 - what it waits for is in a database
            await asyncio.sleep(0.01)
    assert found, what
    return found


Answer = web.Response | web.StreamResponse


class Feeds:
    """A web server on loopback whose every address answers what the test says."""

    def __init__(self) -> None:
        self.url = ""
        self.handlers: dict[str, Callable[[web.Request], Awaitable[Answer]]] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []

    def put(self, handler: Callable[[web.Request], Awaitable[Answer]]) -> str:
        """A new address that answers with `handler`."""
        path = f"/{next(NUMBERS)}"
        self.handlers[path] = handler
        return self.url + path

    def put_body(
        self, body: bytes | str, content_type: str = "application/rss+xml", status: int = 200
    ) -> str:
        data = body.encode() if isinstance(body, str) else body

        async def answer(_: web.Request) -> Answer:
            return web.Response(body=data, status=status, content_type=content_type)

        return self.put(answer)

    def put_feed(self, *items: tuple[str, str, datetime], title: str = "Проба") -> str:
        """A feed of (title, text, published)."""
        return self.put_body(rss(items, title))

    def replace(self, url: str, *items: tuple[str, str, datetime], title: str = "Проба") -> None:
        self.handlers[url.removeprefix(self.url)] = self.handlers[
            self.put_feed(*items, title=title).removeprefix(self.url)
        ]

    def put_at(self, path: str, body: str | bytes, content_type: str = "text/html") -> str:
        """The same, at an address of one's choice."""
        self.handlers[path] = self.handlers.pop(
            self.put_body(body, content_type).removeprefix(self.url)
        )
        return self.url + path

    def put_channel(self, channel: Channel) -> None:
        """A channel with a preview."""

        async def answer(request: web.Request) -> Answer:
            before = request.query.get("before")
            text = channel.page(int(before) if before else None)
            return web.Response(text=text, content_type="text/html")

        self.handlers[f"/s/{channel.name.lower()}"] = answer

    def seen(self, url: str) -> list[dict[str, str]]:
        """The headers of the requests for an address."""
        path = url.removeprefix(self.url)
        return [headers for asked, headers in self.requests if asked == path]

    async def answer(self, request: web.Request) -> Answer:
        self.requests.append((request.path, dict(request.headers)))
        handler = self.handlers.get(request.path)
        if handler is None:
            raise web.HTTPNotFound
        return await handler(request)


@asynccontextmanager
async def run_feeds() -> AsyncIterator[Feeds]:
    feeds = Feeds()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", feeds.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    feeds.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield feeds
    finally:
        await runner.cleanup()


def rss(items: tuple[tuple[str, str, datetime], ...], title: str) -> str:
    entries = "".join(
        f"<item><title>{name}</title><link>https://proba.example/{abs(hash(name))}</link>"
        f"<guid>{name}</guid><pubDate>{at:%a, %d %b %Y %H:%M:%S} +0000</pubDate>"
        f"<description>{text}</description></item>"
        for name, text, at in items
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>{title}</title><link>https://proba.example/</link>"
        f"<description>d</description>{entries}</channel></rss>"
    )


@dataclass
class Running:
    """A bot at work. `stop` and `start` are a restart on the same database."""

    clock: Clock
    sandbox: Sandbox
    client: SandboxClient
    feeds: Feeds
    settings: Settings
    _context: Context | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    @property
    def context(self) -> Context:
        assert self._context is not None, "the app is not running"
        return self._context

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[Context] = loop.create_future()
        self._stop = asyncio.Event()
        self._task = loop.create_task(
            run(
                self.settings,
                now=self.clock,
                stop=self._stop,
                ready=ready.set_result,
                tick_seconds=TICK_SECONDS,
                telegram_site=self.feeds.url,
            )
        )
        await asyncio.wait([ready, self._task], return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            await self._task
        self._context = ready.result()

    async def stop(self) -> None:
        self._stop.set()
        if self._task:
            task, self._task = self._task, None
            await task

    async def kill(self) -> None:
        """As near to kill -9 as one process comes: nothing is told to finish."""
        if self._task:
            task, self._task = self._task, None
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(stopping, "STOP_SECONDS", 0)
                task.cancel()
                await asyncio.wait([task])

    async def ended(self) -> BaseException | None:
        """Wait for the app to end by itself; why it did."""
        assert self._task is not None
        task, self._task = self._task, None
        await asyncio.wait([task], timeout=PATIENCE_SECONDS)
        return task.exception()

    async def person(self, language: str = "ru", **fields: Any) -> Member:
        """Somebody new, whom no other test knows."""
        number = next(NUMBERS)
        return await self.client.person(
            number, first_name=f"Person {number}", language_code=language, **fields
        )

    async def group(
        self, creator: Member, title: str, members: dict[int, str] | None = None, **options: Any
    ) -> GroupChat:
        """A group that the bot was added to, and its greeting there."""
        group = await self.client.group(creator, title, members, **options)
        if options.get("kind") != "channel":
            await group.member(creator).wait_for(since=0)
        return group

    async def admin(self) -> Member:
        return await self.client.person(ADMIN)

    async def subscribed(self, *topics: str, at: str = "15:00", language: str = "ru") -> Member:
        """Somebody who set a time (Moscow's) and topics by commands."""
        person = await self.person(language)
        await ask(person, f"/schedule {at}")
        for topic in topics:
            await ask(person, f"/subscribe {topic}")
        return person

    async def digests(self, person: Member) -> list[SeenMessage]:
        """The digests somebody was sent, oldest first."""
        return [m for m in await person.from_bot() if m.text.startswith("🗞")]

    async def wait_digests(self, person: Member, count: int) -> list[SeenMessage]:
        async def enough() -> list[SeenMessage] | None:
            found = await self.digests(person)
            return found if len(found) >= count else None

        found: list[SeenMessage] = await eventually(enough, f"{count} digests")
        return found

    async def settled(self) -> None:
        """Until nothing is due, waits to be sent, or waits to be handled.

        Asked of the database twice, with a full round of ticks between, so that "nothing came"
        can be told from "nothing came yet".
        """
        for _ in range(2):
            await eventually(self._is_idle, "rest")
            await self._ticked()

    async def settled_sending(self) -> None:
        """As `settled`, of the outbox alone: for a bot that no longer listens."""

        async def is_sent() -> bool:
            row = await self.context.db.fetch_one(
                "SELECT count(*) AS open FROM delivery WHERE state NOT IN ('sent', 'failed')"
            )
            return row is not None and row["open"] == 0

        for _ in range(2):
            await eventually(is_sent, "rest")
            await self._ticked()

    async def _is_idle(self) -> bool:
        db = self.context.db
        rows = await db.fetch_one(
            """
            SELECT (SELECT count(*) FROM schedule JOIN subscriber USING (chat_id)
                    WHERE next_due_at <= :now AND unreachable_at IS NULL)
                 + (SELECT count(*) FROM delivery LEFT JOIN subscriber USING (chat_id)
                    WHERE state IN ('claimed', 'sending') OR (state = 'waiting'
                      AND due_at <= :now AND unreachable_at IS NULL
                      AND ifnull(wait_until, 0) <= :now AND NOT EXISTS (
                        SELECT 1 FROM delivery AS older
                        WHERE older.chat_id = delivery.chat_id AND older.id < delivery.id
                          AND older.state = 'waiting')))
                 + (SELECT count(*) FROM recap JOIN subscriber USING (chat_id)
                    WHERE next_due_at <= :now AND unreachable_at IS NULL)
                 + (SELECT count(*) FROM source WHERE next_poll_at <= :now)
                 + (SELECT count(*) FROM subscriber
                    WHERE remind_at <= :now AND unreachable_at IS NULL)
                 + (SELECT count(*) FROM incoming_update WHERE handled_at IS NULL) AS open
            """,
            {"now": int(self.clock().timestamp())},
        )
        return rows is not None and rows["open"] == 0 and not self.sandbox.world.updates.pending()

    async def _ticked(self) -> None:
        for _ in range(3):
            await asyncio.sleep(TICK_SECONDS)


async def left_by(bot: Running, chat: int) -> list[list[tuple[Any, ...]]]:
    """All that the database holds of a chat, its ids left out."""
    rows = [await bot.context.db.fetch_all(query, {"chat": chat}) for query in OF_A_CHAT]
    return [[tuple(row) for row in found] for found in rows]


def counted(patch: pytest.MonkeyPatch, calls: Counter[str], owner: object, name: str) -> None:
    """From now on calls of `owner.name` are counted."""
    run = getattr(owner, name)

    def count(*args: Any, **rest: Any) -> Any:
        calls[name] += 1
        return run(*args, **rest)

    patch.setattr(owner, name, count)


async def copied(bot: Running, person: Member, count: int) -> None:
    """So many more chats that wish the same, which wait to be written to."""
    values = {"chat": person.chat_id, "count": count, "until": 1 << 40}
    async with bot.context.db.write() as tx:
        await tx.execute(
            """
            WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number
                                          WHERE n < :count)
            INSERT INTO subscriber (chat_id, kind, language, zone, reads, access, subscribed,
                                    alerts, created_at, wait_until)
            SELECT 9000000 + n, kind, language, zone, reads, access, subscribed, alerts,
                   created_at, :until FROM number, subscriber WHERE chat_id = :chat
            """,
            values,
        )
        for table, columns in (("topic", "words, folded"), ("recap", "day, next_due_at")):
            rest = ", created_at" if table == "topic" else ""
            await tx.execute(
                f"""
                INSERT INTO {table} (chat_id, {columns}{rest})
                SELECT subscriber.chat_id, {columns}{rest} FROM subscriber,
                    (SELECT {columns} FROM {table} WHERE chat_id = :chat)
                WHERE subscriber.wait_until = :until
                """,  # noqa: S608 - constants
                values,
            )


async def ask(person: Member, text: str, **options: Any) -> SeenMessage:
    """Say it, and read the answer."""
    await person.say(text)
    return await person.wait_for(**options)


async def edited(person: Member, label: str, fits: Callable[[SeenMessage], bool]) -> SeenMessage:
    """Press a button and read the menu it changed."""
    await person.press(label)
    return await person.wait_for(fits, newest=True, what=f"a menu after {label!r}")


@asynccontextmanager
async def run_bot(
    folder: Path,
    feeds: Feeds,
    *,
    template: Path | None = None,
    sandbox: Sandbox | None = None,
    clock: Clock | None = None,
    start: bool = True,
    **settings: Any,
) -> AsyncIterator[Running]:
    """`template` is a database to begin with."""
    clock = clock or Clock()
    database = folder / "svodka.sqlite"
    if template:
        shutil.copyfile(template, database)
    async with AsyncExitStack() as stack:
        if sandbox is None:
            world = World(now=clock, rates=None)
            sandbox = await stack.enter_async_context(run_sandbox(world=world))
        client = await stack.enter_async_context(SandboxClient(sandbox.url))
        values: dict[str, Any] = {
            "_env_file": None,
            "bot_token": sandbox.token,
            "telegram_api_url": sandbox.url,
            "database_url": f"sqlite:///{database}",
            "admins": (ADMIN,),
            "access": AccessPolicy.OPEN,
            "poll_interval": 3600,
            "allowed_hosts": ("127.0.0.1:*",),
            "backup_hours": 0,
        }
        running = Running(clock, sandbox, client, feeds, load_settings(**(values | settings)))
        if start:
            await running.start()
        try:
            yield running
        finally:
            await running.stop()
