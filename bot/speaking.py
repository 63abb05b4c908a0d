"""In which language a chat is spoken to."""

from bot.context import Core
from bot.i18n import Language, language
from digests.models import ChatId
from storage import subscribers


async def language_of(core: Core, chat: ChatId | None) -> Language:
    """What the chat chose; the default of one that never wrote, and for everybody (None)."""
    known = await subscribers.find_subscriber(core.db, chat) if chat else None
    return language(known.language if known else core.settings.default_language)
