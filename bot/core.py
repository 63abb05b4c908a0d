"""Opens what gathering articles needs, for the bot and for the command line."""

import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from bot.aliases import apply_aliases
from bot.context import Clock, Core, utc_now
from bot.embedding import start_embedding
from bot.fetching import open_fetcher
from bot.guard import AllowedHosts
from bot.settings import Settings
from bot.workers import COMPUTING_MEGABYTES, start_workers
from digests.sources.channel import PUBLIC_SITE
from digests.text.words import lemma
from storage.database import open_database

WORKERS: Final = 1
PARSERS: Final = 1


@asynccontextmanager
async def open_core(
    settings: Settings,
    database: Path,
    *,
    now: Clock = utc_now,
    telegram_site: str = PUBLIC_SITE,
) -> AsyncIterator[Core]:
    """Raises DatabaseError, and SettingsError when the extra is asked for and not installed or
    the operator's aliases cannot be read."""
    async with AsyncExitStack() as stack:
        db = await stack.enter_async_context(open_database(database, settings.backup_dir))
        fetcher = await stack.enter_async_context(
            open_fetcher(AllowedHosts.parse(settings.allowed_hosts))
        )
        workers = stack.enter_context(start_workers(WORKERS, megabytes=COMPUTING_MEGABYTES))
        parsers = stack.enter_context(start_workers(PARSERS))
        embedding = stack.enter_context(start_embedding(settings))
        core = Core(
            settings,
            db,
            workers,
            parsers,
            fetcher,
            now,
            embedding=embedding,
            telegram_site=telegram_site,
        )
        apply_aliases(core)
        yield core


def warm_up(core: Core) -> None:
    """Do now what holds up the event loop for 0.1 s each later: reading the dictionary that queries
    and clustering need in this process, starting the worker processes, and looking through all that
    was loaded for good whenever garbage is collected."""
    lemma("слово")
    core.workers.start()
    core.parsers.start()
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()  # 225,000 objects: 150 ms a full collection, without them a few
