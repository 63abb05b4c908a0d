"""The bot's own gathering, from HTTP to the database, with hostile documents and servers among its
sources: what each source's state says, how late the others are, how the event loop fares."""

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from bot.context import Core
from bot.core import open_core, warm_up
from bot.gathering import Refresher
from bot.settings import load_settings
from digests.models import SourceKind
from hostile.documents import Document
from hostile.generated import rss
from hostile.reading import lag_watched
from hostile.server import EVIL, Handler, answer, evil_servers, serving
from storage.sources import add_source

HOSTS: Final = 8  # that documents are served from
INTERVAL_SECONDS: Final = 900
LONGEST_SECONDS: Final = 600
LOOK_SECONDS: Final = 0.05
GOOD_ENTRIES: Final = 8
SYLLABLES: Final = ("ба", "ве", "ги", "до", "жу", "зы", "ка", "ле", "ми", "но", "пу", "рэ")

State = tuple[int, str | None]  # articles stored, error in the source's state


@dataclass(frozen=True, slots=True)
class Gathered:
    """How a first poll of many sources went."""

    states: dict[str, State]  # by the name of the document or evil path
    seconds: dict[str, float]  # from when all were due until each was done
    lag_p99: float  # ms
    lag_most: float


async def gather(documents: Sequence[Document], *, evil: bool) -> Gathered:
    """Poll the documents as sources, `evil` servers before them."""
    async with AsyncExitStack() as stack:
        core = await stack.enter_async_context(_core())
        addresses: dict[str, str] = {}  # by name
        if evil:
            addresses |= await stack.enter_async_context(evil_servers())
        for host in range(HOSTS):
            mine = documents[host::HOSTS]
            handlers = {f"/{number}": _served(one) for number, one in enumerate(mine)}
            base, _ = await stack.enter_async_context(serving(handlers))
            addresses |= {one.name: f"{base}/{number}" for number, one in enumerate(mine)}
        names: dict[int, str] = {}
        for name, address in addresses.items():
            source, _ = await add_source(core.db, SourceKind.FEED, address, name, datetime.now(UTC))
            names[source.id] = name
        lags = await stack.enter_async_context(lag_watched())
        seconds = await _refreshed(core, names)
        lags.sort()
        states = await _states(core, names)
    return Gathered(states, seconds, lags[int(len(lags) * 0.99)], lags[-1])


def unmeant(gathered: Gathered, documents: Sequence[Document]) -> list[str]:
    """The sources whose state is not what it should be."""
    wrong = []
    for one in documents:
        stored, error = gathered.states[one.name]
        if one.kind == "may be refused":
            good = (stored > 0) is (error is None)
        else:
            good = stored > 0 and error is None if one.least else not stored and bool(error)
        if not good:
            wrong.append(f"{one.name}: {stored} stored, {error}")
    for path, (_, reasons) in EVIL.items():
        stored, error = gathered.states.get(path, (0, None))
        if path in gathered.states and not (error in reasons if reasons else stored):
            wrong.append(f"{path}: {stored} stored, {error}")
    return wrong


def good_documents(count: int) -> list[Document]:
    """Ordinary feeds, of articles that resemble each other little."""
    chance = random.Random(1)  # noqa: S311 - always the same ones
    words = ["".join(chance.choices(SYLLABLES, k=3)) for _ in range(20_000)]
    documents = []
    for number in range(count):
        entries = ""
        for entry in range(GOOD_ENTRIES):
            title = " ".join(chance.sample(words, 5))
            text = ". ".join(" ".join(chance.choices(words, k=12)) for _ in range(10))
            entries += (
                f"<item><title>{title.capitalize()} {number}-{entry}</title>"
                f"<guid>{number}-{entry}</guid><description>{text}.</description></item>"
            )
        documents.append(Document(f"good/{number}", rss(entries).encode(), GOOD_ENTRIES, "good"))
    return documents


def _served(document: Document) -> Handler:
    head = f"HTTP/1.1 200 OK\nContent-Length: {len(document.data)}"
    if document.content_type:
        head += f"\nContent-Type: {document.content_type}"
    return answer(head, document.data)


@asynccontextmanager
async def _core() -> AsyncIterator[Core]:
    with tempfile.TemporaryDirectory(prefix="svodka-hostile-") as folder:
        settings = load_settings(
            _env_file=None, poll_interval=INTERVAL_SECONDS, allowed_hosts=("127.0.0.1:*",)
        )
        configured = structlog.get_config()
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
        try:
            async with open_core(settings, Path(folder) / "hostile.sqlite") as core:
                warm_up(core)
                yield core
        finally:
            structlog.configure(**configured)


async def _refreshed(core: Core, names: dict[int, str]) -> dict[str, float]:
    start = time.monotonic()
    done: dict[str, float] = {}
    refreshing = asyncio.ensure_future(Refresher(core).run(LOOK_SECONDS))
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            while len(done) < len(names) and not refreshing.done():
                await asyncio.sleep(LOOK_SECONDS)
                for number in await _polled(core):
                    done.setdefault(names[number], time.monotonic() - start)
    finally:
        refreshing.cancel()
        with suppress(asyncio.CancelledError):
            await refreshing
    return done


async def _polled(core: Core) -> list[int]:
    rows = await core.db.fetch_all(
        """
        SELECT id FROM source
        WHERE last_success_at IS NOT NULL OR failures > 0 OR parked_at IS NOT NULL
        """
    )
    return [row["id"] for row in rows]


async def _states(core: Core, names: dict[int, str]) -> dict[str, State]:
    rows = await core.db.fetch_all(
        """
        SELECT id, last_error,
               (SELECT count(*) FROM article WHERE source_id = source.id) AS articles
        FROM source
        """
    )
    return {names[row["id"]]: (row["articles"], row["last_error"]) for row in rows}
