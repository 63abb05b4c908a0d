"""When digests come: time, days, zone, a pause; and a digest right now."""

from zoneinfo import ZoneInfo

from aiogram import F, Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message, Update

from bot.context import Context
from bot.errors import StaleButtonError
from bot.handlers.answering import ask, say, show
from bot.i18n import Language
from bot.keyboards import (
    Go,
    PickDay,
    PickHour,
    PickZone,
    days_keyboard,
    hours_keyboard,
    schedule_keyboard,
    zones_keyboard,
)
from bot.subscribing import (
    digest_now,
    hour_of,
    move_to_zone,
    parse_duration,
    schedule,
    schedule_by_words,
    timing_of,
)
from digests.models import Digest, Subscriber
from digests.schedules import EVERY_DAY, WEEKDAYS, WEEKEND, Timing, day_numbers
from storage import subscribers


def make_router() -> Router:
    router = Router(name="schedule")
    changes = {"changes": True}
    router.message.register(tell_schedule, Command("schedule"), flags=changes)
    router.message.register(pause, Command("pause"), flags=changes)
    router.message.register(tell_digest, Command("digest"), flags=changes)
    press = router.callback_query
    press.register(show_schedule_page, Go.filter(F.page == "schedule"), flags=changes)
    press.register(show_hours, Go.filter(F.page == "time"), flags=changes)
    press.register(show_days, Go.filter(F.page == "days"), flags=changes)
    press.register(show_zones, Go.filter(F.page == "zone"), flags=changes)
    press.register(switch_off, Go.filter(F.page == "off"), flags=changes)
    press.register(switch_on, Go.filter(F.page == "on"), flags=changes)
    press.register(pick_hour, PickHour.filter(F.flow == "menu"), flags=changes)
    press.register(pick_days, PickDay.filter(), flags=changes)
    press.register(pick_zone, PickZone.filter(F.flow == "menu"), flags=changes)
    return router


async def tell_schedule(
    message: Message,
    command: CommandObject,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    """`/schedule` shows it, `/schedule 8:30 weekdays` sets it."""
    if command.args:
        await schedule_by_words(context, subscriber, command.args)
    await show_schedule(message, context, subscriber, spoken)


async def show_schedule(
    event: Message | CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    now = await subscribers.find_subscriber(context.db, subscriber.chat_id) or subscriber
    zone = ZoneInfo(now.zone)
    timing = await timing_of(context, now.chat_id)
    known = await subscribers.schedule_of(context.db, now.chat_id)
    due = known.next_due if known else None
    text = spoken.say(
        "schedule.shown" if due else "schedule.none",
        days=described_days(timing.days, spoken),
        at=f"{timing.at:%H:%M}",
        zone=spoken.city(zone.key),
        next=spoken.short_moment(due, zone) if due else "",
    )
    if now.paused_until and now.paused_until > context.now():
        text += "\n" + spoken.say(
            "schedule.paused", until=spoken.short_moment(now.paused_until, zone)
        )
    await show(event, text, schedule_keyboard(spoken, subscribed=due is not None))


def described_days(days: int, spoken: Language) -> str:
    sets = {
        EVERY_DAY: "schedule.every_day",
        WEEKDAYS: "schedule.weekdays",
        WEEKEND: "schedule.weekend",
    }
    if days in sets:
        return spoken.say(sets[days])
    return ", ".join(spoken.day_name(number) for number in day_numbers(days))


async def show_schedule_page(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    context.expect(subscriber.chat_id, None)
    await show_schedule(press, context, subscriber, spoken)


async def show_hours(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    context.expect(subscriber.chat_id, "time")
    question, keys = spoken.say("schedule.ask_time"), hours_keyboard("menu", spoken)
    await ask(press, subscriber, spoken, question, keys)


async def show_days(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    timing = await timing_of(context, subscriber.chat_id)
    await show(press, spoken.say("schedule.ask_days"), days_keyboard(timing, spoken))


async def show_zones(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    context.expect(subscriber.chat_id, "zone")
    question, keys = spoken.say("schedule.ask_zone"), zones_keyboard("menu", spoken)
    await ask(press, subscriber, spoken, question, keys)


async def pick_hour(
    press: CallbackQuery,
    callback_data: PickHour,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    days = (await timing_of(context, subscriber.chat_id)).days
    timing = Timing(hour_of(callback_data.at), days)
    await schedule(context, subscriber, timing, ZoneInfo(subscriber.zone))
    await show_schedule_page(press, context, subscriber, spoken)


async def pick_days(
    press: CallbackQuery,
    callback_data: PickDay,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> str | None:
    if callback_data.days == 0:
        return spoken.say("schedule.one_day")
    if not 0 < callback_data.days <= EVERY_DAY:
        raise StaleButtonError
    at = (await timing_of(context, subscriber.chat_id)).at
    timing = Timing(at, callback_data.days)
    await schedule(context, subscriber, timing, ZoneInfo(subscriber.zone))
    await show(press, spoken.say("schedule.ask_days"), days_keyboard(timing, spoken))
    return None


async def pick_zone(
    press: CallbackQuery,
    callback_data: PickZone,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    await move_to_zone(context, subscriber, callback_data.zone)
    await show_schedule_page(press, context, subscriber, spoken)


async def switch_off(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    await subscribers.unsubscribe(context.db, subscriber.chat_id)
    await show_schedule(press, context, subscriber, spoken)


async def switch_on(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    timing = await timing_of(context, subscriber.chat_id)
    await schedule(context, subscriber, timing, ZoneInfo(subscriber.zone))
    await show_schedule(press, context, subscriber, spoken)


async def pause(
    message: Message,
    command: CommandObject,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    """`/pause 7d`, `/pause off`."""
    words = (command.args or "").strip().lower()
    if words in {"off", "0", "стоп", "снять", "выкл"}:
        await subscribers.set_paused(context.db, subscriber.chat_id, None)
        await message.answer(spoken.say("pause.off"))
        return
    if not words:
        await message.answer(spoken.say("pause.usage"))
        return
    until = context.now() + parse_duration(words)
    await subscribers.set_paused(context.db, subscriber.chat_id, until)
    zone = ZoneInfo(subscriber.zone)
    await message.answer(spoken.say("pause.until", until=spoken.short_moment(until, zone)))


async def tell_digest(
    message: Message,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    event_update: Update,
) -> None:
    digest = await digest_now(context, subscriber, event_update.update_id)
    if digest is not None and digest.is_empty:
        await say_why_empty(message, digest, spoken)


async def say_why_empty(event: Message | CallbackQuery, digest: Digest, spoken: Language) -> None:
    """Nothing new is one thing, sources that do not answer another."""
    looked = digest.looked
    failing = looked.failing == looked.sources and not looked.articles
    key = "empty.failing" if failing else "empty.nothing_new"
    if not looked.sources:
        key = "empty.no_sources"
    await say(
        event,
        spoken.say(
            key,
            articles=spoken.say("count.articles", looked.articles),
            sources=spoken.say("count.sources", looked.sources),
            failing=spoken.say("count.sources", looked.failing),
        ),
    )
