"""What Telegram takes from us, and what a chat may ask of us.

Telegram's rates: about 30 messages a second overall, one a second to a chat, 20 a minute to a
group. They are not firm, so `retry_after` is obeyed besides (`bot.floods`). Broadcasts take their
turn at nine tenths of the rate: what is left over is for answers, which therefore never queue
behind them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.errors import TooOftenError

OVERALL_A_SECOND: Final = 30.0
BROADCAST_SHARE: Final = 0.9
CHAT_SECONDS: Final = 1.0
GROUP_SECONDS: Final = 3.0
CHATS_REMEMBERED: Final = 10_000
FETCHES_AT_ONCE: Final = 30
FETCH_SECONDS: Final = 10.0


@dataclass
class RateLimits:
    """Says how many seconds a send has to wait. Each call takes a place, so call it once a send."""

    monotonic: Callable[[], float]
    overall_a_second: float = OVERALL_A_SECOND

    def __post_init__(self) -> None:
        self._tokens = self.overall_a_second
        self._filled = self.monotonic()
        self._next_broadcast = self._filled
        self._chats: dict[int, float] = {}  # chat → when it may be written to again

    def reserve_chat(self, chat: int) -> float:
        """Until a broadcast may write to `chat`, whatever goes to others."""
        now = self.monotonic()
        at = max(now, self._chats.get(chat, 0.0))
        self._note(chat, at, now)
        return at - now

    def reserve_broadcast(self) -> float:
        """Until the next message of a broadcast may go out."""
        now = self.monotonic()
        at = max(now + self._take(now), self._next_broadcast)
        self._next_broadcast = at + 1 / (self.overall_a_second * BROADCAST_SHARE)
        return at - now

    def reserve_answer(self, chat: int) -> float:
        """Until an answer may go out: at once, unless answers alone use up the whole rate."""
        now = self.monotonic()
        wait = self._take(now)
        self._note(chat, now + wait, now)
        return wait

    def _take(self, now: float) -> float:
        """Take one place of the overall rate; the seconds until it is free."""
        grown = self._tokens + (now - self._filled) * self.overall_a_second
        self._tokens = min(self.overall_a_second, grown) - 1
        self._filled = now
        return max(0.0, -self._tokens / self.overall_a_second)

    def _note(self, chat: int, at: float, now: float) -> None:
        self._chats[chat] = at + (CHAT_SECONDS if chat > 0 else GROUP_SECONDS)
        if len(self._chats) > CHATS_REMEMBERED:
            self._chats = {known: free for known, free in self._chats.items() if free > now}


@dataclass
class Allowance:
    """How often a chat may make us fetch something: a bucket of tokens each, filled over time."""

    monotonic: Callable[[], float]

    def __post_init__(self) -> None:
        self._full_at: dict[int, float] = {}  # chat → when its bucket is full again

    def take(self, chat: int) -> None:
        """Raises TooOftenError with the `seconds` to wait when the bucket is empty."""
        now = self.monotonic()
        full_at = max(now, self._full_at.get(chat, now)) + FETCH_SECONDS
        wait = full_at - now - FETCHES_AT_ONCE * FETCH_SECONDS
        if wait > 0:
            raise TooOftenError(chat=chat, seconds=math.ceil(wait))
        self._full_at[chat] = full_at
        if len(self._full_at) > CHATS_REMEMBERED:
            self._full_at = {known: at for known, at in self._full_at.items() if at > now}
