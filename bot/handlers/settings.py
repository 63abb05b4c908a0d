"""The settings menu: everything of a chat on one page, changed in place."""

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, Message
from aiogram.utils.formatting import Text, TextLink

from bot.context import Context
from bot.deep_links import link_into
from bot.digest_keyboards import PickAlerts
from bot.errors import StaleButtonError
from bot.handlers.answering import headed, show, thread_of
from bot.handlers.schedule import when_told
from bot.i18n import LANGUAGES, Language, language
from bot.keyboards import (
    MINUTES,
    READS,
    TELLINGS,
    Go,
    PickLanguage,
    PickMain,
    PickMinutes,
    PickReads,
    PickTelling,
    languages_keyboard,
    length_keyboard,
    length_name,
    reads_keyboard,
    settings_keyboard,
    telling_name,
    telling_of,
)
from bot.rendering import named_topics
from bot.subscribing import timings_of
from digests.models import Subscriber
from storage import breaking, subscribers


def make_router() -> Router:
    router = Router(name="settings")
    changes = {"changes": True}
    router.message.register(tell_settings, Command("settings"))
    router.message.register(ask_language, Command("language"), flags=changes | {"open": True})
    press = router.callback_query
    press.register(back_to_settings, Go.filter(F.page == "settings"), flags=changes)
    press.register(show_length, Go.filter(F.page == "length"), flags=changes)
    press.register(show_languages, Go.filter(F.page == "language"), flags=changes)
    press.register(send_here, Go.filter(F.page == "here"), flags=changes)
    press.register(pick_main, PickMain.filter(), flags=changes)
    press.register(pick_alerts, PickAlerts.filter(~F.under), flags=changes)
    press.register(show_reads, Go.filter(F.page == "reads"), flags=changes)
    press.register(pick_reads, PickReads.filter(), flags=changes)
    press.register(pick_minutes, PickMinutes.filter(), flags=changes)
    press.register(pick_telling, PickTelling.filter(), flags=changes)
    press.register(pick_language, PickLanguage.filter(), flags=changes | {"open": True})
    return router


async def tell_settings(
    message: Message, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    await show_settings(message, context, subscriber, spoken)


async def back_to_settings(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    context.expect(subscriber.chat_id, None)
    await show_settings(press, context, subscriber, spoken)


async def show_settings(
    event: Message | CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    now = await subscribers.find_subscriber(context.db, subscriber.chat_id) or subscriber
    topics = await subscribers.topics_of(context.db, now.chat_id)
    timings = await timings_of(context, now.chat_id)
    text = spoken.say(
        "settings.shown",
        topics=named_topics(topic.words for topic in topics) or spoken.say("start.no_topics"),
        when=when_told(now, timings, spoken, context.now()),
        length=length_name(now.minutes, spoken),
        telling=telling_name(telling_of(now), spoken),
        reads=spoken.say(f"reads.{now.reads}"),
        main=spoken.say("settings.yes" if now.main else "settings.no"),
        alerts=spoken.say("settings.yes" if now.alerts else "settings.no"),
    )
    elsewhere = not now.is_channel and now.thread != thread_of(event)
    place = _place(event, now, spoken, elsewhere=elsewhere)
    label = spoken.say("alert.switch_off" if now.alerts else "alert.switch_on")
    keys = settings_keyboard(
        spoken,
        main=now.main,
        elsewhere=elsewhere,
        of_channel=now.is_channel,
        alerts=(label, PickAlerts(wanted=not now.alerts)),
    )
    await show(event, headed(now, spoken, text[:3_500], *place), keys)


def _place(
    event: Message | CallbackQuery, subscriber: Subscriber, spoken: Language, *, elsewhere: bool
) -> tuple[Text | str, ...]:
    """In a forum: the topic that digests go to, with a link where that is not this one."""
    message = event if isinstance(event, Message) else event.message
    if message is None or not message.chat.is_forum:
        return ()
    place = spoken.say("settings.place_here" if not elsewhere else "settings.place_elsewhere")
    if not elsewhere:
        return "\n", place
    url = link_into(subscriber.chat_id, subscriber.thread)
    return "\n", TextLink(place, url=url)


async def send_here(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> str:
    """What the clock sends comes into the topic where the button was pressed."""
    await subscribers.set_thread(context.db, subscriber.chat_id, thread_of(press))
    await show_settings(press, context, subscriber, spoken)
    return spoken.say("settings.here_done")


async def pick_main(
    press: CallbackQuery,
    callback_data: PickMain,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    wanted = callback_data.wanted
    await subscribers.set_main_section(context.db, subscriber.chat_id, wanted=wanted)
    await show_settings(press, context, subscriber, spoken)


async def pick_alerts(
    press: CallbackQuery,
    callback_data: PickAlerts,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> str:
    wanted = callback_data.wanted
    await breaking.set_alerts(context.db, subscriber.chat_id, wanted=wanted)
    await show_settings(press, context, subscriber, spoken)
    return spoken.say("alert.on_done" if wanted else "alert.off_done")


async def show_length(press: CallbackQuery, subscriber: Subscriber, spoken: Language) -> None:
    question = headed(subscriber, spoken, spoken.say("length.ask"))
    await show(press, question, length_keyboard(subscriber, spoken))


async def pick_minutes(
    press: CallbackQuery,
    callback_data: PickMinutes,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    if callback_data.minutes not in MINUTES:
        raise StaleButtonError
    await subscribers.set_minutes(context.db, subscriber.chat_id, callback_data.minutes)
    await show_settings(press, context, subscriber, spoken)


async def pick_telling(
    press: CallbackQuery,
    callback_data: PickTelling,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    chosen = callback_data.sentences
    if chosen not in TELLINGS:
        raise StaleButtonError
    await subscribers.set_telling(
        context.db, subscriber.chat_id, sentences=max(chosen, 0), quotes=not chosen
    )
    await show_settings(press, context, subscriber, spoken)


async def show_reads(press: CallbackQuery, subscriber: Subscriber, spoken: Language) -> None:
    question = headed(subscriber, spoken, spoken.say("reads.ask"))
    await show(press, question, reads_keyboard(subscriber.reads, spoken))


async def pick_reads(
    press: CallbackQuery,
    callback_data: PickReads,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    if callback_data.code not in READS:
        raise StaleButtonError
    await subscribers.set_reads(context.db, subscriber.chat_id, callback_data.code)
    await show_settings(press, context, subscriber, spoken)


async def ask_language(message: Message, subscriber: Subscriber, spoken: Language) -> None:
    question = headed(subscriber, spoken, spoken.say("language.ask"))
    await show(message, question, languages_keyboard(spoken))


async def show_languages(press: CallbackQuery, subscriber: Subscriber, spoken: Language) -> None:
    question = headed(subscriber, spoken, spoken.say("language.ask"))
    await show(press, question, languages_keyboard(spoken))


async def pick_language(
    press: CallbackQuery, callback_data: PickLanguage, context: Context, subscriber: Subscriber
) -> None:
    if callback_data.code not in LANGUAGES:
        raise StaleButtonError
    await subscribers.set_language(context.db, subscriber.chat_id, callback_data.code)
    spoken = language(callback_data.code)
    await show(press, headed(subscriber, spoken, spoken.say("language.done")))
