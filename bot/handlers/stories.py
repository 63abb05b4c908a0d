"""Asking for stories: the latest, a topic, plain words; with pages, periods and order in place."""

from aiogram import Router
from aiogram.enums import MessageEntityType
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from bot.asking import MOST_SHOWN, STORIES_SHOWN, Asked, listed
from bot.context import Context
from bot.errors import StaleButtonError
from bot.handlers.answering import show
from bot.i18n import Language
from bot.keyboards import FollowShown
from bot.listings import Meant, Turn, asked_by, period_by, render_listed
from bot.rendering import Reader
from bot.subscribing import follow
from digests.models import Subscriber
from digests.periods import split_period


def make_router() -> Router:
    router = Router(name="stories")
    router.message.register(tell_latest, Command("latest"))
    router.message.register(tell_topic, Command("topic", "search"))
    router.callback_query.register(turn_page, Turn.filter())
    router.callback_query.register(search_meant, Meant.filter())
    router.callback_query.register(follow_shown, FollowShown.filter(), flags={"changes": True})
    return router


async def tell_latest(
    message: Message,
    command: CommandObject,
    context: Context,
    subscriber: Subscriber,
    reader: Reader,
) -> None:
    """`/latest 10`, `/latest вчера`; other words mean the usual."""
    words, period = split_period(command.args or "")
    asked = Asked("", period, size=shown_count(words))
    await show_listed(message, context, subscriber, reader, asked)


def shown_count(words: str) -> int:
    """Anything that is no number means the usual."""
    if not (words.isascii() and words.isdigit()):
        return STORIES_SHOWN
    return max(1, min(int(words[:6]), MOST_SHOWN))


async def tell_topic(
    message: Message,
    command: CommandObject,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> None:
    """`/topic`: the newest first; `/search`: what answers best first."""
    relevant = command.command == "search"
    if not command.args:
        await message.answer(spoken.say("search.usage" if relevant else "topic.usage"))
        return
    await search(message, context, subscriber, reader, command.args, relevant=relevant)


async def search(
    message: Message,
    context: Context,
    subscriber: Subscriber,
    reader: Reader,
    text: str,
    *,
    relevant: bool = False,
) -> None:
    """Words and a period; a period alone means the latest of it."""
    words, period = split_period(text)
    await show_listed(message, context, subscriber, reader, Asked(words, period, relevant))


async def show_listed(
    event: Message | CallbackQuery,
    context: Context,
    subscriber: Subscriber,
    reader: Reader,
    asked: Asked,
) -> None:
    found = await listed(context, subscriber, asked)
    await show(event, render_listed(found, reader, context.now()))


async def turn_page(
    press: CallbackQuery,
    callback_data: Turn,
    context: Context,
    subscriber: Subscriber,
    reader: Reader,
) -> None:
    words = shown_words(press) if callback_data.found else ""
    await show_listed(press, context, subscriber, reader, asked_by(callback_data, words))


async def search_meant(
    press: CallbackQuery,
    callback_data: Meant,
    context: Context,
    subscriber: Subscriber,
    reader: Reader,
) -> None:
    period = period_by(callback_data.period)
    asked = Asked(shown_words(press, 1), period, callback_data.relevant)
    await show_listed(press, context, subscriber, reader, asked)


async def follow_shown(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> str:
    words, added = await follow(context, subscriber.chat_id, shown_words(press))
    return spoken.say("topics.added" if added else "topics.known", words=words)


def shown_words(press: CallbackQuery, place: int = 0) -> str:
    """The query that our own message shows: its first bold words. Raises StaleButtonError."""
    message = press.message
    if isinstance(message, Message) and message.text:
        bold = [one for one in message.entities or () if one.type == MessageEntityType.BOLD]
        if place < len(bold):
            return bold[place].extract_from(message.text)
    raise StaleButtonError
