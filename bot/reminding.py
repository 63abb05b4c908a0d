"""What was saved: shown page by page, and once a week to whoever wished so."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from aiogram.utils.formatting import Bold, Italic, Text

from bot.context import Context
from bot.digest_keyboards import SAVED_A_PAGE, saved_keyboard
from bot.pipeline import is_allowed
from bot.rendering import (
    LISTED_LETTERS,
    Message,
    Reader,
    is_public,
    linked,
    message_of,
    public_address,
    shortened,
)
from bot.speaking import reader_for
from digests.lengths import HOST_LETTERS
from digests.models import Article, ChatId, Subscriber
from digests.schedules import Timing, next_digest, quiet_ends
from storage import articles, saved
from storage.saved import Reminder, Saved

log = structlog.get_logger()

WEEKLY: Final = Timing(time(11), 1 << 6)  # Sundays
LONGEST: Final = timedelta(days=8)  # from one reminder to the next, quiet hours and all
REMINDERS_A_TICK: Final = 50
RETRY_REMINDER: Final = timedelta(minutes=10)


async def keep(context: Context, chat: ChatId, article: Article, *, wanted: bool) -> str:
    """Put an article aside, or take it out; what to answer. Its text is kept too when no link
    leads to it."""
    if not wanted:
        await saved.unsave(context.db, chat, article.id)
        return "saved.removed"
    text = None
    if not (article.link and is_public(article.link)):
        found = await articles.read_article(context.db, chat, article.id)
        text = found[1] if found else ""
    kept = await saved.save(context.db, chat, article, text, context.now())
    return "saved.added" if kept else "saved.full"


async def saved_page(
    context: Context, chat: ChatId, reader: Reader, offset: int, heading: str = "saved.heading"
) -> Message | None:
    """None: nothing is saved."""
    found, total = await saved.saved_of(context.db, chat, SAVED_A_PAGE, offset)
    if not found and total:  # the last of the page was removed
        last = (total - 1) // SAVED_A_PAGE * SAVED_A_PAGE
        return await saved_page(context, chat, reader, last, heading)
    if not found:
        return None
    reminded = await saved.reminded_at(context.db, chat) is not None
    spoken = reader.language
    parts: list[Text | str] = ["🔖 ", Bold(spoken.say(heading)), f" · {total}\n"]
    for number, one in enumerate(found, offset + 1):
        parts += [f"\n{number}. ", _line(one, reader, context.now())]
    keys = saved_keyboard(
        [one.id for one in found], offset, total, reader.language, reminded=reminded
    )
    return message_of(Text(*parts), keys)


def _line(one: Saved, reader: Reader, now: datetime) -> Text:
    title = Bold(shortened(one.title, LISTED_LETTERS))
    address = public_address(one.link, one.article, reader.bot)
    moment = reader.language.near_moment(one.published, reader.zone, now)
    outlet = shortened(one.outlet, HOST_LETTERS)
    return Text(linked(title, address), "\n", Italic(f"{outlet} · {moment}"), "\n")


def next_reminder(subscriber: Subscriber, now: datetime) -> datetime:
    return next_digest(WEEKLY, ZoneInfo(subscriber.zone), subscriber.quiet, now)


async def want_reminder(context: Context, subscriber: Subscriber, *, wanted: bool) -> None:
    due = next_reminder(subscriber, context.now()) if wanted else None
    await saved.set_reminder(context.db, subscriber.chat_id, due)


async def send_reminders(context: Context) -> None:
    """Those that are due: in quiet hours at their end, in a pause not at all."""
    if context.db.is_full:
        return
    now = context.now()
    for reminder in await saved.due_reminders(context.db, now, REMINDERS_A_TICK):
        try:
            reminded = await _remind(context, reminder, now)
        except Exception:  # nobody else waits for it
            log.exception("reminder_failed", chat=reminder.subscriber.chat_id)
            await saved.move_reminder(context.db, reminder, now + RETRY_REMINDER, None, now)
            continue
        if reminded:
            context.outbox_filled.set()


async def _remind(context: Context, reminder: Reminder, now: datetime) -> bool:
    subscriber = reminder.subscriber
    zone, quiet = ZoneInfo(subscriber.zone), subscriber.quiet
    wakes = quiet_ends(quiet, now, zone) if quiet else None
    paused = subscriber.paused_until is not None and subscriber.paused_until > now
    content = None
    if not (wakes or paused) and is_allowed(context, subscriber):
        reader = reader_for(context, subscriber)
        page = await saved_page(context, subscriber.chat_id, reader, 0, "saved.reminder")
        content = page.to_json() if page else None
    following = wakes or next_reminder(subscriber, now)
    moved = await saved.move_reminder(context.db, reminder, following, content, now)
    if moved and content:
        log.info("reminded", chat=subscriber.chat_id)
    return moved and content is not None
