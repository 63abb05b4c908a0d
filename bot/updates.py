"""From Telegram to the dispatcher: updates are stored before Telegram is told they were received.

aiogram's own polling confirms updates before their handlers finish, so a crash loses commands.
Here they are kept until they are handled, each chat's in order, and replayed after a crash.
"""

import asyncio
import json
import random
from collections import defaultdict, deque
from datetime import timedelta
from typing import Any, Final

import structlog
from aiogram import Dispatcher
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramConflictError,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod
from aiogram.types import Update
from pydantic import ValidationError

from bot.context import Context
from bot.errors import SettingsError
from bot.stopping import uninterrupted
from digests.models import ChatId
from storage import updates
from storage.updates import StoredUpdate

log = structlog.get_logger()

POLL_SECONDS: Final = 25
REQUEST_SECONDS: Final = POLL_SECONDS + 15
UPDATES_A_POLL: Final = 100
UPDATES_IN_MEMORY: Final = 400
CHATS_AT_ONCE: Final = 32
QUIET: Final = timedelta(hours=12)
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30.0
CHAT_PATHS: Final = (
    "message",
    "edited_message",
    "channel_post",
    "my_chat_member",
    "callback_query",
)
FORGET_EVERY: Final = timedelta(hours=1)


class GetRawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """getUpdates whose answer is not validated: one malformed update would block it for ever."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    limit: int = UPDATES_A_POLL
    timeout: int = POLL_SECONDS
    allowed_updates: list[str] | None = None


class Intake:
    """Polls Telegram and stores what comes."""

    def __init__(self, context: Context, allowed: list[str], arrived: asyncio.Event) -> None:
        self._context = context
        self._allowed = allowed
        self._arrived = arrived

    async def run(self) -> None:
        """Until cancelled. Raises SettingsError: the token is no good any more."""
        offset: int | None = None  # never stored: ids may restart after a week's silence
        heard = self._context.now()
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                before, offset = offset, await self._poll(offset)
                now = self._context.now()
                if offset != before:
                    heard = now
                elif now - heard > QUIET:
                    offset, heard = None, now  # what was confirmed stays so, lower ids are heard
                pause = FIRST_PAUSE_SECONDS
            except TelegramUnauthorizedError as error:
                raise SettingsError(
                    "SVODKA_BOT_TOKEN: Telegram has revoked it. Ask @BotFather for a new one."
                ) from error
            except (TelegramAPIError, ClientDecodeError, UnicodeDecodeError, TimeoutError) as error:
                conflict = isinstance(error, TelegramConflictError)
                log.warning("polling_failed", cause=type(error).__name__, conflict=conflict)
                await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - jitter
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _poll(self, offset: int | None) -> int | None:
        method = GetRawUpdates(offset=offset, allowed_updates=self._allowed)
        received = await self._context.bot(method, request_timeout=REQUEST_SECONDS)
        if not received:
            return offset
        stored = [
            StoredUpdate(raw["update_id"], chat_of(raw), json.dumps(raw, ensure_ascii=False))
            for raw in received
        ]
        await updates.store_updates(self._context.db, stored, self._context.now())
        self._arrived.set()
        return max(update.id for update in stored) + 1


class Handling:
    """Feeds stored updates to the dispatcher: chats side by side, each chat's in order."""

    def __init__(self, context: Context, dispatcher: Dispatcher, arrived: asyncio.Event) -> None:
        self._context = context
        self._dispatcher = dispatcher
        self._arrived = arrived
        self._queues: defaultdict[int, deque[StoredUpdate]] = defaultdict(deque)
        self._waiting = 0
        self._room = asyncio.Semaphore(CHATS_AT_ONCE)
        self._less = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled; what is being handled is finished, the rest is for the next start."""
        next_forget = self._context.now()
        async with asyncio.TaskGroup() as group:
            while True:
                self._arrived.clear()
                room = UPDATES_IN_MEMORY - self._waiting
                held = [update.id for queue in self._queues.values() for update in queue]
                found = await updates.open_updates(self._context.db, held, room) if room else []
                for update in found:
                    self._enqueue(group, update)
                if self._context.now() >= next_forget:
                    next_forget = self._context.now() + FORGET_EVERY
                    await updates.forget_handled(self._context.db, self._context.now())
                if not room:
                    self._less.clear()
                    await self._less.wait()
                elif not found:
                    await self._arrived.wait()

    def _enqueue(self, group: asyncio.TaskGroup, update: StoredUpdate) -> None:
        key = update.chat_id or 0
        queue = self._queues[key]
        queue.append(update)
        self._waiting += 1
        if len(queue) == 1:
            group.create_task(self._drain(key))

    async def _drain(self, key: int) -> None:
        queue = self._queues[key]
        async with self._room:
            while queue:
                await uninterrupted(self._handle(queue[0]))
                queue.popleft()
                self._waiting -= 1
                self._less.set()
        if not queue:
            self._queues.pop(key, None)

    async def _handle(self, stored: StoredUpdate) -> None:
        bot = self._context.bot
        try:
            update = Update.model_validate_json(stored.body, context={"bot": bot})
            await self._dispatcher.feed_update(bot, update)
        except ValidationError:
            log.warning("update_malformed", update=stored.id)
        except Exception:
            log.exception("update_failed", update=stored.id, chat=stored.chat_id)
        await updates.mark_handled(self._context.db, stored.id, self._context.now())


def chat_of(raw: dict[str, Any]) -> ChatId | None:
    """The chat an update belongs to, read from its raw form. None: none."""
    for path in CHAT_PATHS:
        part = raw.get(path)
        if isinstance(part, dict):
            holder = part.get("message") if path == "callback_query" else part
            chat = holder.get("chat") if isinstance(holder, dict) else None
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                return ChatId(chat["id"])
    return None
