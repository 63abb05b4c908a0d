"""What the clock publishes and forgets: the digests whose hour has come. State is in the database;
a tick only asks what is due. How articles come in is in `gathering` and `files`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from bot.context import Context, Core
from bot.i18n import language
from bot.keyboards import digest_keyboard
from bot.rendering import Reader, render_digest
from digests.clustering import WINDOW, tell_stories
from digests.composing import Material, Retold, compose, form_for
from digests.models import ChatId, Digest, Keys, Looked, Subscriber
from digests.schedules import latest_due, next_due, slot_of
from digests.topics import Query, matches, parse_topic
from digests.updates import Report
from storage import articles, copies, digests, outbox, search, stories, subscribers
from storage.database import Database
from storage.digests import Slot, Told
from storage.subscribers import DueSchedule

log = structlog.get_logger()

MESSAGES_KEPT: Final = timedelta(days=30)
FETCH_OVERLAP: Final = timedelta(minutes=5)
OLDEST_NEWS: Final = timedelta(hours=96)
DIGESTS_A_TICK: Final = 200
RETRY_DIGEST: Final = timedelta(minutes=2)
MOST_MATERIAL: Final = 150  # stories weighed for one digest, by coverage
MOST_OF_A_TOPIC: Final = 40


async def forget_old(core: Core) -> None:
    """Drop what has served: sketches outside clustering's window, messages long sent."""
    sketches = await stories.forget_sketches(core.db, core.now())
    await copies.forget_shingles(core.db, core.now())
    messages = await outbox.forget_delivered(core.db, core.now() - MESSAGES_KEPT)
    if sketches or messages:
        log.info("forgotten", sketches=sketches, messages=messages)


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
        old = [one for one in held if one.arrived <= told.told]
        known = {one.original for one in old}
        fresh = tuple(
            Report(one, keys[one.id])
            for one in held
            if one.arrived > told.told and one.original not in known
        )
        if fresh:
            told_keys = tuple(keys[one.id] for one in old)
            retold.append(Retold(story, told_keys, fresh, told.message_id))
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
