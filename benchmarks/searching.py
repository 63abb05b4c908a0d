"""The newest stories of a topic from the filled database, beside bare SQLite with the same SQL."""

import sqlite3
import time
from collections.abc import Mapping
from typing import Any, Final, cast

from benchmarks.scale import Scale
from benchmarks.stream import frequent_words
from digests.models import NOBODY
from digests.topics import parse_query
from storage.database import Database
from storage.search import find_stories

COLUMNS: Final = ("topic of", "ours p50 ms", "p95 ms", "bare p50 ms", "p95 ms", "p50 ratio")
STORIES: Final = 10


def title(scale: Scale) -> str:
    return (
        f"The {STORIES} newest stories of a topic among {scale.held:,} articles "
        "(to reach: p50 ≤ 2 × bare sqlite3; p95 ≤ 15 ms at a million)"
    )


class Recorder:
    """Stands in for the database to learn what is asked of it."""

    def __init__(self) -> None:
        self.asked: tuple[str, Mapping[str, Any]] = ("", {})

    async def fetch_all(self, sql: str, parameters: Mapping[str, Any]) -> list[sqlite3.Row]:
        self.asked = (sql, parameters)
        return []


async def measure(db: Database, scale: Scale) -> list[tuple[str, ...]]:
    words = frequent_words("ru", scale.queries) + frequent_words("en", scale.queries)
    ones = words[: scale.queries]
    pairs = [f"{words[n]} {words[-1 - n]}" for n in range(0, scale.queries, 2)]
    common = ["компании", "сказал", "город"] * max(1, scale.queries // 12)
    return [
        ("one word", *await _compared(db, ones)),
        ("two words", *await _compared(db, pairs)),
        ("a frequent word", *await _compared(db, common)),
    ]


async def _compared(db: Database, topics: list[str]) -> tuple[str, ...]:
    """Each topic asked of both, one after the other, so that both meet the same machine."""
    bare = sqlite3.connect(db.path)
    ours, theirs = [], []
    for words in topics:
        query = parse_query(words)
        recorder = Recorder()
        await find_stories(cast("Database", recorder), NOBODY, query, STORIES)
        bare.execute(*recorder.asked).fetchall()  # warm for both
        started = time.perf_counter()
        await find_stories(db, NOBODY, query, STORIES)
        ours.append((time.perf_counter() - started) * 1000)
        started = time.perf_counter()
        bare.execute(*recorder.asked).fetchall()
        theirs.append((time.perf_counter() - started) * 1000)
    bare.close()
    half, most = len(topics) // 2, int(len(topics) * 0.95)
    ours.sort()
    theirs.sort()
    figures = (ours[half], ours[most], theirs[half], theirs[most], ours[half] / theirs[half])
    return tuple(f"{figure:.2f}" for figure in figures)
