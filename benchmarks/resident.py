"""Resident memory of a bot's process that has read news, made digests and searched, by how many
articles its database holds. Run as a module it is that process."""

import asyncio
import sys
from pathlib import Path
from typing import Final

import aiogram  # noqa: F401 - a part of the bot's size

from benchmarks.footprint import megabytes
from benchmarks.scale import Scale
from benchmarks.stream import START, frequent_words
from bot.making import OLDEST_NEWS, Inputs, Making
from bot.workers import start_workers
from digests.composing import Form
from digests.models import NOBODY
from digests.topics import parse_query
from storage.articles import latest_stories, members_of, newest_publication
from storage.database import open_database
from storage.search import find_stories

COLUMNS: Final = ("articles in the database", "MB", "above")
SMALL: Final = 100
PROFILES: Final = 20


def title(_scale: Scale) -> str:
    return "Resident memory by articles stored (to reach: ≤ 100 MB more)"


async def measure(small: Path, large: Path, scale: Scale) -> list[tuple[str, ...]]:
    little, much = await _size(small), await _size(large)
    return [
        (f"{SMALL:,}", f"{little:.0f}", ""),
        (f"{scale.held:,}", f"{much:.0f}", f"{much - little:+.0f}"),
    ]


async def _size(database: Path) -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.resident",
        str(database),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return float(output)


async def use(database: Path) -> float:
    """Do what a bot does with these articles; MB afterwards."""
    words = frequent_words("ru", 3 * PROFILES)
    with start_workers() as workers:
        async with open_database(database) as db:
            await db.fill_fresh()  # as for the first article that comes
            now = await newest_publication(db) or START
            making = Making(db, workers, now)
            for profile in range(PROFILES):
                topics = tuple(words[profile * 3 : profile * 3 + 3])
                await making.digest(Inputs(topics, Form(), now - OLDEST_NEWS))
                stories = await find_stories(db, NOBODY, parse_query(topics[0]), 10)
                stories += await latest_stories(db, NOBODY, 10)
                await members_of(db, NOBODY, stories)
            return megabytes("self")  # before the file is closed


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(use(Path(sys.argv[1])))}\n")
