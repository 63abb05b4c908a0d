"""Telegram's rates, by a clock of our own."""

from __future__ import annotations

import pytest

from bot import rate_limits
from bot.rate_limits import RateLimits


@pytest.fixture(autouse=True)
def _real_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """The running bots of other tests have theirs switched off."""
    monkeypatch.setattr(rate_limits, "CHAT_SECONDS", 1.0)
    monkeypatch.setattr(rate_limits, "GROUP_SECONDS", 3.0)


class Watch:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def limits(watch: Watch) -> RateLimits:
    return RateLimits(watch)


def test_first_message_of_a_chat_goes_at_once(limits: RateLimits) -> None:
    assert limits.reserve(1) == 0


def test_chat_is_written_to_once_a_second(limits: RateLimits) -> None:
    assert [limits.reserve(1) for _ in range(4)] == [0, 1, 2, 3]


def test_group_is_written_to_twenty_times_a_minute(limits: RateLimits) -> None:
    waits = [limits.reserve(-100) for _ in range(21)]
    assert waits[20] == 60


def test_chats_do_not_wait_for_each_other(limits: RateLimits) -> None:
    limits.reserve(1)
    limits.reserve(1)
    assert limits.reserve(2) == 0


def test_overall_rate_is_thirty_a_second(limits: RateLimits, watch: Watch) -> None:
    waits = [limits.reserve(chat) for chat in range(1, 91)]
    assert waits[:30] == [0] * 30
    assert waits[-1] == pytest.approx(2.0)
    assert max(waits) <= 2.0 + 1e-9
    watch.now += 10
    assert limits.reserve(1_000) == 0


def test_tokens_never_pile_up_beyond_one_second(limits: RateLimits, watch: Watch) -> None:
    watch.now += 3_600
    waits = [limits.reserve(chat) for chat in range(1, 62)]
    assert waits[30] > 0
    assert waits[60] == pytest.approx(31 / 30)


def test_interactive_answers_never_wait_but_broadcasts_make_room(
    limits: RateLimits, watch: Watch
) -> None:
    limits.count(1)
    assert limits.reserve(1) == pytest.approx(1.0)
    for chat in range(100, 130):
        limits.count(chat)
    assert limits.reserve(5) > 0


def test_memory_of_chats_is_bounded(
    limits: RateLimits, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "CHATS_REMEMBERED", 10)
    for chat in range(1, 12):
        limits.count(chat)
        watch.now += 5
    assert len(limits._chats) <= 11
