"""Alerts: a followed topic that breaks in several sources at once is told at once.

Looked for every half minute. Whom an alert does not suit now (quiet hours, a pause, three a day
already) gets none: the next digest tells the story. docs/decisions/0019-alerts.md

The chats that want alerts are gone through in steps. What breaks is judged once for all who see the
same, what meets a topic once for all who follow it, and chats that wish the same share the message.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from bot.context import Context
from bot.digest_keyboards import alert_keyboard
from bot.making import Inputs, Making
from bot.pipeline import is_allowed
from bot.rendering import Reader, render_alert
from bot.speaking import reader_for
from digests.breaking import LEAST_OUTLETS, MOST_A_DAY, WITHIN, is_breaking, meeting
from digests.models import (
    ArticleId,
    ChatId,
    Digest,
    Keys,
    SourceId,
    Story,
    StoryId,
    Subscriber,
)
from digests.schedules import quiet_ends
from storage import breaking
from storage.breaking import Alert
from storage.digests import Told, told_among

log = structlog.get_logger()

MOST_STORIES: Final = 20  # looked at together, by coverage
CHATS_A_STEP: Final = 500  # looked at together
ALERTS_A_STEP: Final = 50  # a transaction's; commands that write wait for no more than that
BEFORE_ALL: Final = ChatId(-(1 << 62))


async def send_alerts(context: Context) -> int:
    """How many alerts went into the outbox."""
    db, now = context.db, context.now()
    if db.is_full:
        return 0
    chats = await breaking.who_wants(db, BEFORE_ALL, CHATS_A_STEP)
    if not chats:
        return 0
    stories = await breaking.reported_widely(db, now - WITHIN, LEAST_OUTLETS)
    if not stories:
        return 0
    look, sent = Look(context, now, stories[:MOST_STORIES]), 0
    while chats:
        sent += await look.tell([one for one in chats if _suits(context, one, now)])
        chats = await breaking.who_wants(db, chats[-1].chat_id, CHATS_A_STEP)
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


@dataclass(frozen=True, slots=True)
class Pair:
    """A chat and a story that meets its wishes."""

    subscriber: Subscriber
    wishes: Inputs
    story: Story


@dataclass
class Look:
    """One look at the stories that may break, for all chats."""

    context: Context
    now: datetime
    stories: Sequence[StoryId]
    # By what a chat may see and reads: viewer, languages, sources it muted.
    _breaking: dict[tuple[ChatId, tuple[str, ...], frozenset[SourceId]], list[Story]] = field(
        default_factory=dict
    )
    _keys: dict[ArticleId, Keys] = field(default_factory=dict)
    _judged: set[tuple[str, ArticleId]] = field(default_factory=set)  # topics as typed, leads
    _met: set[tuple[str, ArticleId]] = field(default_factory=set)
    _messages: dict[tuple[Inputs, StoryId, str, str], tuple[Told, str] | None] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        context = self.context
        self.making = Making(context.db, context.workers, self.now, context.update_wait)

    async def tell(self, chats: Sequence[Subscriber]) -> int:
        """How many of these alerts were written."""
        found, db = await self._found(chats), self.context.db
        if not found:
            return 0
        days = {pair.subscriber.chat_id: _day_of(self.now, pair.subscriber.zone) for pair in found}
        told = await told_among(db, list(days), list({pair.story.id for pair in found}))
        enough = await breaking.had_enough(db, days, MOST_A_DAY)
        fresh = [
            pair
            for pair in found
            for chat in [pair.subscriber.chat_id]
            if chat not in enough and pair.story.id not in told.get(chat, ())
        ]
        steps = range(0, len(fresh), ALERTS_A_STEP)
        return sum([await self._publish_step(fresh[n : n + ALERTS_A_STEP]) for n in steps])

    async def _found(self, chats: Sequence[Subscriber]) -> list[Pair]:
        """What breaks for whom, on a topic of theirs."""
        wishes = await self.making.wishes(chats, self.now - WITHIN)
        seen = {one: await self._seen(one) for one in set(wishes.values()) if one.topics}
        await self._judge(
            {
                (words, story.lead.id)
                for one, its in seen.items()
                for words in one.topics
                for story in its
            }
        )
        met = {
            one: [
                story
                for story in its
                if any((words, story.lead.id) in self._met for words in one.topics)
            ]
            for one, its in seen.items()
        }
        return [
            Pair(one, wish, story)
            for one in chats
            for wish in [wishes[one.chat_id]]
            for story in met.get(wish, ())
        ]

    async def _seen(self, wishes: Inputs) -> list[Story]:
        """What breaks as these chats see it."""
        view = (wishes.viewer, wishes.languages, wishes.unwanted)
        if view not in self._breaking:
            stories = await self.making.stories(
                wishes.viewer, self.stories, wishes.languages, wishes.unwanted
            )
            self._breaking[view] = [one for one in stories if is_breaking(one, self.now)]
            leads = [story.lead.id for story in self._breaking[view]]
            self._keys |= await self.making.keys(wishes.viewer, leads)
        return self._breaking[view]

    async def _judge(self, asked: set[tuple[str, ArticleId]]) -> None:
        """Which of these topics those leads are about, as far as nobody asked yet."""
        missing = asked - self._judged
        if not missing:
            return
        topics = list(dict.fromkeys(words for words, _ in missing))
        leads = {lead: self._keys[lead] for _, lead in missing if lead in self._keys}
        self._met |= await self.context.workers.run(meeting, topics, leads)
        self._judged |= missing

    async def _publish_step(self, pairs: Sequence[Pair]) -> int:
        try:
            return await self._publish(pairs)
        except Exception:
            if len(pairs) > 1:  # what fails for one holds up nobody else
                return sum([await self._publish_step([one]) for one in pairs])
            (one,) = pairs  # it is tried again at the next look
            log.exception("alert_failed", chat=one.subscriber.chat_id, story=one.story.id)
            return 0

    async def _publish(self, pairs: Sequence[Pair]) -> int:
        alerts = []
        for pair in pairs:
            if made := await self._message(pair):
                subscriber = pair.subscriber
                day = _day_of(self.now, subscriber.zone)
                alerts.append(Alert(subscriber.chat_id, *made, day))
        if not alerts:
            return 0
        # A digest that is being made may tell it too.
        async with self.context.digest_locks_of(alert.chat for alert in alerts):
            written = await breaking.publish_alerts(
                self.context.db, alerts, self.now, self.now - WITHIN, MOST_A_DAY
            )
        for number, alert in zip(written, alerts, strict=True):
            if number is not None:
                log.info("alert_published", chat=alert.chat, digest=number, story=alert.told.story)
        return sum(number is not None for number in written)

    async def _message(self, pair: Pair) -> tuple[Told, str] | None:
        """None: it is about nothing that these chats wish to read, or muted."""
        story, subscriber = pair.story, pair.subscriber
        known = (pair.wishes, story.id, subscriber.language, subscriber.zone)
        if known not in self._messages:
            digest = await self.making.alert(pair.wishes, story)
            reader = reader_for(self.context, subscriber)
            self._messages[known] = _rendered(digest, reader, menu=subscriber.is_private)
        return self._messages[known]


def _rendered(digest: Digest, reader: Reader, *, menu: bool) -> tuple[Told, str] | None:
    if not digest.items:
        return None
    page = render_alert(digest, reader, alert_keyboard(reader.language, menu=menu))
    (telling,) = page.told
    told = Told(telling.story.id, telling.story.lead.id, 1, telling.reason)
    return told, page.message.to_json()


def _day_of(now: datetime, name: str) -> datetime:
    """When the day began in the zone of that name."""
    zone = ZoneInfo(name)
    return datetime.combine(now.astimezone(zone).date(), time(0), zone).astimezone(UTC)
