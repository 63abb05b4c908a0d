"""What the bot may no longer do in a channel or group, told to whom it concerns: whoever changed
it, and whose source the channel is. They are written to at once; nothing of it is kept.
"""

from collections.abc import Sequence

import structlog
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError
from aiogram.types import ChatMemberUpdated

from bot.context import Context
from bot.i18n import language
from bot.rendering import Message
from digests.models import ChatId, SourceKind
from digests.text.characters import clean_title
from storage import sources, subscribers

log = structlog.get_logger()


async def note_loss(event: ChatMemberUpdated, context: Context, *, hears: bool) -> None:
    """The bot may not post there any more; nor read, unless it still `hears`."""
    chat = ChatId(event.chat.id)
    known = await subscribers.find_subscriber(context.db, chat)
    await subscribers.mark_unreachable(context.db, chat, context.now())
    heard = await sources.sources_at(context.db, SourceKind.POSTS, str(chat))
    keys = ["lost.posts"] if heard and not hears else []
    if known and known.subscribed:
        keys.append("lost.digests")
    people = {ChatId(event.from_user.id)}
    for source in heard:
        people |= {source.owner} if source.owner is not None else set(context.admin_chats)
    log.info("rights_lost", chat=chat, told=len(people) if keys else 0)
    if keys:
        for person in sorted(people):
            await _tell(context, person, event, keys)


async def _tell(
    context: Context, person: ChatId, event: ChatMemberUpdated, keys: Sequence[str]
) -> None:
    """Whoever never spoke to the bot cannot be told."""
    known = await subscribers.find_subscriber(context.db, person)
    if known is None or not known.is_private or known.unreachable:
        return
    spoken = language(known.language)
    place = "channel.of" if event.chat.type == "channel" else "lost.group"
    head = spoken.say(place, title=clean_title(event.chat.title or "") or str(event.chat.id))
    text = head + "\n\n" + " ".join(spoken.say(key) for key in keys)
    try:
        await context.bot.send_message(person, **Message(text).as_kwargs())
    except (TelegramForbiddenError, TelegramBadRequest) as error:
        log.info("loss_untold", chat=event.chat.id, person=person, cause=error.message)
