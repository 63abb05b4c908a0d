"""What administrators are told of by itself, each kind at most once an hour: a restart counts."""

from datetime import UTC, datetime, timedelta
from typing import Final

from bot.context import Context, Core
from bot.rendering import Message
from bot.speaking import language_of
from storage import outbox
from storage.state import read_state, write_state

EVERY: Final = timedelta(hours=1)
SOURCE_PARKED: Final = "alarm.source_parked"


async def alarm(
    context: Context, key: str, *, every: timedelta = EVERY, **values: str | int
) -> bool:
    """Queue the sentence `key` to every administrator. False: they were told within `every`."""
    if not await may_tell(context, key, every):
        return False
    for admin in context.admin_chats:
        message = Message((await language_of(context, admin)).say(key, None, **values))
        await outbox.add_notice(context.db, admin, message.to_json(), context.now())
    context.outbox_filled.set()
    return True


async def may_tell(core: Core, key: str, every: timedelta = EVERY) -> bool:
    """Whether administrators may be told of this now; who is told so tells them."""
    now = core.now()
    last = await last_told(core, key)
    if last and now < last + every:
        return False
    await write_state(core.db, f"alarm/{key}", str(int(now.timestamp())))
    return True


async def last_told(core: Core, key: str) -> datetime | None:
    """None: never."""
    kept = await read_state(core.db, f"alarm/{key}")
    return datetime.fromtimestamp(int(kept), UTC) if kept else None
