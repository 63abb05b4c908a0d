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
def limits(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> RateLimits:
    monkeypatch.setattr(rate_limits, "BROADCAST_SHARE", 0.9)
    return RateLimits(watch)


def test_first_message_of_a_chat_goes_at_once(limits: RateLimits) -> None:
    assert limits.reserve_chat(1) == 0
    assert limits.reserve_broadcast() == 0


def test_chat_is_written_to_once_a_second(limits: RateLimits) -> None:
    assert [limits.reserve_chat(1) for _ in range(4)] == [0, 1, 2, 3]


def test_group_is_written_to_twenty_times_a_minute(limits: RateLimits) -> None:
    waits = [limits.reserve_chat(-100) for _ in range(21)]
    assert waits[20] == 60


def test_chats_do_not_wait_for_each_other(limits: RateLimits) -> None:
    limits.reserve_chat(1)
    limits.reserve_chat(1)
    assert limits.reserve_chat(2) == 0


def test_broadcasts_go_out_evenly_at_nine_tenths_of_the_rate(
    limits: RateLimits, watch: Watch
) -> None:
    waits = [limits.reserve_broadcast() for _ in range(28)]
    assert waits == pytest.approx([n / 27 for n in range(28)])
    watch.now += 3_600
    assert limits.reserve_broadcast() == 0
    assert limits.reserve_broadcast() == pytest.approx(1 / 27)


def test_answers_do_not_queue_behind_broadcasts(limits: RateLimits, watch: Watch) -> None:
    for _ in range(200):  # seven seconds of a broadcast
        watch.now += limits.reserve_broadcast()
    for _ in range(8):
        limits.reserve_broadcast()
    assert [limits.reserve_answer(chat) for chat in range(1, 11)] == [0] * 10


def test_answers_alone_keep_the_overall_rate(limits: RateLimits, watch: Watch) -> None:
    waits = [limits.reserve_answer(chat) for chat in range(1, 91)]
    assert waits[:30] == [0] * 30
    assert waits[-1] == pytest.approx(2.0)
    assert limits.reserve_broadcast() > 2
    watch.now += 10
    assert limits.reserve_answer(1_000) == 0


def test_broadcasts_make_room_for_an_answer_to_their_chat(limits: RateLimits) -> None:
    limits.reserve_answer(1)
    assert limits.reserve_chat(1) == pytest.approx(1.0)


def test_memory_of_chats_is_bounded(
    limits: RateLimits, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "CHATS_REMEMBERED", 10)
    for chat in range(1, 12):
        limits.reserve_answer(chat)
        watch.now += 5
    assert len(limits._chats) <= 11
