"""What administrators are told of by itself, each kind at most once an hour: a restart counts."""

from datetime import UTC, datetime, timedelta
from typing import Final

from bot.context import Context, Core
from bot.rendering import Message
from bot.speaking import language_of
from storage import outbox
from storage.state import read_state, replace_state

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
    """Whether administrators may be told of this now; who is told so tells them, and nobody else
    who asks at the same moment."""
    now, name = core.now(), _name(key)
    kept = await read_state(core.db, name)
    if kept is not None and now < _instant(kept) + every:
        return False
    return await replace_state(core.db, name, kept, str(int(now.timestamp())))


async def last_told(core: Core, key: str) -> datetime | None:
    """None: never."""
    kept = await read_state(core.db, _name(key))
    return _instant(kept) if kept else None


def _name(key: str) -> str:
    return f"alarm/{key}"


def _instant(kept: str) -> datetime:
    return datetime.fromtimestamp(int(kept), UTC)
