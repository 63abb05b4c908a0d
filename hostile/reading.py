"""Reads documents as the bot would, one at a time in a worker, and measures each."""

import asyncio
import time
from collections.abc import Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.errors import WorkerError
from bot.workers import Workers
from digests.errors import NotAFeedError
from digests.preparing import prepare_all
from digests.sources.feed import parse_feed
from hostile.documents import Document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

URL: Final = "https://proba.example/rss"
NOW: Final = datetime(2026, 11, 25, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reading:
    """What became of a document."""

    document: Document
    entries: int
    titles: tuple[str, ...]
    reason: str | None  # None: it was read; else why it was refused
    seconds: float
    megabytes: float | None  # of the worker at its largest meanwhile; None: it was killed

    @property
    def is_as_meant(self) -> bool:
        document = self.document
        if document.kind == "may be refused":
            return True
        if not document.least:
            return self.entries == 0 and self.reason is not None
        titles = not document.titles or set(document.titles) <= set(self.titles)
        return self.entries >= document.least and titles and self.is_readable

    @property
    def is_readable(self) -> bool:
        """Whether the titles of a Russian document are Russian."""
        return not self.document.is_russian or all(map(_is_russian, self.titles))


def _is_russian(title: str) -> bool:
    letters = [letter for letter in title if letter.isalpha()]
    russian = sum("а" <= letter.lower() <= "я" or letter in "ёЁіїєґІЇЄҐ" for letter in letters)
    return russian >= 0.5 * len(letters)


async def read(workers: Workers, document: Document) -> Reading:
    """Any other error than a refusal escapes, as it would in the bot."""
    start = time.perf_counter()
    entries, titles, reason, size = 0, (), None, None
    try:
        entries, titles, size = await workers.run(measured, document.data, document.content_type)
    except (NotAFeedError, WorkerError) as error:
        reason, size = str(error.values["reason"]), error.values.get("megabytes")
    taken = time.perf_counter() - start
    megabytes = size if isinstance(size, float) else None
    return Reading(document, entries, titles, reason, taken, megabytes)


async def read_all(workers: Workers, documents: Iterable[Document]) -> list[Reading]:
    return [await read(workers, document) for document in documents]


def measured(data: bytes, content_type: str | None) -> tuple[int, tuple[str, ...], float]:
    """In a worker: entries, titles, and its largest size in MB meanwhile."""
    forget_peak()
    try:
        entries = parse_feed(data, content_type, URL).entries
        prepare_all([(entry.title, entry) for entry in entries], NOW, UTC)
    except NotAFeedError as error:
        error.values["megabytes"] = peak_megabytes()
        raise
    return len(entries), tuple(entry.title for entry in entries[:1_000]), peak_megabytes()


def forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_megabytes() -> float:
    """The largest size of this process since `forget_peak`."""
    return _status("VmHWM")


def resident_megabytes() -> float:
    return _status("VmRSS")


def _status(name: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024


@asynccontextmanager
async def lag_watched() -> "AsyncIterator[list[float]]":
    """How much later than asked each 5 ms sleep of the event loop ended, in ms."""
    lags: list[float] = []

    async def watch() -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(0.005)
            lags.append((time.perf_counter() - start - 0.005) * 1000)

    watching = asyncio.ensure_future(watch())
    try:
        yield lags
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
