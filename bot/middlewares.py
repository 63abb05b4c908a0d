"""What stands before every handler: who is speaking, whether they may, and the press's answer."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from aiogram import BaseMiddleware, Bot
from aiogram.dispatcher.flags import get_flag
from aiogram.enums import ChatMemberStatus
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError
from aiogram.types import CallbackQuery, Chat, Message, TelegramObject, User

from bot.context import Context
from bot.deep_links import chat_of_link
from bot.errors import NotAllowedError, StaleButtonError
from bot.i18n import Language, language, language_for
from bot.pipeline import is_allowed
from bot.speaking import reader_for
from bot.subscribing import ask_for_access
from digests.models import Access, ChatId, Subscriber
from digests.text.characters import clean_title
from storage import subscribers

log = structlog.get_logger()

Handler = Callable[[TelegramObject, dict[str, Any]], Awaitable[object]]
OPEN_TO_ALL: Final = "open"  # flag: needs no access
CHANGES: Final = "changes"  # flag: in a group, for its administrators only
ADMIN: Final = "admin"  # flag: for the bot's administrators only
# What sets up a channel, in the private chat of its administrator.
OF_CHANNELS: Final = frozenset(
    (
        "delete_me", "language", "mute", "pause", "privacy", "schedule", "settings", "stop",
        "subscribe", "topics", "unsubscribe",
    )
)  # fmt: skip
TITLE_LETTERS: Final = 100
LARGE_NUMBER: Final = re.compile(r"\s*[+-]?[\d_.]{19,}\s*")  # SQLite's largest has 19 digits


class Alert(str):
    """What a handler returns to be shown over the chat until it is put away."""

    __slots__ = ()


class Introduction(BaseMiddleware):
    """Finds or adds the subscriber a message or press belongs to."""

    async def __call__(
        self, handler: Handler, event: TelegramObject, data: dict[str, Any]
    ) -> object:
        chat, user = _who(event)
        if chat is None or (isinstance(event, CallbackQuery) and _is_forged(event.data or "")):
            raise StaleButtonError
        context: Context = data["context"]
        if isinstance(event, Message) and _is_for_another(event, context.username):
            return None
        subscriber = await introduce(context, chat, user)
        if subscriber.expects and isinstance(event, Message) and _is_command(event):
            # Whoever turns to something else has left the menu that was waiting for words.
            context.expect(subscriber.chat_id, None)
        if subscriber.acts_for and _leaves_menus(event):
            context.act_for(subscriber.chat_id, None)
        data["subscriber"] = subscriber
        data["spoken"] = language(subscriber.language)
        data["reader"] = reader_for(context, subscriber)
        return await handler(event, data)


class Acting(BaseMiddleware):
    """Inner, of the menus: in a private chat that sets up a channel they are the channel's. A press
    is for whom the menu says it is, however old it is; commands follow the last one pressed."""

    async def __call__(
        self, handler: Handler, event: TelegramObject, data: dict[str, Any]
    ) -> object:
        context: Context = data["context"]
        person: Subscriber = data["subscriber"]
        acts_for = context.acting.get(person.chat_id, person.acts_for)
        if isinstance(event, CallbackQuery) and person.is_private:
            shown = _shown_channel(event)
            if shown != acts_for:
                context.act_for(person.chat_id, shown)
            acts_for = shown
        if acts_for is None:
            return await handler(event, data)
        channel = await subscribers.find_subscriber(context.db, acts_for)
        if channel is None and isinstance(event, CallbackQuery):
            raise StaleButtonError  # it was erased: the press is not the person's for that
        said = isinstance(event, Message) and not _is_command(event)
        if channel is None or (said and channel.expects is None):
            return await handler(event, data)  # plain words that nothing waits for are a search
        if not get_flag(data, OPEN_TO_ALL):
            if not is_allowed(context, person):
                return await handler(event, data)  # and is refused as the person
            if not get_flag(data, CHANGES):  # else `Rights` asks the same
                await self._require_admin(context, person, channel, event)
        if isinstance(event, Message) and _is_command(event):
            context.expect(channel.chat_id, None)
        data["subscriber"] = channel
        data["spoken"] = language(channel.language)
        data["reader"] = reader_for(context, channel)
        return await handler(event, data)

    @staticmethod
    async def _require_admin(
        context: Context, person: Subscriber, channel: Subscriber, event: TelegramObject
    ) -> None:
        """What a channel has chosen is its administrators' to see. Raises NotAllowedError; the
        menus are the person's own from then on."""
        _, user = _who(event)
        if user is None or not await is_chat_admin(context.bot, channel.chat_id, user):
            context.act_for(person.chat_id, None)
            raise NotAllowedError


class Rights(BaseMiddleware):
    """Inner: refuses before the handler runs whoever may not do what its flags say."""

    async def __call__(
        self, handler: Handler, event: TelegramObject, data: dict[str, Any]
    ) -> object:
        context: Context = data["context"]
        subscriber: Subscriber = data["subscriber"]
        _, user = _who(event)
        if get_flag(data, ADMIN) and not context.is_admin(user.id if user else None):
            raise NotAllowedError
        if not get_flag(data, OPEN_TO_ALL) and not _has_access(context, subscriber, user):
            return await _refuse(context, subscriber, event, user, data["spoken"])
        if get_flag(data, CHANGES) and not subscriber.is_private:
            await _require_group_admin(context.bot, subscriber, event, user)
            brought = context.is_admin(user.id if user else None)
            if brought and not is_allowed(context, subscriber):
                await subscribers.set_access(context.db, subscriber.chat_id, Access.GRANTED)
        return await handler(event, data)


class PressAnswer(BaseMiddleware):
    """Every press is answered: with the text or Alert that the handler returned, or silently."""

    async def __call__(
        self, handler: Handler, event: TelegramObject, data: dict[str, Any]
    ) -> object:
        result = await handler(event, data)
        if isinstance(event, CallbackQuery):
            text = result if isinstance(result, str) else None
            await answer_press(event, text, alert=isinstance(result, Alert))
        return result


async def answer_press(press: CallbackQuery, text: str | None, *, alert: bool = False) -> None:
    """A press answered twice, or too late, is no error."""
    try:
        await press.answer(text[:200] if text else None, show_alert=alert)
    except TelegramBadRequest as error:
        log.info("press_unanswered", cause=error.message)


async def introduce(context: Context, chat: Chat, user: User | None) -> Subscriber:
    """The chat as it is known, or made known, in the language of whoever speaks there."""
    settings, db = context.settings, context.db
    chat_id = ChatId(chat.id)
    known = await subscribers.find_subscriber(db, chat_id)
    title = clean_title(chat.title or chat.full_name or "")[:TITLE_LETTERS]
    if known is None or known.title != title or known.kind != chat.type:
        spoken = language_for(user.language_code if user else None, settings.default_language)
        zone, now = settings.default_timezone, context.now()
        known = await subscribers.add_subscriber(db, chat_id, chat.type, title, spoken, zone, now)
    if known.unreachable:
        await subscribers.mark_reachable(db, chat_id)
        context.outbox_filled.set()
    return known


def _shown_channel(press: CallbackQuery) -> ChatId | None:
    """The channel whose menu was pressed, by the link in its heading. None: the person's own."""
    message = press.message
    text = (message.text or "") if isinstance(message, Message) else ""
    for one in (message.entities or []) if isinstance(message, Message) else []:
        # Over a story stands a link too, which may be to anything, but what follows is not apart.
        if one.offset == 0 and one.url and text.startswith(one.extract_from(text) + "\n\n"):
            return chat_of_link(one.url)
    return None


def _is_forged(data: str) -> bool:
    """Whether a number in it is larger than any that a button of ours carries."""
    return any(LARGE_NUMBER.fullmatch(part) for part in data.split(":"))


def _is_command(message: Message) -> bool:
    return (message.text or "").startswith("/")


def _command_of(message: Message) -> str:
    """Its name; of anything else, nothing."""
    first = (message.text or " ").split(maxsplit=1)[:1]
    return first[0][1:].partition("@")[0].lower() if first and first[0].startswith("/") else ""


def _leaves_menus(event: TelegramObject) -> bool:
    """A command that is nothing of a channel's: whoever goes on to it has done with the channel.
    `/start` is one, which anybody tries who is lost."""
    command = _command_of(event) if isinstance(event, Message) else ""
    return bool(command) and command not in OF_CHANNELS


def _is_for_another(message: Message, username: str) -> bool:
    """A command to another bot: `/start@other_bot`."""
    first = (message.text or " ").split(maxsplit=1)[:1]
    named = first[0].partition("@")[2].lower() if first and first[0].startswith("/") else ""
    return bool(named) and named != username.lower()


def _who(event: TelegramObject) -> tuple[Chat | None, User | None]:
    if isinstance(event, Message):
        return event.chat, event.from_user
    if isinstance(event, CallbackQuery):
        return (event.message.chat if event.message else None), event.from_user
    return None, None


def _has_access(context: Context, subscriber: Subscriber, user: User | None) -> bool:
    """An administrator brings the bot into any group."""
    return is_allowed(context, subscriber) or context.is_admin(user.id if user else None)


async def _refuse(
    context: Context,
    subscriber: Subscriber,
    event: TelegramObject,
    user: User | None,
    spoken: Language,
) -> str | None:
    """Say where the request stands; the first knock goes to the administrators."""
    key = "access.closed"
    asks = context.settings.access == "approval" and context.admin_chats
    if asks and subscriber.access is not Access.REFUSED:
        asked = await ask_for_access(context, subscriber, _name(subscriber, user))
        key = "access.asked" if asked else "access.waiting"
    if isinstance(event, Message):
        await event.answer(spoken.say(key))
        return None
    return spoken.say(key)


def _name(subscriber: Subscriber, user: User | None) -> str:
    name = subscriber.title or str(subscriber.chat_id)
    return f"{name} (@{user.username})" if user and user.username else name


async def _require_group_admin(
    bot: Bot, subscriber: Subscriber, event: TelegramObject, user: User | None
) -> None:
    """Raises NotAllowedError unless an administrator of the group speaks, named or anonymous.

    An anonymous one speaks as the group itself; whoever speaks as a channel of theirs may be
    anybody. A press is always its person's own.
    """
    sender = event.sender_chat if isinstance(event, Message) else None
    if sender is not None and sender.id == subscriber.chat_id:
        return
    if user is not None and sender is None and await is_chat_admin(bot, subscriber.chat_id, user):
        return
    raise NotAllowedError


async def is_chat_admin(bot: Bot, chat: ChatId, user: User) -> bool:
    """Whether somebody is an administrator of a group or channel that the bot can see."""
    try:
        member = await bot.get_chat_member(chat, user.id)
    except (TelegramForbiddenError, TelegramBadRequest):
        return False
    return member.status in {ChatMemberStatus.CREATOR, ChatMemberStatus.ADMINISTRATOR}
