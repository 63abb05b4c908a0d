"""The first minute: welcome, topics, hour, zone, the first digest; and leaving, help, ids."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from aiogram import F, Router
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import CallbackQuery, Message, Update

from bot.commands import ADMIN_COMMANDS, COMMANDS, FIRST_OF_KIND
from bot.context import Context
from bot.deep_links import unpack_topics
from bot.errors import StaleButtonError
from bot.handlers.answering import ask, chat_of, headed, say, show, thread_of
from bot.handlers.schedule import described_timings, say_why_empty, when_told
from bot.i18n import LANGUAGES, Language, language
from bot.keyboards import (
    Go,
    PickHour,
    PickTopic,
    PickZone,
    StartLanguage,
    hours_keyboard,
    suggestions_keyboard,
    zones_keyboard,
)
from bot.rendering import Reader, named_topics, render_article
from bot.subscribing import (
    digest_now,
    follow,
    follow_all,
    hour_of,
    move_to_zone,
    schedule,
    suggested_topics,
    timing_of,
    timings_of,
)
from digests.models import ArticleId, ChatId, Subscriber
from digests.schedules import Timing
from digests.text.words import fold
from storage import articles, saved, schedules, subscribers

ARTICLE_PREFIX = "a_"


def make_router() -> Router:
    router = Router(name="starting")
    changes = {"changes": True}
    router.message.register(
        show_article, CommandStart(deep_link=True, magic=F.args.regexp(r"^a_\d+$"))
    )
    router.message.register(start, CommandStart(), flags=changes)
    router.message.register(stop, Command("stop"), flags=changes | {"open": True})
    router.message.register(tell_help, Command("help"), flags={"open": True})
    router.message.register(tell_id, Command("id"), flags={"open": True})
    router.callback_query.register(toggle_topic, PickTopic.filter(), flags=changes)
    router.callback_query.register(begin_here, Go.filter(F.page == "begin"), flags=changes)
    router.callback_query.register(change_language, StartLanguage.filter(), flags=changes)
    router.callback_query.register(ask_hour, Go.filter(F.page == "hour"), flags=changes)
    router.callback_query.register(pick_hour, PickHour.filter(F.flow == "start"), flags=changes)
    router.callback_query.register(pick_zone, PickZone.filter(F.flow == "start"), flags=changes)
    return router


async def show_article(
    message: Message, command: CommandObject, context: Context, reader: Reader
) -> None:
    """`/start a_17`: the text of an article that has no public address, or was saved."""
    number = ArticleId(int((command.args or "").removeprefix(ARTICLE_PREFIX)[:18]))
    chat, now = ChatId(message.chat.id), context.now()
    found = await articles.read_article(context.db, chat, number)
    if found is not None:
        article, text = found
        shown = render_article(article.title, article.outlet, article.published, text, reader, now)
    elif (kept := await saved.saved_text(context.db, chat, number)) is not None:
        one, text = kept
        shown = render_article(one.title, one.outlet, one.published, text, reader, now)
    else:
        raise StaleButtonError
    await say(message, shown)


async def start(
    message: Message,
    command: CommandObject,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    """With a link that carries topics, a newcomer has them chosen; others find them offered."""
    carried = unpack_topics(command.args or "")
    known = await subscribers.topics_of(context.db, subscriber.chat_id)
    # Handled again after a crash, some of the link's are there already.
    if {fold(topic.words) for topic in known} <= {fold(words) for words in carried}:
        await follow_all(context, subscriber.chat_id, carried)
    await begin(message, context, subscriber, spoken, carried)


async def begin_here(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    """In a group, from the bot's greeting."""
    await begin(press, context, subscriber, spoken)


async def begin(
    event: Message | CallbackQuery,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    carried: Sequence[str] = (),
) -> None:
    """A newcomer is asked what to tell; whoever returns finds what they had."""
    context.expect(subscriber.chat_id, "topic")
    words = [one.words for one in await subscribers.topics_of(context.db, subscriber.chat_id)]
    times = await schedules.schedules_of(context.db, subscriber.chat_id)
    key = "start.welcome_back" if times else _key_of(words, subscriber)
    have = {fold(word) for word in words}
    offered = [word for word in carried if fold(word) not in have]
    offered += await suggested_topics(context, subscriber)
    text = spoken.say(
        key,
        topics=named_topics(words) or spoken.say("start.no_topics"),
        when=when_told(subscriber, [one.timing for one in times], spoken),
    )
    again = bool(times) and not subscriber.subscribed
    keys = suggestions_keyboard(_offered(offered, words), words, spoken, again=again)
    await ask(event, subscriber, spoken, text, keys)


async def change_language(
    press: CallbackQuery,
    callback_data: StartLanguage,
    context: Context,
    subscriber: Subscriber,
) -> None:
    """The first page in another language, and so the news, unless others were chosen."""
    code = callback_data.code
    if code not in LANGUAGES:
        raise StaleButtonError
    if subscriber.reads == subscribers.reads_in(subscriber.language):
        await subscribers.set_reads(context.db, subscriber.chat_id, subscribers.reads_in(code))
    await subscribers.set_language(context.db, subscriber.chat_id, code)
    known = await subscribers.find_subscriber(context.db, subscriber.chat_id) or subscriber
    await begin(press, context, known, language(code))


def _key_of(chosen: Sequence[str], subscriber: Subscriber) -> str:
    """A group was greeted when the bot came in, a channel is nobody to greet."""
    if chosen:
        return "start.chosen"
    return "start.welcome" if subscriber.is_private else "start.topics"


def _offered(suggested: list[str], chosen: list[str]) -> list[str]:
    """The suggestions and what was typed besides, so that a press can take it back."""
    return [*suggested, *(word for word in chosen if word not in suggested)][:16]


def _shown(press: CallbackQuery) -> list[str]:
    """The topics on the buttons that were pressed: they keep their places."""
    message = press.message
    if not isinstance(message, Message) or message.reply_markup is None:
        return []
    buttons = [one for row in message.reply_markup.inline_keyboard for one in row]
    data = [one.callback_data or "" for one in buttons]
    mark = f"{PickTopic.__prefix__}:"
    return [PickTopic.unpack(one).words for one in data if one.startswith(mark)]


async def toggle_topic(
    press: CallbackQuery,
    callback_data: PickTopic,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    chat = subscriber.chat_id
    topics = {fold(topic.words): topic for topic in await subscribers.topics_of(context.db, chat)}
    known = topics.get(fold(callback_data.words))
    if callback_data.wanted:
        await follow(context, chat, callback_data.words)
    elif known:
        await subscribers.remove_topic(context.db, chat, known.id)
    chosen = [topic.words for topic in await subscribers.topics_of(context.db, chat)]
    offered = _offered(_shown(press) or await suggested_topics(context, subscriber), chosen)
    key = _key_of(chosen, subscriber)
    keys = suggestions_keyboard(offered, chosen, spoken)
    text = spoken.say(key, topics=named_topics(chosen))
    await show(press, headed(subscriber, spoken, text), keys)


async def ask_hour(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    context.expect(subscriber.chat_id, "start_time")
    await ask(press, subscriber, spoken, spoken.say("start.hour"), hours_keyboard("start", spoken))


async def pick_hour(
    press: CallbackQuery,
    callback_data: PickHour,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    """The zone decides when the hour is; until it is known the default one counts."""
    days = (await timing_of(context, subscriber.chat_id)).days
    await schedule(context, subscriber, [Timing(hour_of(callback_data.at), days)])
    await ask_zone(press, context, subscriber, spoken)


async def ask_zone(
    event: Message | CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    context.expect(subscriber.chat_id, "start_zone")
    at = (await timing_of(context, subscriber.chat_id)).at
    key = "start.zone" if subscriber.is_private else "start.place"
    question = spoken.say(key, at=f"{at:%H:%M}")
    await ask(event, subscriber, spoken, question, zones_keyboard("start", spoken))


async def pick_zone(
    press: CallbackQuery,
    callback_data: PickZone,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    event_update: Update,
) -> None:
    zone = await move_to_zone(context, subscriber, callback_data.zone)
    await finish(press, context, subscriber, spoken, zone, event_update.update_id)


async def finish(
    event: Message | CallbackQuery,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    zone: ZoneInfo,
    update_id: int,
) -> None:
    """All is set: say so, and send the first digest at once."""
    chat = subscriber.chat_id
    context.expect(chat, None)
    if not subscriber.is_private and not subscriber.is_channel:
        await subscribers.set_thread(context.db, chat, thread_of(event))
    times = described_timings(await timings_of(context, chat), spoken)
    topics = named_topics(one.words for one in await subscribers.topics_of(context.db, chat))
    done = spoken.say(
        "channel.done" if subscriber.is_channel else "start.done",
        when=f"{times} ({spoken.city(zone.key)})",
        topics=topics or spoken.say("start.no_topics"),
    )
    if subscriber.is_private:
        done += "\n\n" + spoken.say("start.ask")
    await show(event, headed(subscriber, spoken, done))
    if subscriber.is_channel:
        context.act_for(chat_of(event), None)
    digest = await digest_now(context, subscriber, update_id)
    if digest is not None and digest.is_empty:
        await say_why_empty(event, digest, spoken)


async def stop(
    message: Message, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    await saved.set_reminder(context.db, subscriber.chat_id, None)
    await schedules.unsubscribe(context.db, subscriber.chat_id)
    context.expect(subscriber.chat_id, None)
    await show(message, headed(subscriber, spoken, spoken.say("stop.done")))


async def tell_help(message: Message, context: Context, spoken: Language) -> None:
    admin = context.is_admin(message.from_user.id if message.from_user else None)
    names = (*COMMANDS, *ADMIN_COMMANDS) if admin else COMMANDS
    lines = [
        "\n" * (name in FIRST_OF_KIND) + f"/{name} — {spoken.say(f'command.{name}')}"
        for name in names
    ]
    commands = "\n".join(lines).strip()
    await message.answer(spoken.say("help.text", commands=commands, bot=context.username))


async def tell_id(message: Message, spoken: Language) -> None:
    user = message.from_user.id if message.from_user else "—"
    await message.answer(spoken.say("id.text", user=user, chat=message.chat.id))
