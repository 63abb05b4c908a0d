"""Whether an event is told once, and marked when it is told again, over the newsroom's three days.

Articles are stored as they come out, and every few hours each reader's digest is made, rendered and
written as the running bot does it; only Telegram is missing. Labels say what was told: an event in
one language, by the lead of each item and by each update's sentence.
"""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from aiogram import Bot
from structlog.testing import capture_logs

from bot.context import Context
from bot.core import open_core
from bot.newsroom.articles import load_newsroom
from bot.pipeline import publish_digest
from bot.settings import load_settings
from digests.models import Article, ChatId, Digest, Source, SourceKind, Subscriber
from evaluation.data import START, prepared_newsroom
from storage.articles import add_articles
from storage.digests import Slot
from storage.sources import add_source
from storage.subscribers import add_subscriber, add_topic, find_subscriber, set_minutes, set_reads

DIGESTS: Final = 22
EVERY: Final = timedelta(hours=3)  # 22 digests are the newsroom's three days
POLL: Final = timedelta(hours=1)

# Topics, languages read, minutes to read.
READERS: Final[tuple[tuple[tuple[str, ...], str, int], ...]] = (
    ((), "ru", 2),
    ((), "all", 10),
    (("пожар", "ставка ЦБ"), "ru", 5),
    (("ИИ", "космос", "пожар"), "all", 10),
    (("Северная магистраль", "утечка данных", "здоровье"), "ru", 10),
    (("AI", "fire", "interest rate"), "en", 5),
)

Event = tuple[str, str]  # the event's name and the language it is told in


@dataclass
class Replayed:
    """What went wrong in all digests together, each as `event: what happened`."""

    digests: int = 0
    told: int = 0
    updates: int = 0
    twice: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)


async def judge() -> Replayed:
    replayed = Replayed()
    async with _replaying() as (context, sources):
        readers = [await _subscribe(context, number) for number in range(len(READERS))]
        told: dict[ChatId, set[Event]] = {reader.chat_id: set() for reader in readers}
        end = START + timedelta(minutes=max(a.minutes for a in load_newsroom().articles))
        first = end - EVERY * (DIGESTS - 1)
        polled = datetime.min.replace(tzinfo=START.tzinfo)
        for number in range(DIGESTS):
            now = first + EVERY * number + timedelta(minutes=1)
            polled = await _poll(context, sources, polled, now)
            for reader in readers:
                slot = Slot(f"replay/{number}")
                digest = await publish_digest(context, reader, slot, now)
                if digest is not None:
                    _count(replayed, digest, told[reader.chat_id])
    return replayed


def _count(replayed: Replayed, digest: Digest, told: set[Event]) -> None:
    items = [_event(item.story.lead) for item in digest.items]
    updates = [_event(update.line.article) for update in digest.updates]
    replayed.digests += 1
    replayed.told += len(items)
    replayed.updates += len(updates)
    replayed.twice += [
        f"{event}: {digest.made:%d %H:%M}"
        for event, count in Counter([*items, *updates]).items()
        if count > 1
    ]
    replayed.unmarked += [f"{event}: {digest.made:%d %H:%M}" for event in items if event in told]
    told.update(items, updates)


def _event(article: Article) -> Event:
    labelled = load_newsroom().article(article.guid)
    return labelled.event, labelled.language


@asynccontextmanager
async def _replaying() -> AsyncIterator[tuple[Context, dict[str, Source]]]:
    with capture_logs(), TemporaryDirectory(prefix="svodka-eval-") as folder:
        token = "1:replay"  # noqa: S105 - nobody is spoken to
        settings = load_settings(_env_file=None, bot_token=token, bot_token_file=None)
        async with open_core(settings, Path(folder) / "replay.sqlite") as core:
            context = Context(
                core.settings,
                core.db,
                core.workers,
                core.parsers,
                core.fetcher,
                core.now,
                core.telegram_site,
                Bot(token),
                "replay",
            )
            sources = {
                one.id: (await add_source(core.db, SourceKind.FEED, one.id, one.name, START))[0]
                for one in load_newsroom().outlets
            }
            yield context, sources


async def _subscribe(context: Context, number: int) -> Subscriber:
    topics, reads, minutes = READERS[number]
    chat = ChatId(1_001 + number)
    language = "en" if reads == "en" else "ru"
    await add_subscriber(context.db, chat, "private", "Анна", language, "Europe/Moscow", START)
    await set_reads(context.db, chat, reads)
    await set_minutes(context.db, chat, minutes)
    for words in topics:
        await add_topic(context.db, chat, words, START)
    found = await find_subscriber(context.db, chat)
    if found is None:
        raise LookupError(chat)
    return found


async def _poll(
    context: Context, sources: dict[str, Source], polled: datetime, now: datetime
) -> datetime:
    """Store what came out since the last poll, hour by hour, each outlet's by itself."""
    due = [a for a in load_newsroom().articles if polled < a.published(START) <= now]
    hours = sorted({(a.published(START) - START) // POLL for a in due})
    for hour in hours:
        for outlet, source in sources.items():
            fresh = [
                prepared_newsroom()[a.id]
                for a in due
                if a.outlet == outlet and (a.published(START) - START) // POLL == hour
            ]
            if fresh:
                arrived = min(now, START + POLL * (hour + 1))
                await add_articles(context.db, source, fresh, arrived)
    return now
