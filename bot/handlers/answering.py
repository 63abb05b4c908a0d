"""How handlers answer: a menu edits its message in place, a command gets a message of its own."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import (
    CallbackQuery,
    InlineKeyboardMarkup,
    InlineQuery,
    InlineQueryResultArticle,
    InlineQueryResultsButton,
    Message,
)
from aiogram.utils.formatting import Text, TextLink

from bot.deep_links import link_into
from bot.errors import StaleButtonError
from bot.i18n import Language
from bot.rendering import Message as Content
from bot.rendering import message_of
from digests.models import ChatId, Subscriber

log = structlog.get_logger()

NOT_MODIFIED = "message is not modified"
INLINE_SECONDS = 10  # an answer to the same words is kept by Telegram


async def show(
    event: Message | CallbackQuery,
    content: Content | Text | str,
    keys: InlineKeyboardMarkup | None = None,
) -> None:
    """Answer a command with a message; after a press, edit the menu in place."""
    message = content if isinstance(content, Content) else message_of(Text(content), keys)
    if isinstance(event, Message):
        await event.answer(**message.as_kwargs())
        return
    if not isinstance(event.message, Message):
        raise StaleButtonError  # the message is too old for Telegram to name
    with unless_the_same():
        await event.message.edit_text(**message.as_kwargs())


@contextmanager
def unless_the_same() -> Iterator[None]:
    """A press handled twice changes a message to what it is already: no error."""
    try:
        yield
    except TelegramBadRequest as error:
        if NOT_MODIFIED not in error.message:
            raise


async def ask(
    event: Message | CallbackQuery,
    subscriber: Subscriber,
    spoken: Language,
    question: str,
    keys: InlineKeyboardMarkup | None = None,
) -> None:
    """A question that words answer; in a group they must be a reply, else the bot hears nothing."""
    in_group = not (subscriber.is_private or subscriber.is_channel)
    hint = "\n\n" + spoken.say("group.reply") if in_group else ""
    await show(event, headed(subscriber, spoken, question + hint), keys)


def headed(subscriber: Subscriber, spoken: Language, *content: Text | str) -> Text:
    """Over what is a channel's, shown in a private chat, stands whose it is. The link there tells
    which channel a press is for."""
    if not subscriber.is_channel:
        return Text(*content)
    heading = spoken.say("channel.of", title=subscriber.title)
    return Text(TextLink(heading, url=link_into(subscriber.chat_id)), "\n\n", *content)


def replied_to(message: Message) -> Message | None:
    """None: it answers nothing. In a topic of a forum what answers nothing replies to the message
    that opened the topic."""
    replied = message.reply_to_message
    return None if replied is None or replied.forum_topic_created else replied


def thread_of(event: Message | CallbackQuery) -> int | None:
    """The topic of a forum where this happens. None: the general one, or no forum."""
    message = event if isinstance(event, Message) else event.message
    if isinstance(message, Message) and message.is_topic_message:
        return message.message_thread_id
    return None


async def answer_query(
    query: InlineQuery,
    results: Sequence[InlineQueryResultArticle],
    next_place: str = "",
    button: InlineQueryResultsButton | None = None,
) -> None:
    """For this person alone: others may see other sources. Answered too late is no error."""
    try:
        await query.answer(
            list(results),
            cache_time=INLINE_SECONDS,
            is_personal=True,
            next_offset=next_place,
            button=button,
        )
    except TelegramBadRequest as error:
        log.info("query_unanswered", cause=error.message)


def chat_of(event: Message | CallbackQuery) -> ChatId:
    """Where this happens. Raises StaleButtonError."""
    message = event if isinstance(event, Message) else event.message
    if message is None:
        raise StaleButtonError
    return ChatId(message.chat.id)


async def say(event: Message | CallbackQuery, content: Content | str) -> None:
    """A message of its own, after a press too."""
    message = Content(content) if isinstance(content, str) else content
    place = event if isinstance(event, Message) else event.message
    if not isinstance(place, Message):
        raise StaleButtonError
    await place.answer(**message.as_kwargs())
