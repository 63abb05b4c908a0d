"""The one way to Telegram: aiogram's session pointed at the Bot API the settings name."""

import asyncio
from typing import Final

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import TelegramNotFound, TelegramUnauthorizedError

from bot.errors import SettingsError, TelegramUnreachableError
from bot.settings import Settings

REQUEST_SECONDS: Final = 30


def make_bot(settings: Settings, token: str) -> Bot:
    """The caller closes it, as by `async with make_bot(…).context() as bot`."""
    server = TelegramAPIServer.from_base(settings.telegram_api_url)
    return Bot(token, session=AiohttpSession(api=server, timeout=REQUEST_SECONDS))


async def username_of(bot: Bot) -> str:
    """Raises SettingsError when Telegram does not know the token."""
    try:
        return (await bot.get_me()).username or ""
    except (TelegramUnauthorizedError, TelegramNotFound) as error:
        raise SettingsError(
            "SVODKA_BOT_TOKEN: Telegram does not know this token. Ask @BotFather for a new one."
        ) from error


async def check_token(settings: Settings) -> str:
    """The bot's username. Raises SettingsError, TelegramUnreachableError."""
    async with make_bot(settings, settings.token()).context() as bot:
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                return await username_of(bot)
        except (TimeoutError, OSError) as error:
            raise TelegramUnreachableError(url=settings.telegram_api_url) from error
