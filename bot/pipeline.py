"""What the clock publishes and forgets: the digests whose hour has come. State is in the database;
a tick only asks what is due. How articles come in is in `gathering` and `files`.

A tick publishes in steps. The chats of a step are read together, those with equal inputs share one
digest and its rendered messages, and one transaction writes them all. A step that fails is taken
chat by chat, so what fails for one stops no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from bot.context import Context, Core
from bot.digest_keyboards import digest_keyboard
from bot.i18n import Language
from bot.making import Asked, Inputs, Making
from bot.rendering import Page, Reader, render_digest
from bot.speaking import reader_for
from digests.models import Access, Digest, Subscriber
from digests.schedules import latest_slot, next_digest, quiet_ends
from storage import copies, counts, digests, offers, outbox, retention, schedules, stories, votes
from storage.digests import Publication, Slot, Told
from storage.schedules import DueChat, Move

log = structlog.get_logger()

DIGESTS_A_STEP: Final = 50  # a transaction's; commands that write wait for no more than that
RETRY_DIGEST: Final = timedelta(minutes=2)
MESSAGES_KEPT: Final = timedelta(days=30)
OFFERS_KEPT: Final = timedelta(days=14)
VOTES_KEPT: Final = timedelta(days=180)  # six half-lives: worth a sixty-fourth by then


async def forget_old(core: Core) -> None:
    """Drop what has served: sketches outside clustering's window, messages long sent, offers
    nobody took, articles older than the settings keep."""
    now = core.now()
    sketches = await stories.forget_sketches(core.db, now)
    await copies.forget_shingles(core.db, now)
    await counts.forget_counts(core.db, now)
    messages = await outbox.forget_notices(core.db, now - MESSAGES_KEPT)
    told = await retention.forget_digests(core.db, now - MESSAGES_KEPT, now)
    await offers.forget_offers(core.db, now - OFFERS_KEPT)
    await votes.forget_votes(core.db, now - VOTES_KEPT)
    oldest, forgotten = now - timedelta(days=core.settings.keep_days), 0
    while dropped := await retention.forget_articles(core.db, oldest, now):
        forgotten += dropped
    if sketches or messages or told or forgotten:
        log.info("forgotten", sketches=sketches, messages=messages, digests=told,
                 articles=forgotten)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Due:
    """A chat and the slot its digest is due for."""

    subscriber: Subscriber
    slot: Slot
    topics: tuple[str, ...] = ()  # all it is about; empty: all that the chat follows


@dataclass(frozen=True, slots=True)
class Rendered:
    """A digest's messages for all who read it in one language and zone."""

    digest: Digest
    updates: tuple[Page, ...]  # messages by themselves, replies left open
    pages: tuple[str, ...]  # JSON; the first is sent, the others are turned to
    told: tuple[Told, ...]

    def messages_for(self, asked: Asked) -> list[str]:
        """The messages of one chat, each update as a reply to its own earlier message."""
        updates = [
            replace(page.message, reply_to=asked.message(page.message.reply_to)).to_json()
            for page in self.updates
        ]
        return [*updates, *self.pages[:1]]


@dataclass
class Publishing:
    """What is published at one moment."""

    context: Context
    now: datetime
    _rendered: dict[tuple[Inputs, str, str], Rendered] = field(default_factory=dict)

    def __post_init__(self) -> None:
        context = self.context
        self.making = Making(context.db, context.workers, self.now, context.update_wait)

    async def publish(self, due: Sequence[Due]) -> list[Digest | None]:
        """Make the digests of different chats and put them into the outbox, all or none.

        None: the slot has its digest already.
        """
        async with self.context.digest_locks_of(one.subscriber.chat_id for one in due):
            return await self._publish(due)

    async def _publish(self, due: Sequence[Due]) -> list[Digest | None]:
        scopes = {one.subscriber.chat_id: one.topics for one in due if one.topics}
        asked = await self.making.ask([one.subscriber for one in due], scopes)
        rendered = [
            await self._render(one.subscriber, asked[one.subscriber.chat_id].inputs) for one in due
        ]
        publications = [
            Publication(
                chat := one.subscriber.chat_id,
                one.slot,
                its.digest.since,
                its.messages_for(asked[chat]),
                its.told,
                its.pages[1:],
                one.topics,
            )
            for one, its in zip(due, rendered, strict=True)
        ]
        written = await digests.publish_all(self.context.db, self.now, publications)
        for number, one in zip(written, publications, strict=True):
            if number is not None:
                told = len(one.told)
                log.info("digest_published", chat=one.chat, digest=number, slot=one.slot.name,
                         stories=told)  # fmt: skip
                if one.slot.moves:
                    late = self.now - min(move.due for move in one.slot.moves)
                    self.context.metrics.digest_made(late, told=told > 0)
        if any(one.messages for one in publications):
            self.context.outbox_filled.set()
        return [
            its.digest if number is not None else None
            for number, its in zip(written, rendered, strict=True)
        ]

    async def _render(self, subscriber: Subscriber, inputs: Inputs) -> Rendered:
        known = (inputs, subscriber.language, subscriber.zone)
        if known not in self._rendered:
            digest = await self.making.digest(inputs)
            reader = reader_for(self.context, subscriber)
            self._rendered[known] = render(digest, reader, own=subscriber.is_private)
        return self._rendered[known]


def render(digest: Digest, reader: Reader, *, own: bool) -> Rendered:
    """A group's digest is everybody's, not somebody's `own`: nobody turns its page for the others.
    Under it is a link to where each may for themselves."""
    rendered = render_digest(digest, reader)
    updates = [page for page in rendered if not page.number]
    pages = [page for page in rendered if page.number]
    told = [
        Told(one.story.id, one.story.lead.id, part, one.reason, page.number)
        for part, page in [*enumerate(updates, 1), *((len(updates) + 1, page) for page in pages)]
        for one in page.told
    ]
    contents, place = [], 0
    for page in pages:
        places = range(place, place := place + len(page.told))
        if own:
            keys = digest_keyboard(places, page.number, len(pages), reader.language)
            shown = replace(page.message, keyboard=keys)
        else:
            shown = replace(page.message, opens=_opening_label(pages, reader.language))
        contents.append(shown.to_json())
    return Rendered(digest, tuple(updates), tuple(contents), tuple(told))


def _opening_label(pages: Sequence[Page], spoken: Language) -> str:
    more = sum(len(page.told) for page in pages[1:])
    return "📖 " + (spoken.say("digest.more", more) if more else spoken.say("digest.open"))


async def make_digest(context: Context, subscriber: Subscriber, now: datetime) -> Digest:
    """What the chat's next digest would hold now."""
    making = Making(context.db, context.workers, now, context.update_wait)
    asked = await making.ask([subscriber])
    return await making.digest(asked[subscriber.chat_id].inputs)


async def publish_digest(
    context: Context, subscriber: Subscriber, slot: Slot, now: datetime
) -> Digest | None:
    """Make a chat's digest and put it into the outbox. None: the slot has its digest already."""
    (digest,) = await Publishing(context, now).publish([Due(subscriber, slot)])
    return digest


async def publish_due_digests(context: Context) -> int:
    """Publish the digest of every chat whose time has come; how many had something to tell."""
    if context.db.is_full:  # they stay due
        return 0
    publishing = Publishing(context, context.now())
    published = 0
    while True:
        failed = [chat for chat, until in context.failed_until.items() if until > publishing.now]
        due = await schedules.due_chats(context.db, publishing.now, DIGESTS_A_STEP, without=failed)
        if not due:
            return published
        published += await _publish_step(publishing, due)


async def _publish_step(publishing: Publishing, chats: Sequence[DueChat]) -> int:
    try:
        found = await _publish_together(publishing, chats)
    except Exception:
        if len(chats) > 1:
            return sum([await _publish_step(publishing, [one]) for one in chats])
        # The chat stays due and is tried again soon. Nobody else waits for it.
        chat = chats[0].subscriber.chat_id
        publishing.context.failed_until[chat] = publishing.now + RETRY_DIGEST
        publishing.context.metrics.digest_failed()
        log.exception("digest_failed", chat=chat)
        return 0
    for one in chats:
        publishing.context.failed_until.pop(one.subscriber.chat_id, None)
    return sum(digest is not None and not digest.is_empty for digest in found)


async def _publish_together(
    publishing: Publishing, chats: Sequence[DueChat]
) -> list[Digest | None]:
    """One digest a chat for the latest slot that is due, however many were missed or fell into
    quiet hours; in quiet hours none yet."""
    context, now = publishing.context, publishing.now
    due = []
    for chat in chats:
        subscriber = chat.subscriber
        zone, quiet = ZoneInfo(subscriber.zone), subscriber.quiet
        wakes = quiet_ends(quiet, now, zone) if quiet else None
        moves = tuple(
            Move(one.id, one.since, wakes or next_digest(one.timing, zone, quiet, now))
            for one in chat.schedules
        )
        paused = subscriber.paused_until is not None and subscriber.paused_until > now
        if wakes or paused or not is_allowed(context, subscriber):
            await schedules.move(context.db, moves)
        else:
            name = latest_slot([(one.id, one.timing) for one in chat.schedules], zone, now)
            due.append(Due(subscriber, Slot(name, moves), chat.topics))
    return await publishing.publish(due) if due else []


def is_allowed(context: Context, subscriber: Subscriber) -> bool:
    """Whoever was refused stays out of an open bot too: that is the ban of `/admin`."""
    if context.settings.access == "open" and subscriber.access is not Access.REFUSED:
        return True
    return subscriber.access is Access.GRANTED or context.is_admin(subscriber.chat_id)
