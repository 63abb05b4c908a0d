"""What a clock that is set back would leave waiting: schedules moved on in a future that never was.

A computer without a battery, or a mistyped date, may run days ahead for a while. What the bot did
then is done, and its slots stay taken; but next times must not lie further ahead than they would
if they were computed now, or digests would stay away until the wrong date is reached.
"""

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from bot.context import Context
from bot.recapping import rewind_recaps
from bot.reminding import LONGEST
from digests.models import ScheduleId
from digests.polling import LONGEST_WAIT
from digests.schedules import next_digest
from storage import saved, schedules, sources
from storage.schedules import Move
from storage.state import read_state, write_state

log = structlog.get_logger()

STATE: Final = "clock"  # the latest instant seen, to the minute
PRECISION: Final = timedelta(minutes=1)
SCHEDULES_A_STEP: Final = 500


class ClockWatch:
    """Looked at every few seconds; a restart in between changes nothing."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._latest: datetime | None = None  # None: not read yet

    async def look(self) -> None:
        db, now = self._context.db, self._context.now()
        if db.is_full:
            return
        if self._latest is None:
            kept = await read_state(db, STATE)
            self._latest = datetime.fromisoformat(kept) if kept else now - PRECISION
        if self._latest - now > PRECISION:
            moved = await rewind(self._context, now)
            log.warning("clock_set_back", by=str(self._latest - now), schedules=moved)
        elif now - self._latest < PRECISION:
            return
        await write_state(db, STATE, now.isoformat(timespec="seconds"))
        self._latest = now


async def rewind(context: Context, now: datetime) -> int:
    """Bring forward what waits for longer than it would had it been computed now; how many
    schedules did."""
    moved, after = 0, ScheduleId(0)
    while page := await schedules.waiting_schedules(context.db, now, after, SCHEDULES_A_STEP):
        after = page[-1][0].id
        moves = []
        for one, subscriber in page:
            zone = ZoneInfo(subscriber.zone)
            following = next_digest(one.timing, zone, subscriber.quiet, now)
            if following < one.since:
                moves.append(Move(one.id, one.since, following))
        moved += await schedules.move(context.db, moves)
    await sources.rewind_polls(context.db, now, LONGEST_WAIT)
    await saved.rewind_reminders(context.db, now + LONGEST)
    await rewind_recaps(context, now)
    return moved
