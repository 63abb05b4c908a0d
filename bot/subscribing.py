"""What a chat starts: coming in, choosing topics and a schedule, asking for stories.

Handlers parse and answer; what is decided is decided here, through the store.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.context import Context
from bot.errors import BadDurationError, StaleButtonError, TooManyTopicsError
from bot.i18n import language
from bot.keyboards import access_keyboard
from bot.making import OLDEST_NEWS
from bot.pipeline import make_digest, publish_digest
from bot.rendering import Message, Reader
from digests.clustering import tell_stories, understood
from digests.models import (
    NOBODY,
    Access,
    ChatId,
    Digest,
    Story,
    StoryId,
    Subscriber,
    Topic,
)
from digests.schedules import EVERY_DAY, Timing, next_due, parse_timing
from digests.suggesting import suggest_topics
from digests.text.words import fold
from digests.topics import MOST_QUERY_LETTERS, Query, parse_query, parse_topic
from digests.zones import find_zone
from storage import articles, search, stories, subscribers
from storage.digests import Slot, digest_state

LONGEST_PAUSE: Final = timedelta(days=365)
SUGGESTED_TOPICS: Final = 10
LIVE_TOPICS: Final = 6  # of them from what is being covered now
SUGGESTED_SINCE: Final = timedelta(hours=48)
SUGGESTED_FOR: Final = timedelta(minutes=30)
STORIES_WEIGHED: Final = 300
DURATION: Final = re.compile(r"^(?P<count>\d{1,4})?\s*(?P<unit>[^\W\d_]+)$")
HOUR, DAY, WEEK, MONTH = (timedelta(hours=1), timedelta(days=1), timedelta(weeks=1), timedelta(30))
UNITS: Final = (
    (("ч", "час", "h", "hour"), HOUR),
    (("д", "день", "дн", "сут", "d", "day"), DAY),
    (("н", "нед", "w", "week"), WEEK),
    (("мес", "month"), MONTH),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of stories."""

    stories: list[Story]
    more: bool  # whether another page follows


def reader_for(context: Context, subscriber: Subscriber) -> Reader:
    return Reader(language(subscriber.language), ZoneInfo(subscriber.zone), context.username)


# --- coming in -------------------------------------------------------------------------------


async def ask_for_access(context: Context, subscriber: Subscriber, who: str) -> bool:
    """Put the question to the administrators, once. False: it was asked before."""
    if subscriber.access is not Access.NONE:
        return False
    spoken = language(context.settings.default_language)
    question = Message(
        spoken.say("access.asked_admin", who=who, chat=subscriber.chat_id),
        keyboard=access_keyboard(subscriber.chat_id, spoken),
    )
    return await _change_access(
        context, subscriber.chat_id, Access.ASKED, context.admin_chats, question
    )


async def decide_access(context: Context, chat: ChatId, *, granted: bool) -> Subscriber | None:
    """Let somebody in or not, and tell them. None: there is no such chat."""
    subscriber = await subscribers.find_subscriber(context.db, chat)
    if subscriber is None:
        return None
    key = "access.granted" if granted else "access.refused"
    answer = Message(language(subscriber.language).say(key))
    access = Access.GRANTED if granted else Access.REFUSED
    await _change_access(context, chat, access, (chat,), answer)
    return subscriber


async def _change_access(
    context: Context, chat: ChatId, access: Access, told: Sequence[ChatId], message: Message
) -> bool:
    """Change it and tell of it, both or neither. False: it was so already."""
    notices = [(one, message.to_json()) for one in told]
    changed = await subscribers.set_access(context.db, chat, access, notices, context.now())
    context.outbox_filled.set()
    return changed


# --- topics ----------------------------------------------------------------------------------


async def follow(context: Context, chat: ChatId, words: str) -> tuple[str, bool]:
    """Add a topic: its words as kept, and whether it is new.

    Raises EmptyQueryError, TooManyTopicsError.
    """
    kept = _kept(words)
    added = await subscribers.add_topic(context.db, chat, kept, context.now())
    if not added:
        _refuse_more(kept, await subscribers.topics_of(context.db, chat))
    return kept, added


async def mute(context: Context, chat: ChatId, words: str) -> tuple[str, bool]:
    """Leave what these words mean out of digests; as `follow`."""
    kept = _kept(words)
    added = await subscribers.add_mute(context.db, chat, kept, context.now())
    if not added:
        _refuse_more(kept, await subscribers.mutes_of(context.db, chat))
    return kept, added


def _kept(words: str) -> str:
    parse_topic(words)
    return " ".join(words.split())[:MOST_QUERY_LETTERS]


def _refuse_more(words: str, known: Sequence[Topic]) -> None:
    if fold(words) not in {fold(topic.words) for topic in known}:
        raise TooManyTopicsError(most=subscribers.MOST_TOPICS)


async def unfollow_words(context: Context, chat: ChatId, words: str) -> str | None:
    """Remove a topic by its words. None: the chat has no such topic."""
    wanted = fold(" ".join(words.split()))
    for topic in await subscribers.topics_of(context.db, chat):
        if fold(topic.words) == wanted:
            return await subscribers.remove_topic(context.db, chat, topic.id)
    return None


async def suggested_topics(context: Context, subscriber: Subscriber) -> list[str]:
    """What is being covered now, then topics of the catalogue that something was written about;
    the same for a while, so that buttons keep their places."""
    code = subscriber.language if subscriber.reads == "all" else subscriber.reads
    now = context.now()
    until, suggested = context.suggested.get(code, (now, []))
    if until <= now:
        offered = language(code).say("start.suggestions").split("|")
        found = [words for words in offered if await _has_stories(context, words)]
        live = [_longer(words, found) for words in await _covered_now(context, code)]
        suggested = list(dict.fromkeys([*live, *(found or offered)]))[:SUGGESTED_TOPICS]
        context.suggested[code] = (now + SUGGESTED_FOR, suggested)
    return suggested


def _longer(words: str, listed: Sequence[str]) -> str:
    """«ставка» of the titles is «ставка ЦБ» of the catalogue."""
    return next((one for one in listed if fold(words) in fold(one).split()), words)


async def _covered_now(context: Context, code: str) -> list[str]:
    """Phrases of the titles of shared sources, each of which finds something."""
    since = context.now() - SUGGESTED_SINCE
    ids = await articles.stories_arrived(context.db, NOBODY, since, since, STORIES_WEIGHED)
    told = tell_stories(await articles.members_of(context.db, NOBODY, ids))
    spoken = [story for story in told if story.lead.language == code]
    frequencies, counted = await stories.frequent_keys(context.db)
    phrases = await context.workers.run(suggest_topics, spoken, LIVE_TOPICS, frequencies, counted)
    return [words for words in phrases if await _has_stories(context, words)]


async def _has_stories(context: Context, words: str) -> bool:
    since = context.now() - OLDEST_NEWS
    query = parse_query(words)
    return bool(await search.find_stories(context.db, NOBODY, query, 1, arrived_after=since))


# --- schedule --------------------------------------------------------------------------------


async def timing_of(context: Context, chat: ChatId) -> Timing:
    schedule = await subscribers.schedule_of(context.db, chat)
    return schedule.timing if schedule else Timing(context.settings.default_time, EVERY_DAY)


def hour_of(packed: str) -> time:
    """`0830` of a button. Raises StaleButtonError on forged data."""
    try:
        return time(int(packed[:2]), int(packed[2:4]))
    except ValueError as error:
        raise StaleButtonError from error


async def schedule(
    context: Context, subscriber: Subscriber, timing: Timing, zone: ZoneInfo
) -> datetime:
    """Set time, days and zone, and subscribe; when the next digest is due."""
    due = next_due(timing, zone, context.now()).instant
    await subscribers.set_schedule(context.db, subscriber.chat_id, timing, zone.key, due)
    if subscriber.paused_until is not None:
        await subscribers.set_paused(context.db, subscriber.chat_id, None)
    return due


async def schedule_by_words(context: Context, subscriber: Subscriber, words: str) -> datetime:
    """`8:30 weekdays`; days stay as they were when none is named. Raises BadScheduleError."""
    timing = parse_timing(words, (await timing_of(context, subscriber.chat_id)).days)
    return await schedule(context, subscriber, timing, ZoneInfo(subscriber.zone))


async def move_to_zone(context: Context, subscriber: Subscriber, words: str) -> ZoneInfo:
    """A city, a zone, or the time it is there now. Raises UnknownZoneError."""
    zone = find_zone(words, context.now())
    await schedule(context, subscriber, await timing_of(context, subscriber.chat_id), zone)
    return zone


def parse_duration(words: str) -> timedelta:
    """`7d`, `3 дня`, `неделя`, `12 часов`. Raises BadDurationError."""
    match = DURATION.match(fold(words.strip()))
    if match:
        count = int(match["count"] or 1)
        for starts, unit in UNITS:
            if any(_is_unit(match["unit"], start) for start in starts) and count:
                return min(count * unit, LONGEST_PAUSE)
    raise BadDurationError(text=words[:80])


def _is_unit(word: str, start: str) -> bool:
    return (
        word == start
        or (len(start) > 1 and word.startswith(start))
        or (word in {"дня", "дней"} and start == "дн")
    )


# --- asking ----------------------------------------------------------------------------------


async def latest(context: Context, chat: ChatId, limit: int, offset: int = 0) -> Found:
    ids = await articles.latest_stories(context.db, chat, limit + 1, offset)
    return await _found(context, chat, ids, limit)


async def search_stories(
    context: Context, chat: ChatId, query: Query, limit: int, offset: int = 0
) -> Found:
    ids = await search.find_stories(context.db, chat, query, limit + 1, offset)
    return await _found(context, chat, ids, limit)


async def story_of(context: Context, chat: ChatId, number: StoryId) -> Story:
    """As the chat may see it. Raises StaleButtonError: it sees nothing of it."""
    stories = tell_stories(await articles.members_of(context.db, chat, [number]))
    if not stories:
        raise StaleButtonError
    return stories[0]


async def _found(context: Context, chat: ChatId, ids: Sequence[StoryId], limit: int) -> Found:
    members = await articles.members_of(context.db, chat, ids[:limit])
    known = await subscribers.find_subscriber(context.db, chat)
    languages = known.languages if known else ()
    by_id = {story.id: understood(story, languages) for story in tell_stories(members)}
    return Found([by_id[number] for number in ids[:limit] if number in by_id], len(ids) > limit)


async def digest_now(context: Context, subscriber: Subscriber, update_id: int) -> Digest | None:
    """What the next digest would hold now; it counts as told. None: it is on its way already."""
    # What was just chosen counts: the zone of the header's day, the language of the articles.
    chat, slot, now = subscriber.chat_id, f"now/{update_id}", context.now()
    known = await subscribers.find_subscriber(context.db, chat) or subscriber
    published = await publish_digest(context, known, Slot(slot), now)
    if published is None and await digest_state(context.db, chat, slot) == "empty":
        return await make_digest(context, known, now)  # asked again: why it was empty
    return published
