"""Adding sources: by command, by a link pasted into a private chat, by the buttons under what was
found, by the administrators' word on what somebody asked for.
"""

import re

from aiogram import F, Router
from aiogram.filters import Command, CommandObject
from aiogram.types import CallbackQuery, Message

from bot.adding import (
    Right,
    add_found,
    add_many,
    ask_for,
    decide,
    decided,
    refuse,
    right_of,
)
from bot.context import Context
from bot.discovering import Discovery, discover
from bot.errors import StaleButtonError
from bot.handlers.answering import show
from bot.i18n import Language
from bot.source_keyboards import (
    DecideRequest,
    TakeOffer,
    TakeStarter,
    offers_keyboard,
    starters_keyboard,
)
from bot.starters import STARTERS, starter
from digests.models import Source, SourceKind, Subscriber
from storage import offers
from storage.articles import Added
from storage.sources import Bulk

# Alone, or after the words that a phone sends along when somebody shares a page.
LINK = re.compile(
    r"(?!/)(?:(?!https?://).)*?(?P<link>(?<!\S)(?:https?://|(?:t|telegram)\.me/)\S+)\s*",
    re.IGNORECASE | re.DOTALL,
)


def make_router() -> Router:
    router = Router(name="adding")
    changes, admin = {"changes": True}, {"admin": True}
    router.message.register(add_source, Command("addsource"), flags=changes)
    router.message.register(take_link, F.chat.type == "private", has_link)
    press = router.callback_query
    press.register(take_offer, TakeOffer.filter(), flags=changes)
    press.register(decide_request, DecideRequest.filter(), flags=admin)
    press.register(take_starter, TakeStarter.filter(), flags=admin)
    return router


async def add_source(
    message: Message,
    command: CommandObject,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    user = message.from_user.id if message.from_user else None
    right = right_of(context, subscriber, user)
    if not command.args:
        keys = starters_keyboard(spoken) if right.owner is None else None
        await show(message, spoken.say("sources.add_usage"), keys)
        return
    context.fetch_allowance.take(subscriber.chat_id)
    found = await discover(context, command.args)
    if found.is_exact:
        await _add(message, context, subscriber, spoken, right, found)
    else:
        await offer(message, context, subscriber, spoken, found)


async def has_link(message: Message) -> dict[str, str] | bool:
    """Whether somebody points to an address: one alone, or after words of their own."""
    text = (message.text or "").strip()
    found = LINK.fullmatch(text)
    if found is None or (message.forward_origin and found["link"] != text):
        return False
    return {"link": found["link"]}


async def take_link(
    message: Message, link: str, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    """A pasted link: nothing is added before a button says so."""
    right_of(context, subscriber, message.from_user.id if message.from_user else None)
    context.fetch_allowance.take(subscriber.chat_id)
    found = await discover(context, link)
    await offer(message, context, subscriber, spoken, found)


async def offer(
    message: Message,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    discovered: Discovery,
) -> None:
    found = discovered.found
    made = await offers.make_offers(context.db, subscriber.chat_id, found, context.now())
    text = (
        spoken.say("sources.found", len(found))
        if len(found) > 1
        else spoken.say("sources.found_one")
    )
    if discovered.listed > len(found):
        text += "\n\n" + spoken.say("sources.cut", most=len(found), total=discovered.listed)
    await show(message, text, offers_keyboard(made, spoken))


async def _add(
    message: Message,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    right: Right,
    found: Discovery,
) -> None:
    if right.asks:
        await ask_for(context, subscriber, found.found)
        await message.answer(spoken.say("sources.asked"))
        return
    source, added = await add_found(context, found.found[0], right.owner, found.fetched)
    await message.answer(described(source, added, right, spoken))


def described(source: Source, added: Added, right: Right, spoken: Language) -> str:
    if source.kind is SourceKind.SENT:
        return spoken.say("document.added" if added.new or added.changed else "document.known")
    if source.owner is None and right.owner is not None:
        return spoken.say("sources.shared_already", title=source.title)
    articles = spoken.say("count.articles", added.new)
    key = "sources.added" if source.owner is None else "sources.added_own"
    return spoken.say(key, title=source.title, articles=articles)


def counted(bulk: Bulk, spoken: Language) -> str:
    text = spoken.say("sources.bulk_added", bulk.added)
    if bulk.known:
        text += " " + spoken.say("sources.bulk_known", bulk.known)
    if bulk.left:
        text += " " + spoken.say("sources.bulk_left", bulk.left)
    return text


async def take_offer(
    press: CallbackQuery,
    callback_data: TakeOffer,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
) -> None:
    """Add one of what was found, or all of it; what is left stays on offer."""
    right = right_of(context, subscriber, press.from_user.id)
    batch = await offers.offers_to(context.db, subscriber.chat_id, callback_data.batch)
    wanted = [
        one
        for one in batch
        if one.id == callback_data.offer
        or (not callback_data.offer and one.found.kind is not SourceKind.SENT)
    ]
    if not wanted:
        raise StaleButtonError
    found = [one.found for one in wanted]
    if right.asks and found[0].kind is not SourceKind.SENT:
        await ask_for(context, subscriber, found)
        text = spoken.say("sources.asked")
    elif callback_data.offer:
        context.fetch_allowance.take(subscriber.chat_id)
        text = described(*await add_found(context, found[0], right.owner), right, spoken)
    else:
        text = counted(await add_many(context, found, right.owner), spoken)
    fresh = await offers.offers_to(context.db, subscriber.chat_id, callback_data.batch, fresh=True)
    left = [one for one in fresh if one not in wanted]
    await show(press, text, offers_keyboard(left, spoken))


async def decide_request(
    press: CallbackQuery, callback_data: DecideRequest, context: Context, spoken: Language
) -> None:
    batch, word = callback_data.batch, callback_data.word
    if word == "no":
        done = await refuse(context, batch)
    else:
        done = await decide(context, batch, owned=word != "shared")
    if done is None:
        raise StaleButtonError
    key = "sources.decided_no" if word == "no" else "sources.decided_yes"
    await show(press, decided(key, done, spoken))


async def take_starter(
    press: CallbackQuery, callback_data: TakeStarter, context: Context, spoken: Language
) -> None:
    """The feeds that ship with the project, for everybody."""
    if callback_data.code not in STARTERS:
        raise StaleButtonError
    await show(press, counted(await add_many(context, starter(callback_data.code), None), spoken))
