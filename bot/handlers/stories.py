"""Asking for stories: the latest, a topic, plain words; with pages in place."""

from aiogram import Router
from aiogram.enums import MessageEntityType
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message
from aiogram.utils.formatting import Bold, Text

from bot.context import Context
from bot.errors import StaleButtonError
from bot.handlers.answering import show
from bot.i18n import Language
from bot.keyboards import FollowShown, MoreStories, stories_keyboard
from bot.rendering import Reader, message_of, render_stories
from bot.subscribing import follow, latest, search_stories
from digests.models import ChatId, Subscriber
from digests.topics import parse_query

STORIES_SHOWN = 5
MOST_SHOWN = 10


def make_router() -> Router:
    router = Router(name="stories")
    router.message.register(tell_latest, Command("latest"))
    router.message.register(tell_topic, Command("topic", "search"))
    router.callback_query.register(turn_page, MoreStories.filter())
    router.callback_query.register(follow_shown, FollowShown.filter(), flags={"changes": True})
    return router


async def tell_latest(
    message: Message, command: CommandObject, context: Context, spoken: Language, reader: Reader
) -> None:
    size = shown_count(command.args)
    await show_latest(message, context, ChatId(message.chat.id), spoken, reader, 0, size)


def shown_count(words: str | None) -> int:
    """`/latest 10`; anything that is no number means the usual."""
    wanted = (words or "").strip()
    if not (wanted.isascii() and wanted.isdigit()):
        return STORIES_SHOWN
    return max(1, min(int(wanted[:6]), MOST_SHOWN))


async def show_latest(
    event: Message | CallbackQuery,
    context: Context,
    chat: ChatId,
    spoken: Language,
    reader: Reader,
    offset: int,
    size: int,
) -> None:
    found = await latest(context, chat, size, offset)
    if not found.stories:
        await show(event, spoken.say("stories.none"))
        return
    keys = stories_keyboard("latest", offset, size, spoken, more=found.more, follow=False)
    heading = Text(Bold(spoken.say("stories.latest")), "\n")
    await show(event, render_stories(found.stories, heading, reader, context.now(), keys))


async def tell_topic(
    message: Message, command: CommandObject, context: Context, spoken: Language, reader: Reader
) -> None:
    if not command.args:
        await message.answer(spoken.say("topic.usage"))
        return
    await show_topic(message, context, ChatId(message.chat.id), spoken, reader, command.args)


async def show_topic(
    event: Message | CallbackQuery,
    context: Context,
    chat: ChatId,
    spoken: Language,
    reader: Reader,
    words: str,
    offset: int = 0,
    size: int = STORIES_SHOWN,
) -> None:
    query = parse_query(words)
    found = await search_stories(context, chat, query, size, offset)
    keys = stories_keyboard("topic", offset, size, spoken, more=found.more, follow=True)
    heading = Text("🔎 ", Bold(query.text), "\n")
    if not found.stories:
        await show(event, message_of(Text(heading, "\n", spoken.say("topic.none")), keys))
        return
    await show(event, render_stories(found.stories, heading, reader, context.now(), keys))


async def turn_page(
    press: CallbackQuery,
    callback_data: MoreStories,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> None:
    chat = subscriber.chat_id
    offset = max(0, min(callback_data.offset, 10_000))
    size = max(1, min(callback_data.size, MOST_SHOWN))
    if callback_data.kind == "latest":
        await show_latest(press, context, chat, spoken, reader, offset, size)
    else:
        words = shown_words(press)
        await show_topic(press, context, chat, spoken, reader, words, offset, size)


async def follow_shown(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> str:
    words, added = await follow(context, subscriber.chat_id, shown_words(press))
    return spoken.say("topics.added" if added else "topics.known", words=words)


def shown_words(press: CallbackQuery) -> str:
    """The query that our own message shows: its first bold words. Raises StaleButtonError."""
    message = press.message
    if isinstance(message, Message) and message.text:
        for entity in message.entities or ():
            if entity.type == MessageEntityType.BOLD:
                return entity.extract_from(message.text)
    raise StaleButtonError
