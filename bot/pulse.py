"""Signs of life: when each tick of the clock last went well, when Telegram last answered."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Tick = Callable[[], Awaitable[object]]
Ticks = dict[str, tuple[Tick, float]]  # by name, with the seconds between two


@dataclass
class Pulse:
    """Seconds since, by a clock that nobody sets."""

    monotonic: Callable[[], float] = time.monotonic
    _beats: dict[str, float] = field(default_factory=dict)
    _heard: float | None = None  # None: Telegram has not answered yet

    def heard(self) -> None:
        self._heard = self.monotonic()

    @property
    def silence(self) -> float | None:
        """Since Telegram's last answer. None: there was none."""
        return None if self._heard is None else self.monotonic() - self._heard

    def beating(self, ticks: Ticks) -> Ticks:
        """The same ticks, each noted here whenever it went well; the start counts."""
        return {name: (self._noted(name, tick), seconds) for name, (tick, seconds) in ticks.items()}

    def _noted(self, name: str, tick: Tick) -> Tick:
        self._beats[name] = self.monotonic()

        async def noted() -> None:
            await tick()
            self._beats[name] = self.monotonic()

        return noted

    @property
    def ages(self) -> dict[str, float]:
        """Since each tick last went well."""
        now = self.monotonic()
        return {name: now - beat for name, beat in self._beats.items()}
