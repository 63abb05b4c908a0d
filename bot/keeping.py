"""What happened outside must be kept, however long the file refuses it: a message that was sent, a
command that was answered. Forgetting it would send or do it again."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import structlog

from storage.errors import DatabaseError

log = structlog.get_logger()

PAUSE_SECONDS: Final = 1.0

T = TypeVar("T")


async def until_kept(write: Callable[[], Awaitable[T]]) -> T:
    """Write, and again while the disk is full or another process holds the file."""
    told = False
    while True:
        try:
            return await write()
        except DatabaseError as error:
            if not told:
                log.warning("not_kept_yet", cause=str(error))
            told = True
            await asyncio.sleep(PAUSE_SECONDS)
