"""What administrators are told of by itself, each kind at most once an hour: a restart counts."""

from datetime import UTC, datetime, timedelta
from typing import Final

from bot.context import Context
from bot.i18n import language
from bot.rendering import Message
from storage import outbox
from storage.state import read_state, write_state

EVERY: Final = timedelta(hours=1)


async def alarm(context: Context, key: str, **values: str | int) -> bool:
    """Queue the sentence `key` to every administrator. False: they were told within the hour."""
    now, name = context.now(), f"alarm/{key}"
    last = await read_state(context.db, name)
    if last and now < datetime.fromtimestamp(int(last), UTC) + EVERY:
        return False
    await write_state(context.db, name, str(int(now.timestamp())))
    message = Message(language(context.settings.default_language).say(key, None, **values))
    for admin in context.admin_chats:
        await outbox.add_notice(context.db, admin, message.to_json(), now)
    context.outbox_filled.set()
    return True
