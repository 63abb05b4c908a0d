"""Where the news comes from: the list for everybody, adding and removing for administrators."""

from pathlib import Path

from aiogram import Bot, F, Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, InlineKeyboardMarkup, Message

from bot.context import Context
from bot.errors import StaleButtonError, TooLargeError
from bot.fetching import checked_link
from bot.files import MOST_FILE_BYTES, add_document
from bot.gathering import add_feed, retry_source
from bot.handlers.answering import show
from bot.i18n import Language
from bot.keyboards import DropSource, Go, RetrySource, button, keyboard, pager
from digests.models import Source, SourceId, Subscriber
from storage import sources
from storage.sources import Health

SOURCES_A_PAGE = 10
DOWNLOAD_SECONDS = 30


def make_router() -> Router:
    router = Router(name="sources")
    admin = {"admin": True}
    router.message.register(list_sources, Command("sources"))
    router.message.register(add_source, Command("addsource"), flags=admin)
    router.message.register(ask_removal, Command("removesource"), flags=admin)
    router.message.register(take_document, F.document, F.chat.type == "private", flags=admin)
    router.callback_query.register(page_sources, Go.filter(F.page == "sources"))
    router.callback_query.register(retry, RetrySource.filter())
    router.callback_query.register(page_removal, Go.filter(F.page == "removal"), flags=admin)
    router.callback_query.register(drop_source, DropSource.filter(), flags=admin)
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
    found = await sources.visible_sources(context.db, subscriber.chat_id)
    if not found:
        await show(event, spoken.say("sources.none"))
        return
    offset = max(0, min(offset, len(found) - 1))
    lines = [describe(health, spoken) for health in found[offset : offset + SOURCES_A_PAGE]]
    text = spoken.say("sources.list", len(found)) + "\n\n" + "\n".join(lines)
    rows = [
        [button(f"↻ {health.source.title[:40]}", RetrySource(source=health.source.id))]
        for health in found[offset : offset + SOURCES_A_PAGE]
        if health.parked
    ]
    rows.append(pager(len(found), offset, SOURCES_A_PAGE, "sources"))
    await show(event, text, keyboard(rows) if any(rows) else None)


def describe(health: Health, spoken: Language) -> str:
    mark = "⏸" if health.parked else "⚠️" if health.last_error else "•"
    line = f"{mark} {health.source.title[:60]} — {spoken.say('count.articles', health.articles)}"
    if health.parked:
        line += " · " + spoken.say("sources.not_polled")
    elif health.last_error:
        line += " · " + spoken.say("sources.failing", health.failures)
    return line


async def retry(
    press: CallbackQuery,
    callback_data: RetrySource,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    """Look at a source that was given up, right now."""
    source = await _visible_source(context, subscriber, SourceId(callback_data.source))
    context.fetch_allowance.take(subscriber.chat_id)
    retried = await retry_source(context, source.id)
    if retried is None:
        raise StaleButtonError
    articles = spoken.say("count.articles", retried[1].new)
    await show(press, spoken.say("sources.revived", title=source.title, articles=articles))


async def add_source(
    message: Message,
    command: CommandObject,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    if not command.args:
        await message.answer(spoken.say("sources.add_usage"))
        return
    link = checked_link(command.args)
    context.fetch_allowance.take(subscriber.chat_id)
    source, added = await add_feed(context, link)
    articles = spoken.say("count.articles", added.new)
    await message.answer(spoken.say("sources.added", title=source.title, articles=articles))


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
    found = await sources.visible_sources(context.db, subscriber.chat_id)
    if not found:
        await show(event, spoken.say("sources.none"))
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
    source = await _visible_source(context, subscriber, SourceId(callback_data.source))
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


async def _visible_source(context: Context, subscriber: Subscriber, wanted: SourceId) -> Source:
    for health in await sources.visible_sources(context.db, subscriber.chat_id):
        if health.source.id == wanted:
            return health.source
    raise StaleButtonError


async def take_document(message: Message, bot: Bot, context: Context, spoken: Language) -> None:
    """An article file; the sender's name of it is only repeated back, never used."""
    document = message.document
    if document is None:
        return
    if (document.file_size or 0) > MOST_FILE_BYTES:
        raise TooLargeError
    held = await bot.download(document, timeout=DOWNLOAD_SECONDS)
    data = held.read() if held else b""
    name = (document.file_name or "")[:60]
    added, rejected = await add_document(context, data, name, owner=None)
    if rejected:
        code = rejected[0].code
        known = code if spoken.has(code) else "error.article_rejected"
        await message.answer(spoken.say(known, name=name))
        return
    key = "document.added" if added.new or added.changed else "document.known"
    await message.answer(spoken.say(key))
