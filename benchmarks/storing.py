"""What the 1,000th, 10,000th and 100,000th article cost to store, each compared, counted, indexed
and put into its story; and the filled database that other benchmarks read."""

import multiprocessing
import time
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from benchmarks.scale import Scale
from benchmarks.stream import ARTICLES_A_DAY, SOURCES, START, prepared, time_of
from digests.models import PreparedArticle, Source, SourceKind
from storage.articles import add_articles
from storage.copies import forget_shingles
from storage.database import Database
from storage.sources import add_source
from storage.stories import forget_sketches

CHUNK: Final = 500
PREPARERS: Final = 2

Chunk = list[tuple[int, PreparedArticle]]


def columns(scale: Scale) -> tuple[str, ...]:
    return ("cost of the … article", *(f"{number:,}th" for number in scale.marks))


def title(scale: Scale) -> str:
    return f"Storing {scale.articles:,} articles with stories (to reach: a flat cost)"


async def fill(db: Database, count: int, first: int = 0) -> list[float]:
    """Add articles of the stream, forgetting each day as the bot does; ms an article, by chunk."""
    sources = [
        (await add_source(db, SourceKind.FEED, f"https://outlet{n}.example/feed",
                          f"outlet{n}.example", START))[0]
        for n in range(SOURCES)
    ]  # fmt: skip
    costs = []
    for number, chunk in _chunks(count, first):
        costs.append(await _store(db, sources, chunk))
        if number // ARTICLES_A_DAY != (number - CHUNK) // ARTICLES_A_DAY:
            await forget_sketches(db, time_of(number))
            await forget_shingles(db, time_of(number))
    return costs


async def repeat(db: Database, times: int) -> None:
    """The articles stored so far and their stories again, each time after the others: what is
    found and read is as after storing them, which would take hours at a million."""
    bounds = await db.fetch_one(
        """
        SELECT max(id) AS articles, max(story_id) AS stories,
               max(published_at) - min(published_at) + 1 AS seconds
        FROM article
        """
    )
    names = [
        row["name"] for row in await db.fetch_all("SELECT name FROM pragma_table_info('article')")
    ]
    moved = {
        "id": "id + :articles * :n",
        "story_id": "story_id + :stories * :n",
        "copy_of": "copy_of + :articles * :n",
        "guid": "guid || '#' || :n",
        "fingerprint": "fingerprint || '#' || :n",
        "published_at": "published_at + :seconds * :n",
        "arrived_at": "arrived_at + :seconds * :n",
    }
    copied = ", ".join(moved.get(name, name) for name in names)
    for n in range(1, times):
        values = dict(bounds or {}) | {"n": n}
        async with db.write() as tx:
            await tx.execute(
                """
                INSERT INTO story (id, opened_at) SELECT id + :stories * :n, opened_at FROM story
                WHERE id <= :stories
                """,
                values,
            )
            await tx.execute(
                f"INSERT INTO article ({', '.join(names)}) "  # noqa: S608 - names of columns
                f"SELECT {copied} FROM article WHERE id <= :articles ORDER BY id",
                values,
            )
            await tx.execute(
                """
                INSERT INTO article_keys (article_id, title, lead, body)
                SELECT article_id + :articles * :n, title, lead, body FROM article_keys
                WHERE article_id <= :articles ORDER BY article_id
                """,
                values,
            )


def _chunks(count: int, first: int) -> Iterator[tuple[int, Chunk]]:
    starts = range(first, first + count, CHUNK)
    if count <= 2 * CHUNK:
        yield from ((start + CHUNK, prepared(min(CHUNK, count), start)) for start in starts)
        return
    with multiprocessing.get_context("spawn").Pool(PREPARERS) as pool:
        waiting = [pool.apply_async(prepared, (CHUNK, start)) for start in starts[: 2 * PREPARERS]]
        for position, start in enumerate(starts):
            chunk = waiting.pop(0).get()
            following = position + 2 * PREPARERS
            if following < len(starts):
                waiting.append(pool.apply_async(prepared, (CHUNK, starts[following])))
            yield start + CHUNK, chunk


async def _store(db: Database, sources: list[Source], chunk: Chunk) -> float:
    """Each source's articles of the chunk at once, as a poll brings them; ms an article."""
    by_source = sorted(chunk, key=lambda one: one[0])
    started = time.perf_counter()
    for source, articles in groupby(by_source, key=lambda one: one[0]):
        await add_articles(db, sources[source], [article for _, article in articles], None)
    return (time.perf_counter() - started) * 1000 / len(chunk)


def row(scale: Scale, costs: list[float]) -> tuple[str, ...]:
    """The cost around each mark: the mean of the two chunks that end there."""
    found = []
    for mark in scale.marks:
        last = max(1, min(len(costs), mark // CHUNK))
        some = costs[max(0, last - 2) : last]
        found.append(f"{sum(some) / len(some):.2f} ms")
    return ("stored with stories", *found)
