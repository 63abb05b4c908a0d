"""A group's or channel's digest as one of its readers opens it for themselves: whether they may,
and what of it is theirs to keep (docs/decisions/0020).
"""

from dataclasses import dataclass
from typing import Final

from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError
from aiogram.types import ChatMemberRestricted, User

from bot.context import Context
from bot.digest_links import digest_of
from bot.errors import AccessClosedError, DigestGoneError, NotMemberError
from bot.pipeline import is_allowed
from bot.rendering import is_public
from digests.models import Access, Article, ChatId, Subscriber
from storage import articles, telling

OUTSIDE: Final = frozenset(("left", "kicked"))
UNTOLD: Final = ("CHAT_ADMIN_REQUIRED", "member list is inaccessible")


@dataclass(frozen=True, slots=True)
class Opened:
    """A digest's message in the chat that it was sent to."""

    chat: ChatId
    message: int


async def open_digest(context: Context, key: str, subscriber: Subscriber, user: User) -> Opened:
    """Raises DigestGoneError, NotMemberError, and AccessClosedError for whoever is banned."""
    if subscriber.access is Access.REFUSED:
        raise AccessClosedError
    digest = digest_of(context.bot.token, key)
    sent = await telling.message_of(context.db, digest) if digest is not None else None
    if sent is None:
        raise DigestGoneError
    chat, message = sent
    if not await _may_read(context, chat, user):
        raise NotMemberError
    return Opened(chat, message)


async def _may_read(context: Context, chat: ChatId, user: User) -> bool:
    """Whether somebody sees what is posted there. Raises DigestGoneError: the bot is not there."""
    try:
        return await _is_member(context, chat, user) or bool(
            (await context.bot.get_chat(chat)).username  # anybody reads a public one
        )
    except TelegramForbiddenError as error:
        raise DigestGoneError from error


async def _is_member(context: Context, chat: ChatId, user: User) -> bool:
    """Where members are hidden from the bot, having the link is enough."""
    try:
        member = await context.bot.get_chat_member(chat, user.id)
    except TelegramBadRequest as error:
        return any(text in error.message for text in UNTOLD)
    if isinstance(member, ChatMemberRestricted):
        return member.is_member
    return member.status not in OUTSIDE


async def may_keep(context: Context, subscriber: Subscriber, article: Article) -> bool:
    """Whoever has access keeps what anybody can read at its address, and what they may read here:
    not the text of a source that is the group's alone."""
    if not is_allowed(context, subscriber):
        return False
    return is_open(article) or await _is_theirs(context, subscriber, article)


def is_open(article: Article) -> bool:
    return bool(article.link) and is_public(article.link or "")


async def _is_theirs(context: Context, subscriber: Subscriber, article: Article) -> bool:
    return await articles.read_article(context.db, subscriber.chat_id, article.id) is not None
