"""The outbox worker: claim, mark as being sent, send, mark as sent.

Every refusal of Telegram has its own consequence here; whatever is unknown is tried again.
"""

import asyncio
import json
import random
from datetime import timedelta
from functools import partial
from typing import Any, Final

import structlog
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)
from aiogram.methods import SendMessage, SendPhoto
from structlog.contextvars import bind_contextvars

from bot.alarms import alarm
from bot.charts import KnownPictures
from bot.context import Context
from bot.digest_links import key_of
from bot.floods import Floods
from bot.keeping import until_kept
from bot.opened_keyboards import link_keyboard
from bot.rate_limits import RateLimits
from bot.rendering import Chart, captioned
from bot.stopping import uninterrupted
from bot.transient import is_unknown
from digests.models import ChatId, Delivery
from storage import outbox, subscribers
from storage.errors import DatabaseError

log = structlog.get_logger()

CLAIMED_AT_ONCE: Final = 60  # those that wait for their chat's turn are among them
SENDS_AT_ONCE: Final = 8  # a crash repeats no more than these
SEND_SECONDS: Final = 30
IDLE_SECONDS: Final = 5.0
FIRST_RETRY: Final = timedelta(seconds=2)
LONGEST_RETRY: Final = timedelta(minutes=10)
UNREACHABLE_TEXTS: Final = (
    "chat not found",
    "user is deactivated",
    "PEER_ID_INVALID",
    "not enough rights to send",
    "have no rights to send",
    "CHAT_WRITE_FORBIDDEN",
    "TOPIC_CLOSED",
    "CHAT_RESTRICTED",
)
TOPIC_TEXTS: Final = ("message thread not found", "TOPIC_DELETED", "TOPIC_CLOSED")


class Posted(SendMessage):
    """A message from the outbox, whose waits and refusals are ours to handle."""


class PostedPhoto(SendPhoto):
    """The same, with a chart."""


class Courier:
    """Empties the outbox until it is cancelled."""

    def __init__(self, context: Context, limits: RateLimits, floods: Floods) -> None:
        self._context = context
        self._limits = limits
        self._floods = floods
        self._under_way = 0
        self._room = asyncio.Semaphore(SENDS_AT_ONCE)
        self._holds = context.settings.unknown_delivery == "hold"
        self._pictures = KnownPictures()

    async def run(self) -> None:
        unknown = await until_kept(lambda: outbox.recover(self._context.db, hold=self._holds))
        if unknown:
            log.warning("deliveries_unknown", count=unknown, held=self._holds)
        if unknown and self._holds:
            await until_kept(lambda: alarm(self._context, "alarm.held"))
        async with asyncio.TaskGroup() as group:
            while True:
                if not await self._claim_if_kept(group):
                    await self._wait()

    async def _claim_if_kept(self, group: asyncio.TaskGroup) -> int:
        """Nothing is begun that could not be noted down."""
        try:
            return 0 if self._context.db.is_full else await self._claim(group)
        except DatabaseError as error:
            log.warning("nothing_claimed", cause=str(error))
            return 0

    async def _claim(self, group: asyncio.TaskGroup) -> int:
        """Start sending what may be sent; how many messages were claimed. A send that hangs
        holds up its own chat and no other."""
        db, now = self._context.db, self._context.now()
        await outbox.release_expired(db, now)
        room = 0 if self._floods.everybody_until() else CLAIMED_AT_ONCE - self._under_way
        claimed = await outbox.claim(db, now, room) if room else []
        for delivery in claimed:
            self._under_way += 1
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

    async def _deliver(self, delivery: Delivery) -> None:
        # In this task, which delivers this message alone: every line written meanwhile has them.
        ids = {"delivery": delivery.id, "chat": delivery.chat_id, "digest": delivery.digest_id}
        bind_contextvars(**{name: number for name, number in ids.items() if number is not None})
        try:
            await asyncio.sleep(self._limits.reserve_chat(delivery.chat_id))
            async with self._room:
                await asyncio.sleep(self._limits.reserve_broadcast())
                await self._send_if_free(delivery)
        except DatabaseError as error:
            log.warning("delivery_postponed", delivery=delivery.id, cause=str(error))
        finally:
            self._under_way -= 1
            self._context.outbox_filled.set()  # there is room, and the chat's next part may go

    async def _send_if_free(self, delivery: Delivery) -> None:
        """Not into a ban that began while this message waited for its turn."""
        if not await outbox.mark_sending(self._context.db, delivery.id):
            return  # its lease ran out and another task has it
        until = self._floods.until(delivery.chat_id)
        if until:
            await outbox.put_back(self._context.db, delivery.id, until, "retry_after")
        else:
            await uninterrupted(self._send_and_mark(delivery))

    async def _send_and_mark(self, delivery: Delivery) -> None:
        try:
            message_id = await self._send(delivery)
        except Exception as error:  # noqa: BLE001 - an HTML 502 or odd bytes raise anything
            await until_kept(partial(self._refused, delivery, error))
        else:
            self._floods.accepted()
            await until_kept(lambda: outbox.mark_sent(self._context.db, delivery.id, message_id))
            log.info("delivered", delivery=delivery.id, chat=delivery.chat_id)

    async def _send(self, delivery: Delivery) -> int:
        content: dict[str, Any] = json.loads(delivery.content)
        if opens := content.pop("opens", None):
            content["reply_markup"] = self._link(opens, delivery)
        kept = content.pop("chart", None)
        chart = _chart(kept) if kept else None
        photo = await self._pictures.of(self._context, chart) if chart else None
        place: dict[str, Any] = {"chat_id": delivery.chat_id, "message_thread_id": delivery.thread}
        message = (
            PostedPhoto(**place, photo=photo, parse_mode=None, **captioned(content))
            if photo
            else Posted(**place, parse_mode=None, **content)
        )
        sent = await self._context.bot(message, request_timeout=SEND_SECONDS)
        if chart and sent.photo:
            self._pictures.keep(chart, sent.photo[-1].file_id)
        return sent.message_id

    def _link(self, label: str, delivery: Delivery) -> dict[str, Any] | None:
        """It names the digest, which has no number before it is written."""
        if delivery.digest_id is None:
            return None
        key = key_of(self._context.bot.token, delivery.digest_id)
        keys = link_keyboard(label, self._context.username, key)
        return keys.model_dump(mode="json", exclude_none=True)

    async def _refused(self, delivery: Delivery, error: Exception) -> None:
        """Each class of refusal apart: wait, pause the chat, re-address, give up, or try again."""
        db, now, chat = self._context.db, self._context.now(), delivery.chat_id
        match error:
            case TelegramRetryAfter():
                until = await self._floods.refused(chat, error.retry_after)
                await outbox.put_back(db, delivery.id, until, "retry_after")
            case TelegramMigrateToChat():
                await subscribers.migrate_chat(db, chat, ChatId(error.migrate_to_chat_id))
                await outbox.put_back(db, delivery.id, now, "migrated")
            case TelegramForbiddenError():
                await self._unreachable(delivery, "forbidden")
            case TelegramBadRequest() if delivery.thread and is_of_topic(error):
                await subscribers.set_thread(db, chat, None)  # it is gone: into the general one
                await outbox.put_back(db, delivery.id, now, "topic_gone")
            case TelegramBadRequest() if is_unreachable(error):
                await self._unreachable(delivery, "chat_unreachable")
            case TelegramBadRequest() | TelegramNotFound():
                await self._plain_or_failed(delivery, error)
            case TelegramUnauthorizedError():
                await outbox.put_back(db, delivery.id, now + LONGEST_RETRY, "unauthorized")
            case _ if self._holds and is_unknown(error):
                await outbox.hold(db, delivery.id, type(error).__name__)
                await alarm(self._context, "alarm.held")
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

    async def _unreachable(self, delivery: Delivery, why: str) -> None:
        """Pause the chat until it returns; one that never spoke to us, as an administrator may,
        is tried again at long intervals."""
        db, now, chat = self._context.db, self._context.now(), delivery.chat_id
        await subscribers.mark_unreachable(db, chat, now)
        known = await subscribers.find_subscriber(db, chat) is not None
        due = now if known else now + LONGEST_RETRY
        await outbox.put_back(db, delivery.id, due, why)

    async def _plain_or_failed(self, delivery: Delivery, error: TelegramAPIError) -> None:
        """Refused as it is: once more as plain text, then given up with the cause in the log."""
        content = json.loads(delivery.content)
        db, now = self._context.db, self._context.now()
        refused = [
            name for name in ("entities", "reply_markup", "chart", "opens") if content.get(name)
        ]
        if refused:
            plain = json.dumps({"text": content["text"]}, ensure_ascii=False)
            await outbox.put_back(db, delivery.id, now, "bad_request", content=plain)
            return
        if not await outbox.mark_failed(db, delivery.id, "bad_request"):
            return
        log.error(
            "delivery_failed", delivery=delivery.id, digest=delivery.digest_id, cause=str(error)
        )
        await alarm(
            self._context,
            "alarm.failed",
            chat=delivery.chat_id,
            delivery=delivery.id,
            digest=delivery.digest_id or "—",
            cause=error.message,
        )


def _chart(kept: dict[str, Any]) -> Chart:
    return Chart(kept["title"], tuple((label, count) for label, count in kept["bars"]))


def is_unreachable(error: TelegramBadRequest) -> bool:
    """Whether nothing can be written to the chat, for now or ever."""
    return any(text.lower() in error.message.lower() for text in UNREACHABLE_TEXTS)


def is_of_topic(error: TelegramBadRequest) -> bool:
    """Whether it is the topic of the forum that is gone or closed, not the chat."""
    return any(text in error.message for text in TOPIC_TEXTS)


def _retry_wait(attempts: int) -> timedelta:
    """Twice as long each time, with jitter so that a thousand chats do not come back at once."""
    wait = min(FIRST_RETRY * (1 << min(attempts, 12)), LONGEST_RETRY)
    return wait * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret
