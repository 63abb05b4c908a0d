"""The one way to Telegram: aiogram's session pointed at the Bot API the settings name."""

import asyncio
from typing import Final

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramNetworkError,
    TelegramNotFound,
    TelegramServerError,
    TelegramUnauthorizedError,
)
from aiogram.types import User

from bot.errors import SettingsError, TelegramUnreachableError
from bot.settings import Settings

REQUEST_SECONDS: Final = 30


def make_bot(settings: Settings, token: str) -> Bot:
    """A bot; the caller closes it by leaving its context."""
    server = TelegramAPIServer.from_base(settings.telegram_api_url)
    return Bot(token, session=AiohttpSession(api=server, timeout=REQUEST_SECONDS))


async def told_of_itself(bot: Bot) -> User:
    """Raises SettingsError when Telegram does not know the token, TelegramUnreachableError when
    nothing that speaks the Bot API answers."""
    try:
        async with asyncio.timeout(REQUEST_SECONDS):
            return await bot.get_me()
    except (TelegramUnauthorizedError, TelegramNotFound) as error:
        raise SettingsError(
            "SVODKA_BOT_TOKEN: Telegram does not know this token. Ask @BotFather for a new one."
        ) from error
    except (
        TelegramNetworkError,
        TelegramServerError,
        ClientDecodeError,
        UnicodeDecodeError,
        TimeoutError,
    ) as error:
        raise TelegramUnreachableError(cause=type(error).__name__) from error


async def username_of(bot: Bot) -> str:
    """Raises what `told_of_itself` raises."""
    return (await told_of_itself(bot)).username or ""


async def check_token(settings: Settings) -> User:
    """The bot itself. Raises SettingsError, TelegramUnreachableError."""
    async with make_bot(settings, settings.token()).context() as bot:
        return await told_of_itself(bot)
