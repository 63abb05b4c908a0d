"""The outbox worker: claim, mark as being sent, send, mark as sent.

Every refusal of Telegram has its own consequence here; whatever is unknown is tried again.
"""

import asyncio
import json
import random
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from aiogram.exceptions import (
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.methods import SendMessage

from bot.context import Context
from bot.rate_limits import RateLimits
from digests.models import ChatId, Delivery
from storage import outbox, state, subscribers

log = structlog.get_logger()

CLAIMED_AT_ONCE: Final = 60
SENDS_AT_ONCE: Final = 8
SEND_SECONDS: Final = 60
IDLE_SECONDS: Final = 5.0
FIRST_RETRY: Final = timedelta(seconds=2)
LONGEST_RETRY: Final = timedelta(minutes=10)
GLOBAL_WAIT: Final = "sending_waits_until"
UNREACHABLE_TEXTS: Final = ("chat not found", "user is deactivated", "PEER_ID_INVALID")


class Posted(SendMessage):
    """A message from the outbox, whose waits and refusals are ours to handle."""


class Courier:
    """Empties the outbox until it is cancelled."""

    def __init__(self, context: Context, limits: RateLimits) -> None:
        self._context = context
        self._limits = limits
        self._room = asyncio.Semaphore(SENDS_AT_ONCE)

    async def run(self) -> None:
        unknown = await outbox.recover(self._context.db)
        if unknown:
            log.warning("deliveries_unknown", count=unknown, consequence="sent again")
        while True:
            if not await self.deliver_waiting():
                await self._wait()

    async def deliver_waiting(self) -> int:
        """One round; how many messages were claimed."""
        db, now = self._context.db, self._context.now()
        if await self._waits_globally(now):
            return 0
        await outbox.release_expired(db, now)
        claimed = await outbox.claim(db, now, CLAIMED_AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for delivery in claimed:
                group.create_task(self._deliver(delivery))
        return len(claimed)

    async def _wait(self) -> None:
        filled = self._context.outbox_filled
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                await filled.wait()
        except TimeoutError:
            return
        filled.clear()

    async def _waits_globally(self, now: datetime) -> bool:
        until = await state.read_state(self._context.db, GLOBAL_WAIT)
        return until is not None and datetime.fromisoformat(until) > now

    async def _deliver(self, delivery: Delivery) -> None:
        async with self._room:
            await asyncio.sleep(self._limits.reserve(delivery.chat_id))
            if not await outbox.mark_sending(self._context.db, delivery.id):
                return
            try:
                message_id = await self._send(delivery)
            except Exception as error:  # noqa: BLE001 - an HTML 502 or odd bytes raise anything
                await self._refused(delivery, error)
            else:
                await outbox.mark_sent(self._context.db, delivery.id, message_id)
                log.info("delivered", delivery=delivery.id, chat=delivery.chat_id)

    async def _send(self, delivery: Delivery) -> int:
        content: dict[str, Any] = json.loads(delivery.content)
        message = Posted(chat_id=delivery.chat_id, parse_mode=None, **content)
        sent = await self._context.bot(message, request_timeout=SEND_SECONDS)
        return sent.message_id

    async def _refused(self, delivery: Delivery, error: Exception) -> None:
        """Each class of refusal apart: wait, pause the chat, re-address, give up, or try again."""
        db, now, chat = self._context.db, self._context.now(), delivery.chat_id
        match error:
            case TelegramRetryAfter():
                until = now + timedelta(seconds=error.retry_after)
                await outbox.wait_chat(db, chat, until)
                await outbox.put_back(db, delivery.id, until, "retry_after")
            case TelegramMigrateToChat():
                await outbox.put_back(db, delivery.id, now, "migrated")
                await subscribers.migrate_chat(db, chat, ChatId(error.migrate_to_chat_id))
            case TelegramForbiddenError():
                await subscribers.mark_unreachable(db, chat, now)
                await outbox.put_back(db, delivery.id, now, "forbidden")
            case TelegramBadRequest() if _is_unreachable(error):
                await subscribers.mark_unreachable(db, chat, now)
                await outbox.put_back(db, delivery.id, now, "chat_not_found")
            case TelegramBadRequest() | TelegramNotFound():
                await self._plain_or_failed(delivery, error)
            case TelegramUnauthorizedError():
                await outbox.put_back(db, delivery.id, now + LONGEST_RETRY, "unauthorized")
            case _:
                wait = _retry_wait(delivery.attempts)
                await outbox.put_back(db, delivery.id, now + wait, type(error).__name__)
        log.warning(
            "delivery_refused",
            delivery=delivery.id,
            chat=chat,
            cause=type(error).__name__,
            attempt=delivery.attempts + 1,
        )

    async def _plain_or_failed(self, delivery: Delivery, error: Exception) -> None:
        """Refused as it is: once more as plain text, then given up with the cause in the log."""
        content = json.loads(delivery.content)
        db, now = self._context.db, self._context.now()
        if content.pop("entities", None) or content.pop("reply_markup", None):
            plain = json.dumps({"text": content["text"]}, ensure_ascii=False)
            await outbox.put_back(db, delivery.id, now, "bad_request", content=plain)
            return
        await outbox.mark_failed(db, delivery.id, "bad_request")
        log.error(
            "delivery_failed", delivery=delivery.id, digest=delivery.digest_id, cause=str(error)
        )


def _is_unreachable(error: TelegramBadRequest) -> bool:
    return any(text.lower() in error.message.lower() for text in UNREACHABLE_TEXTS)


def _retry_wait(attempts: int) -> timedelta:
    """Twice as long each time, with jitter so that a thousand chats do not come back at once."""
    wait = min(FIRST_RETRY * (1 << min(attempts, 12)), LONGEST_RETRY)
    return wait * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret
