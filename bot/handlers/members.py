"""Chats that come and go: blocked and unblocked, added and removed, groups that migrate."""

import structlog
from aiogram import F, Router
from aiogram.filters import IS_MEMBER, IS_NOT_MEMBER, ChatMemberUpdatedFilter
from aiogram.types import ChatMemberUnion, ChatMemberUpdated, Message

from bot.context import Context
from bot.i18n import language
from bot.keyboards import greeting_keyboard
from bot.losing import note_loss
from bot.middlewares import introduce
from bot.rendering import Message as Content
from bot.rendering import named_topics
from digests.models import Access, ChatId
from storage import subscribers

log = structlog.get_logger()
GROUPS = {"group", "supergroup"}


def make_router() -> Router:
    router = Router(name="members")
    router.my_chat_member.register(leave, ChatMemberUpdatedFilter(IS_MEMBER >> IS_NOT_MEMBER))
    entered = ChatMemberUpdatedFilter(IS_NOT_MEMBER >> IS_MEMBER)
    router.my_chat_member.register(greet_group, entered, F.chat.type.in_(GROUPS))
    router.my_chat_member.register(enter, entered)
    router.my_chat_member.register(
        writing_changed, F.chat.type.in_(GROUPS), ChatMemberUpdatedFilter(IS_MEMBER >> IS_MEMBER)
    )
    router.message.register(migrate, F.migrate_to_chat_id, flags={"open": True})
    return router


async def leave(event: ChatMemberUpdated, context: Context) -> None:
    """Nothing is deleted: the chat finds all as it was when it returns."""
    await subscribers.mark_unreachable(context.db, ChatId(event.chat.id), context.now())
    log.info("chat_left", chat=event.chat.id)


async def enter(event: ChatMemberUpdated, context: Context) -> None:
    await subscribers.mark_reachable(context.db, ChatId(event.chat.id))
    context.outbox_filled.set()
    log.info("chat_entered", chat=event.chat.id)


async def writing_changed(event: ChatMemberUpdated, context: Context) -> None:
    """In a group that muted the bot, or lets it write again."""
    could, can = _may_write(event.old_chat_member), _may_write(event.new_chat_member)
    if could and not can:
        await note_loss(event, context, hears=True)
    elif can and not could:
        await enter(event, context)


def _may_write(member: ChatMemberUnion) -> bool:
    return bool(getattr(member, "can_send_messages", True))  # only who is restricted has the field


async def greet_group(event: ChatMemberUpdated, context: Context) -> None:
    """Administrators set it up by a button; one that returns has what it had."""
    subscriber = await introduce(context, event.chat, event.from_user)
    log.info("chat_entered", chat=event.chat.id)
    if subscriber.access is Access.REFUSED:
        return
    spoken = language(subscriber.language)
    topics = await subscribers.topics_of(context.db, subscriber.chat_id)
    listed = named_topics(topic.words for topic in topics)
    key = "group.returned" if subscriber.subscribed or topics else "group.hello"
    text = spoken.say(key, topics=listed or spoken.say("start.no_topics"))
    keys = greeting_keyboard(spoken, known=key == "group.returned")
    await context.bot.send_message(event.chat.id, **Content(text, keyboard=keys).as_kwargs())


async def migrate(message: Message, context: Context) -> None:
    if message.migrate_to_chat_id:
        old, new = ChatId(message.chat.id), ChatId(message.migrate_to_chat_id)
        await subscribers.migrate_chat(context.db, old, new)
        log.info("chat_migrated", chat=old, to=new)
