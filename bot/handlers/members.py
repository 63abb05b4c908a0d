"""Chats that come and go: blocked and unblocked, added and removed, groups that migrate."""

import structlog
from aiogram import F, Router
from aiogram.filters import IS_MEMBER, IS_NOT_MEMBER, ChatMemberUpdatedFilter
from aiogram.types import ChatMemberUpdated, Message

from bot.context import Context
from digests.models import ChatId
from storage import subscribers

log = structlog.get_logger()


def make_router() -> Router:
    router = Router(name="members")
    router.my_chat_member.register(leave, ChatMemberUpdatedFilter(IS_MEMBER >> IS_NOT_MEMBER))
    router.my_chat_member.register(enter, ChatMemberUpdatedFilter(IS_NOT_MEMBER >> IS_MEMBER))
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


async def migrate(message: Message, context: Context) -> None:
    if message.migrate_to_chat_id:
        old, new = ChatId(message.chat.id), ChatId(message.migrate_to_chat_id)
        await subscribers.migrate_chat(context.db, old, new)
        log.info("chat_migrated", chat=old, to=new)
