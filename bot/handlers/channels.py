"""Channels whose administrator the bot is: what they post becomes articles. Whoever made the bot
an administrator there owns the source, unless they are an administrator of the bot: then it is
everybody's. Of a channel that somebody without access brought, nothing is kept.
"""

import structlog
from aiogram import F, Router
from aiogram.filters import ADMINISTRATOR, IS_NOT_MEMBER, MEMBER, ChatMemberUpdatedFilter
from aiogram.types import ChatMemberUpdated, Message

from bot.adding import Right, add_found, ask_for, right_of
from bot.context import Context
from bot.errors import SourcesClosedError
from bot.i18n import language
from bot.keyboards import channel_keyboard
from bot.losing import note_loss
from bot.pipeline import is_allowed
from bot.rendering import Message as Content
from bot.sent import Post, add_post
from digests.models import ChatId, Found, SourceKind, Subscriber
from digests.text.characters import clean_title
from storage import subscribers

log = structlog.get_logger()


def make_router() -> Router:
    router = Router(name="channels")
    router.my_chat_member.register(
        hear_channel,
        F.chat.type == "channel",
        ChatMemberUpdatedFilter((IS_NOT_MEMBER | MEMBER) >> ADMINISTRATOR),
    )
    router.my_chat_member.register(
        right_changed,
        F.chat.type == "channel",
        ChatMemberUpdatedFilter(ADMINISTRATOR >> ADMINISTRATOR),
    )
    router.my_chat_member.register(
        lose_channel,
        F.chat.type == "channel",
        ChatMemberUpdatedFilter(ADMINISTRATOR >> (IS_NOT_MEMBER | MEMBER)),
    )
    router.channel_post.register(take_post)
    router.edited_channel_post.register(take_post)
    return router


async def hear_channel(event: ChatMemberUpdated, context: Context) -> None:
    subscriber = await subscribers.find_subscriber(context.db, ChatId(event.from_user.id))
    if subscriber is None or not is_allowed(context, subscriber):
        log.info("channel_ignored", chat=event.chat.id, by=event.from_user.id)
        return
    await subscribers.mark_reachable(context.db, ChatId(event.chat.id))
    context.outbox_filled.set()
    try:
        right = right_of(context, subscriber, event.from_user.id)
    except SourcesClosedError:
        log.info("channel_unheard", chat=event.chat.id, by=event.from_user.id)
        await offer_posting(event, context)
        return
    title = clean_title(event.chat.title or "") or str(event.chat.id)
    await _hear(context, subscriber, right, Found(SourceKind.POSTS, str(event.chat.id), title))
    await offer_posting(event, context)


async def offer_posting(event: ChatMemberUpdated, context: Context) -> None:
    """Whoever lets the bot post in their channel is asked whether it shall."""
    subscriber = await subscribers.find_subscriber(context.db, ChatId(event.from_user.id))
    if subscriber is None or not is_allowed(context, subscriber) or not may_post(event):
        return
    spoken = language(subscriber.language)
    title = clean_title(event.chat.title or "") or str(event.chat.id)
    channel = await subscribers.find_subscriber(context.db, ChatId(event.chat.id))
    key = "channel.returned" if channel and channel.subscribed else "channel.may_post"
    content = Content(
        spoken.say(key, title=title),
        keyboard=channel_keyboard(event.chat.id, spoken),
    )
    await context.bot.send_message(subscriber.chat_id, **content.as_kwargs())


def may_post(event: ChatMemberUpdated) -> bool:
    return bool(getattr(event.new_chat_member, "can_post_messages", False))


async def right_changed(event: ChatMemberUpdated, context: Context) -> None:
    """It was an administrator already, and may post since now, or may not any more."""
    could = bool(getattr(event.old_chat_member, "can_post_messages", False))
    if may_post(event) and not could:
        await subscribers.mark_reachable(context.db, ChatId(event.chat.id))
        context.outbox_filled.set()
        await offer_posting(event, context)
    elif could and not may_post(event):
        await note_loss(event, context, hears=True)


async def lose_channel(event: ChatMemberUpdated, context: Context) -> None:
    """Nothing is deleted: the channel finds all as it was when the bot returns."""
    await note_loss(event, context, hears=False)


async def _hear(context: Context, subscriber: Subscriber, right: Right, found: Found) -> None:
    """Whoever brought the channel is told, unless they wait for an administrator's word."""
    if right.asks:
        await ask_for(context, subscriber, [found])
        return
    key = "channel.heard" if right.owner is None else "channel.heard_own"
    told = Content(language(subscriber.language).say(key, title=found.title)).to_json()
    await add_found(context, found, right.owner, notices=[(subscriber.chat_id, told)])
    context.outbox_filled.set()


async def take_post(message: Message, context: Context) -> None:
    name = message.chat.username
    number = message.message_id
    post = Post(
        message.text or message.caption or "",
        f"{message.chat.id}/{number}",
        f"https://t.me/{name}/{number}" if name else None,
        message.date,
        _origin_of(message),
    )
    added = await add_post(context, ChatId(message.chat.id), post)
    log.info("post_taken", chat=message.chat.id, new=added.new, changed=added.changed)


def _origin_of(message: Message) -> str | None:
    """Whose post it passes on. None: it is the channel's own."""
    origin = message.forward_origin
    if origin is None:
        return None
    for field, name in (
        ("chat", "title"),
        ("sender_chat", "title"),
        ("sender_user", "full_name"),
    ):
        if holder := getattr(origin, field, None):
            return str(getattr(holder, name))
    return getattr(origin, "sender_user_name", None)
