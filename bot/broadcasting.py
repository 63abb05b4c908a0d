"""What an administrator says to everybody: drafted, counted, confirmed, and sent by the outbox."""

from typing import Final

import structlog
from aiogram.types import Message as TelegramMessage
from aiogram.types import MessageEntity

from bot.context import Context
from bot.errors import BroadcastTooLongError, EmptyBroadcastError
from bot.i18n import language
from bot.rendering import Message
from bot.settings import AccessPolicy
from storage import broadcasts
from storage.broadcasts import Audience

log = structlog.get_logger()

MOST_LETTERS: Final = 3_500
CHATS_A_STEP: Final = 200
MOST_WAITING: Final = 200  # messages in the outbox beyond which a broadcast waits
KEPT_ENTITIES: Final = frozenset(
    (
        "bold",
        "italic",
        "underline",
        "strikethrough",
        "spoiler",
        "code",
        "pre",
        "text_link",
        "blockquote",
        "expandable_blockquote",
    )
)


def said(message: TelegramMessage) -> Message:
    """What stands behind the command, or in the message it replies to, with its formatting.

    Raises EmptyBroadcastError, BroadcastTooLongError.
    """
    text, entities = message.text or "", message.entities or []
    _, _, words = text.partition(" ") if " " in text.split("\n")[0] else text.partition("\n")
    if not words.strip() and message.reply_to_message:
        words = text = message.reply_to_message.text or ""
        entities = message.reply_to_message.entities or []
    words = words.strip()
    if not words:
        raise EmptyBroadcastError
    if len(words) > MOST_LETTERS:
        raise BroadcastTooLongError(most=MOST_LETTERS)
    return Message(words, tuple(_moved(entities, _units(text[: text.index(words)]), words)))


def _moved(entities: list[MessageEntity], by: int, words: str) -> list[dict[str, object]]:
    end = _units(words)
    return [
        entity.model_dump(mode="json", exclude_none=True) | {"offset": entity.offset - by}
        for entity in entities
        if entity.type in KEPT_ENTITIES and 0 <= entity.offset - by <= end - entity.length
    ]


def _units(text: str) -> int:
    """Telegram counts UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


def audience(context: Context) -> Audience:
    return Audience(context.settings.access is AccessPolicy.OPEN, context.admin_chats)


async def spread_broadcasts(context: Context) -> None:
    """A step of the oldest broadcast under way, unless the outbox has enough to do."""
    if await broadcasts.count_waiting(context.db, MOST_WAITING) >= MOST_WAITING:
        return
    default = context.settings.default_language

    def report(count: int, code: str | None) -> str:
        return Message(language(code or default).say("broadcast.spread", count)).to_json()

    chats = await broadcasts.spread(
        context.db,
        audience(context),
        context.now(),
        CHATS_A_STEP,
        report,
    )
    if chats is not None:
        log.info("broadcast_spread", chats=chats)
        context.outbox_filled.set()
