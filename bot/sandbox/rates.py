"""Telegram's sending rates as token buckets: overall, per chat and per group.

Telegram publishes no firm numbers; these are the ones its FAQ names, with the short bursts it
lets through. A request refused starts a ban; requests sent inside a ban are counted, because a
well-behaved bot makes none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.sandbox.model import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` tokens come in, at most `burst` are kept."""

    per_second: float
    burst: int


@dataclass(frozen=True, slots=True)
class Rates:
    overall: Rate = Rate(30, 30)
    chat: Rate = Rate(1, 5)
    group: Rate = Rate(20 / 60, 20)


@dataclass(slots=True)
class _Bucket:
    rate: Rate
    tokens: float
    filled: datetime

    def seconds_until_token(self, now: datetime) -> float:
        gained = max((now - self.filled).total_seconds(), 0) * self.rate.per_second
        self.tokens = min(self.tokens + gained, self.rate.burst)
        self.filled = now
        return max((1 - self.tokens) / self.rate.per_second, 0)


@dataclass(slots=True)
class RateLimiter:
    """Charges accepted sends; `rates=None` charges nothing."""

    rates: Rates | None
    now: Callable[[], datetime]
    requests_inside_ban: int = 0
    refused: int = 0
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _bans: dict[int | None, datetime] = field(default_factory=dict)
    """By chat; None is everybody."""

    def charge(self, chat_id: int, *, is_group: bool) -> None:
        """Count one send to the chat, or raise 429 and start a ban."""
        now = self.now()
        banned_until = max(
            (self._bans[key] for key in (chat_id, None) if key in self._bans), default=now
        )
        if now < banned_until:
            self.requests_inside_ban += 1
            raise self._refusal((banned_until - now).total_seconds())
        if self.rates is None:
            return
        buckets = self._buckets_of(chat_id, self.rates, is_group=is_group)
        wait = max(bucket.seconds_until_token(now) for bucket in buckets)
        if wait > 0:
            self.ban(chat_id, math.ceil(wait))
            raise self._refusal(wait)
        for bucket in buckets:
            bucket.tokens -= 1

    def ban(self, chat_id: int | None, seconds: int) -> None:
        self._bans[chat_id] = self.now() + timedelta(seconds=seconds)

    def _refusal(self, seconds: float) -> ApiError:
        self.refused += 1
        return too_many_requests(max(math.ceil(seconds), 1))

    def _buckets_of(self, chat_id: int, rates: Rates, *, is_group: bool) -> list[_Bucket]:
        wanted = {"overall": rates.overall, f"chat {chat_id}": rates.chat}
        if is_group:
            wanted[f"group {chat_id}"] = rates.group
        for key, rate in wanted.items():
            if key not in self._buckets:
                self._buckets[key] = _Bucket(rate, rate.burst, self.now())
        return [self._buckets[key] for key in wanted]


def too_many_requests(seconds: int) -> ApiError:
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
