"""What the optional extra adds: an event told in Russian and in English as one story."""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bot.newsroom.articles import NewsroomArticle, load_newsroom
from digests.embedding import embed, meant_text
from digests.models import Entry, PreparedArticle, SourceKind
from digests.preparing import prepare
from evaluation.data import START, prepared_newsroom
from evaluation.stories import BCubed, b_cubed, grouped
from storage.articles import add_articles
from storage.database import open_database
from storage.sources import add_source

ABROAD: Final = Path(__file__).parent / "abroad.toml"
AFTER: Final = START + timedelta(days=3)


def embedded(prepared: Sequence[PreparedArticle]) -> list[PreparedArticle]:
    vectors = embed([meant_text(article.title, article.text) for article in prepared])
    pairs = zip(prepared, vectors, strict=True)
    return [replace(article, meaning=vector) for article, vector in pairs]


@cache
def embedded_newsroom() -> dict[str, PreparedArticle]:
    prepared = prepared_newsroom()
    return dict(zip(prepared, embedded(list(prepared.values())), strict=True))


async def judge_newsroom(batches: list[list[NewsroomArticle]], on: bool) -> BCubed:
    """Against the newsroom's events, whatever language they are told in."""
    events = {article.id: article.event for article in load_newsroom().articles}
    found = await grouped(batches, embedded_newsroom() if on else prepared_newsroom())
    return b_cubed(found, events)


@cache
def abroad_articles() -> tuple[tuple[dict[str, Any], PreparedArticle], ...]:
    """The rows of abroad.toml with their articles, embedded."""
    rows = tomllib.loads(ABROAD.read_text(encoding="utf-8"))["article"]
    prepared = []
    for number, row in enumerate(rows):
        published = START + timedelta(hours=row["hour"])
        entry = Entry(row["title"], row["text"], guid=str(number), published=published)
        prepared.append(prepare(entry, AFTER, START.tzinfo))  # type: ignore[arg-type]
    return tuple(zip(rows, embedded(prepared), strict=True))


async def judge_abroad(on: bool) -> BCubed:
    """Against the events of abroad.toml; every article is of an outlet of its own."""
    with TemporaryDirectory(prefix="svodka-eval-") as folder:
        async with open_database(Path(folder) / "eval.sqlite") as db:
            for _, article in abroad_articles():
                outlet = f"outlet{article.guid}"
                source, _ = await add_source(db, SourceKind.FEED, outlet, outlet, START)
                shown = article if on else replace(article, meaning=None)
                await add_articles(db, source, [shown], None)
            rows = await db.fetch_all("SELECT guid, story_id FROM article")
    found = {row["guid"]: row["story_id"] for row in rows}
    return b_cubed(found, {article.guid: row["event"] for row, article in abroad_articles()})
