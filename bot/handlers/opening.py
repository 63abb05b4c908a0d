"""A group's or channel's digest in the private chat of one of its readers: its pages in place, and
a menu an item that acts for the reader alone. The link under the digest leads here.
"""

import json
from typing import Any

from aiogram import F, Router
from aiogram.filters import CommandObject, CommandStart
from aiogram.types import CallbackQuery, Message

from bot.context import Context
from bot.digest_links import PREFIX
from bot.errors import DigestGoneError, StaleButtonError
from bot.handlers.answering import unless_the_same
from bot.i18n import Language
from bot.middlewares import Alert
from bot.opened_keyboards import (
    OpenedItem,
    OpenedMenu,
    OpenedPage,
    OpenedSave,
    OpenedWhy,
    opened_item_keyboard,
    opened_keyboard,
)
from bot.opening import Opened, is_open, may_keep, open_digest
from bot.reasons import Explained, explain, say_reason
from bot.reminding import keep
from bot.rendering import Reader, address_of
from digests.models import Subscriber
from storage import saved, telling


def make_router() -> Router:
    router = Router(name="opening")
    private = F.chat.type == "private"
    link = CommandStart(deep_link=True, magic=F.args.startswith(PREFIX))
    # Whoever reads the group needs no access of their own to read what it was sent.
    router.message.register(open_link, link, private, flags={"open": True})
    press, private = router.callback_query, F.message.chat.type == "private"
    press.register(turn, OpenedPage.filter(), private, flags={"open": True})
    press.register(open_item, OpenedItem.filter(), private, flags={"open": True})
    press.register(tell_why, OpenedWhy.filter(), private, flags={"open": True})
    press.register(save, OpenedSave.filter(), private, flags={"changes": True})
    return router


async def open_link(
    message: Message, command: CommandObject, context: Context, subscriber: Subscriber
) -> None:
    """The first page was read in the group: what comes after it, if anything does."""
    key = (command.args or "").removeprefix(PREFIX)
    if message.from_user is None:
        raise DigestGoneError
    opened = await open_digest(context, key, subscriber, message.from_user)
    content = await _page(context, opened, key, 2) or await _page(context, opened, key, 1)
    if content is None:
        raise DigestGoneError
    await message.answer(parse_mode=None, **content)


async def _page(context: Context, opened: Opened, key: str, page: int) -> dict[str, Any] | None:
    """What sendMessage takes. None: there is no such page."""
    shown = await telling.page_of(context.db, opened.chat, opened.message, page)
    if shown is None:
        return None
    told = await telling.told_by(context.db, opened.chat, opened.message)
    places = [one.place for one in told if one.page == page]
    content: dict[str, Any] = json.loads(shown.content)
    content.pop("opens", None)
    content["reply_markup"] = opened_keyboard(key, places, page, shown.pages)
    return content


async def turn(
    press: CallbackQuery, callback_data: OpenedPage, context: Context, subscriber: Subscriber
) -> None:
    message, opened = await _opened(press, callback_data.key, context, subscriber)
    content = await _page(context, opened, callback_data.key, callback_data.page)
    if content is None:
        raise StaleButtonError
    with unless_the_same():
        await message.edit_text(parse_mode=None, **content)


async def open_item(
    press: CallbackQuery,
    callback_data: OpenedItem,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> None:
    message, opened = await _opened(press, callback_data.key, context, subscriber)
    item = await _item(context, opened, callback_data.place)
    await _show_menu(message, callback_data.key, item, context, subscriber, spoken, reader)


async def _show_menu(
    message: Message,
    key: str,
    item: Explained,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> None:
    article = item.article
    kept = await may_keep(context, subscriber, article)
    menu = OpenedMenu(
        item.told.place,
        item.told.page,
        article.title,
        address_of(article, reader.bot) if kept or is_open(article) else None,
        bool(await saved.saved_among(context.db, subscriber.chat_id, [article.id]))
        if kept
        else None,
    )
    with unless_the_same():
        await message.edit_reply_markup(reply_markup=opened_item_keyboard(key, menu, spoken))


async def tell_why(
    press: CallbackQuery,
    callback_data: OpenedWhy,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> str:
    _, opened = await _opened(press, callback_data.key, context, subscriber)
    return Alert(say_reason((await _item(context, opened, callback_data.place)).told, spoken))


async def save(
    press: CallbackQuery,
    callback_data: OpenedSave,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> str:
    """Among what the reader saved, not the group."""
    key = callback_data.key
    message, opened = await _opened(press, key, context, subscriber)
    item = await _item(context, opened, callback_data.place)
    if not await may_keep(context, subscriber, item.article):
        raise StaleButtonError
    said = await keep(context, subscriber.chat_id, item.article, wanted=callback_data.wanted)
    await _show_menu(message, key, item, context, subscriber, spoken, reader)
    return spoken.say(said, most=saved.MOST_SAVED)


async def _opened(
    press: CallbackQuery, key: str, context: Context, subscriber: Subscriber
) -> tuple[Message, Opened]:
    """Asked anew at each press: whoever left the group reads on no more."""
    if not isinstance(press.message, Message):
        raise StaleButtonError
    return press.message, await open_digest(context, key, subscriber, press.from_user)


async def _item(context: Context, opened: Opened, place: int) -> Explained:
    """Raises StaleButtonError: it was forgotten since."""
    for one in await explain(context, opened.chat, opened.message):
        if one.told.place == place and one.told.page:
            return one
    raise StaleButtonError
