"""How fast one sender's updates are handled: a burst at once, then one a second.

Who floods the bot waits for his own answers; nobody else's lane is touched.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

BURST: Final = 20
A_SECOND: Final = 1.0
LANES_REMEMBERED: Final = 10_000


@dataclass
class Pace:
    monotonic: Callable[[], float]
    _free: dict[int, float] = field(default_factory=dict)  # lane → when all its burst is back

    def reserve(self, lane: int) -> float:
        """Take a place for one update; the seconds until it may be handled."""
        now = self.monotonic()
        full = max(self._free.get(lane, now), now) + 1 / A_SECOND
        self._free[lane] = full
        if len(self._free) > LANES_REMEMBERED:
            self._free = {known: end for known, end in self._free.items() if end > now}
        return max(0.0, full - now - BURST / A_SECOND)
