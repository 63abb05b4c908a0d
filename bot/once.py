"""What many share is made once."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass
class Once(Generic[K, V]):
    """By key. What fails once fails for all with that key, without trying again."""

    make: Callable[[K], Awaitable[V]]
    _made: dict[K, V | Exception] = field(default_factory=dict)

    async def of(self, key: K) -> V:
        if key not in self._made:
            try:
                self._made[key] = await self.make(key)
            except Exception as error:  # noqa: BLE001 - raised below, now and the next time
                self._made[key] = error
        made = self._made[key]
        if isinstance(made, Exception):
            raise made
        return made
