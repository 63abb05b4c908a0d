"""From Telegram into the file: updates are stored before Telegram is told they were received.

aiogram's own polling confirms updates before their handlers finish, so a crash loses commands.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
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

from bot.alarms import alarm
from bot.context import Context
from bot.errors import SettingsError
from bot.redaction import redacted
from digests.models import ChatId
from storage import updates
from storage.errors import DatabaseError, DiskFullError
from storage.updates import StoredUpdate

log = structlog.get_logger()

POLL_SECONDS: Final = 25
REQUEST_SECONDS: Final = POLL_SECONDS + 15
UPDATES_A_POLL: Final = 100
QUIET: Final = timedelta(hours=12)
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30.0
RIVAL_SECONDS: Final = 60.0
CHAT_PATHS: Final = (
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "my_chat_member",
    "callback_query",
)
# Telegram is asked again; nothing is confirmed meanwhile.
FAILURES: Final = (
    TelegramAPIError,
    ClientDecodeError,
    UnicodeDecodeError,
    TimeoutError,
    DatabaseError,
)
AnswerUnsaved = Callable[[list[StoredUpdate]], Awaitable[None]]
WORDS: Final = "words"  # the kind of plain text
INLINE: Final = "inline query"  # no command has a space


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

    def __init__(
        self, context: Context, allowed: list[str], inbox: Inbox, answer_unsaved: AnswerUnsaved
    ) -> None:
        """`answer_unsaved` is for updates that the full disk has no room for."""
        self._context = context
        self._allowed = allowed
        self._inbox = inbox
        self._answer_unsaved = answer_unsaved
        self._rival_since = self._rival_seen = -RIVAL_SECONDS

    async def run(self) -> None:
        """Until cancelled. Raises SettingsError: the token is no good any more.

        Beside a second program with the same token it gives up polling, and waits.
        """
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
            except FAILURES as error:
                conflict = isinstance(error, TelegramConflictError)
                log.warning("polling_failed", cause=type(error).__name__, conflict=conflict)
                if conflict and self._is_rival_here_to_stay():
                    await self._give_up(error)
                await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - jitter
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _is_rival_here_to_stay(self) -> bool:
        """Whether refusals have gone on for a minute, without a minute's rest between two: an old
        process that is being stopped is gone by then."""
        now = asyncio.get_running_loop().time()
        if now - self._rival_seen > RIVAL_SECONDS:
            self._rival_since = now
        self._rival_seen = now
        return now - self._rival_since >= RIVAL_SECONDS

    async def _give_up(self, error: Exception) -> None:
        """What is in the file is handled and sent on."""
        log.error("polling_stopped", cause=str(error))
        self._inbox.caught_up.set()
        await alarm(self._context, "alarm.polling_stopped")
        await asyncio.Event().wait()

    async def _poll(self, offset: int | None) -> int | None:
        # While a backlog may wait there, an empty answer must come at once.
        seconds = POLL_SECONDS if self._inbox.caught_up.is_set() else 0
        method = GetRawUpdates(offset=offset, allowed_updates=self._allowed, timeout=seconds)
        received = await self._context.bot(method, request_timeout=REQUEST_SECONDS)
        if received:
            now = self._context.now()
            arrived = [described(raw, now) for raw in received]
            await store(self._context, self._inbox, self._answer_unsaved, arrived)
            offset = max(raw["update_id"] for raw in received) + 1
        if len(received) < UPDATES_A_POLL:
            self._inbox.caught_up.set()
        return offset


async def store(
    context: Context, inbox: Inbox, answer_unsaved: AnswerUnsaved, arrived: list[StoredUpdate]
) -> None:
    """Keep what came, by whichever way; `answer_unsaved` is for what the disk has no room for."""
    try:
        await updates.store_updates(context.db, arrived)
    except DiskFullError:
        await answer_unsaved(arrived)
    else:
        inbox.changed.set()


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
        redacted(json.dumps(raw, ensure_ascii=False)),  # who pasted our token told it enough
    )


def chat_of(raw: dict[str, Any]) -> ChatId | None:
    """The chat an update belongs to; what somebody asks inline, to their own. None: none."""
    inline = raw.get("inline_query")
    if isinstance(inline, dict):
        sender = _sender(raw)
        return None if sender is None else ChatId(sender)
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
    if "inline_query" in raw:
        return INLINE
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
