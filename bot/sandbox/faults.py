"""Faults ordered for coming requests: what a network and a busy Telegram do to a bot.

A fault names the method and chat it waits for, and how often it strikes; `server.py` acts on it.
Probabilities come from one seeded generator, so a run can be repeated.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.sandbox.model import Json

KINDS = (
    "retry_after",  # 429 with `retry_after`; nothing happened
    "refused",  # JSON body with `status` and `text`; nothing happened
    "server_error",  # JSON body with `status` (500); nothing happened
    "bad_gateway",  # HTML body, 502; nothing happened
    "truncated",  # the request is carried out, the JSON answer is cut in half
    "slow",  # carried out after `seconds`
    "reset_before",  # connection reset, nothing happened
    "reset_after",  # carried out, then connection reset: the client cannot know
)


@dataclass(slots=True)
class Fault:
    kind: str
    method: str | None = None
    """Bot API method, any case; None is any."""
    chat_id: int | None = None
    """None is any chat, and requests without one."""
    times: int | None = 1
    """How many requests it still strikes; None is without end."""
    probability: float = 1.0
    retry_after: int = 1
    everywhere: bool = False
    """Of `retry_after`: every chat is banned, not only the one that was written to."""
    status: int = 500
    text: str = "Internal Server Error"
    seconds: float = 1.0
    struck: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {', '.join(KINDS)}")

    def fits(self, method: str, chat_id: int | None) -> bool:
        return (
            self.times != 0
            and (self.method is None or self.method.lower() == method.lower())
            and (self.chat_id is None or self.chat_id == chat_id)
        )


@dataclass(slots=True)
class Faults:
    seed: int = 0
    ordered: list[Fault] = field(default_factory=list)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def order(self, kind: str, **options: object) -> Fault:
        """Order a fault; the options are the fields of `Fault`."""
        fault = Fault(kind, **options)  # type: ignore[arg-type]
        self.ordered.append(fault)
        return fault

    def strike(self, method: str, chat_id: int | None) -> Fault | None:
        """Return the fault that hits this request, oldest order first."""
        for fault in self.ordered:
            if fault.fits(method, chat_id) and self._random.random() < fault.probability:
                fault.struck += 1
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def clear(self) -> None:
        self.ordered.clear()

    def report(self) -> list[Json]:
        return [
            {name: getattr(fault, name) for name in fault.__dataclass_fields__}
            for fault in self.ordered
        ]
