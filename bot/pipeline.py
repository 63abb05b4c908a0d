"""What the clock starts, top to bottom: fetch what is due, take in the articles, publish the
digests whose hour has come. State is in the database; a tick only asks what is due.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from bot.context import Context, Core
from bot.errors import FetchError
from bot.i18n import language
from bot.keyboards import digest_keyboard
from bot.rendering import Reader, render_digest
from digests.clustering import WINDOW, tell_stories
from digests.composing import Material, Retold, compose, form_for
from digests.errors import SvodkaError
from digests.models import ChatId, Digest, Keys, Looked, Source, SourceId, SourceKind, Subscriber
from digests.preparing import Batch, Rejection, prepare_feed, prepare_files
from digests.schedules import latest_due, next_due, slot_of
from digests.topics import Query, matches, parse_topic
from digests.updates import Report
from storage import articles, digests, outbox, search, sources, stories, subscribers
from storage.articles import Added
from storage.database import Database
from storage.digests import Slot, Told
from storage.sources import Polling
from storage.subscribers import DueSchedule

log = structlog.get_logger()

SOURCES_AT_ONCE: Final = 8
LONGEST_BACKOFF: Final = timedelta(hours=24)
MESSAGES_KEPT: Final = timedelta(days=30)
FETCH_OVERLAP: Final = timedelta(minutes=5)
OLDEST_NEWS: Final = timedelta(hours=96)
DIGESTS_A_TICK: Final = 200
RETRY_DIGEST: Final = timedelta(minutes=2)
MOST_MATERIAL: Final = 150  # stories weighed for one digest, by coverage
MOST_OF_A_TOPIC: Final = 40
FILES_A_BATCH: Final = 50
MOST_FILE_BYTES: Final = 5 * 1024 * 1024
FILE_PATTERN: Final = "*.txt"


# --- sources ---------------------------------------------------------------------------------


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
    batch = await core.workers.run(
        prepare_feed, fetched.body, fetched.content_type, fetched.url, now, core.settings.zone
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
    batch = await core.workers.run(
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


# --- files -----------------------------------------------------------------------------------


Version = tuple[int, int]  # mtime in ns, size


@dataclass
class SeenFiles:
    """Which versions of which files were read: the folder is looked at again and again."""

    versions: dict[Path, Version]

    def unread(self, folder: Path) -> list[tuple[Path, Version]]:
        """The files that are new or changed; a file that vanishes meanwhile is passed over."""
        found = []
        for path in sorted(folder.glob(FILE_PATTERN)):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            version = (stat.st_mtime_ns, stat.st_size)
            if self.versions.get(path) != version:
                found.append((path, version))
        return found


async def read_folder(core: Core, folder: Path, seen: SeenFiles) -> Added:
    """Take in what is new in the watched folder; what failed to be stored is read again."""
    unread = seen.unread(folder)
    added = Added()
    for start in range(0, len(unread), FILES_A_BATCH):
        batch = unread[start : start + FILES_A_BATCH]
        some, rejected = await add_files(core, folder, [path for path, _ in batch])
        added += some
        seen.versions.update(batch)
        for rejection in rejected:
            log.warning("file_rejected", name=rejection.name, cause=rejection.code)
    if unread:
        log.info("folder_read", folder=str(folder), new=added.new, changed=added.changed)
    return added


async def add_files(
    core: Core, folder: Path, paths: Sequence[Path]
) -> tuple[Added, tuple[Rejection, ...]]:
    """Articles of files below `folder`, which is their source; a link counts where it stands."""
    contents = []
    rejected = []
    for path in paths:
        try:
            if path.stat().st_size > MOST_FILE_BYTES:
                rejected.append(Rejection(path.name, "error.too_large"))
                continue
            contents.append((path.relative_to(folder).as_posix(), path.read_bytes()))
        except OSError as error:
            log.warning("file_unreadable", name=path.name, cause=str(error))
            rejected.append(Rejection(path.name, "error.unreadable"))
    source, is_new = await sources.add_source(
        core.db, SourceKind.FILES, str(folder), folder.name or str(folder), core.now()
    )
    batch = await prepare_contents(core, contents)
    arrived = None if is_new else core.now()
    added = await articles.add_articles(core.db, source, batch.prepared, arrived)
    return added, (*rejected, *batch.rejected)


async def add_document(
    core: Core, data: bytes, name: str, owner: ChatId | None
) -> tuple[Added, tuple[Rejection, ...]]:
    """An article file sent to the bot. The sender's file name identifies nothing."""
    batch = await prepare_contents(core, [(name, data)])
    prepared = [replace(article, guid=article.fingerprint) for article in batch.prepared]
    title = language(core.settings.default_language).say("source.documents")
    source, _ = await sources.add_source(
        core.db, SourceKind.FILES, "documents", title, core.now(), owner=owner
    )
    added = await articles.add_articles(core.db, source, prepared, core.now())
    return added, batch.rejected


async def prepare_contents(core: Core, contents: Sequence[tuple[str, bytes]]) -> Batch:
    return await core.workers.run(prepare_files, contents, core.now(), core.settings.zone)


async def forget_old(core: Core) -> None:
    """Drop what has served: sketches outside clustering's window, messages long sent."""
    sketches = await stories.forget_sketches(core.db, core.now())
    messages = await outbox.forget_delivered(core.db, core.now() - MESSAGES_KEPT)
    if sketches or messages:
        log.info("forgotten", sketches=sketches, messages=messages)


# --- digests ---------------------------------------------------------------------------------


async def publish_due_digests(context: Context) -> int:
    """Publish the digest of every schedule that is due; how many had something to tell."""
    now = context.now()
    published = 0
    for schedule in await subscribers.due_schedules(context.db, now, DIGESTS_A_TICK):
        if context.failed_until.get(schedule.id, now) > now:
            continue
        try:
            published += await publish_scheduled(context, schedule, now)
        except Exception:
            # The schedule stays due and is tried again soon. Nobody else waits for it.
            context.failed_until[schedule.id] = now + RETRY_DIGEST
            log.exception("digest_failed", chat=schedule.subscriber.chat_id)
        else:
            context.failed_until.pop(schedule.id, None)
    return published


async def publish_scheduled(context: Context, schedule: DueSchedule, now: datetime) -> bool:
    """The digest of the latest slot that is due; a long outage gives one late digest."""
    subscriber = schedule.subscriber
    zone = ZoneInfo(subscriber.zone)
    due = latest_due(schedule.timing, zone, schedule.due, now)
    following = next_due(schedule.timing, zone, max(now, due.instant)).instant
    paused = subscriber.paused_until is not None and subscriber.paused_until > now
    if paused or not is_allowed(context, subscriber):
        await subscribers.advance_schedule(context.db, schedule.id, schedule.due, following)
        return False
    slot = Slot(slot_of(schedule.id, schedule.timing, due), schedule.id, schedule.due, following)
    digest = await publish_digest(context, subscriber, slot, now)
    return digest is not None and not digest.is_empty


def is_allowed(context: Context, subscriber: Subscriber) -> bool:
    if context.settings.access == "open" or subscriber.access == "granted":
        return True
    return context.is_admin(subscriber.chat_id)


async def publish_digest(
    context: Context, subscriber: Subscriber, slot: Slot, now: datetime
) -> Digest | None:
    """Make a digest and put it into the outbox. None: the slot has its digest already."""
    async with context.digest_lock(subscriber.chat_id):
        return await _publish_digest(context, subscriber, slot, now)


async def _publish_digest(
    context: Context, subscriber: Subscriber, slot: Slot, now: datetime
) -> Digest | None:
    chat = subscriber.chat_id
    digest = await make_digest(context, subscriber, now)
    reader = Reader(language(subscriber.language), ZoneInfo(subscriber.zone), context.username)
    # A group's digest is everybody's: nobody turns its page for the others.
    keys = digest_keyboard(reader.language) if subscriber.is_private else None
    pages = render_digest(digest, reader, keys)
    told = [
        Told(telling.story.id, telling.story.lead.id, part, telling.reason)
        for part, page in enumerate(pages, 1)
        for telling in page.told
    ]
    messages = [page.message.to_json() for page in pages]
    written = await digests.publish(context.db, chat, slot, digest.since, now, messages, told)
    if written is None:
        return None
    log.info("digest_published", chat=chat, digest=written, slot=slot.name, stories=len(told))
    if messages:
        context.outbox_filled.set()
    return digest


async def make_digest(context: Context, subscriber: Subscriber, now: datetime) -> Digest:
    """What the chat's next digest would hold now."""
    chat = subscriber.chat_id
    topics = [parse_topic(topic.words) for topic in await subscribers.topics_of(context.db, chat)]
    muted = [parse_topic(one.words) for one in await subscribers.mutes_of(context.db, chat)]
    since = await digests.window_start(context.db, chat) or now - OLDEST_NEWS
    material, looked = await gather_material(context.db, chat, topics, since, now)
    material = [
        one
        for one in material
        if is_read(one.story.lead.language, subscriber.reads) and not is_muted(one.keys, muted)
    ]
    form = form_for(
        subscriber.minutes,
        private=subscriber.is_private,
        main=subscriber.main,
        sentences=subscriber.sentences,
        quotes=subscriber.quotes,
    )
    retold = [
        one
        for one in await gather_retold(context.db, chat, now, context.update_wait)
        if not any(is_muted(report.keys, muted) for report in one.fresh)
    ]
    digest = await context.workers.run(compose, material, topics, form, now, since, looked, retold)
    if digest.sections and not subscriber.is_private:
        # A group gets one message; what moved on stays untold until a quieter day.
        digest = replace(digest, updates=())
    return digest


async def gather_retold(db: Database, chat: ChatId, now: datetime, wait: timedelta) -> list[Retold]:
    """Stories the chat was told at least `wait` ago that have had reports since."""
    before = {
        one.story: one
        for one in await digests.told_since(db, chat, now - WINDOW)
        if now - one.told >= wait
    }
    stories = tell_stories(await articles.members_of(db, chat, list(before)))
    moved = [story for story in stories if story.arrived > before[story.id].told]
    everything = [article.id for story in moved for article in story.articles]
    keys = await articles.keys_of_articles(db, chat, everything)
    retold = []
    for story in moved:
        told = before[story.id]
        held = [one for one in story.articles if one.id in keys]
        old = tuple(keys[one.id] for one in held if one.arrived <= told.told)
        fresh = tuple(Report(one, keys[one.id]) for one in held if one.arrived > told.told)
        retold.append(Retold(story, old, fresh, told.message_id))
    return retold


def is_muted(keys: Keys, muted: Sequence[Query]) -> bool:
    return any(matches(query, keys) for query in muted)


def is_read(article_language: str, reads: str) -> bool:
    """Articles of an unknown language are nobody's foreign ones."""
    return reads in {"all", article_language} or article_language == "und"


async def gather_material(
    db: Database, chat: ChatId, topics: Sequence[Query], since: datetime, now: datetime
) -> tuple[list[Material], Looked]:
    """The stories since `since` that the chat may see and was not told: those covered most, and
    those that answer its topics."""
    oldest = now - max(OLDEST_NEWS, now - since)
    # What was being fetched when the last digest was made is stamped before it and stored after.
    after = since - FETCH_OVERLAP
    found = await articles.stories_arrived(db, chat, after, oldest, MOST_MATERIAL)
    for topic in topics:
        found += await search.find_stories(
            db, chat, topic, MOST_OF_A_TOPIC, arrived_after=after, untold=True
        )
    members = await articles.members_of(db, chat, list(dict.fromkeys(found)))
    stories = tell_stories(member for member in members if member.published <= now)
    recent = [story for story in stories if story.newest >= oldest]
    keys = await articles.keys_of_articles(db, chat, [story.lead.id for story in recent])
    # A source may be removed between two reads: what it held is no material any more.
    material = [Material(story, keys[story.lead.id]) for story in recent if story.lead.id in keys]
    return material, Looked(*await articles.count_arrived(db, chat, since))
