"""How feeds come in: what is due is fetched, parsed and prepared in a worker, and stored."""

import asyncio
import random
from datetime import timedelta
from typing import Final

import structlog
from structlog.contextvars import bound_contextvars

from bot.alarms import SOURCE_PARKED, may_tell
from bot.context import Core
from bot.embedding import with_meaning
from bot.errors import FetchError
from bot.fetching import Fetched, Turns
from bot.i18n import language
from bot.keyboards import retry_keyboard
from bot.rendering import Message
from digests.errors import SvodkaError
from digests.models import ChatId, Source, SourceId, SourceKind
from digests.polling import after_failure, after_success, publishing_interval
from digests.preparing import Batch, prepare_feed
from storage import articles, sources
from storage.articles import Added
from storage.boilerplate import boilerplate_of
from storage.sources import Polled, Polling

log = structlog.get_logger()

SOURCES_AT_ONCE: Final = 32
STARTED_A_TICK: Final = 50
MOST_FAILURES: Final = 100  # in a row; then nobody expects the source back
BYTES_A_SECOND: Final = 100_000  # what a large document waits longer for than a small one
GONE: Final = "http_410"


class Refresher:
    """Polls every feed that is due, each on its own: a slow or failing source holds up no other.

    Sources of one host wait for its turn before they take one of the places that all share.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._turns = Turns()
        self._room = asyncio.Semaphore(SOURCES_AT_ONCE)
        self._under_way: set[SourceId] = set()

    async def run(self, tick_seconds: float) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                for polling in await self._due():
                    self._under_way.add(polling.source.id)
                    group.create_task(self._refresh(polling))
                await asyncio.sleep(tick_seconds)

    async def _due(self) -> list[Polling]:
        core = self._core
        if core.db.is_full:  # what is fetched could not be kept
            return []
        return await sources.due_sources(
            core.db, core.now(), STARTED_A_TICK, except_for=self._under_way
        )

    async def _refresh(self, polling: Polling) -> None:
        try:
            with bound_contextvars(source=polling.source.id):
                async with self._turns.of(polling.source.address), self._room:
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
        log.warning("source_failed", source=source.id, address=source.address, cause=str(error))
        await _note_failure(core, polling, error)
    else:
        log.info("source_refreshed", source=source.id, new=added.new, changed=added.changed)


async def retry_source(core: Core, source: SourceId) -> tuple[Source, Added] | None:
    """Look at a source out of turn; one that was parked is polled again if that goes well.

    None: there is no such feed. Raises FetchError, NotAFeedError, WorkerError.
    """
    polling = await sources.find_polling(core.db, source)
    return (polling.source, await _poll(core, polling)) if polling else None


async def _poll(core: Core, polling: Polling) -> Added:
    source = polling.source
    fetched = await core.fetcher.fetch(
        source.address, etag=polling.etag, last_modified=polling.last_modified
    )
    if fetched.body is None:
        polled = Polled(
            fetched.etag or polling.etag,
            fetched.last_modified or polling.last_modified,
            polling.interval,
            polling.skip_hours,
            moved=fetched.moved,
        )
        await _note_success(core, source, fetched, polled)
        return Added()
    batch = await _prepare(core, fetched, source.id)
    prepared = await with_meaning(core, source, batch.prepared)
    # A first poll's backlog arrived when it was published: it is no news to a running digest.
    arrived = None if polling.is_first else core.now()
    added = await articles.add_articles(core.db, source, prepared, arrived)
    await _note_success(core, source, fetched, _polled(core, fetched, batch))
    return added


async def add_feed(core: Core, url: str, owner: ChatId | None = None) -> tuple[Source, Added]:
    """Fetch a feed and make it a source with its backlog; nothing is kept of what is no feed.

    Raises FetchError, NotAFeedError, WorkerError.
    """
    fetched = await core.fetcher.fetch(url)
    if fetched.body is None:
        raise FetchError(url=url, reason="http_304")
    batch = await _prepare(core, fetched)
    address, now = fetched.moved or url, core.now()
    source, _ = await sources.add_source(
        core.db,
        SourceKind.FEED,
        address,
        batch.title or address,
        now,
        owner=owner,
        next_poll_at=now + _least(core),  # it is being read right now
    )
    prepared = await with_meaning(core, source, batch.prepared)
    added = await articles.add_articles(core.db, source, prepared, None)
    await _note_success(core, source, fetched, _polled(core, fetched, batch))
    return source, added


async def _prepare(core: Core, fetched: Fetched, source: SourceId | None = None) -> Batch:
    """`source` None: it is new, so nothing was learned of it."""
    known = await boilerplate_of(core.db, source) if source else frozenset[str]()
    body = fetched.body or b""
    return await core.parsers.run_in_turn(
        len(body) / BYTES_A_SECOND,
        prepare_feed,
        body,
        fetched.content_type,
        fetched.url,
        core.now(),
        core.settings.zone,
        known,
    )


def _polled(core: Core, fetched: Fetched, batch: Batch) -> Polled:
    interval = publishing_interval(batch.dates, core.now(), _least(core))
    interval = max(interval, timedelta(minutes=batch.ttl_minutes or 0))
    return Polled(
        fetched.etag,
        fetched.last_modified,
        interval,
        batch.skip_hours,
        batch.title,
        fetched.moved,
    )


async def _note_success(core: Core, source: Source, fetched: Fetched, polled: Polled) -> None:
    now = core.now()
    interval = polled.interval or _least(core)
    asked = fetched.max_age or timedelta(0)
    following = after_success(now, interval, asked, polled.skip_hours, _chance())
    await sources.record_success(core.db, source.id, now, following, polled)


async def _note_failure(core: Core, polling: Polling, error: Exception) -> None:
    values = error.values if isinstance(error, SvodkaError) else {}
    reason = str(values.get("reason", getattr(error, "code", type(error).__name__)))
    failures = polling.failures + 1
    if reason == GONE or failures >= MOST_FAILURES:
        await _park(core, polling.source, reason)
        return
    asked = values.get("retry_after")
    patience = asked if isinstance(asked, timedelta) else timedelta(0)
    following = after_failure(core.now(), failures, _least(core), patience, _chance())
    await sources.record_failure(core.db, polling.source.id, following, reason)


async def _park(core: Core, source: Source, reason: str) -> None:
    """Give a source up, and tell those who read it and the administrators."""
    readers = dict(await sources.readers_of(core.db, source))
    if await may_tell(core, SOURCE_PARKED):  # of those that follow within the hour `alerts` tells
        admins = map(ChatId, core.settings.admins)
        readers = dict.fromkeys(admins, core.settings.default_language) | readers
    key = "sources.gone" if reason == GONE else "sources.parked"
    notices = []
    for chat, code in readers.items():
        spoken = language(code)
        text = spoken.say(key, title=source.title)
        notices.append((chat, Message(text, keyboard=retry_keyboard(source.id, spoken)).to_json()))
    await sources.park_source(core.db, source.id, core.now(), reason, notices)
    log.warning("source_parked", source=source.id, address=source.address, cause=reason)


def _least(core: Core) -> timedelta:
    return timedelta(seconds=core.settings.poll_interval)


def _chance() -> float:
    return random.random()  # noqa: S311 - spreads polls, keeps no secret
