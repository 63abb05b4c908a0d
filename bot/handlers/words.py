"""Plain words in a private chat: the answer to what a menu asked for, else a search."""

from aiogram import Bot, F, Router
from aiogram.types import CallbackQuery, Message, Update

from bot.context import Context
from bot.handlers.answering import headed, show
from bot.handlers.schedule import show_schedule
from bot.handlers.starting import ask_zone, finish
from bot.handlers.stories import search
from bot.i18n import Language
from bot.keyboards import suggestions_keyboard
from bot.rendering import Reader, named_topics
from bot.subscribing import (
    add_times,
    follow,
    keep_quiet,
    move_to_zone,
    schedule_by_words,
    suggested_topics,
)
from digests.models import Subscriber
from storage import subscribers


def make_router() -> Router:
    router = Router(name="words")
    router.message.register(unknown_command, F.text.startswith("/"), F.chat.type == "private")
    router.message.register(take_words, F.text, F.chat.type == "private")
    router.message.register(
        take_answer, F.text, F.reply_to_message.from_user.is_bot, flags={"changes": True}
    )
    router.message.register(take_anything, F.chat.type == "private")
    router.callback_query.register(stale_button, flags={"open": True})
    return router


async def unknown_command(message: Message, spoken: Language) -> None:
    await message.answer(spoken.say("error.unknown_command"))


async def take_words(
    message: Message,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
    event_update: Update,
) -> None:
    words = message.text or ""
    match subscriber.expects:
        case "topic":
            await _take_topic(message, context, subscriber, spoken, words)
        case "time":
            await schedule_by_words(context, subscriber, words)
            context.expect(subscriber.chat_id, None)
            await show_schedule(message, context, subscriber, spoken)
        case "more_time":
            await add_times(context, subscriber, words)
            context.expect(subscriber.chat_id, None)
            await show_schedule(message, context, subscriber, spoken)
        case "quiet":
            await keep_quiet(context, subscriber, words)
            context.expect(subscriber.chat_id, None)
            await show_schedule(message, context, subscriber, spoken)
        case "zone":
            await move_to_zone(context, subscriber, words)
            context.expect(subscriber.chat_id, None)
            await show_schedule(message, context, subscriber, spoken)
        case "start_time":
            await schedule_by_words(context, subscriber, words)
            await ask_zone(message, context, subscriber, spoken)
        case "start_zone":
            zone = await move_to_zone(context, subscriber, words)
            await finish(message, context, subscriber, spoken, zone, event_update.update_id)
        case _:
            await search(message, context, subscriber, reader, words)


async def take_answer(
    message: Message,
    bot: Bot,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
    event_update: Update,
) -> None:
    """In a group: a reply to the question that the bot asked there."""
    asked = message.reply_to_message
    if subscriber.expects and asked and asked.from_user and asked.from_user.id == bot.id:
        await take_words(message, context, subscriber, spoken, reader, event_update)


async def _take_topic(
    message: Message, context: Context, subscriber: Subscriber, spoken: Language, words: str
) -> None:
    """One topic a line or comma; the menu goes on so that more can follow."""
    chat = subscriber.chat_id
    # Commas part topics, unless they list one topic's synonyms.
    lines = words.splitlines() if "=" in words else words.replace("\n", ",").split(",")
    for part in lines[:20]:
        if part.strip():
            await follow(context, chat, part)
    chosen = [topic.words for topic in await subscribers.topics_of(context.db, chat)]
    if subscriber.subscribed:
        context.expect(chat, None)
        now = spoken.say("topics.now", topics=named_topics(chosen))
        await show(message, headed(subscriber, spoken, now))
        return
    offered = await suggested_topics(context, subscriber)
    keys = suggestions_keyboard(
        [*offered, *(word for word in chosen if word not in offered)][:16], chosen, spoken
    )
    text = spoken.say("start.chosen", topics=named_topics(chosen))
    await show(message, headed(subscriber, spoken, text), keys)


async def take_anything(message: Message, spoken: Language) -> None:
    await message.answer(spoken.say("error.only_text"))


async def stale_button(_press: CallbackQuery, spoken: Language) -> str:
    return spoken.say("error.stale_button")
