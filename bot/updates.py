"""From the file to the dispatcher: stored updates are handled until they are done.

An update happens at the moment it was received, however often it is handled, and every change it
makes is one that can be made twice (docs/decisions/0008). So a crash, or an answer that did not
get through, is mended by handling it again; what crashes the bot three times is set aside.
"""

import asyncio
import random
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import Final

import structlog
from aiogram import Dispatcher
from aiogram.exceptions import TelegramRetryAfter
from aiogram.types import Update
from pydantic import ValidationError

from bot.context import Context
from bot.intake import INLINE, WORDS, Inbox
from bot.keeping import until_kept
from bot.pace import Pace
from bot.patience import muted
from bot.rendering import Message
from bot.speaking import language_of
from bot.stopping import uninterrupted
from bot.transient import is_passing
from digests.models import ChatId
from storage import updates
from storage.errors import DatabaseError
from storage.updates import StoredUpdate

log = structlog.get_logger()

LANES_IN_MEMORY: Final = 200
UPDATES_AT_ONCE: Final = 32
OUTDATED: Final = timedelta(minutes=10)  # no answer is awaited any more
INLINE_AWAITED: Final = timedelta(seconds=20)  # by then Telegram refuses the answer
FIRST_RETRY_SECONDS: Final = 2.0
LONGEST_RETRY_SECONDS: Final = 60.0
MOST_BEGUN: Final = 2  # after a start, without an end; once it was before that
FORGET_EVERY: Final = timedelta(hours=1)
# Commands whose newest answers for the older ones too; what they change, it changes as well.
ASKING: Final = frozenset(
    (
        "admin", "digest", "help", "held", "id", "latest", "privacy", "search", "settings",
        "sources", "topic", "topics", "why", INLINE,
    )
)  # fmt: skip


class Handling:
    """Feeds stored updates to the dispatcher: lanes side by side, each lane's in order."""

    def __init__(self, context: Context, dispatcher: Dispatcher, inbox: Inbox) -> None:
        self._context = context
        self._dispatcher = dispatcher
        self._inbox = inbox
        self._pace = Pace(time.monotonic)
        self._busy: set[int] = set()
        self._room = asyncio.Semaphore(UPDATES_AT_ONCE)
        self._next_forget = context.now()

    async def run(self) -> None:
        """Until cancelled; what is being handled is finished, the rest is for the next start."""
        await self._try_suspects()
        async with asyncio.TaskGroup() as group:
            while True:
                self._inbox.changed.clear()
                await self._forget()
                room = LANES_IN_MEMORY - len(self._busy)
                if room > LANES_IN_MEMORY // 10:  # some at a time: it reads through the backlog
                    busy = list(self._busy)
                    for update in await updates.first_of_lanes(self._context.db, busy, room):
                        self._busy.add(update.lane)
                        group.create_task(self._take(update))
                await self._inbox.changed.wait()

    async def _try_suspects(self) -> None:
        """What was being handled whenever the bot broke off may be why: each is tried alone, so
        that nothing is blamed for another, and set aside when that was the third time."""
        suspects: list[StoredUpdate] = []
        with suppress(DatabaseError):  # no room to count: they are handled with the others
            suspects = await updates.note_start(self._context.db)
        for suspect in suspects:
            if (suspect.begun or 0) >= MOST_BEGUN:
                await self._set_aside(suspect)
                continue
            try:
                await uninterrupted(self._handle(suspect, 0))
            except Exception:  # it is tried again with the others
                log.exception("update_unmarked", update=suspect.id)

    async def _set_aside(self, update: StoredUpdate) -> None:
        context, notice = self._context, None
        log.error("update_set_aside", update=update.id, chat=update.chat_id, kind=update.kind)
        if update.chat_id is not None and _is_awaited(update):
            spoken = await language_of(context, ChatId(update.chat_id))
            notice = Message(spoken.say("error.set_aside")).to_json()
        await until_kept(lambda: updates.set_aside(context.db, update, context.now(), notice))
        context.outbox_filled.set()

    async def _forget(self) -> None:
        now = self._context.now()
        if now >= self._next_forget:
            self._next_forget = now + FORGET_EVERY
            with suppress(DatabaseError):  # in an hour, then
                await updates.forget_handled(self._context.db, now)

    async def _take(self, update: StoredUpdate) -> None:
        try:
            if await self._is_answered_by_a_newer(update):
                muted.set(True)  # in this task, which handles this update alone
                if update.kind in ASKING:
                    await self._mark_handled(update)
                    return
            await asyncio.sleep(self._pace.reserve(update.lane))
            await self._handle_until_done(update)
        finally:
            self._busy.discard(update.lane)
            self._inbox.changed.set()

    async def _is_answered_by_a_newer(self, update: StoredUpdate) -> bool:
        """Of a chat's old commands only the newest of each kind is answered; of what is being
        typed inline only the last, and only while somebody may still look."""
        if update.kind == INLINE:
            waited = self._context.now() - update.received
            return waited > INLINE_AWAITED or await updates.has_newer(self._context.db, update)
        if update.kind is None or not self._is_outdated(update):
            return False
        await self._inbox.caught_up.wait()  # the newest may still be at Telegram
        return await updates.has_newer(self._context.db, update)

    def _is_outdated(self, update: StoredUpdate) -> bool:
        return self._context.now() - (update.sent or update.received) > OUTDATED

    async def _handle_until_done(self, update: StoredUpdate) -> None:
        for attempt in count():
            wait: float | None
            try:
                async with self._room:
                    wait = await uninterrupted(self._handle(update, attempt))
            except Exception as error:
                log.exception("update_unmarked", update=update.id)
                wait = _retry_seconds(error, attempt)
            if wait is None:
                return
            await asyncio.sleep(wait)

    async def _handle(self, stored: StoredUpdate, attempt: int) -> float | None:
        """None: it is done; else the seconds after which it should be handled again."""
        context = self._context.at(stored.received)
        await self._note_begun(stored, 1 if attempt else 1 + (stored.begun or 0))
        try:
            update = Update.model_validate_json(stored.body, context={"bot": context.bot})
            await self._dispatcher.feed_update(context.bot, update, context=context)
        except ValidationError:
            log.warning("update_malformed", update=stored.id)
        except Exception as error:
            if is_passing(error) and self._context.now() - stored.received <= OUTDATED:
                log.warning("update_postponed", update=stored.id, cause=type(error).__name__)
                await self._note_begun(stored, 0)
                return _retry_seconds(error, attempt)
            log.exception("update_failed", update=stored.id, chat=stored.chat_id)
        await self._mark_handled(stored, context)
        return None

    async def _note_begun(self, update: StoredUpdate, begun: int) -> None:
        """What came since the start is not counted: that would cost each a commit."""
        if update.begun is not None:
            with suppress(DatabaseError):  # it is handled on a full disk too
                await updates.note_begun(self._context.db, update.id, begun)

    async def _mark_handled(self, update: StoredUpdate, context: Context | None = None) -> None:
        """With what its handling left to be written (None: nothing)."""
        db, now = self._context.db, self._context.now()
        left = context or self._context.at(now)
        await until_kept(
            lambda: updates.mark_handled(
                db, update.id, now, left.expected, left.acting, bool(left.erased)
            )
        )

    async def answer_unsaved(self, arrived: Iterable[StoredUpdate]) -> None:
        """While the disk is full nothing new is kept: what only asks is answered, and what would
        change something is refused with a sentence, by the error of the write that fails."""
        async with asyncio.TaskGroup() as group:
            for update in arrived:
                group.create_task(self._answer_unsaved(update))

    async def _answer_unsaved(self, arrived: StoredUpdate) -> None:
        context = self._context.at(arrived.received)
        try:
            async with self._room:
                update = Update.model_validate_json(arrived.body, context={"bot": context.bot})
                feeding = self._dispatcher.feed_update(context.bot, update, context=context)
                await uninterrupted(feeding)
        except Exception:
            log.exception("update_unsaved", update=arrived.id, chat=arrived.chat_id)


def _is_awaited(update: StoredUpdate) -> bool:
    """Whether somebody waits for an answer: what members of a group write among themselves, or
    type inline, is left alone."""
    if update.kind in {None, WORDS}:
        return update.chat_id == update.lane and update.lane > 0
    return update.kind != INLINE


def _retry_seconds(error: Exception, attempt: int) -> float:
    if isinstance(error, TelegramRetryAfter):
        return float(error.retry_after)
    wait = min(FIRST_RETRY_SECONDS * (1 << min(attempt, 10)), LONGEST_RETRY_SECONDS)
    return wait * random.uniform(0.75, 1.25)  # noqa: S311 - jitter, not a secret
