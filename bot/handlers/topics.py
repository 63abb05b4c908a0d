"""The topics of a chat: list, add, remove."""

from aiogram import F, Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from bot.context import Context
from bot.deep_links import link_to, pack_topics
from bot.errors import StaleButtonError
from bot.handlers.answering import ask, headed, show
from bot.i18n import Language
from bot.keyboards import (
    TOPICS_A_PAGE,
    DropMute,
    DropTopic,
    Go,
    back_keyboard,
    mutes_keyboard,
    share_keyboard,
    topics_keyboard,
)
from bot.subscribing import follow, mute, unfollow_words
from digests.models import Subscriber, TopicId
from storage import subscribers


def make_router() -> Router:
    router = Router(name="topics")
    changes = {"changes": True}
    router.message.register(list_topics, Command("topics"))
    router.message.register(subscribe, Command("subscribe"), flags=changes)
    router.message.register(unsubscribe, Command("unsubscribe"), flags=changes)
    router.callback_query.register(page_topics, Go.filter(F.page == "topics"))
    router.callback_query.register(share, Go.filter(F.page == "share"))
    router.callback_query.register(ask_topic, Go.filter(F.page == "addtopic"), flags=changes)
    router.callback_query.register(drop_topic, DropTopic.filter(), flags=changes)
    router.message.register(mute_words, Command("mute"), flags=changes)
    router.callback_query.register(drop_mute, DropMute.filter(), flags=changes)
    return router


async def list_topics(
    message: Message, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    await show_topics(message, context, subscriber, spoken, 0)


async def show_topics(
    event: Message | CallbackQuery,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    offset: int,
) -> None:
    topics = await subscribers.topics_of(context.db, subscriber.chat_id)
    last_page = (max(len(topics) - 1, 0) // TOPICS_A_PAGE) * TOPICS_A_PAGE
    keys = topics_keyboard(topics, max(0, min(offset, last_page)), spoken)
    listed = spoken.say("topics.list" if topics else "topics.empty")
    await show(event, headed(subscriber, spoken, listed), keys)


async def page_topics(
    press: CallbackQuery,
    callback_data: Go,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    await show_topics(press, context, subscriber, spoken, callback_data.offset)


async def share(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    """A link that takes others to the bot with these topics, as many as a link holds."""
    topics = await subscribers.topics_of(context.db, subscriber.chat_id)
    payload, packed = pack_topics([topic.words for topic in topics])
    if not packed:
        raise StaleButtonError
    link = link_to(context.username, payload)
    listed = ", ".join(packed)
    keys = share_keyboard(link, spoken.say("topics.share_text", topics=listed), spoken)
    shared = spoken.say("topics.shared", topics=listed, link=link)
    await show(press, headed(subscriber, spoken, shared), keys)


async def drop_topic(
    press: CallbackQuery,
    callback_data: DropTopic,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> str:
    topic = TopicId(callback_data.topic)
    words = await subscribers.remove_topic(context.db, subscriber.chat_id, topic)
    await show_topics(press, context, subscriber, spoken, callback_data.offset)
    if words is None:
        raise StaleButtonError
    return spoken.say("topics.removed", words=words)


async def ask_topic(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    context.expect(subscriber.chat_id, "topic")
    await ask(press, subscriber, spoken, spoken.say("topics.ask"), back_keyboard("topics", spoken))


async def subscribe(
    message: Message,
    command: CommandObject,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    if not command.args:
        context.expect(subscriber.chat_id, "topic")
        await ask(message, subscriber, spoken, spoken.say("topics.ask"))
        return
    words, added = await follow(context, subscriber.chat_id, command.args)
    key = "topics.added" if added else "topics.known"
    tail = "" if subscriber.subscribed else "\n" + spoken.say("topics.no_schedule")
    await show(message, headed(subscriber, spoken, spoken.say(key, words=words) + tail))


async def unsubscribe(
    message: Message,
    command: CommandObject,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    if not command.args:
        await show_topics(message, context, subscriber, spoken, 0)
        return
    words = await unfollow_words(context, subscriber.chat_id, command.args)
    if words is None:
        unknown = spoken.say("topics.unknown", words=command.args[:80])
        await show(message, headed(subscriber, spoken, unknown))
        return
    await show(message, headed(subscriber, spoken, spoken.say("topics.removed", words=words)))


async def mute_words(
    message: Message,
    command: CommandObject,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    """`/mute football`; without words, what is muted with a button to take each back."""
    if not command.args:
        await show_mutes(message, context, subscriber, spoken)
        return
    words, added = await mute(context, subscriber.chat_id, command.args)
    said = spoken.say("mute.added" if added else "mute.known", words=words)
    await show(message, headed(subscriber, spoken, said))


async def show_mutes(
    event: Message | CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    muted = await subscribers.mutes_of(context.db, subscriber.chat_id)
    listed = spoken.say("mute.list" if muted else "mute.usage")
    await show(event, headed(subscriber, spoken, listed), mutes_keyboard(muted))


async def drop_mute(
    press: CallbackQuery,
    callback_data: DropMute,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> str:
    number = TopicId(callback_data.mute)
    words = await subscribers.remove_mute(context.db, subscriber.chat_id, number)
    await show_mutes(press, context, subscriber, spoken)
    if words is None:
        raise StaleButtonError
    return spoken.say("mute.removed", words=words)
