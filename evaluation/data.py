"""The labelled material: the newsroom, and the development data where it is present."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bot.newsroom.articles import NewsroomArticle, load_newsroom
from digests.models import Entry, PreparedArticle, SourceKind
from digests.preparing import prepare_all
from storage.articles import add_articles
from storage.database import Database, open_database
from storage.sources import add_source

SHARED: Final = Path(__file__).parent.parent.parent / "shared" / "data"
START: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER: Final = START + timedelta(hours=1)  # when even the demo's last article is out


def shared_lines(name: str) -> list[dict[str, Any]]:
    """The records of a development file; empty where the data is absent."""
    path = SHARED / name
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


@cache
def prepared_newsroom() -> dict[str, PreparedArticle]:
    """Newsroom id → the article as ingest prepares it, outlet by outlet."""
    newsroom = load_newsroom()
    prepared = {}
    for outlet in newsroom.outlets:
        entries = [
            (a.id, Entry(a.title, a.text, guid=a.id, published=a.published(START)))
            for a in newsroom.articles
            if a.outlet == outlet.id
        ]
        for article in prepare_all(entries, LATER, UTC).prepared:
            prepared[article.guid] = article
    return prepared


@asynccontextmanager
async def stored_newsroom(
    batches: list[list[NewsroomArticle]], prepared: Mapping[str, PreparedArticle] | None = None
) -> AsyncIterator[Database]:
    """The newsroom in a database, its articles arriving in these batches, each of one outlet."""
    prepared = prepared or prepared_newsroom()
    with TemporaryDirectory(prefix="svodka-eval-") as folder:
        async with open_database(Path(folder) / "eval.sqlite") as db:
            sources = {
                outlet.id: (await add_source(db, SourceKind.FEED, outlet.id, outlet.host, START))[0]
                for outlet in load_newsroom().outlets
            }
            for batch in batches:
                articles = [prepared[article.id] for article in batch]
                await add_articles(db, sources[batch[0].outlet], articles, None)
            yield db


def by_time() -> list[list[NewsroomArticle]]:
    """As the articles come out: one by one."""
    ordered = sorted(load_newsroom().articles, key=lambda article: article.minutes)
    return [[article] for article in ordered]


def by_outlet() -> list[list[NewsroomArticle]]:
    """As the first polls bring them: each outlet's backlog at once."""
    newsroom = load_newsroom()
    return [
        [article for article in newsroom.articles if article.outlet == outlet.id]
        for outlet in newsroom.outlets
    ]
