"""Looks every minute for what an administrator should know before subscribers say so."""

import shutil
from datetime import timedelta
from typing import Final

from bot.alarms import SOURCE_PARKED, alarm, last_told
from bot.context import Context
from storage import figures

WATCH_SECONDS: Final = 60.0
LATE: Final = timedelta(minutes=10)
LEAST_FREE_BYTES: Final = 256 * 1024 * 1024
SILENCE: Final = timedelta(days=1)
SOURCES_NAMED: Final = 5


class Alerts:
    def __init__(self, context: Context) -> None:
        self._context = context
        self._were_late = False  # at the last look: after an outage they are being caught up

    async def look(self) -> None:
        await self._digests()
        await self._sources()
        await self._disk()
        await self._silence()

    async def _digests(self) -> None:
        """Digests whose making fails right now, or whose hour is long over."""
        context, now = self._context, self._context.now()
        failing = sum(until > now for until in context.failed_until.values())
        late = await figures.digests_due_before(context.db, now - LATE)
        were_late, self._were_late = self._were_late, late > 0
        if failing or (late and were_late):
            await alarm(context, "alarm.digests_failing", failing=failing, late=late)

    async def _sources(self) -> None:
        """Sources given up since administrators were last told of one."""
        context = self._context
        last = await last_told(context, SOURCE_PARKED)
        titles = await figures.parked_since(context.db, last, SOURCES_NAMED) if last else []
        if titles:
            await alarm(context, SOURCE_PARKED, titles=", ".join(titles))

    async def _disk(self) -> None:
        folder = self._context.db.path.absolute().parent
        free = shutil.disk_usage(folder).free
        if free < LEAST_FREE_BYTES:
            megabytes = free // 1_000_000
            await alarm(self._context, "alarm.disk_low", free=megabytes, folder=str(folder))

    async def _silence(self) -> None:
        """Digests are made, and for a day none reached anybody."""
        context, now = self._context, self._context.now()
        recent = await figures.read_recent(context.db)
        makes = recent.digest and now - recent.digest < SILENCE
        is_new = recent.first_digest and now - recent.first_digest < SILENCE
        if not makes or is_new or (recent.sent and now - recent.sent < SILENCE):
            return
        article = f"{recent.article:%d.%m %H:%M} UTC" if recent.article else "—"
        sent = f"{recent.sent:%d.%m %H:%M} UTC" if recent.sent else "—"
        await alarm(context, "alarm.nothing_sent", every=SILENCE, article=article, sent=sent)
