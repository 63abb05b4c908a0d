"""The week told again: what was covered most, with a chart of how much was written about what.
By `/recap`, or by itself on the weekday a chat chose, at ten by its clock.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from aiogram.utils.formatting import Bold, Text, TextLink

from bot.context import Context
from bot.making import Making, topic_of
from bot.pipeline import is_allowed
from bot.rendering import Chart, Message, Reader, address_of, letters, message_of, shortened
from bot.subscribing import next_recap, reader_for, suggested_topics
from digests.clustering import is_read
from digests.models import ChatId, Subscriber
from digests.recap import LABEL_LETTERS, PERIOD, Bar, Recap, longest, weightiest
from digests.schedules import quiet_ends
from storage import recaps
from storage.recaps import DueRecap

log = structlog.get_logger()

STORIES_WEIGHED: Final = 60
STORIES_TOLD: Final = 7
TOPICS_COUNTED: Final = 20
FEWEST_TOPICS: Final = 4  # with fewer of its own, the chart of a chat has what is covered now too
TITLE_LETTERS: Final = 90
CAPTION_LETTERS: Final = 1_024
RECAPS_A_STEP: Final = 20
RETRY_RECAP: Final = timedelta(minutes=10)
LONGEST: Final = timedelta(days=8)  # from one recap to the next, quiet hours and all


async def make_recap(context: Context, subscriber: Subscriber, making: Making) -> Recap:
    """The seven days before now, as the chat may see and wants to read them."""
    db, now, since = context.db, making.now, making.now - PERIOD
    inputs = (await making.ask([subscriber]))[subscriber.chat_id].inputs
    written = await recaps.written_between(db, inputs.viewer, since, now, STORIES_WEIGHED)
    stories = [
        story
        for story in await making.stories(inputs, written.stories)
        if is_read(story.lead.language, inputs.languages)
    ]
    weighed = await context.workers.run(
        weightiest,
        stories,
        await making.keys(inputs.viewer, [story.lead.id for story in stories]),
        STORIES_TOLD,
        topics=[topic_of(words) for words in inputs.topics],
        muted=[topic_of(words) for words in inputs.muted],
        main=subscriber.main,
    )
    bars = await _bars(context, subscriber, inputs.viewer, inputs.topics, since, now)
    return Recap(since, now, written.articles, written.sources, tuple(weighed), bars)


async def _bars(
    context: Context,
    subscriber: Subscriber,
    viewer: ChatId,
    topics: tuple[str, ...],
    since: datetime,
    now: datetime,
) -> tuple[Bar, ...]:
    labels = list(topics[:TOPICS_COUNTED])
    if len(labels) < FEWEST_TOPICS:
        labels += await suggested_topics(context, subscriber)
    counted = []
    for words in dict.fromkeys(labels):
        count = await recaps.count_matching(context.db, viewer, topic_of(words), since, now)
        counted.append(Bar(shortened(words.partition("=")[0].strip(), LABEL_LETTERS), count))
    return longest(counted)


def render_recap(recap: Recap, reader: Reader) -> Message:
    """One message: the chart if there is one, and all it shows in words."""
    spoken = reader.language
    first = (recap.since + timedelta(days=1)).astimezone(reader.zone).date()
    days = spoken.days(first, recap.until.astimezone(reader.zone).date())
    if not recap.stories:
        return Message(spoken.say("recap.empty", days=days))
    foot = [
        spoken.say(
            "recap.total",
            articles=spoken.say("count.articles", recap.articles),
            sources=spoken.say("recap.of_sources", recap.sources),
        )
    ]
    if recap.bars:
        listed = ", ".join(f"{bar.label} {bar.count}" for bar in recap.bars)
        foot.insert(0, spoken.say("recap.written", topics=listed))
    end = Text("\n\n", "\n".join(foot))
    content = Text(Bold(spoken.say("recap.title", days=days)), "\n")
    for number, story in enumerate(recap.stories, 1):
        title = shortened(story.lead.title, TITLE_LETTERS)
        hosts = len(story.hosts)
        covered = f" · {spoken.say('count.sources', hosts)}" if hosts > 1 else ""
        link = TextLink(title, url=address_of(story.lead, reader.bot))
        longer = Text(content, f"\n{number}. ", link, covered)
        if letters(Text(longer, end)) > CAPTION_LETTERS:
            break
        content = longer
    message = message_of(Text(content, end))
    if not recap.bars:
        return message
    bars = tuple((bar.label, bar.count) for bar in recap.bars)
    return replace(message, chart=Chart(spoken.say("recap.chart", days=days), bars))


async def choose_recap(context: Context, subscriber: Subscriber, day: int | None) -> None:
    """`day` None: no recaps any more."""
    due = None if day is None else next_recap(subscriber, day, context.now())
    await recaps.set_recap(context.db, subscriber.chat_id, day, due)


async def publish_due_recaps(context: Context) -> int:
    """One step: how many went into the outbox."""
    if context.db.is_full:  # they stay due
        return 0
    now, published = context.now(), 0
    making = Making(context.db, context.workers, now, context.update_wait)
    for due in await recaps.due_recaps(context.db, now, RECAPS_A_STEP):
        try:
            published += await _publish(context, due, making)
        except Exception:  # nobody else waits for it
            log.exception("recap_failed", chat=due.subscriber.chat_id)
            await recaps.move_recap(context.db, due, now + RETRY_RECAP, now, None)
    if published:
        context.outbox_filled.set()
    return published


async def _publish(context: Context, due: DueRecap, making: Making) -> bool:
    """In quiet hours at their end, in a pause not at all."""
    now, subscriber, content = making.now, due.subscriber, None
    quiet = subscriber.quiet
    wakes = quiet_ends(quiet, now, ZoneInfo(subscriber.zone)) if quiet else None
    paused = subscriber.paused_until is not None and subscriber.paused_until > now
    if subscriber.subscribed and not (wakes or paused) and is_allowed(context, subscriber):
        recap = await make_recap(context, subscriber, making)
        if recap.stories:
            content = render_recap(recap, reader_for(context, subscriber)).to_json()
    following = wakes or next_recap(subscriber, due.day, now)
    if not await recaps.move_recap(context.db, due, following, now, content) or not content:
        return False
    log.info("recap_published", chat=subscriber.chat_id)
    return True


async def rewind_recaps(context: Context, now: datetime) -> None:
    """None waits longer than a week and its quiet hours: a clock that ran ahead was set back.
    Nearer ones stay, or what came in an hour that is lived again would come again."""
    while far := await recaps.waiting_recaps(context.db, now + LONGEST, RECAPS_A_STEP):
        for one in far:
            following = next_recap(one.subscriber, one.day, now)
            await recaps.move_recap(context.db, one, following, now, None)
