"""How feeds and channels come in: what is due is read (`reading`) and stored, one address once for
all who read it."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
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
from bot.reading import Reading, read_channel, read_feed, read_source
from bot.rendering import Message
from bot.source_keyboards import retry_keyboard
from bot.speaking import language_of
from digests.errors import SvodkaError
from digests.models import ChatId, Found, Source, SourceId, SourceKind
from digests.polling import after_failure, after_success, publishing_interval
from digests.preparing import Batch
from digests.sources.channel import channel_name, is_telegram
from digests.sources.opml import Outline
from storage import articles, sources
from storage.articles import Added
from storage.sources import Polled, Polling

log = structlog.get_logger()

SOURCES_AT_ONCE: Final = 32
STARTED_A_TICK: Final = 50
MOST_FAILURES: Final = 100  # in a row; then nobody expects the source back
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
        log.warning("source_failed", source=source.id, **_what_failed(source, error))
        await _note_failure(core, polling, error)
    else:
        log.info("source_refreshed", source=source.id, new=added.new, changed=added.changed)


def _what_failed(source: Source, error: Exception) -> dict[str, str]:
    """For the log. What somebody reads for themselves does not stand there: addresses may hold
    keys, and erasing cannot reach it."""
    if source.owner is None:
        return {"address": source.address, "cause": str(error)}
    return {"cause": error.cause if isinstance(error, SvodkaError) else type(error).__name__}


async def retry_source(core: Core, source: SourceId) -> tuple[Source, Added] | None:
    """Look at a source out of turn; one that was parked is polled again if that goes well.

    None: there is no such feed. Raises FetchError, NotAFeedError, WorkerError.
    """
    polling = await sources.find_polling(core.db, source)
    return (polling.source, await _poll(core, polling)) if polling else None


async def _poll(core: Core, polling: Polling) -> Added:
    """Read an address once, for all who read it; what is new to the first of them."""
    now = core.now()
    readers = await sources.polled_together(core.db, polling)
    first = any(one.is_first for one in readers)
    reading = await read_source(core, _for_all(polling, readers), whole=first)
    left = {one.source.id for one in await sources.polled_together(core.db, polling)}
    added = []
    for one in readers:
        if one.source.id not in left:  # removed while its address was being read
            continue
        if reading.batch is None:
            polled = _unchanged(one, reading.fetched)
            added.append(Added())
        else:
            # A first poll's backlog arrived when it was published: it is no news to a digest.
            arrived = None if one.is_first else now
            prepared = await with_meaning(core, one.source, reading.batch.prepared)
            added.append(
                await articles.add_articles(core.db, one.source, prepared, arrived, stored=now)
            )
            polled = _polled(core, reading.fetched, reading.batch)
        await _note_success(core, one.source, reading.fetched, polled)
    return added[0] if added else Added()


def _for_all(polling: Polling, readers: Sequence[Polling]) -> Polling:
    """What is asked so that everybody gets what they lack: whoever came later has seen more, and
    "not modified" since then would leave the others without it. What everybody reads is read as
    administrators say, whoever reads it besides for themselves."""
    if any(
        one.is_first or (one.etag, one.last_modified) != (polling.etag, polling.last_modified)
        for one in readers
    ):
        polling = replace(polling, etag=None, last_modified=None)
    posts = [one.last_post for one in readers if one.last_post is not None]
    shared = [one.pages for one in readers if one.source.owner is None]
    return replace(polling, last_post=min(posts, default=None), pages=(*shared, polling.pages)[0])


async def add_feed(
    core: Core, url: str, owner: ChatId | None = None, fetched: Fetched | None = None
) -> tuple[Source, Added]:
    """Fetch a feed and make it a source with its backlog; nothing is kept of what is no feed.

    `fetched` None: it was not fetched yet. Raises FetchError, NotAFeedError, WorkerError.
    """
    fetched = fetched or await core.fetcher.fetch(url)
    if fetched.body is None:
        raise FetchError(url=url, reason="http_304")
    reading = Reading(fetched, await read_feed(core, fetched))
    return await _add(core, SourceKind.FEED, fetched.moved or url, reading, owner)


async def add_channel(core: Core, name: str, owner: ChatId | None = None) -> tuple[Source, Added]:
    """Make a public channel a source. Raises FetchError, NoChannelError, WorkerError."""
    address = preview_of(core, name)
    reading = Reading(*await read_channel(core, address))
    return await _add(core, SourceKind.CHANNEL, address, reading, owner)


def preview_of(core: Core, name: str) -> str:
    return f"{core.telegram_site}/s/{name.lower()}"


def found_in(core: Core, outline: Outline) -> Found:
    """What a list or page says of a feed; lists of ours name channels too."""
    name = channel_name(outline.address) if is_telegram(outline.address) else None
    if name:
        return Found(SourceKind.CHANNEL, preview_of(core, name), outline.title)
    return Found(SourceKind.FEED, outline.address, outline.title)


async def _add(
    core: Core, kind: SourceKind, address: str, reading: Reading, owner: ChatId | None
) -> tuple[Source, Added]:
    now, batch = core.now(), reading.batch or Batch(None, ())
    source, _ = await sources.add_source(
        core.db,
        kind,
        address,
        batch.title or address,
        now,
        owner=owner,
        next_poll_at=now + _least(core),  # it is being read right now
    )
    prepared = await with_meaning(core, source, batch.prepared)
    added = await articles.add_articles(core.db, source, prepared, None, stored=core.now())
    await _note_success(core, source, reading.fetched, _polled(core, reading.fetched, batch))
    return source, added


def _unchanged(polling: Polling, fetched: Fetched) -> Polled:
    return Polled(
        fetched.etag or polling.etag,
        fetched.last_modified or polling.last_modified,
        polling.interval,
        polling.skip_hours,
        moved=fetched.moved,
    )


def _polled(core: Core, fetched: Fetched, batch: Batch) -> Polled:
    longest = timedelta(seconds=core.settings.poll_longest)
    interval = publishing_interval(batch.dates, core.now(), _least(core), longest)
    interval = max(interval, timedelta(minutes=batch.ttl_minutes or 0))
    return Polled(
        fetched.etag,
        fetched.last_modified,
        interval,
        batch.skip_hours,
        batch.title,
        fetched.moved,
        batch.posts[1] if batch.posts else None,
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
    asked = values.get("retry_after")
    patience = asked if isinstance(asked, timedelta) else timedelta(0)
    for one in await sources.polled_together(core.db, polling):
        failures = one.failures + 1
        if reason == GONE or failures >= MOST_FAILURES:
            await _park(core, one.source, reason)
            continue
        following = after_failure(core.now(), failures, _least(core), patience, _chance())
        await sources.record_failure(core.db, one.source.id, following, reason)


async def _park(core: Core, source: Source, reason: str) -> None:
    """Give a source up, and tell those who read it and the administrators."""
    readers = dict(await sources.readers_of(core.db, source))
    # Of those that follow within the hour `alerts` tells; one's own are nobody else's business.
    if source.owner is None and await may_tell(core, SOURCE_PARKED):
        admins = map(ChatId, core.settings.admins)
        readers = {one: (await language_of(core, one)).code for one in admins} | readers
    key = "sources.gone" if reason == GONE else "sources.parked"
    notices = []
    for chat, code in readers.items():
        spoken = language(code)
        text = spoken.say(key, title=source.title)
        notices.append((chat, Message(text, keyboard=retry_keyboard(source.id, spoken)).to_json()))
    await sources.park_source(core.db, source.id, core.now(), reason, notices)
    named = {"address": source.address} if source.owner is None else {}
    log.warning("source_parked", source=source.id, cause=reason, **named)


def _least(core: Core) -> timedelta:
    return timedelta(seconds=core.settings.poll_interval)


def _chance() -> float:
    return random.random()  # noqa: S311 - spreads polls, keeps no secret
