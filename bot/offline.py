"""What the command line does without a bot: take in articles, preview a digest, search, check."""

import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Final

from bot.context import Core
from bot.core import open_core
from bot.errors import FetchError
from bot.fetching import checked_link
from bot.files import FILE_ENDINGS, add_files
from bot.gathering import add_feed
from bot.i18n import Language, language
from bot.making import OLDEST_NEWS, Inputs, Making
from bot.rendering import render_plain
from bot.settings import Settings
from digests.clustering import tell_stories
from digests.composing import Form
from digests.errors import SvodkaError
from digests.models import NOBODY, Digest, Story
from digests.preparing import Rejection
from digests.topics import parse_query
from storage import articles, search
from storage.articles import Added

MORNING: Final = time(9)
FILES_A_STEP: Final = 20
RESULTS: Final = 20


@dataclass
class Ingested:
    """What became of the paths and links, and why some were rejected."""

    added: Added = field(default_factory=Added)
    rejected: list[Rejection] = field(default_factory=list)
    sources: int = 0  # new ones, out of lists of feeds

    @property
    def is_empty(self) -> bool:
        """Nothing was new, changed, or known."""
        return self.added == Added() and not self.sources


Step = Callable[[int], None]  # called with the number of files or links done


async def ingest(core: Core, places: Sequence[str], step: Step = lambda _count: None) -> Ingested:
    """Take in files, folders and feeds; what cannot be read is listed, never raised."""
    done = Ingested()
    for place in places:
        if "://" in place:
            await _ingest_link(core, place, done)
            step(1)
            continue
        path = Path(place).resolve()  # noqa: ASYNC240 - the command line waits for the disk
        if not path.exists():
            done.rejected.append(Rejection(place, "error.no_such_file"))
            step(1)
            continue
        folder = path if path.is_dir() else path.parent
        files = files_below(path)
        for start in range(0, len(files), FILES_A_STEP):
            some = files[start : start + FILES_A_STEP]
            taken = await add_files(core, folder, some)
            done.added += taken.added
            done.rejected += taken.rejected
            done.sources += taken.sources
            step(len(some))
    return done


def files_below(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(found for found in path.rglob("*") if found.suffix in FILE_ENDINGS)


async def _ingest_link(core: Core, link: str, done: Ingested) -> None:
    try:
        _, added = await add_feed(core, checked_link(link))
        done.added += added
    except FetchError as error:
        reason = f"error.fetch.{error.values.get('reason')}"
        known = reason if language("en").has(reason) else "error.fetch"
        done.rejected.append(Rejection(link, known))
    except SvodkaError as error:
        done.rejected.append(Rejection(link, error.code))


@asynccontextmanager
async def opened(settings: Settings, places: Sequence[str]) -> AsyncIterator[tuple[Core, Ingested]]:
    """The real database, or a throw-away one with what the given paths hold."""
    if not places:
        async with open_core(settings, settings.database_path) as core:
            yield core, Ingested()
        return
    with tempfile.TemporaryDirectory(prefix="svodka-") as folder:
        async with open_core(settings, Path(folder) / "preview.sqlite") as core:
            yield core, await ingest(core, places)


async def preview(
    core: Core, topics: Sequence[str], at: datetime | None, minutes: int = 2
) -> tuple[Digest, datetime]:
    """The digest that somebody with these topics would get at that time, and the time."""
    now = at or await _morning_after(core)
    inputs = Inputs(tuple(topics), form=Form(minutes), since=now - OLDEST_NEWS)
    return await Making(core.db, core.workers, now).digest(inputs), now


async def _morning_after(core: Core) -> datetime:
    """09:00 of the day after the newest article, in the default zone."""
    newest = await articles.newest_publication(core.db) or core.now()
    day = newest.astimezone(core.settings.zone).date() + timedelta(days=1)
    return datetime.combine(day, MORNING, core.settings.zone).astimezone(UTC)


def described(digest: Digest, spoken: Language, settings: Settings) -> str:
    if digest.sections:
        return render_plain(digest, spoken, settings.zone)
    return (
        spoken.say(
            "empty.nothing_new",
            articles=spoken.say("count.articles", digest.looked.articles),
            sources=spoken.say("count.sources", digest.looked.sources),
        )
        + "\n"
    )


async def find(core: Core, words: str) -> list[Story]:
    """Raises EmptyQueryError."""
    query = parse_query(words)
    ids = await search.find_stories(core.db, NOBODY, query, RESULTS)
    return tell_stories(await articles.members_of(core.db, NOBODY, ids))
