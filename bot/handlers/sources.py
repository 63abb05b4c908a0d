"""Where the news comes from: how each source is doing, and what a chat may change about it."""

from datetime import timedelta
from pathlib import Path

from aiogram import F, Router
from aiogram.filters import Command
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.context import Context
from bot.errors import NotAllowedError, StaleButtonError
from bot.gathering import retry_source
from bot.handlers.answering import show
from bot.i18n import Language
from bot.keyboards import Go, button, keyboard, pager
from bot.rendering import shortened
from bot.source_keyboards import (
    NEXT_PAGES,
    DropSource,
    OpenSource,
    RetrySource,
    TuneSource,
    source_keyboard,
    sources_keyboard,
)
from bot.troubles import trouble
from bot.typography import NO_BREAK
from digests.models import SourceId, Subscriber
from storage import care, sources
from storage.sources import Health

SOURCES_A_PAGE = 10
TITLE_LETTERS = 60
RECENT = timedelta(days=7)


def make_router() -> Router:
    router = Router(name="sources")
    changes = {"changes": True}
    router.message.register(list_sources, Command("sources"))
    router.message.register(ask_removal, Command("removesource"), flags=changes)
    press = router.callback_query
    press.register(page_sources, Go.filter(F.page == "sources"))
    press.register(open_source, OpenSource.filter())
    press.register(tune_source, TuneSource.filter(), flags=changes)
    press.register(retry, RetrySource.filter())
    press.register(page_removal, Go.filter(F.page == "removal"), flags=changes)
    press.register(drop_source, DropSource.filter(), flags=changes)
    return router


async def list_sources(
    message: Message, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    await show_sources(message, context, subscriber, spoken, 0)


async def page_sources(
    press: CallbackQuery,
    callback_data: Go,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    await show_sources(press, context, subscriber, spoken, callback_data.offset)


async def show_sources(
    event: Message | CallbackQuery,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    offset: int,
) -> None:
    chat = subscriber.chat_id
    total = await sources.count_visible(context.db, chat)
    if not total:
        await show(event, spoken.say("sources.none"))
        return
    offset = max(0, min(offset, total - 1))
    found = await sources.visible_sources(
        context.db, chat, context.now() - RECENT, limit=SOURCES_A_PAGE, offset=offset
    )
    lines = [
        f"{number}. {describe(health, spoken)}" for number, health in enumerate(found, offset + 1)
    ]
    text = spoken.say("sources.list", total) + "\n\n" + "\n".join(lines)
    await show(event, text, sources_keyboard(found, total, offset, SOURCES_A_PAGE))


def describe(health: Health, spoken: Language) -> str:
    """One line: what a reader wants to know of it first."""
    marks = {"⏸": health.parked, "⚠️": bool(health.last_error) and not health.parked}
    marks |= {"🔒": health.source.owner is not None, "🔇": health.muted}
    shown = [mark for mark, is_so in marks.items() if is_so]
    name = " ".join([*shown, shortened(health.source.title, TITLE_LETTERS)])
    line = f"{name}{NO_BREAK}— {spoken.say('count.articles', health.articles)}"
    if health.parked:
        line += " · " + spoken.say("sources.not_polled")
    elif health.last_error:
        line += " · " + spoken.say("sources.failing", health.failures)
    return line


def a_day(health: Health, spoken: Language) -> str:
    return spoken.say("source.a_day", number=spoken.decimal(health.recent / RECENT.days, "0.#"))


async def open_source(
    press: CallbackQuery,
    callback_data: OpenSource,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    number = SourceId(callback_data.source)
    await show_source(press, context, subscriber, spoken, number, callback_data.offset)


async def show_source(
    press: CallbackQuery,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    number: SourceId,
    offset: int,
) -> None:
    health = await find_health(context, subscriber, number)
    source = health.source
    reads = spoken.say("source.own" if source.owner is not None else "source.shared")
    kind = spoken.say(f"source.kind.{source.kind}")
    lines = [describe(health, spoken), f"{kind} · {reads}"]
    if health.recent:
        lines[-1] += " · " + a_day(health, spoken)
    if source.address.startswith("http"):
        lines.append(source.address[:300])
    if health.last_success:
        age = spoken.age(health.last_success, context.now())
        lines.append(spoken.say("source.last_success", age=age))
    if health.last_error:
        lines.append(spoken.say("source.last_error", error=trouble(health.last_error, spoken)))
    lines.append(spoken.say("source.weight", weight=spoken.decimal(source.weight)))
    keys = source_keyboard(
        health, offset, spoken, may_change=_may_change(context, press, subscriber, health)
    )
    await show(press, "\n".join(lines), keys)


async def tune_source(
    press: CallbackQuery,
    callback_data: TuneSource,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    """Mutes are everybody's own; weight and reading of pages are of the source itself."""
    number, what = SourceId(callback_data.source), callback_data.what
    health = await find_health(context, subscriber, number)
    if what in {"mute", "unmute"}:
        chat = subscriber.chat_id
        await care.mute_source(context.db, chat, number, muted=what == "mute")
    elif not _may_change(context, press, subscriber, health):
        raise NotAllowedError
    elif what == "pages" and callback_data.value in NEXT_PAGES:
        await care.set_pages(context.db, number, callback_data.value)
    elif what == "weight" and callback_data.value.isdecimal():
        weight = min(100, int(callback_data.value[:3])) / 100
        await care.set_weight(context.db, number, weight)
    else:
        raise StaleButtonError
    await show_source(press, context, subscriber, spoken, number, callback_data.offset)


def _may_change(
    context: Context, press: CallbackQuery, subscriber: Subscriber, health: Health
) -> bool:
    """One's own sources are one's own to change; shared ones are the administrators'."""
    owner = health.source.owner
    return (
        owner == subscriber.chat_id if owner is not None else context.is_admin(press.from_user.id)
    )


async def retry(
    press: CallbackQuery,
    callback_data: RetrySource,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    """Look at a source that was given up, right now."""
    health = await find_health(context, subscriber, SourceId(callback_data.source))
    context.fetch_allowance.take(subscriber.chat_id)
    retried = await retry_source(context, health.source.id)
    if retried is None:
        raise StaleButtonError
    articles = spoken.say("count.articles", retried[1].new)
    await show(press, spoken.say("sources.revived", title=health.source.title, articles=articles))


async def ask_removal(
    message: Message, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    await show_removal(message, context, subscriber, spoken, 0)


async def page_removal(
    press: CallbackQuery,
    callback_data: Go,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    await show_removal(press, context, subscriber, spoken, callback_data.offset)


async def show_removal(
    event: Message | CallbackQuery,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    offset: int,
) -> None:
    """What may be removed: an administrator's list has the shared sources too."""
    user = event.from_user.id if event.from_user else None
    found = [
        health
        for health in await sources.visible_sources(context.db, subscriber.chat_id)
        if health.source.owner is not None or context.is_admin(user)
    ]
    if not found:
        await show(event, spoken.say("sources.none_own"))
        return
    offset = max(0, min(offset, len(found) - 1))
    await show(event, spoken.say("sources.remove_ask"), removal_keyboard(found, offset))


def removal_keyboard(found: list[Health], offset: int) -> InlineKeyboardMarkup:
    rows = [
        [button(f"✖ {health.source.title[:40]}", DropSource(source=health.source.id))]
        for health in found[offset : offset + SOURCES_A_PAGE]
    ]
    return keyboard([*rows, pager(len(found), offset, SOURCES_A_PAGE, "removal")])


async def drop_source(
    press: CallbackQuery,
    callback_data: DropSource,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    """Asked twice: with the source go its articles."""
    health = await find_health(context, subscriber, SourceId(callback_data.source))
    source = health.source
    if not _may_change(context, press, subscriber, health):
        raise NotAllowedError
    if source.address == str((context.settings.articles_dir or Path()).resolve()):
        await show(press, spoken.say("sources.watched", title=source.title))
        return
    if not callback_data.sure:
        sure = button(spoken.say("sources.remove_yes"), DropSource(source=source.id, sure=True))
        back = button(spoken.say("menu.back"), Go(page="removal"))
        text = spoken.say("sources.remove_sure", title=source.title)
        await show(press, text, keyboard([[sure], [back]]))
        return
    await sources.remove_source(context.db, source.id)
    await show(press, spoken.say("sources.removed", title=source.title))


async def find_health(context: Context, subscriber: Subscriber, wanted: SourceId) -> Health:
    """Raises StaleButtonError for a source that is not there, or not for this chat."""
    since = context.now() - RECENT
    found = await sources.visible_sources(context.db, subscriber.chat_id, since, only=wanted)
    if not found:
        raise StaleButtonError
    return found[0]
