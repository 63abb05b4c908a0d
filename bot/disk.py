"""A full disk: the bot reads and answers on, saves nothing, says so, and goes on by itself.

The outbox is on the same disk, so administrators are told directly.
"""

import structlog
from aiogram.exceptions import AiogramError

from bot.context import Context
from bot.speaking import language_of
from digests.models import ChatId

log = structlog.get_logger()


class DiskWatch:
    """Looked at every few seconds."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._told: set[ChatId] = set()
        self._was_full = False

    async def look(self) -> None:
        db = self._context.db
        if not db.is_full:
            return
        if not self._was_full:
            self._was_full = True
            log.error("disk_full", database=str(db.path))
        if await db.has_room():
            self._was_full = False
            log.info("disk_has_room", database=str(db.path))
            for admin in sorted(self._told):
                await self._tell(admin, "alarm.disk_has_room")
            self._told.clear()
            return
        for admin in self._context.admin_chats:
            if admin not in self._told and await self._tell(admin, "alarm.disk_full"):
                self._told.add(admin)

    async def _tell(self, admin: ChatId, key: str) -> bool:
        spoken = await language_of(self._context, admin)
        try:
            await self._context.bot.send_message(admin, spoken.say(key))
        except (AiogramError, UnicodeDecodeError, TimeoutError) as error:
            log.warning("admin_untold", admin=admin, cause=type(error).__name__)
            return False
        return True
