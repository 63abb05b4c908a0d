"""What every part of the running bot is handed: made once by `app`, never global."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

from aiogram import Bot

from bot.albums import Albums
from bot.fetching import Fetcher
from bot.metrics import Metrics
from bot.pulse import Pulse
from bot.rate_limits import Allowance
from bot.settings import Settings
from bot.workers import Workers
from digests.models import ChatId
from digests.sources.channel import PUBLIC_SITE
from digests.updates import LEAST_WAIT
from storage.database import Database

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Core:
    """What gathering articles needs: the command line has this much, and no bot."""

    settings: Settings
    db: Database
    workers: Workers
    parsers: Workers  # for foreign bytes
    fetcher: Fetcher
    now: Clock
    embedding: Workers | None = field(default=None, kw_only=True)  # None: the extra is off
    # Where preview pages of channels are; tests have a site of their own.
    telegram_site: str = field(default=PUBLIC_SITE, kw_only=True)


@dataclass(frozen=True)
class Context(Core):
    bot: Bot
    username: str  # of the bot, without @
    update_wait: timedelta = LEAST_WAIT  # from telling a story to its update
    digest_locks: WeakValueDictionary[ChatId, asyncio.Lock] = field(
        default_factory=WeakValueDictionary
    )
    failed_until: dict[ChatId, datetime] = field(default_factory=dict)
    suggested: dict[str, tuple[datetime, list[str]]] = field(default_factory=dict)  # until when
    fetch_allowance: Allowance = field(default_factory=lambda: Allowance(time.monotonic))
    outbox_filled: asyncio.Event = field(default_factory=asyncio.Event)
    metrics: Metrics = field(default_factory=Metrics)
    albums: Albums = field(default_factory=Albums)
    pulse: Pulse = field(default_factory=Pulse)
    # What the chats' next plain words will answer; written when the update is marked as handled.
    expected: dict[ChatId, str | None] = field(default_factory=dict)
    acting: dict[ChatId, ChatId | None] = field(default_factory=dict)  # as `expected`
    erased: set[ChatId] = field(default_factory=set)  # chats that this update erased

    def at(self, moment: datetime) -> "Context":
        """For one update, which happens at `moment` however often it is handled."""
        return replace(self, now=lambda: moment, expected={}, acting={}, erased=set())

    def expect(self, chat: ChatId, what: str | None) -> None:
        """What the chat's next plain words answer; None: they are a search."""
        self.expected[chat] = what

    def act_for(self, chat: ChatId, channel: ChatId | None) -> None:
        """Whose menus a private chat shows from the next update on; None: its own."""
        self.acting[chat] = channel

    def digest_lock(self, chat: ChatId) -> asyncio.Lock:
        """Held while a chat's digest is made: two at once would tell the same stories."""
        lock = self.digest_locks.get(chat)
        if lock is None:
            lock = self.digest_locks[chat] = asyncio.Lock()
        return lock

    @asynccontextmanager
    async def digest_locks_of(self, chats: Iterable[ChatId]) -> AsyncIterator[None]:
        """Those of many, always in one order: whoever else takes some never waits for who waits."""
        async with AsyncExitStack() as stack:
            for chat in sorted(set(chats)):
                await stack.enter_async_context(self.digest_lock(chat))
            yield

    def is_admin(self, user: int | None) -> bool:
        return user is not None and user in self.settings.admins

    @property
    def admin_chats(self) -> tuple[ChatId, ...]:
        """A private chat has its user's id."""
        return tuple(ChatId(admin) for admin in self.settings.admins)
