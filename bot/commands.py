"""The commands, in the order of `/help`; a command's description is the message `command.NAME`."""

from typing import Final

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramAPIError, TelegramBadRequest
from aiogram.types import BotCommand, BotCommandScopeChat, BotCommandScopeDefault

from bot.i18n import LANGUAGES, Language, language
from digests.models import ChatId

log = structlog.get_logger()

COMMANDS: Final = (
    "latest",
    "topic",
    "search",
    "digest",
    "why",
    "taste",
    "saved",
    "recap",
    "topics",
    "subscribe",
    "unsubscribe",
    "mute",
    "schedule",
    "pause",
    "settings",
    "sources",
    "addsource",
    "removesource",
    "export",
    "language",
    "start",
    "stop",
    "privacy",
    "delete_me",
    "id",
    "help",
)
FIRST_OF_KIND: Final = frozenset({"latest", "topics", "sources", "language", "split"})  # in /help
ADMIN_COMMANDS: Final = ("split", "merge", "held", "admin", "broadcast")


async def register_commands(bot: Bot, admins: tuple[ChatId, ...], default_language: str) -> None:
    """Tell Telegram the commands in every language, the administrators' to them alone."""
    for code in (None, *LANGUAGES):
        spoken = language(code or default_language)
        await bot.set_my_commands(
            described(COMMANDS, spoken), BotCommandScopeDefault(), language_code=code
        )
        for admin in admins:
            try:
                await bot.set_my_commands(
                    described((*COMMANDS, *ADMIN_COMMANDS), spoken),
                    BotCommandScopeChat(chat_id=admin),
                    language_code=code,
                )
            except TelegramBadRequest as error:  # they never wrote to the bot: no such chat yet
                log.warning("commands_refused", admin=admin, cause=error.message)


async def register_descriptions(bot: Bot, default_language: str) -> None:
    """What Telegram shows before the first message and in the bot's profile.

    Telegram allows few changes a day and the bot works without them: a refusal is only logged.
    """
    for code in (None, *LANGUAGES):
        spoken = language(code or default_language)
        try:
            await bot.set_my_description(spoken.say("bot.description"), code)
            await bot.set_my_short_description(spoken.say("bot.short_description"), code)
        except TelegramAPIError as error:
            log.info("descriptions_refused", cause=error.message)
            return


def described(names: tuple[str, ...], spoken: Language) -> list[BotCommand]:
    return [BotCommand(command=name, description=spoken.say(f"command.{name}")) for name in names]
