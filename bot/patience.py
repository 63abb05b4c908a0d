"""What stands before every request to Telegram that answers somebody: its rate, its bans, its
accidents, and answers nobody awaits. Broadcasts and polling see to all that themselves.
"""

import asyncio
from contextvars import ContextVar
from typing import Final, cast

from aiogram import Bot
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.exceptions import TelegramRetryAfter
from aiogram.methods import (
    EditMessageText,
    SendDocument,
    SendMessage,
    SendPhoto,
    TelegramMethod,
)
from aiogram.methods.base import Response, TelegramType

from bot.context import Clock
from bot.delivery import Posted, PostedPhoto
from bot.floods import Floods
from bot.rate_limits import RateLimits
from bot.transient import is_passing
from digests.models import ChatId

LONGEST_WAIT_SECONDS: Final = 20  # an answer that must wait longer is tried again later
RETRY_SECONDS: Final = (0.5, 1.0, 2.0)  # between tries; an answer may then arrive twice, not never
ANSWERS: Final = SendMessage | SendPhoto | SendDocument | EditMessageText
PERSISTENT: Final = frozenset(("answerCallbackQuery", "getChatMember"))

# True while an old command is carried out whose answer a newer one of its kind will give.
muted: ContextVar[bool] = ContextVar("muted", default=False)


class Patience(BaseRequestMiddleware):
    def __init__(self, limits: RateLimits, floods: Floods, now: Clock) -> None:
        self._limits = limits
        self._floods = floods
        self._now = now

    async def __call__(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
    ) -> Response[TelegramType]:
        chat = _answered(method)
        if chat is not None and muted.get():
            return cast("Response[TelegramType]", None)  # handlers do not look at what was sent
        if chat is not None:
            return await self._answer(make_request, bot, method, chat)
        if method.__api_method__ in PERSISTENT:
            return await _persist(make_request, bot, method)
        return await make_request(bot, method)

    async def _answer(
        self,
        make_request: NextRequestMiddlewareType[TelegramType],
        bot: Bot,
        method: TelegramMethod[TelegramType],
        chat: ChatId,
    ) -> Response[TelegramType]:
        """Never a request inside a ban. Raises TelegramRetryAfter when that would take long."""
        until = self._floods.until(chat)
        if until:
            await self._wait(method, (until - self._now()).total_seconds())
        await asyncio.sleep(self._limits.reserve_answer(chat))
        try:
            response = await _persist(make_request, bot, method)
        except TelegramRetryAfter as error:
            await self._floods.refused(chat, error.retry_after)
            await self._wait(method, error.retry_after)
            response = await _persist(make_request, bot, method)
        self._floods.accepted()
        return response

    async def _wait(self, method: TelegramMethod[TelegramType], seconds: float) -> None:
        if seconds > LONGEST_WAIT_SECONDS:
            raise TelegramRetryAfter(method, "still asked to wait", round(seconds))
        await asyncio.sleep(seconds)


def _answered(method: TelegramMethod[TelegramType]) -> ChatId | None:
    """The chat that an answer goes to. None: it is no answer."""
    if isinstance(method, Posted | PostedPhoto) or not isinstance(method, ANSWERS):
        return None
    return ChatId(method.chat_id) if isinstance(method.chat_id, int) else None


async def _persist(
    make_request: NextRequestMiddlewareType[TelegramType],
    bot: Bot,
    method: TelegramMethod[TelegramType],
) -> Response[TelegramType]:
    """Try again what passes, but for a 429."""
    for seconds in RETRY_SECONDS:
        try:
            return await make_request(bot, method)
        except Exception as error:
            if not is_passing(error) or isinstance(error, TelegramRetryAfter):
                raise
        await asyncio.sleep(seconds)
    return await make_request(bot, method)
