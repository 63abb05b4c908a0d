"""Under a digest: its pages, the menu of an item, everything it was chosen from. All in place."""

import json
from collections.abc import Sequence
from typing import Any

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message
from aiogram.utils.formatting import Bold, Text

from bot.context import Context
from bot.digest_keyboards import (
    DISLIKED,
    KEPT,
    LIKED,
    LISTED,
    HushItem,
    ListAll,
    Menu,
    OpenItem,
    PickAlerts,
    SaveItem,
    TurnPage,
    VoteItem,
    WhyItem,
    alert_keyboard,
    digest_keyboard,
    item_keyboard,
    list_keyboard,
)
from bot.errors import StaleButtonError
from bot.handlers.answering import show, unless_the_same
from bot.i18n import Language
from bot.middlewares import Alert
from bot.reasons import Explained, explain, say_reason
from bot.reminding import keep
from bot.rendering import Reader, address_of, render_stories
from bot.tasting import vote_on
from bot.whole_list import everything_new
from digests.models import ChatId, Subscriber
from storage import breaking, care, saved, telling, votes
from storage.breaking import ALERT
from storage.telling import ToldBefore


def make_router() -> Router:
    router = Router(name="items")
    press = router.callback_query
    press.register(turn_page, TurnPage.filter())
    press.register(open_item, OpenItem.filter())
    press.register(tell_why, WhyItem.filter())
    press.register(hush, HushItem.filter(), flags={"changes": True})
    press.register(vote, VoteItem.filter(), flags={"changes": True})
    press.register(save, SaveItem.filter(), flags={"changes": True})
    press.register(pick_alerts, PickAlerts.filter(F.under), flags={"changes": True})
    press.register(list_all, ListAll.filter())
    return router


async def turn_page(
    press: CallbackQuery,
    callback_data: TurnPage,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    message, page = _digest(press), callback_data.page
    shown = await telling.page_of(context.db, subscriber.chat_id, message.message_id, page)
    if shown is None:
        raise StaleButtonError
    told = await telling.told_by(context.db, subscriber.chat_id, message.message_id)
    on_page = [one for one in told if one.page == page]
    marks = await _marks(context, subscriber.chat_id, on_page)
    places = [one.place for one in on_page]
    content: dict[str, Any] = json.loads(shown.content)
    content["reply_markup"] = (
        alert_keyboard(spoken)
        if shown.slot.startswith(f"{ALERT}/")
        else digest_keyboard(places, page, shown.pages, spoken, marks)
    )
    with unless_the_same():
        await message.edit_text(parse_mode=None, **content)


async def _marks(context: Context, chat: ChatId, told: Sequence[ToldBefore]) -> dict[int, str]:
    articles = [one.article for one in told]
    liked = await votes.liked_among(context.db, chat, articles)
    kept = await saved.saved_among(context.db, chat, articles)
    votes_shown = {True: LIKED, False: DISLIKED, None: ""}
    return {
        one.place: votes_shown[liked.get(one.article)] + (KEPT if one.article in kept else "")
        for one in told
    }


async def open_item(
    press: CallbackQuery,
    callback_data: OpenItem,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> None:
    await _show_menu(press, callback_data.place, context, subscriber, spoken, reader)


async def _show_menu(
    press: CallbackQuery,
    place: int,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> None:
    """As things stand now: what was pressed shows."""
    message, item = await _item(press, context, subscriber, place)
    chat, article = subscriber.chat_id, item.article
    hushed = (await care.muted_sources(context.db, [chat])).get(chat, frozenset())
    liked = await votes.liked_among(context.db, chat, [article.id])
    menu = Menu(
        place,
        item.told.page,
        article.title,
        address_of(article, reader.bot),
        article.source.title,
        article.source.id in hushed,
        liked.get(article.id),
        bool(await saved.saved_among(context.db, chat, [article.id])),
    )
    with unless_the_same():
        await message.edit_reply_markup(reply_markup=item_keyboard(menu, spoken))


async def tell_why(
    press: CallbackQuery,
    callback_data: WhyItem,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> str:
    _, item = await _item(press, context, subscriber, callback_data.place)
    return Alert(say_reason(item.told, spoken))


async def hush(
    press: CallbackQuery,
    callback_data: HushItem,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> str:
    place, muted = callback_data.place, callback_data.wanted
    _, item = await _item(press, context, subscriber, place)
    source = item.article.source
    await care.mute_source(context.db, subscriber.chat_id, source.id, muted=muted)
    await _show_menu(press, place, context, subscriber, spoken, reader)
    return spoken.say("item.hushed" if muted else "item.unhushed", source=source.title)


async def vote(
    press: CallbackQuery,
    callback_data: VoteItem,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> str:
    place, wanted = callback_data.place, callback_data.wanted
    if wanted not in {-1, 0, 1}:
        raise StaleButtonError
    _, item = await _item(press, context, subscriber, place)
    said = await vote_on(context, subscriber.chat_id, item, wanted)
    await _show_menu(press, place, context, subscriber, spoken, reader)
    return spoken.say(said.key, what=said.what)


async def save(
    press: CallbackQuery,
    callback_data: SaveItem,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> str:
    place, wanted = callback_data.place, callback_data.wanted
    _, item = await _item(press, context, subscriber, place)
    key = await keep(context, subscriber.chat_id, item.article, wanted=wanted)
    await _show_menu(press, place, context, subscriber, spoken, reader)
    return spoken.say(key, most=saved.MOST_SAVED)


async def pick_alerts(
    _press: CallbackQuery,
    callback_data: PickAlerts,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> str:
    """Under an alert, which stays as it is."""
    wanted = callback_data.wanted
    await breaking.set_alerts(context.db, subscriber.chat_id, wanted=wanted)
    return spoken.say("alert.on_done" if wanted else "alert.off_done")


async def list_all(
    press: CallbackQuery,
    callback_data: ListAll,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    reader: Reader,
) -> None:
    message, offset = _digest(press), max(0, callback_data.offset)
    shown = await telling.page_of(context.db, subscriber.chat_id, message.message_id)
    if shown is None:
        raise StaleButtonError
    stories = await everything_new(context, subscriber, shown.since)
    keys = list_keyboard(offset, len(stories), spoken)
    since = spoken.moment(shown.since, reader.zone)
    heading = Text(
        "🗞 ",
        Bold(spoken.say("digest.all")),
        "\n",
        spoken.say("digest.all_since", since=since),
        " · ",
        spoken.say("digest.stories", len(stories)),
        "\n",
    )
    page = stories[offset : offset + LISTED]
    now = context.now()
    await show(press, render_stories(page, heading, reader, now, keys, sentences=False))


def _digest(press: CallbackQuery) -> Message:
    """The message that was pressed. Raises StaleButtonError: too old for Telegram to name, or
    everybody's, whose page no forged press turns."""
    if not isinstance(press.message, Message) or press.message.chat.type != "private":
        raise StaleButtonError
    return press.message


async def _item(
    press: CallbackQuery, context: Context, subscriber: Subscriber, place: int
) -> tuple[Message, Explained]:
    """The item of this place. Raises StaleButtonError: forgotten, or no longer for this chat."""
    message = _digest(press)
    told = await explain(context, subscriber.chat_id, message.message_id)
    for one in told:
        if one.told.place == place and one.told.page:
            return message, one
    raise StaleButtonError
