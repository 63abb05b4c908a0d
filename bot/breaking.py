"""Alerts: a followed topic that breaks in several sources at once is told at once.

Looked for every half minute. Whom an alert does not suit now (quiet hours, a pause, three a day
already) gets none: the next digest tells the story. docs/decisions/0019-alerts.md
"""

from datetime import UTC, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from bot.context import Context
from bot.digest_keyboards import alert_keyboard
from bot.i18n import language
from bot.making import Inputs, Making
from bot.pipeline import is_allowed
from bot.rendering import Reader, render_alert
from digests.breaking import LEAST_OUTLETS, MOST_A_DAY, WITHIN, is_breaking, meeting
from digests.models import ArticleId, Keys, Story, StoryId, Subscriber
from digests.schedules import quiet_ends
from storage import breaking
from storage.breaking import slot_of
from storage.digests import Publication, Slot, Told, told_among

log = structlog.get_logger()

MOST_STORIES: Final = 20  # looked at together, by coverage


async def send_alerts(context: Context) -> int:
    """How many alerts went into the outbox."""
    now = context.now()
    if context.db.is_full:
        return 0
    wanting = [one for one in await breaking.who_wants(context.db) if _suits(context, one, now)]
    stories = (
        await breaking.reported_widely(context.db, now - WITHIN, LEAST_OUTLETS) if wanting else []
    )
    if not stories:
        return 0
    sent = 0
    for subscriber, inputs, story in await _found(context, wanting, stories[:MOST_STORIES], now):
        try:
            sent += await _alert(context, subscriber, inputs, story, now)
        except Exception:  # the others are told now, this one at the next look
            log.exception("alert_failed", chat=subscriber.chat_id, story=story.id)
    if sent:
        context.outbox_filled.set()
    return sent


def _suits(context: Context, subscriber: Subscriber, now: datetime) -> bool:
    """Never in quiet hours, never in a pause."""
    if subscriber.paused_until is not None and subscriber.paused_until > now:
        return False
    quiet, zone = subscriber.quiet, ZoneInfo(subscriber.zone)
    if quiet and quiet_ends(quiet, now, zone) is not None:
        return False
    return is_allowed(context, subscriber)


async def _found(
    context: Context, wanting: list[Subscriber], breaking_now: list[StoryId], now: datetime
) -> list[tuple[Subscriber, Inputs, Story]]:
    """Which chats to tell which stories: those that break for them and meet a topic of theirs."""
    making = Making(context.db, context.workers, now, context.update_wait)
    asked = await making.ask(wanting)
    told = await told_among(context.db, [one.chat_id for one in wanting], breaking_now)
    pairs: list[tuple[Subscriber, Inputs, Story]] = []
    keys: dict[ArticleId, Keys] = {}
    for one in wanting:
        inputs = asked[one.chat_id].inputs
        fresh = [n for n in breaking_now if n not in told.get(one.chat_id, frozenset())]
        if not inputs.topics or not fresh:
            continue
        for story in await making.stories(inputs, fresh):
            if is_breaking(story, now):
                pairs.append((one, inputs, story))
                keys |= await making.keys(inputs.viewer, [story.lead.id])
    topics = list(dict.fromkeys(words for _, inputs, _ in pairs for words in inputs.topics))
    met = await context.workers.run(meeting, topics, keys) if pairs else frozenset()
    return [
        (one, inputs, story)
        for one, inputs, story in pairs
        if any((words, story.lead.id) in met for words in inputs.topics)
    ]


async def _alert(
    context: Context, subscriber: Subscriber, inputs: Inputs, story: Story, now: datetime
) -> int:
    making = Making(context.db, context.workers, now, context.update_wait)
    digest = await making.alert(inputs, story)
    if not digest.items:
        return 0
    chat, zone = subscriber.chat_id, ZoneInfo(subscriber.zone)
    reader = Reader(language(subscriber.language), zone, context.username)
    keys = alert_keyboard(reader.language, menu=subscriber.is_private)
    page = render_alert(digest, reader, keys)
    (telling,) = page.told
    alert = Publication(
        chat,
        Slot(slot_of(story.id)),
        now - WITHIN,
        [page.message.to_json()],
        [Told(story.id, story.lead.id, 1, telling.reason)],
    )
    day = datetime.combine(now.astimezone(zone).date(), time(0), zone).astimezone(UTC)
    async with context.digest_lock(chat):  # a digest that is being made may tell it too
        number = await breaking.publish_alert(context.db, alert, now, day, MOST_A_DAY)
    if number is None:
        return 0
    log.info("alert_published", chat=chat, digest=number, story=story.id)
    return 1
