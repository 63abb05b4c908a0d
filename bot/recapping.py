"""The week told again: what was covered most, with a chart of how much was written about what.
By `/recap`, or by itself on the weekday a chat chose, at ten by its clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from aiogram.utils.formatting import Bold, Text, TextLink

from bot.context import Context
from bot.making import Making, topic_of
from bot.once import Once
from bot.pipeline import is_allowed
from bot.rendering import Chart, Message, Reader, address_of, letters, message_of, shortened
from bot.speaking import reader_for
from bot.subscribing import next_recap, suggested_topics
from digests.clustering import is_read
from digests.models import ArticleId, ChatId, SourceId, Subscriber
from digests.recap import LABEL_LETTERS, PERIOD, Bar, Recap, longest, weightiest
from digests.schedules import quiet_ends
from storage import recaps
from storage.asking import first_since
from storage.recaps import DueRecap, Moved, Written

log = structlog.get_logger()

STORIES_WEIGHED: Final = 60
STORIES_TOLD: Final = 7
TOPICS_COUNTED: Final = 20
FEWEST_TOPICS: Final = 4  # with fewer of its own, the chart of a chat has what is covered now too
TITLE_LETTERS: Final = 90
CAPTION_LETTERS: Final = 1_024
RECAPS_A_STEP: Final = 50  # a transaction's; commands that write wait for no more than that
RETRY_RECAP: Final = timedelta(minutes=10)
NONE_YET: Final = ArticleId(0)
LONGEST: Final = timedelta(days=8)  # from one recap to the next, quiet hours and all


async def make_recap(context: Context, subscriber: Subscriber, now: datetime) -> Recap:
    """The seven days before `now`, as the chat may see and wants to read them."""
    recapping = Recapping(context, now)
    return await recapping.recap(await recapping.wishes(subscriber))


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
    """How many went into the outbox."""
    recapping, published = Recapping(context, context.now()), 0
    while not context.db.is_full:  # they stay due
        due = await recaps.due_recaps(context.db, recapping.now, RECAPS_A_STEP)
        if not due:
            break
        published += await recapping.publish(due)
    if published:
        context.outbox_filled.set()
    return published


@dataclass(frozen=True, slots=True)
class Wishes:
    """What tells one chat's recap from another's; in what order it was chosen does not."""

    viewer: ChatId
    topics: tuple[str, ...]
    muted: tuple[str, ...]
    languages: tuple[str, ...]
    unwanted: frozenset[SourceId]
    main: bool
    counted: tuple[str, ...]  # topics of the chart


@dataclass
class Recapping:
    """The recaps of one moment: the week is read once for all who see the same, a recap made and
    rendered once for all who wish the same."""

    context: Context
    now: datetime
    _first: ArticleId | None = None  # of the week; None: not looked up yet
    _written: dict[ChatId, Written] = field(default_factory=dict)
    _counts: dict[tuple[ChatId, str], int] = field(default_factory=dict)
    _contents: dict[tuple[Wishes, str, str], str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        context = self.context
        self.since = self.now - PERIOD
        self.making = Making(context.db, context.workers, self.now, context.update_wait)
        self._recaps = Once(self._make)

    async def publish(self, due: Sequence[DueRecap]) -> int:
        """How many of these, each of another chat, went into the outbox, all in one transaction.
        One that fails holds up nobody else and is tried again later."""
        try:
            return await self._publish(due)
        except Exception:
            if len(due) > 1:
                return sum([await self.publish([one]) for one in due])
            (one,) = due
            log.exception("recap_failed", chat=one.subscriber.chat_id)
            later = Moved(one, self.now + RETRY_RECAP)
            await recaps.move_recaps(self.context.db, [later], self.now)
            return 0

    async def _publish(self, due: Sequence[DueRecap]) -> int:
        wishes = await self._wishes_of([one.subscriber for one in due])
        moves = [await self._moved(one, wishes[one.subscriber.chat_id]) for one in due]
        written = await recaps.move_recaps(self.context.db, moves, self.now)
        published = [
            move.recap.subscriber.chat_id
            for move, is_moved in zip(moves, written, strict=True)
            if is_moved and move.content
        ]
        for chat in published:
            log.info("recap_published", chat=chat)
        return len(published)

    async def _moved(self, due: DueRecap, wishes: Wishes) -> Moved:
        """In quiet hours at their end, in a pause not at all."""
        now, subscriber, content = self.now, due.subscriber, None
        quiet = subscriber.quiet
        wakes = quiet_ends(quiet, now, ZoneInfo(subscriber.zone)) if quiet else None
        paused = subscriber.paused_until is not None and subscriber.paused_until > now
        if subscriber.subscribed and not (wakes or paused) and is_allowed(self.context, subscriber):
            content = await self._content(subscriber, wishes)
        return Moved(due, wakes or next_recap(subscriber, due.day, now), content)

    async def _content(self, subscriber: Subscriber, wishes: Wishes) -> str | None:
        """None: the week holds nothing for these chats."""
        known = (wishes, subscriber.language, subscriber.zone)
        if known not in self._contents:
            recap, reader = await self.recap(wishes), reader_for(self.context, subscriber)
            content = render_recap(recap, reader).to_json() if recap.stories else None
            self._contents[known] = content
        return self._contents[known]

    async def wishes(self, subscriber: Subscriber) -> Wishes:
        return (await self._wishes_of([subscriber]))[subscriber.chat_id]

    async def _wishes_of(self, chats: Sequence[Subscriber]) -> dict[ChatId, Wishes]:
        found = await self.making.wishes(chats, self.since)
        return {
            one.chat_id: Wishes(
                its.viewer,
                tuple(sorted(its.topics)),
                tuple(sorted(its.muted)),
                its.languages,
                its.unwanted,
                one.main,
                await self._counted(one, its.topics),
            )
            for one in chats
            for its in [found[one.chat_id]]
        }

    async def _counted(self, subscriber: Subscriber, topics: tuple[str, ...]) -> tuple[str, ...]:
        labels = topics[:TOPICS_COUNTED]
        if len(labels) < FEWEST_TOPICS:
            labels += tuple(await suggested_topics(self.context, subscriber))
        return tuple(sorted(set(labels)))

    async def recap(self, wishes: Wishes) -> Recap:
        """Made once for all with these wishes."""
        return await self._recaps.of(wishes)

    async def _make(self, wishes: Wishes) -> Recap:
        viewer, written = wishes.viewer, await self._read(wishes.viewer)
        found = await self.making.stories(
            viewer, written.stories, wishes.languages, wishes.unwanted
        )
        stories = [story for story in found if is_read(story.lead.language, wishes.languages)]
        weighed = await self.context.workers.run(
            weightiest,
            stories,
            await self.making.keys(viewer, [story.lead.id for story in stories]),
            STORIES_TOLD,
            topics=[topic_of(words) for words in wishes.topics],
            muted=[topic_of(words) for words in wishes.muted],
            main=wishes.main,
        )
        bars = longest([await self._bar(viewer, words) for words in wishes.counted])
        return Recap(self.since, self.now, written.articles, written.sources, tuple(weighed), bars)

    async def _read(self, viewer: ChatId) -> Written:
        if viewer not in self._written:
            self._written[viewer] = await recaps.written_between(
                self.context.db, viewer, self.since, self.now, STORIES_WEIGHED
            )
        return self._written[viewer]

    async def _bar(self, viewer: ChatId, words: str) -> Bar:
        if self._first is None:
            self._first = await first_since(self.context.db, self.since) or NONE_YET
        known = (viewer, words)
        if known not in self._counts:
            self._counts[known] = await recaps.count_matching(
                self.context.db, viewer, topic_of(words), self._first, self.since, self.now
            )
        label = shortened(words.partition("=")[0].strip(), LABEL_LETTERS)
        return Bar(label, self._counts[known])


async def rewind_recaps(context: Context, now: datetime) -> None:
    """None waits longer than a week and its quiet hours: a clock that ran ahead was set back.
    Nearer ones stay, or what came in an hour that is lived again would come again."""
    while far := await recaps.waiting_recaps(context.db, now + LONGEST, RECAPS_A_STEP):
        moves = [Moved(one, next_recap(one.subscriber, one.day, now)) for one in far]
        await recaps.move_recaps(context.db, moves, now)
