"""Topics of their own for some times of day: one digest about space at eight, all else at noon."""

from aiogram import F, Router
from aiogram.types import CallbackQuery

from bot.context import Context
from bot.errors import StaleButtonError
from bot.handlers.answering import headed, show
from bot.hour_keyboards import (
    PickHourTopic,
    ShowHour,
    hour_choice_keyboard,
    hour_topics_keyboard,
)
from bot.i18n import Language
from bot.keyboards import Go, timing_label
from digests.models import ScheduleId, Subscriber, TopicId
from storage import schedules, subscribers


def make_router() -> Router:
    router = Router(name="hours")
    changes = {"changes": True}
    press = router.callback_query
    press.register(choose_hour, Go.filter(F.page == "hours"), flags=changes)
    press.register(show_hour, ShowHour.filter(), flags=changes)
    press.register(pick_topic, PickHourTopic.filter(), flags=changes)
    return router


async def choose_hour(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    """Of several times one is chosen first."""
    known = await schedules.schedules_of(context.db, subscriber.chat_id)
    if not known:
        raise StaleButtonError
    if len(known) == 1:
        await _show_topics(press, known[0].id, context, subscriber, spoken)
        return
    question = headed(subscriber, spoken, spoken.say("hours.choose"))
    await show(press, question, hour_choice_keyboard(known, spoken))


async def show_hour(
    press: CallbackQuery,
    callback_data: ShowHour,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    await _show_topics(press, callback_data.schedule, context, subscriber, spoken)


async def pick_topic(
    press: CallbackQuery,
    callback_data: PickHourTopic,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    chat, schedule = subscriber.chat_id, ScheduleId(callback_data.schedule)
    if callback_data.topic:
        topic = TopicId(callback_data.topic)
        await schedules.set_topic(context.db, chat, schedule, topic, wanted=callback_data.wanted)
    else:
        await schedules.clear_topics(context.db, chat, schedule)
    await _show_topics(press, schedule, context, subscriber, spoken)


async def _show_topics(
    press: CallbackQuery,
    number: int,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    known = await schedules.schedules_of(context.db, subscriber.chat_id)
    schedule = next((one for one in known if one.id == number), None)
    if schedule is None:
        raise StaleButtonError
    topics = await subscribers.topics_of(context.db, subscriber.chat_id)
    asked = spoken.say("hours.ask", at=timing_label(schedule.timing, spoken))
    question = headed(subscriber, spoken, asked)
    await show(press, question, hour_topics_keyboard(schedule, topics, spoken))
