"""What people send to be read: article files, lists of feeds, forwarded posts. An administrator's
are for everybody, anybody else's for themselves.
"""

from hashlib import blake2s

from aiogram import Bot, F, Router
from aiogram.types import (
    Message,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginHiddenUser,
    MessageOriginUser,
)

from bot.adding import Right, add_many, ask_for, right_of
from bot.context import Context
from bot.errors import TooLargeError
from bot.files import MOST_FILE_BYTES, add_document
from bot.gathering import found_in, preview_of
from bot.handlers.adding import counted
from bot.handlers.answering import show
from bot.i18n import Language
from bot.rendering import shortened
from bot.sent import Post, add_forwarded, check_room
from bot.source_keyboards import offers_keyboard
from digests.models import Found, SourceKind, Subscriber
from digests.sources.document import read_outlines
from digests.text.characters import clean_title
from storage import offers, sources

DOWNLOAD_SECONDS = 30
TITLE_LETTERS = 80


def make_router() -> Router:
    router = Router(name="sent")
    private = F.chat.type == "private"
    router.message.register(take_document, F.document, private)
    router.message.register(take_forwarded, F.forward_origin, private)
    return router


def _right(message: Message, context: Context, subscriber: Subscriber) -> Right:
    """What an administrator sends is for everybody. Raises SourcesClosedError."""
    return right_of(context, subscriber, message.from_user.id if message.from_user else None)


async def take_document(
    message: Message, bot: Bot, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    """A file, told by its content; the sender's name of it is only repeated back, never used."""
    document = message.document
    if document is None:
        return
    if (document.file_size or 0) > MOST_FILE_BYTES:
        raise TooLargeError
    right = _right(message, context, subscriber)
    context.fetch_allowance.take(subscriber.chat_id)
    held = await bot.download(document, timeout=DOWNLOAD_SECONDS)
    data = held.read() if held else b""
    outlines = await context.parsers.run(read_outlines, data)
    if outlines:
        found = [found_in(context, outline) for outline in outlines]
        await _take_list(message, context, subscriber, spoken, right, found)
        return
    name = clean_title(document.file_name or "")[:60]
    await check_room(context, right.owner)
    added, rejected = await add_document(context, data, name, right.owner)
    if rejected:
        code = rejected[0].code
        known = code if spoken.has(code) else "error.article_rejected"
        await message.answer(spoken.say(known, name=name))
        return
    key = "document.added" if added.new or added.changed else "document.known"
    await message.answer(spoken.say(key))


async def _take_list(
    message: Message,
    context: Context,
    subscriber: Subscriber,
    spoken: Language,
    right: Right,
    found: list[Found],
) -> None:
    if right.asks:
        await ask_for(context, subscriber, found)
        await message.answer(spoken.say("sources.asked"))
    else:
        await message.answer(counted(await add_many(context, found, right.owner), spoken))


async def take_forwarded(
    message: Message, context: Context, subscriber: Subscriber, spoken: Language
) -> None:
    """The post is kept with its origin; a public channel is offered as a source beside."""
    right = _right(message, context, subscriber)
    post = forwarded_post(message)
    if context.albums.is_told(message) and not post.text:
        return  # of an album only one picture has the words, and one without any is told of once
    context.fetch_allowance.take(subscriber.chat_id)
    _, added, title = await add_forwarded(context, post, right.owner)
    key = "forward.added" if added.new or added.changed else "document.known"
    shown = shortened(title, TITLE_LETTERS)
    text = spoken.say(key, title=shown, origin=post.origin or "")
    channel = _channel_of(message, context)
    keys = None
    if channel:
        chat = subscriber.chat_id
        known = await sources.sources_at(context.db, channel.kind, channel.address)
        # Whether others read it for themselves is theirs to know.
        if not any(source.owner in {None, chat} for source in known):
            made = await offers.make_offers(context.db, chat, [channel], context.now())
            keys = offers_keyboard(made, spoken)
    await show(message, text, keys)


def forwarded_post(message: Message) -> Post:
    origin = message.forward_origin
    text = message.text or message.caption or ""
    match origin:
        case MessageOriginChannel(chat=chat, message_id=number):
            name = chat.username
            guid = f"{name.lower() if name else chat.id}/{number}"
            link = f"https://t.me/{name}/{number}" if name else None
            return Post(text, guid, link, origin.date, clean_title(chat.title or "") or None)
        case MessageOriginChat(sender_chat=chat):
            who, number = chat.title or "", chat.id
        case MessageOriginUser(sender_user=user):
            who, number = user.full_name, user.id
        case MessageOriginHiddenUser(sender_user_name=name):
            who, number = name, 0
        case _:
            who, number = "", 0
    date = origin.date if origin else message.date
    # Telegram cuts a long text into messages of the same second, and says no number of them.
    words = blake2s(text.encode(errors="replace"), digest_size=8).hexdigest()
    guid = f"{number or who}/{date.timestamp():.0f}/{words}"
    return Post(text, guid, None, date, clean_title(who) or None)


def _channel_of(message: Message, context: Context) -> Found | None:
    """The public channel a post came from. None: it came from none."""
    match message.forward_origin:
        case MessageOriginChannel(chat=chat) if chat.username:
            address = preview_of(context, chat.username)
            return Found(
                SourceKind.CHANNEL, address, clean_title(chat.title or "") or chat.username
            )
    return None
