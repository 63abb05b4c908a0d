"""Reading the real feeds of the development data, beside feedparser alone: how fast, and whether an
entry or title is lost. File by
file, all readers at each, so that a busy machine slows them alike. feedparser cleans markup of
scripts; plain text has none.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import feedparser

from digests.errors import NotAFeedError
from digests.sources.feed import parse_feed, read_records
from digests.text.characters import clean_title
from digests.text.markup import plain_text

TITLE: Final = "Parsing real feeds (to reach: 20 × feedparser alone, nothing lost against it)"
COLUMNS: Final = ("reader", "files", "MB", "seconds", "MB/s", "entries", "titles", "times as fast")
SHARED: Final = Path(__file__).parents[2] / "shared" / "data" / "feeds"
PATTERNS: Final = ("12_realworld/*", "13_russian/real_*")
TIMES: Final = 3


@dataclass
class Read:
    seconds: float = 0.0
    entries: int = 0
    titles: int = 0  # of those feedparser reads; for feedparser all


async def measure() -> list[tuple[str, ...]]:
    files = sorted(path for pattern in PATTERNS for path in SHARED.glob(pattern))
    if not files:
        return [("the development data is absent", *[""] * 7)]
    ours, whole, alone = Read(), Read(), Read()
    size = 0
    for path in files:
        data = path.read_bytes()
        size += len(data)
        _compare(data, ours, whole, alone)
    megabytes = size / 1e6
    rows = []
    for name, read in (
        ("ours: entries with their markup", ours),
        ("ours: and the markup made plain text", whole),
        ("feedparser alone: entries with their markup", alone),
    ):
        rows.append(
            (
                name,
                str(len(files)),
                f"{megabytes:.1f}",
                f"{read.seconds:.2f}",
                f"{megabytes / read.seconds:.1f}",
                str(read.entries),
                str(read.titles),
                f"{alone.seconds / read.seconds:.1f}",
            )
        )
    return rows


def _compare(data: bytes, ours: Read, whole: Read, alone: Read) -> None:
    """The best of some times each, in turn."""
    found = _titles(data)
    parsed = feedparser.parse(data)["entries"]
    wanted = [
        title for entry in parsed if (title := clean_title(plain_text(entry.get("title", ""))))
    ]
    kept = sum(title in found for title in wanted)
    for read, work, entries, named in (
        (ours, _records, len(found), kept),
        (whole, _titles, len(found), kept),
        (alone, feedparser.parse, len(parsed), len(wanted)),
    ):
        read.seconds += min(_seconds(work, data) for _ in range(TIMES))
        read.entries += entries
        read.titles += named


def _seconds(work: Callable[[bytes], object], data: bytes) -> float:
    start = time.perf_counter()
    work(data)
    return time.perf_counter() - start


def _records(data: bytes) -> object:
    with suppress(NotAFeedError):
        return read_records(data)
    return None


def _titles(data: bytes) -> list[str]:
    try:
        return [entry.title for entry in parse_feed(data).entries]
    except NotAFeedError:
        return []
