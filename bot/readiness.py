"""Whether the bot does its work: `/readyz` asks each part, and one that does not makes it red."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from aiogram.exceptions import AiogramError

from bot.context import Context
from digests.errors import SvodkaError
from storage.figures import Figures, read_figures

log = structlog.get_logger()

DATABASE_SECONDS: Final = 3.0
SILENCE_SECONDS: Final = 90.0  # a long poll ends after 25
PROBE_AFTER_SECONDS: Final = 30.0
TICK_SECONDS: Final = 300.0  # beyond its own interval
BACKLOG: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    ready: bool
    found: str


async def look(context: Context, intervals: dict[str, float]) -> list[Part]:
    """`intervals`: the ticks that should beat, each with its seconds."""
    figures = await _figures(context)
    if isinstance(figures, Part):
        return [figures, _telegram(context), *_ticks(context, intervals)]
    full = context.db.is_full
    database = Part(
        "database", not full, "the disk is full: nothing is saved" if full else "answers"
    )
    backlog = _backlog(figures, context.now())
    return [database, _telegram(context), *_ticks(context, intervals), backlog]


async def _figures(context: Context) -> Figures | Part:
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            return await read_figures(context.db, context.now())
    except (SvodkaError, OSError, TimeoutError, ValueError) as error:
        return Part("database", ready=False, found=type(error).__name__)


def _telegram(context: Context) -> Part:
    silence = context.pulse.silence
    if silence is None:
        return Part("telegram", ready=False, found="has not answered yet")
    return Part("telegram", silence <= SILENCE_SECONDS, f"answered {silence:.0f} s ago")


def _ticks(context: Context, intervals: dict[str, float]) -> list[Part]:
    ages = context.pulse.ages
    stopped = [
        name for name, seconds in intervals.items() if ages.get(name, 0) > seconds + TICK_SECONDS
    ]
    found = f"no good tick of {', '.join(stopped)}" if stopped else f"{len(intervals)} ticks"
    return [Part("scheduler", not stopped, found)]


def _backlog(figures: Figures, now: datetime) -> Part:
    oldest = {
        "digests": figures.digests_due_since,
        "messages": figures.outbox_since,
        "updates": figures.updates_since,
    }
    late = [name for name, since in oldest.items() if since and now - since > BACKLOG]
    return Part("backlog", not late, f"{', '.join(late)} wait too long" if late else "none")


async def probe(context: Context) -> None:
    """Ask Telegram something when nothing was asked for a while: a webhook is not polled for."""
    silence = context.pulse.silence
    if silence is None or silence > PROBE_AFTER_SECONDS:
        try:
            await context.bot.get_me()
        except (AiogramError, UnicodeDecodeError, TimeoutError) as error:
            log.warning("telegram_silent", cause=type(error).__name__)
