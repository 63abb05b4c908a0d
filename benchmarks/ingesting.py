"""Articles a second from a feed's bytes to a searchable story, beside lemon24/reader, which makes
neither Russian forms nor stories, on the same articles."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Final

from benchmarks.scale import Scale
from benchmarks.stream import SOURCES, START, Report, articles, time_of
from bot.worker_side import get_ready
from bot.workers import P, R, Workers, start_workers
from digests.dedup import fingerprint
from digests.models import PreparedArticle, Source, SourceKind
from digests.preparing import prepare, prepare_feed
from digests.text.keys import keys_of
from storage.articles import add_articles
from storage.database import Database, open_database
from storage.instants import to_seconds
from storage.sources import add_source

COLUMNS: Final = ("", "articles/s", "times reader", "mean ms", "p95 ms")
BATCH: Final = 50
FEEDS_AT_ONCE: Final = 32  # as bot.gathering, which workers must not import


def title(scale: Scale) -> str:
    return (
        f"{scale.ingested:,} articles of {SOURCES} feeds taken in (to reach: with stories ≥ 1 × "
        "reader, aim 2 ×; without ≥ 4 ×; 3 ms an article, p95 10 ms)"
    )


async def measure(scale: Scale) -> list[tuple[str, ...]]:
    reports = list(articles(scale.ingested))
    now = time_of(scale.ingested)
    with tempfile.TemporaryDirectory(prefix="svodka-bench-") as name:
        folder = Path(name)
        feeds = _write_feeds(folder, reports)
        added = _reader_entries(folder / "entries.sqlite", reports)
        parsed = _reader_feeds(folder / "feeds.sqlite", folder, feeds)
        alone = await _ours(folder / "alone.sqlite", feeds, now, Here())
        later = folder / "later"
        later.mkdir()
        next_feeds = _write_feeds(later, list(articles(scale.ingested, scale.ingested)))
        with start_workers() as workers:
            await workers.run(get_ready)  # as while the bot starts
            beside = await _ours(folder / "beside.sqlite", feeds, now, workers)
            known = await _ours(
                later / "known.sqlite", next_feeds, time_of(2 * scale.ingested), workers
            )
            plain_beside = await _without_stories(folder / "keyed.sqlite", reports, workers)
        plain = await _without_stories(folder / "plain.sqlite", reports, Here())
    best = max(added, parsed)
    mean, p95 = _costs(reports, now)
    return [
        ("reader: entries added, search updated", f"{added:.0f}", "", "", ""),
        ("reader: feed files read, search updated", f"{parsed:.0f}", "", "", ""),
        ("ours: feed bytes to searchable stories, one core", f"{alone:.0f}",
         f"{alone / best:.2f}", f"{1000 / alone:.2f}", ""),
        ("ours: the same as the bot does it, from its start on", f"{beside:.0f}",
         f"{beside / best:.2f}", f"{1000 / beside:.2f}", ""),
        ("ours: the same with as many others, most words now known", f"{known:.0f}",
         f"{known / best:.2f}", f"{1000 / known:.2f}", ""),
        ("ours: keyed, stored and searchable, no stories, one core", f"{plain:.0f}",
         f"{plain / best:.2f}", f"{1000 / plain:.2f}", ""),
        ("ours: the same, a worker keying", f"{plain_beside:.0f}",
         f"{plain_beside / best:.2f}", f"{1000 / plain_beside:.2f}", ""),
        ("ours: an entry cleaned, keyed, summarised", f"{1000 / mean:.0f}", "",
         f"{mean:.2f}", f"{p95:.2f}"),
    ]  # fmt: skip


def _write_feeds(folder: Path, reports: list[Report]) -> list[Path]:
    paths = []
    for source in sorted({report.source for report in reports}):
        items = "".join(_item(report) for report in reports if report.source == source)
        path = folder / f"feed{source}.xml"
        path.write_text(
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
            f"<title>outlet{source}</title><link>https://outlet{source}.example/</link>{items}"
            "</channel></rss>",
            encoding="utf-8",
        )
        paths.append(path)
    return paths


def _item(report: Report) -> str:
    entry = report.entry
    published = entry.published or START
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in entry.text.split("\n\n"))
    return (
        f"<item><title>{escape(entry.title)}</title><guid>{entry.guid}</guid>"
        f"<link>{entry.link}</link><pubDate>{published:%a, %d %b %Y %H:%M:%S} GMT</pubDate>"
        f"<description>{escape(paragraphs)}</description></item>"
    )


def _reader_entries(database: Path, reports: list[Report]) -> float:
    from reader import make_reader  # noqa: PLC0415 - installed by `make bench`

    reader = make_reader(str(database))
    reader.enable_search()
    for source in range(SOURCES):
        reader.add_feed(f"https://outlet{source}.example/feed")
    started = time.perf_counter()
    for report in reports:
        entry = report.entry
        reader.add_entry(
            {
                "feed_url": f"https://outlet{report.source}.example/feed",
                "id": entry.guid,
                "title": entry.title,
                "link": entry.link,
                "published": entry.published,
                "summary": entry.text,
            }
        )
    reader.update_search()
    rate = len(reports) / (time.perf_counter() - started)
    reader.close()
    return rate


def _reader_feeds(database: Path, folder: Path, feeds: list[Path]) -> float:
    from reader import make_reader  # noqa: PLC0415 - installed by `make bench`

    reader = make_reader(str(database), feed_root=str(folder))
    reader.enable_search()
    for path in feeds:
        reader.add_feed(path.name)
    started = time.perf_counter()
    reader.update_feeds()
    reader.update_search()
    rate = (reader.get_entry_counts().total or 0) / (time.perf_counter() - started)
    reader.close()
    return rate


class Here(Workers):
    """Prepares in this process: all on one core."""

    def __init__(self) -> None:
        pass

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)

    async def run_in_turn(
        self,
        cost_seconds: float,  # noqa: ARG002 - there is one turn
        function: Callable[P, R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        return await self.run(function, *args, **kwargs)


async def _ours(database: Path, feeds: list[Path], now: datetime, workers: Workers) -> float:
    """Several feeds at once, as the bot polls them: one is stored while the next is prepared."""
    async with open_database(database) as db, asyncio.TaskGroup() as group:
        sources = []
        for path in feeds:
            address = f"https://{path.stem}.example/"
            sources.append((await add_source(db, SourceKind.FEED, address, path.stem, now))[0])
        room = asyncio.Semaphore(FEEDS_AT_ONCE)

        async def take_in(source: Source, data: bytes) -> int:
            async with room:
                batch = await workers.run_in_turn(
                    0, prepare_feed, data, "application/rss+xml", source.address, now, UTC
                )
                return (await add_articles(db, source, batch.prepared, now)).new

        started = time.perf_counter()
        tasks = [
            group.create_task(take_in(source, path.read_bytes()))
            for source, path in zip(sources, feeds, strict=True)
        ]
        new = sum([await task for task in tasks])
        return new / (time.perf_counter() - started)


async def _without_stories(database: Path, reports: list[Report], workers: Workers) -> float:
    async with open_database(database) as db, asyncio.TaskGroup() as group:
        source, _ = await add_source(db, SourceKind.FEED, "https://a.example/", "a", START)
        started = time.perf_counter()
        keyed = [
            group.create_task(
                workers.run(_rows, first + 1, reports[first : first + BATCH], source.id)
            )
            for first in range(0, len(reports), BATCH)
        ]
        for rows in keyed:
            await _insert(db, await rows)
        return len(reports) / (time.perf_counter() - started)


def _rows(first: int, reports: list[Report], source: int) -> list[dict[str, object]]:
    return [_row(number, report, source) for number, report in enumerate(reports, first)]


def _row(number: int, report: Report, source: int) -> dict[str, object]:
    entry = report.entry
    keys = keys_of(entry.title, entry.text.split("\n\n"))
    return {
        "id": number,
        "source": source,
        "guid": entry.guid,
        "link": entry.link,
        "fingerprint": fingerprint(entry.title, entry.text),
        "title": entry.title,
        "text": entry.text,
        "at": to_seconds(entry.published or START),
        "key_title": keys.title,
        "key_lead": keys.lead,
        "key_body": keys.body,
    }


async def _insert(db: Database, rows: list[dict[str, object]]) -> None:
    async with db.write() as tx:
        await tx.execute_all("INSERT INTO story (id, opened_at) VALUES (:id, :at)", rows)
        await tx.execute_all(
            """
            INSERT INTO article (id, source_id, story_id, guid, url, link, fingerprint, title, text,
                                 language, published_at, arrived_at, summary)
            VALUES (:id, :source, :id, :guid, :link, :link, :fingerprint, :title, :text, 'ru', :at,
                    :at, '[]')
            """,
            rows,
        )
        await tx.execute_all(
            """
            INSERT INTO article_keys (article_id, title, lead, body)
            VALUES (:id, :key_title, :key_lead, :key_body)
            """,
            rows,
        )


def _costs(reports: list[Report], now: datetime) -> tuple[float, float]:
    """Mean and 95th percentile of preparing an entry once words are known, in ms."""
    taken = []
    prepared: list[PreparedArticle] = []
    for report in reports:
        started = time.perf_counter()
        prepared.append(prepare(report.entry, now, UTC))
        taken.append((time.perf_counter() - started) * 1000)
    taken.sort()
    return sum(taken) / len(taken), taken[int(len(taken) * 0.95)]
