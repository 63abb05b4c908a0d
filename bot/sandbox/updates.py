"""The bot's updates: numbered, kept for a day, given out by long poll or by webhook.

`UpdateQueue.poll` follows getUpdates: an offset confirms everything before it, a second poll ends
the first with 409. The webhook's sender is `webhook.py`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.sandbox.model import ApiError, Json
from bot.sandbox.signals import Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FIRST_UPDATE_ID = 100_000_001
KEPT = timedelta(hours=24)
MAX_LIMIT = 100
MAX_TIMEOUT_SECONDS = 50
NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})

TERMINATED = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


@dataclass(slots=True)
class Webhook:
    url: str
    secret_token: str = ""
    last_error_date: int = 0
    last_error_message: str = ""


class UpdateQueue:
    """Updates the bot has not confirmed yet, oldest first."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._pending: deque[tuple[datetime, Json]] = deque()
        self._next_id = FIRST_UPDATE_ID
        self._poller = 0
        self.allowed: frozenset[str] | None = None
        """None means everything but the kinds that must be asked for."""
        self.webhook: Webhook | None = None
        self.closed = False
        self.signal = Signal()

    def push(self, kind: str, payload: Json) -> int | None:
        """Queue one update; return its id, or None when the bot did not ask for this kind."""
        if kind not in self.allowed if self.allowed else kind in NOT_BY_DEFAULT:
            return None
        update_id = self._next_id
        self._next_id += 1
        self._pending.append((self._now(), {"update_id": update_id, kind: payload}))
        self.signal.notify()
        return update_id

    def push_raw(self, update: Json) -> int:
        """Queue an update of any shape, for tests of how a bot takes malformed ones."""
        update_id = self._next_id
        self._next_id += 1
        self._pending.append((self._now(), {"update_id": update_id} | update))
        self.signal.notify()
        return update_id

    def repeat(self, update: Json) -> None:
        """Queue an update again under the id it has, as Telegram does after a lost answer."""
        self._pending.append((self._now(), update))
        self.signal.notify()

    def pending(self) -> list[Json]:
        oldest = self._now() - KEPT
        while self._pending and self._pending[0][0] < oldest:
            self._pending.popleft()
        return [update for _, update in self._pending]

    def drop(self, update: Json) -> None:
        self._pending = deque(item for item in self._pending if item[1] is not update)

    def drop_all(self) -> None:
        self._pending.clear()

    def set_allowed(self, kinds: Sequence[str] | None) -> None:
        """Ask for these kinds; an empty list restores the default, None changes nothing."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def confirm(self, offset: int) -> None:
        if offset < 0:
            self._pending = deque(list(self._pending)[offset:])
        else:
            self._pending = deque(i for i in self._pending if int(i[1]["update_id"]) >= offset)

    async def poll(self, offset: int, limit: int, timeout_seconds: int) -> list[Json]:
        if self.webhook is not None:
            raise ApiError(409, WEBHOOK_ACTIVE)
        self._poller += 1
        poller = self._poller
        self.signal.notify()
        self.confirm(offset)
        limit = limit if 1 <= limit <= MAX_LIMIT else MAX_LIMIT
        loop = asyncio.get_running_loop()
        end = loop.time() + min(timeout_seconds, MAX_TIMEOUT_SECONDS)
        while not self.closed:
            if poller != self._poller:
                raise ApiError(409, TERMINATED)
            if self.webhook is not None:
                raise ApiError(409, WEBHOOK_ACTIVE)
            updates = self.pending()[:limit]
            if updates or loop.time() >= end:
                return updates
            await self.signal.wait(end - loop.time())
        return []

    def close(self) -> None:
        self.closed = True
        self.signal.notify()
