"""In which language a chat is spoken to, and by whose clock."""

from zoneinfo import ZoneInfo

from bot.context import Context, Core
from bot.i18n import Language, language
from bot.rendering import Reader
from digests.models import ChatId, Subscriber
from storage import subscribers


async def language_of(core: Core, chat: ChatId | None) -> Language:
    """What the chat chose; the default of one that never wrote, and for everybody (None)."""
    known = await subscribers.find_subscriber(core.db, chat) if chat else None
    return language(known.language if known else core.settings.default_language)


def reader_for(context: Context, subscriber: Subscriber) -> Reader:
    return Reader(language(subscriber.language), ZoneInfo(subscriber.zone), context.username)
