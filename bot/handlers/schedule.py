"""When digests come: times, days, zone, quiet hours, a pause; and a digest right now."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from aiogram import F, Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message, Update

from bot.context import Context
from bot.errors import StaleButtonError
from bot.handlers.answering import ask, headed, say, show
from bot.i18n import Language
from bot.keyboards import (
    EVERY_HOURS,
    DropSchedule,
    Go,
    PickDay,
    PickEvery,
    PickHour,
    PickQuiet,
    PickZone,
    days_keyboard,
    hours_keyboard,
    quiet_keyboard,
    schedule_keyboard,
    timing_label,
    zones_keyboard,
)
from bot.subscribing import (
    add_timings,
    coming_digests,
    digest_now,
    drop_schedule,
    hour_of,
    keep_quiet,
    move_to_zone,
    parse_duration,
    schedule,
    schedule_by_words,
    timing_of,
    timings_of,
)
from digests.models import Digest, Subscriber
from digests.schedules import EVERY_DAY, WEEKDAYS, WEEKEND, Timing, day_numbers, every_hours
from storage import schedules, subscribers

QUIET_WORDS: Final = re.compile(
    r"(?:quiet(?:\s+hours)?|тихие(?:\s+часы)?|тихо|не\s+беспокоить)\s+(?P<hours>.+)", re.IGNORECASE
)

OWN_LETTERS: Final = 200  # of a time's own topics


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
    press.register(show_more_hours, Go.filter(F.page == "moretime"), flags=changes)
    press.register(show_quiet, Go.filter(F.page == "quiet"), flags=changes)
    press.register(switch_off, Go.filter(F.page == "off"), flags=changes)
    press.register(switch_on, Go.filter(F.page == "on"), flags=changes)
    press.register(pick_hour, PickHour.filter(F.flow == "menu"), flags=changes)
    press.register(pick_another_hour, PickHour.filter(F.flow == "more"), flags=changes)
    press.register(pick_every, PickEvery.filter(), flags=changes)
    press.register(pick_quiet, PickQuiet.filter(), flags=changes)
    press.register(drop_time, DropSchedule.filter(), flags=changes)
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
    """`/schedule` shows it, `/schedule 8:30 weekdays` sets it, `/schedule quiet 23-7` spares it."""
    words = (command.args or "").strip()
    if quiet := QUIET_WORDS.fullmatch(words):
        await keep_quiet(context, subscriber, quiet["hours"])
    elif words:
        await schedule_by_words(context, subscriber, words)
    await show_schedule(message, context, subscriber, spoken)


async def show_schedule(
    event: Message | CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    now = await subscribers.find_subscriber(context.db, subscriber.chat_id) or subscriber
    zone = ZoneInfo(now.zone)
    timings = await timings_of(context, now.chat_id)
    coming = await coming_digests(context, now)
    text = spoken.say(
        "schedule.shown" if now.subscribed else "schedule.none",
        when=described_timings(timings, spoken),
        zone=spoken.city(zone.key),
        next="; ".join(spoken.near_moment(moment, zone, context.now()) for moment in coming),
    )
    known = await schedules.schedules_of(context.db, now.chat_id)
    for one in known:
        if one.topics:
            at, own = timing_label(one.timing, spoken), ", ".join(t.words for t in one.topics)
            text += "\n" + spoken.say("schedule.only", at=at, topics=own[:OWN_LETTERS])
    if now.quiet:
        start, end = f"{now.quiet.start:%H:%M}", f"{now.quiet.end:%H:%M}"
        text += "\n" + spoken.say("schedule.quiet_shown", start=start, end=end)
    if now.paused_until and now.paused_until > context.now():
        text += "\n" + spoken.say("schedule.paused", until=spoken.moment(now.paused_until, zone))
    await show(event, headed(now, spoken, text), schedule_keyboard(known, spoken))


def when_told(
    subscriber: Subscriber,
    timings: Sequence[Timing],
    spoken: Language,
    now: datetime | None = None,
) -> str:
    """`каждый день в 08:00 (Москва)`, or that digests are off; at `now` perhaps that they pause."""
    if not subscriber.subscribed:
        return spoken.say("settings.not_subscribed")
    when = f"{described_timings(timings, spoken)} ({spoken.city(subscriber.zone)})"
    if now and subscriber.paused_until and subscriber.paused_until > now:
        until = spoken.moment(subscriber.paused_until, ZoneInfo(subscriber.zone))
        when += spoken.say("settings.paused", until=until)
    return when


def described_timings(timings: Sequence[Timing], spoken: Language) -> str:
    """`каждый день в 08:00, 20:00; каждые 6 часов по будням`."""
    at: dict[int, list[str]] = {}
    rhythms = []
    for timing in timings:
        if timing.every is None:
            at.setdefault(timing.days, []).append(timing_label(timing, spoken))
            continue
        days = "" if timing.days == EVERY_DAY else " " + described_days(timing.days, spoken)
        rhythms.append(timing_label(timing, spoken) + days)
    daily = [
        spoken.say("schedule.daily", days=described_days(days, spoken), at=spoken.listed(times))
        for days, times in at.items()
    ]
    return "; ".join([*daily, *rhythms])


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
    question = headed(subscriber, spoken, spoken.say("schedule.ask_days"))
    await show(press, question, days_keyboard(timing, spoken))


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
    await schedule(context, subscriber, [Timing(hour_of(callback_data.at), days)])
    await show_schedule_page(press, context, subscriber, spoken)


async def pick_every(
    press: CallbackQuery,
    callback_data: PickEvery,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    if callback_data.hours not in EVERY_HOURS:
        raise StaleButtonError
    zone, days = ZoneInfo(subscriber.zone), (await timing_of(context, subscriber.chat_id)).days
    timing = every_hours(callback_data.hours, zone, context.now(), days=days)
    await schedule(context, subscriber, [timing])
    await show_schedule_page(press, context, subscriber, spoken)


async def show_more_hours(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    context.expect(subscriber.chat_id, "more_time")
    question, keys = spoken.say("schedule.ask_more"), hours_keyboard("more", spoken)
    await ask(press, subscriber, spoken, question, keys)


async def pick_another_hour(
    press: CallbackQuery,
    callback_data: PickHour,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    days = (await timing_of(context, subscriber.chat_id)).days
    await add_timings(context, subscriber, [Timing(hour_of(callback_data.at), days)])
    await show_schedule_page(press, context, subscriber, spoken)


async def drop_time(
    press: CallbackQuery,
    callback_data: DropSchedule,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> str | None:
    if not await drop_schedule(context, subscriber, callback_data.schedule):
        return spoken.say("schedule.one_time")
    await show_schedule_page(press, context, subscriber, spoken)
    return None


async def show_quiet(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    context.expect(subscriber.chat_id, "quiet")
    await ask(press, subscriber, spoken, spoken.say("schedule.ask_quiet"), quiet_keyboard(spoken))


async def pick_quiet(
    press: CallbackQuery,
    callback_data: PickQuiet,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    start, _, end = callback_data.hours.partition("-")
    words = f"{hour_of(start):%H:%M}-{hour_of(end):%H:%M}" if end else "off"
    await keep_quiet(context, subscriber, words)
    await show_schedule_page(press, context, subscriber, spoken)


async def pick_days(
    press: CallbackQuery,
    callback_data: PickDay,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> str | None:
    """The days of all times alike; words can tell them apart."""
    if callback_data.days == 0:
        return spoken.say("schedule.one_day")
    if not 0 < callback_data.days <= EVERY_DAY:
        raise StaleButtonError
    known = await timings_of(context, subscriber.chat_id)
    timings = [replace(one, days=callback_data.days) for one in known]
    await schedule(context, subscriber, timings)
    question = headed(subscriber, spoken, spoken.say("schedule.ask_days"))
    await show(press, question, days_keyboard(timings[0], spoken))
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
    await schedules.unsubscribe(context.db, subscriber.chat_id)
    await show_schedule(press, context, subscriber, spoken)


async def switch_on(
    press: CallbackQuery, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    await schedule(context, subscriber, await timings_of(context, subscriber.chat_id))
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
        await show(message, headed(subscriber, spoken, spoken.say("pause.off")))
        return
    if not words:
        await show(message, headed(subscriber, spoken, spoken.say("pause.usage")))
        return
    until = context.now() + parse_duration(words)
    await subscribers.set_paused(context.db, subscriber.chat_id, until)
    zone = ZoneInfo(subscriber.zone)
    told = spoken.say("pause.until", until=spoken.moment(until, zone))
    await show(message, headed(subscriber, spoken, told))


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
