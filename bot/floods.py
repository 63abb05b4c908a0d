"""Until when Telegram asked to be left alone, by one chat or by everybody; kept in the file.

A 429 does not say whether it means one chat or the whole bot. It means everybody when two chats
in a row are refused, nothing was accepted between, and both waits end at the same moment.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from digests.models import ChatId
from storage import outbox
from storage.database import Database
from storage.state import read_state, write_state

log = structlog.get_logger()

EVERYBODY: Final = "flood_until"  # name of the stored value: UTC seconds
SAME_MOMENT: Final = timedelta(seconds=2)
CHATS_REMEMBERED: Final = 10_000


class Floods:
    """Asked before every send, told of every 429 and of every send that was accepted."""

    def __init__(self, db: Database, now: Callable[[], datetime]) -> None:
        self._db = db
        self._now = now
        self._chats: dict[ChatId, datetime] = {}
        self._everybody: datetime | None = None
        self._last: tuple[ChatId, datetime] | None = None  # the last refusal; None: accepted since

    async def load(self) -> None:
        """What was asked before a restart still holds."""
        self._chats = await outbox.waiting_chats(self._db, self._now())
        stored = await read_state(self._db, EVERYBODY)
        self._everybody = datetime.fromtimestamp(int(stored), UTC) if stored else None

    def everybody_until(self) -> datetime | None:
        """None: sending is free."""
        return self._everybody if self._everybody and self._everybody > self._now() else None

    def until(self, chat: ChatId) -> datetime | None:
        """None: the chat may be written to."""
        own = self._chats.get(chat)
        waits = [one for one in (own, self._everybody) if one and one > self._now()]
        return max(waits, default=None)

    async def refused(self, chat: ChatId, seconds: float) -> datetime:
        """Note a 429; until when the chat is left alone."""
        now = self._now()
        until = now + timedelta(seconds=seconds)
        if len(self._chats) >= CHATS_REMEMBERED:
            self._chats = {known: end for known, end in self._chats.items() if end > now}
        self._chats[chat] = until
        await outbox.wait_chat(self._db, chat, until)
        last, self._last = self._last, (chat, until)
        if last and last[0] != chat and abs(last[1] - until) <= SAME_MOMENT:
            self._everybody = max(until, last[1], self.everybody_until() or until)
            await write_state(self._db, EVERYBODY, str(int(self._everybody.timestamp()) + 1))
            log.warning("flood_wait", everybody=True, seconds=round(seconds))
        return until

    def accepted(self) -> None:
        self._last = None
