"""Counts and times what goes through the bot, and binds ids to the log lines written meanwhile."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiogram import BaseMiddleware, Bot
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNotFound,
    TelegramRetryAfter,
)
from aiogram.methods import TelegramMethod
from aiogram.methods.base import Response, TelegramType
from aiogram.types import TelegramObject, Update
from structlog.contextvars import bound_contextvars

from bot.commands import ADMIN_COMMANDS, COMMANDS
from bot.delivery import Posted, PostedPhoto
from bot.metrics import Metrics
from bot.pulse import Pulse
from digests.errors import SvodkaError

LAG_SECONDS: Final = 0.5
KNOWN_COMMANDS: Final = frozenset((*COMMANDS, *ADMIN_COMMANDS))
# What Telegram itself says no to: it was reached.
REFUSALS: Final[dict[type[Exception], str]] = {
    TelegramRetryAfter: "retry_after",
    TelegramForbiddenError: "forbidden",
    TelegramMigrateToChat: "migrated",
    TelegramBadRequest: "bad_request",
    TelegramNotFound: "not_found",
}

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[object]]


class ObservedUpdates(BaseMiddleware):
    """Around everything that handles an update."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def __call__(
        self, handler: Handler, event: TelegramObject, data: dict[str, Any]
    ) -> object:
        if not isinstance(event, Update):
            return await handler(event, data)
        started, outcome = time.perf_counter(), "failed"
        try:
            with bound_contextvars(**_ids(event)):
                result = await handler(event, data)
            outcome = "done"
        except SvodkaError:
            outcome = "refused"
            raise
        finally:
            self._metrics.updates.labels(_kind(event), outcome).inc()
            spent = time.perf_counter() - started
            self._metrics.commands.labels(command_of(event)).observe(spent)
        return result


def _kind(update: Update) -> str:
    return next((name for name in update.model_fields_set if name != "update_id"), "none")


def _ids(update: Update) -> dict[str, int]:
    event = update.message or update.my_chat_member
    chat = event.chat if event else None
    if update.callback_query and update.callback_query.message:
        chat = update.callback_query.message.chat
    return {"update": update.update_id} | ({"chat": chat.id} if chat else {})


def command_of(update: Update) -> str:
    """A name of a small set, however inventive the sender: a command, words, button, inline,
    other."""
    if update.callback_query:
        return "button"
    if update.inline_query:
        return "inline"
    if not update.message or not update.message.text:
        return "other"
    first = update.message.text.split(maxsplit=1)[0]
    if not first.startswith("/"):
        return "words"
    name = first[1:].partition("@")[0].lower()
    return name if name in KNOWN_COMMANDS else "unknown"


class ObservedRequests(BaseRequestMiddleware):
    """Around every single request to the Bot API, retries too."""

    def __init__(self, metrics: Metrics, pulse: Pulse) -> None:
        self._metrics = metrics
        self._pulse = pulse

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        outcome = "ok"
        try:
            return await make_request(bot, method)
        except TelegramAPIError as error:
            outcome = REFUSALS.get(type(error), "error")
            raise
        except Exception:
            outcome = "error"
            raise
        finally:
            if outcome != "error":
                self._pulse.heard()
            self._metrics.requests.labels(outcome).inc()
            if isinstance(method, Posted | PostedPhoto):
                self._metrics.deliveries.labels("sent" if outcome == "ok" else outcome).inc()


async def measure_lag(metrics: Metrics) -> None:
    """Until cancelled."""
    while True:
        before = time.perf_counter()
        await asyncio.sleep(LAG_SECONDS)
        metrics.loop_lag.observe(max(0.0, time.perf_counter() - before - LAG_SECONDS))
