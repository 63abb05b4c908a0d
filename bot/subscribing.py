"""What a chat starts: coming in, choosing topics and a schedule, asking for stories.

Handlers parse and answer; what is decided is decided here, through the store.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.context import Context
from bot.errors import (
    BadDurationError,
    BadQuietError,
    StaleButtonError,
    TooManyTimesError,
    TooManyTopicsError,
)
from bot.i18n import language
from bot.keyboards import access_keyboard
from bot.making import OLDEST_NEWS
from bot.pipeline import make_digest, publish_digest
from bot.rendering import Message
from bot.speaking import language_of
from digests.clustering import tell_stories, understood
from digests.errors import BadScheduleError, EmptyQueryError
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
from digests.schedule_words import MOST_TIMES, parse_quiet, parse_timings
from digests.schedules import EVERY_DAY, Timing, next_digest, upcoming
from digests.suggesting import suggest_topics
from digests.text.words import fold
from digests.topics import MOST_QUERY_LETTERS, Query, parse_query, parse_topic
from digests.zones import find_zone
from storage import articles, counts, recaps, schedules, search, subscribers
from storage.digests import Slot, digest_state
from storage.erasing import erase_chat

LONGEST_PAUSE: Final = timedelta(days=365)
SUGGESTED_TOPICS: Final = 10
LIVE_TOPICS: Final = 6  # of them from what is being covered now
SUGGESTED_SINCE: Final = timedelta(hours=48)
SUGGESTED_FOR: Final = timedelta(minutes=30)
STORIES_WEIGHED: Final = 300
DIGESTS_SHOWN: Final = 3
RECAP_AT: Final = time(10)  # local
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


# --- coming in -------------------------------------------------------------------------------


async def ask_for_access(context: Context, subscriber: Subscriber, who: str) -> bool:
    """Put the question to the administrators, once. False: it was asked before."""
    if subscriber.access is not Access.NONE:
        return False
    chat = subscriber.chat_id
    questions = []
    for admin in context.admin_chats:
        spoken = await language_of(context, admin)
        text = spoken.say("access.asked_admin", who=who, chat=chat)
        questions.append((admin, Message(text, keyboard=access_keyboard(chat, spoken))))
    return await _change_access(context, chat, Access.ASKED, questions)


async def decide_access(context: Context, chat: ChatId, *, granted: bool) -> Subscriber | None:
    """Let somebody in or not, and tell them. None: there is no such chat."""
    subscriber = await subscribers.find_subscriber(context.db, chat)
    if subscriber is None:
        return None
    key = "access.granted" if granted else "access.refused"
    answer = Message(language(subscriber.language).say(key))
    access = Access.GRANTED if granted else Access.REFUSED
    await _change_access(context, chat, access, [(chat, answer)])
    return subscriber


async def _change_access(
    context: Context, chat: ChatId, access: Access, told: Sequence[tuple[ChatId, Message]]
) -> bool:
    """Change it and tell of it, both or neither. False: it was so already."""
    notices = [(one, message.to_json()) for one, message in told]
    changed = await subscribers.set_access(context.db, chat, access, notices, context.now())
    context.outbox_filled.set()
    return changed


async def erase(context: Context, chat: ChatId, update: int) -> None:
    """Forget the chat, as the update of this number asks; a digest under way is waited for."""
    async with context.digest_lock(chat):
        await erase_chat(context.db, chat, update, context.admin_chats)
    context.erased.add(chat)
    context.failed_until.pop(chat, None)


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


async def follow_all(context: Context, chat: ChatId, topics: Sequence[str]) -> None:
    """The topics of a link, which may be of anybody's making: what is none is passed over."""
    for words in topics:
        with suppress(EmptyQueryError, TooManyTopicsError):
            await follow(context, chat, words)


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
    members = await articles.members_of(context.db, NOBODY, ids)
    told = await context.workers.run(tell_stories, members)
    spoken = [story for story in told if story.lead.language == code]
    frequencies, counted = await counts.frequent_keys(context.db)
    phrases = await context.workers.run(suggest_topics, spoken, LIVE_TOPICS, frequencies, counted)
    return [words for words in phrases if await _has_stories(context, words)]


async def _has_stories(context: Context, words: str) -> bool:
    since = context.now() - OLDEST_NEWS
    query = parse_query(words)
    return bool(await search.find_stories(context.db, NOBODY, query, 1, arrived_after=since))


# --- schedule --------------------------------------------------------------------------------


async def timings_of(context: Context, chat: ChatId) -> list[Timing]:
    """What the chat chose, else the default."""
    known = await schedules.schedules_of(context.db, chat)
    return [one.timing for one in known] or [Timing(context.settings.default_time, EVERY_DAY)]


async def timing_of(context: Context, chat: ChatId) -> Timing:
    """The first of the chat's timings."""
    return (await timings_of(context, chat))[0]


def hour_of(packed: str) -> time:
    """`0830` of a button. Raises StaleButtonError on forged data."""
    try:
        return time(int(packed[:2]), int(packed[2:4]))
    except ValueError as error:
        raise StaleButtonError from error


async def schedule(context: Context, subscriber: Subscriber, timings: Sequence[Timing]) -> None:
    """Set the times, with the zone and quiet hours of `subscriber`, and subscribe.

    Raises TooManyTimesError.
    """
    if len(timings) > MOST_TIMES:
        raise TooManyTimesError(most=MOST_TIMES)
    await _write_schedules(context, subscriber, timings, subscribed=True)
    if subscriber.paused_until is not None:
        await subscribers.set_paused(context.db, subscriber.chat_id, None)


async def _write_schedules(
    context: Context, subscriber: Subscriber, timings: Sequence[Timing], *, subscribed: bool
) -> None:
    zone, quiet, now = ZoneInfo(subscriber.zone), subscriber.quiet, context.now()
    dues = [next_digest(timing, zone, quiet, now) if subscribed else None for timing in timings]
    entries = list(zip(timings, dues, strict=True))
    await schedules.set_schedules(context.db, subscriber.chat_id, entries, zone.key, quiet)
    day = await recaps.recap_day(context.db, subscriber.chat_id)
    if day is not None:
        due = next_recap(subscriber, day, now)
        await recaps.set_recap(context.db, subscriber.chat_id, day, due)


def next_recap(subscriber: Subscriber, day: int, now: datetime) -> datetime:
    """The next of these weekdays (0 is Monday) at ten by the chat's clock, later in quiet hours."""
    timing = Timing(RECAP_AT, 1 << day)
    return next_digest(timing, ZoneInfo(subscriber.zone), subscriber.quiet, now)


async def schedule_by_words(context: Context, subscriber: Subscriber, words: str) -> None:
    """`8:00 20:00 weekdays`, `каждые 6 часов`; days stay as they were when none is named.

    Raises BadScheduleError, TooManyTimesError.
    """
    await schedule(context, subscriber, await _parse(context, subscriber, words))


async def add_times(context: Context, subscriber: Subscriber, words: str) -> None:
    """As `schedule_by_words`, besides what is there."""
    chosen = await _parse(context, subscriber, words)
    await add_timings(context, subscriber, chosen)


async def add_timings(context: Context, subscriber: Subscriber, chosen: Sequence[Timing]) -> None:
    """A time that is there already gets the further days too. Raises TooManyTimesError."""
    merged = {(one.at, one.every): one for one in await timings_of(context, subscriber.chat_id)}
    for one in chosen:
        known = merged.get((one.at, one.every), one)
        merged[one.at, one.every] = replace(one, days=one.days | known.days)
    await schedule(context, subscriber, list(merged.values()))


async def drop_schedule(context: Context, subscriber: Subscriber, number: int) -> bool:
    """Take one time away. False: it is the last. Raises StaleButtonError when there is none."""
    known = await schedules.schedules_of(context.db, subscriber.chat_id)
    kept = [one.timing for one in known if one.id != number]
    if len(kept) == len(known):
        raise StaleButtonError
    if not kept:
        return False
    await _write_schedules(context, subscriber, kept, subscribed=subscriber.subscribed)
    return True


async def _parse(context: Context, subscriber: Subscriber, words: str) -> tuple[Timing, ...]:
    days = (await timing_of(context, subscriber.chat_id)).days
    return parse_timings(words, ZoneInfo(subscriber.zone), context.now(), days)


async def move_to_zone(context: Context, subscriber: Subscriber, words: str) -> ZoneInfo:
    """A city, a zone, or the time it is there now. Raises UnknownZoneError."""
    zone = find_zone(words, context.now())
    moved = replace(subscriber, zone=zone.key)
    await schedule(context, moved, await timings_of(context, subscriber.chat_id))
    return zone


async def keep_quiet(context: Context, subscriber: Subscriber, words: str) -> None:
    """`23-7`, `off`: hours without digests. Raises BadQuietError."""
    try:
        quiet = parse_quiet(words)
    except BadScheduleError as error:
        raise BadQuietError(text=words[:80]) from error
    changed = replace(subscriber, quiet=quiet)
    timings = await timings_of(context, subscriber.chat_id)
    await _write_schedules(context, changed, timings, subscribed=subscriber.subscribed)


async def coming_digests(context: Context, subscriber: Subscriber) -> list[datetime]:
    """When the next few digests come, after a pause if there is one."""
    after = max(context.now(), subscriber.paused_until or context.now())
    timings = await timings_of(context, subscriber.chat_id)
    return upcoming(timings, ZoneInfo(subscriber.zone), subscriber.quiet, after, DIGESTS_SHOWN)


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
