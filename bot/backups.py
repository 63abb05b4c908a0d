"""Backups by the clock: one when the newest is old enough, beside the loop; the oldest go, and
after `backup_days` all do, whatever else fails: that is promised to whoever erased themselves.

When the next is due is read from the files' names: a restart changes nothing.
"""

import asyncio
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog

from bot.alarms import alarm
from bot.context import Context
from storage.backups import (
    Backup,
    back_up,
    backups_in,
    expire_copies,
    forget_backups,
    made_at,
    name_of,
)
from storage.errors import DatabaseError

log = structlog.get_logger()

LOOK_SECONDS: Final = 60.0
AFTER_FAILURE: Final = timedelta(hours=1)


class Backups:
    """Looked at every minute."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._not_before: datetime | None = None  # None: the last one did not fail

    async def look(self) -> None:
        now = self._context.now()
        self._expire(now)
        if not self._context.settings.backup_hours:
            return
        if self._context.db.is_full or (self._not_before and now < self._not_before):
            return
        if not self._is_due(now):
            return
        try:
            backup = await self._make(now)
        except DatabaseError as error:
            self._not_before = now + AFTER_FAILURE
            log.error("backup_failed", cause=str(error))  # noqa: TRY400 - its cause says it all
            await alarm(self._context, "alarm.backup_failed", folder=str(self._folder))
            return
        self._not_before = None
        gone = forget_backups(self._folder, self._path, self._kept, now)
        log.info("backed_up", path=str(backup.path), size=backup.size, gone=len(gone))

    def _expire(self, now: datetime) -> None:
        days = self._context.settings.backup_days
        gone = expire_copies(self._folder, self._path, days, now)
        if gone:
            log.info("backups_expired", gone=len(gone))

    def _is_due(self, now: datetime) -> bool:
        """One of a time to come was made by a clock that was wrong: it does not count."""
        hours = timedelta(hours=self._context.settings.backup_hours)
        made = [made_at(path) for path in backups_in(self._folder, self._path)]
        return not any(at and now - hours < at <= now for at in made)

    async def _make(self, now: datetime) -> Backup:
        stopping = threading.Event()
        target = self._folder / name_of(self._path, now)
        try:
            # SQLite works outside the interpreter's lock: this thread holds up nobody.
            return await asyncio.to_thread(back_up, self._path, target, stopping.is_set)
        finally:
            stopping.set()

    @property
    def _path(self) -> Path:
        return self._context.db.path

    @property
    def _folder(self) -> Path:
        return self._context.settings.backup_folder

    @property
    def _kept(self) -> int:
        return self._context.settings.backups_kept
