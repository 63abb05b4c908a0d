"""How feeds come in: what is due is fetched, prepared in a worker, and stored."""

import asyncio
from datetime import timedelta
from typing import Final

import structlog

from bot.context import Core
from bot.errors import FetchError
from digests.errors import SvodkaError
from digests.models import ChatId, Source, SourceId, SourceKind
from digests.preparing import prepare_feed
from storage import articles, sources
from storage.articles import Added
from storage.boilerplate import boilerplate_of
from storage.sources import Polling

log = structlog.get_logger()

SOURCES_AT_ONCE: Final = 8
LONGEST_BACKOFF: Final = timedelta(hours=24)


class Refresher:
    """Polls every feed that is due, each on its own: a slow or failing source holds up no other."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._room = asyncio.Semaphore(SOURCES_AT_ONCE)
        self._under_way: set[SourceId] = set()

    async def run(self, tick_seconds: float) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                for polling in await sources.due_sources(self._core.db, self._core.now()):
                    if polling.source.id not in self._under_way:
                        self._under_way.add(polling.source.id)
                        group.create_task(self._refresh(polling))
                await asyncio.sleep(tick_seconds)

    async def _refresh(self, polling: Polling) -> None:
        try:
            async with self._room:
                await refresh_source(self._core, polling)
        except Exception:
            log.exception("refresh_failed", source=polling.source.id)
        finally:
            self._under_way.discard(polling.source.id)


async def refresh_source(core: Core, polling: Polling) -> None:
    source = polling.source
    try:
        added = await _poll(core, polling)
    except Exception as error:  # noqa: BLE001 - whatever one source does, the others go on
        values = error.values if isinstance(error, SvodkaError) else {}
        wait = _backoff(core, polling.failures + 1, values.get("retry_after"))
        reason = str(values.get("reason", getattr(error, "code", type(error).__name__)))
        await sources.record_failure(core.db, source.id, core.now() + wait, reason)
        log.warning("source_failed", source=source.id, address=source.address, cause=str(error))
    else:
        log.info("source_refreshed", source=source.id, new=added.new, changed=added.changed)


async def _poll(core: Core, polling: Polling) -> Added:
    source, now = polling.source, core.now()
    fetched = await core.fetcher.fetch(
        source.address, etag=polling.etag, last_modified=polling.last_modified
    )
    interval = timedelta(seconds=core.settings.poll_interval)
    if fetched.body is None:
        await sources.record_success(
            core.db,
            source.id,
            now,
            now + interval,
            etag=polling.etag,
            last_modified=polling.last_modified,
        )
        return Added()
    batch = await core.parsers.run(
        prepare_feed,
        fetched.body,
        fetched.content_type,
        fetched.url,
        now,
        core.settings.zone,
        await boilerplate_of(core.db, source.id),
    )
    # A first poll's backlog arrived when it was published: it is no news to a running digest.
    arrived = None if polling.is_first else now
    added = await articles.add_articles(core.db, source, batch.prepared, arrived)
    asked = timedelta(minutes=batch.ttl_minutes or 0)
    await sources.record_success(
        core.db,
        source.id,
        now,
        now + max(interval, min(asked, LONGEST_BACKOFF)),
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        title=batch.title,
    )
    return added


def _backoff(core: Core, failures: int, asked: object) -> timedelta:
    """Twice as long after each failure in a row, a day at most, and as long as the site asks."""
    interval = timedelta(seconds=core.settings.poll_interval)
    doublings = min(failures - 1, 16)
    wait = min(interval * (1 << doublings), LONGEST_BACKOFF)
    return max(wait, asked) if isinstance(asked, timedelta) else wait


async def add_feed(core: Core, url: str, owner: ChatId | None = None) -> tuple[Source, Added]:
    """Fetch a feed and make it a source with its backlog; nothing is kept of what is no feed.

    Raises FetchError, NotAFeedError.
    """
    fetched = await core.fetcher.fetch(url)
    if fetched.body is None:
        raise FetchError(url=url, reason="http_304")
    now = core.now()
    batch = await core.parsers.run(
        prepare_feed, fetched.body, fetched.content_type, fetched.url, now, core.settings.zone
    )
    following = now + timedelta(seconds=core.settings.poll_interval)
    source, _ = await sources.add_source(
        core.db,
        SourceKind.FEED,
        url,
        batch.title or url,
        now,
        owner=owner,
        next_poll_at=following,  # it is being read right now
    )
    added = await articles.add_articles(core.db, source, batch.prepared, None)
    await sources.record_success(
        core.db,
        source.id,
        now,
        following,
        etag=fetched.etag,
        last_modified=fetched.last_modified,
        title=batch.title,
    )
    return source, added
