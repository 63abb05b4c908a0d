"""What stands before every request to Telegram: its rate, its bans, and answers nobody awaits."""

import asyncio
from contextvars import ContextVar
from typing import Final, cast

from aiogram import Bot
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.exceptions import TelegramRetryAfter
from aiogram.methods import AnswerCallbackQuery, EditMessageText, SendMessage, TelegramMethod
from aiogram.methods.base import Response, TelegramType

from bot.context import Clock
from bot.delivery import Posted
from bot.floods import Floods
from bot.rate_limits import RateLimits
from digests.models import ChatId

LONGEST_WAIT_SECONDS: Final = 20  # an answer that must wait longer is tried again later

# True while an old command is carried out whose answer a newer one of its kind will give.
muted: ContextVar[bool] = ContextVar("muted", default=False)


class Patience(BaseRequestMiddleware):
    """Answers wait for the rate and out a short ban; broadcasts see to that themselves."""

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
        if muted.get() and isinstance(method, SendMessage | EditMessageText | AnswerCallbackQuery):
            return cast("Response[TelegramType]", None)  # handlers do not look at what was sent
        chat = _chat_of(method)
        if chat is None:
            return await make_request(bot, method)
        return await self._answer(make_request, bot, method, chat)

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
            response = await make_request(bot, method)
        except TelegramRetryAfter as error:
            await self._floods.refused(chat, error.retry_after)
            await self._wait(method, error.retry_after)
            response = await make_request(bot, method)
        self._floods.accepted()
        return response

    async def _wait(self, method: TelegramMethod[TelegramType], seconds: float) -> None:
        if seconds > LONGEST_WAIT_SECONDS:
            raise TelegramRetryAfter(method, "still asked to wait", round(seconds))
        await asyncio.sleep(seconds)


def _chat_of(method: TelegramMethod[TelegramType]) -> ChatId | None:
    """The chat that an answer goes to. None: it is no answer."""
    if isinstance(method, Posted) or not isinstance(method, SendMessage | EditMessageText):
        return None
    return ChatId(method.chat_id) if isinstance(method.chat_id, int) else None
