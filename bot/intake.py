"""From Telegram into the file: updates are stored before Telegram is told they were received.

aiogram's own polling confirms updates before their handlers finish, so a crash loses commands.
"""

import asyncio
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramConflictError,
    TelegramUnauthorizedError,
)
from aiogram.methods import TelegramMethod

from bot.context import Context
from bot.errors import SettingsError
from digests.models import ChatId
from storage import updates
from storage.updates import StoredUpdate

log = structlog.get_logger()

POLL_SECONDS: Final = 25
REQUEST_SECONDS: Final = POLL_SECONDS + 15
UPDATES_A_POLL: Final = 100
QUIET: Final = timedelta(hours=12)
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30.0
CHAT_PATHS: Final = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "my_chat_member",
    "callback_query",
)
WORDS: Final = "words"  # the kind of plain text


@dataclass(frozen=True)
class Inbox:
    """What intake and handling tell each other."""

    changed: asyncio.Event = field(default_factory=asyncio.Event)
    caught_up: asyncio.Event = field(default_factory=asyncio.Event)  # Telegram holds nothing back


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

    def __init__(self, context: Context, allowed: list[str], inbox: Inbox) -> None:
        self._context = context
        self._allowed = allowed
        self._inbox = inbox

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
        # While a backlog may wait there, an empty answer must come at once.
        seconds = POLL_SECONDS if self._inbox.caught_up.is_set() else 0
        method = GetRawUpdates(offset=offset, allowed_updates=self._allowed, timeout=seconds)
        received = await self._context.bot(method, request_timeout=REQUEST_SECONDS)
        if received:
            now = self._context.now()
            await updates.store_updates(self._context.db, [described(raw, now) for raw in received])
            self._inbox.changed.set()
            offset = max(raw["update_id"] for raw in received) + 1
        if len(received) < UPDATES_A_POLL:
            self._inbox.caught_up.set()
        return offset


def described(raw: dict[str, Any], now: datetime) -> StoredUpdate:
    """What is known of an update from its raw form, which may be malformed."""
    chat = chat_of(raw)
    return StoredUpdate(
        raw["update_id"],
        chat,
        _sender(raw) or chat or 0,
        _kind(raw),
        _sent(raw),
        now,
        json.dumps(raw, ensure_ascii=False),
    )


def chat_of(raw: dict[str, Any]) -> ChatId | None:
    """The chat an update belongs to. None: none."""
    for path in CHAT_PATHS:
        part = raw.get(path)
        if isinstance(part, dict):
            holder = part.get("message") if path == "callback_query" else part
            chat = holder.get("chat") if isinstance(holder, dict) else None
            if isinstance(chat, dict) and isinstance(chat.get("id"), int):
                return ChatId(chat["id"])
    return None


def _sender(raw: dict[str, Any]) -> int | None:
    """Who sent it. None: nobody, or a chat that speaks itself (all of those share one user)."""
    for part in raw.values():
        sender = part.get("from") if isinstance(part, dict) else None
        if isinstance(sender, dict) and isinstance(sender.get("id"), int):
            return None if part.get("sender_chat") else int(sender["id"])
    return None


def _kind(raw: dict[str, Any]) -> str | None:
    message = raw.get("message")
    text = message.get("text") if isinstance(message, dict) else None
    if not isinstance(text, str) or not text.strip():
        return None
    first = text.split(maxsplit=1)[0].lower()
    return first[1:].partition("@")[0] if first.startswith("/") else WORDS


def _sent(raw: dict[str, Any]) -> datetime | None:
    message = raw.get("message")
    date = message.get("date") if isinstance(message, dict) else None
    if not isinstance(date, int) or not 0 < date < 1 << 33:
        return None
    return datetime.fromtimestamp(date, UTC)
