"""Who sends a burst is answered at once; who goes on sending waits, alone."""

import pytest

from bot import pace
from bot.pace import BURST, Pace


class Watch:
    now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    monkeypatch.setattr(pace, "A_SECOND", 1.0)
    return Watch()


def test_a_burst_goes_at_once_and_then_one_a_second(watch: Watch) -> None:
    kept = Pace(watch)
    waits = [kept.reserve(7) for _ in range(BURST + 3)]
    assert waits[:BURST] == [0] * BURST
    assert waits[BURST:] == pytest.approx([1, 2, 3])
    assert kept.reserve(8) == 0


def test_the_burst_comes_back_with_time(watch: Watch) -> None:
    kept = Pace(watch)
    for _ in range(BURST):
        kept.reserve(7)
    watch.now += 5
    assert [kept.reserve(7) for _ in range(6)] == pytest.approx([0] * 5 + [1])
    watch.now += 10_000
    assert [kept.reserve(7) for _ in range(BURST)] == [0] * BURST


def test_memory_of_lanes_is_bounded(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "LANES_REMEMBERED", 10)
    kept = Pace(watch)
    for lane in range(100):
        kept.reserve(lane)
        watch.now += 2
    assert len(kept._free) <= 11
