"""What new articles are held against, in memory, is at every time what the file says."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from digests.clustering import WINDOW
from digests.models import ArticleId, StoryId
from storage import fresh
from storage.articles import add_articles
from storage.copies import forget_shingles
from storage.corrections import merge_stories, split_article
from storage.database import Database, open_database
from storage.sources import remove_source
from storage.stories import forget_sketches
from tests.factories import (
    NOW,
    held_against,
    hours,
    newsroom_prepared,
    prepared,
    store,
    store_chat,
    store_source,
    unlike_others,
)

if TYPE_CHECKING:
    from pathlib import Path

Indices = dict[str, list[tuple[object, ...]]]


async def made_anew(path: Path) -> Indices:
    """The indices as a start makes them from the file."""
    async with open_database(path) as again:
        assert not any((await held_against(again)).values())
        await again.fill_fresh()
        return await held_against(again)


async def numbered(db: Database, *numbers: int, source: int = 1, **fields: object) -> None:
    kept = await store_source(db, f"https://{source}.example/f")
    articles = [
        prepared(
            f"Мост {n}", text=f"Мост через реку. {unlike_others(n, 30)}", guid=f"{n}", **fields
        )
        for n in numbers
    ]
    await store(db, kept, *articles)


async def test_what_comes_moves_and_goes_is_followed(db: Database) -> None:
    chat = await store_chat(db)
    await numbered(db, 1, 2, 3)
    await numbered(db, 4, 5, source=2, published=NOW - 2 * WINDOW)
    own = await store_source(db, "https://own.example/f", owner=chat)
    await store(db, own, prepared("Мост 1", text=f"Мост через реку. {unlike_others(1, 30)}"))
    seen = [await held_against(db)]
    assert all(seen[0].values())

    async def followed() -> None:
        now = await held_against(db)
        assert now == await made_anew(db.path)
        assert now != seen[-1]
        seen.append(now)

    await merge_stories(db, StoryId(1), StoryId(2))
    await followed()
    await split_article(db, chat, ArticleId(2), NOW)
    await followed()
    await remove_source(db, own.id)
    await followed()
    assert await forget_sketches(db, NOW + hours(1)) == 2
    await followed()
    assert await forget_shingles(db, NOW + hours(1)) == 2
    await followed()
    await forget_sketches(db, NOW + 3 * WINDOW)
    await forget_shingles(db, NOW + 3 * WINDOW)
    await followed()
    assert not any(seen[-1].values())


async def test_what_is_rolled_back_was_never_held_against_anything(db: Database) -> None:
    await numbered(db, 1)
    before = await held_against(db)

    async def breaks_off() -> None:
        async with db.write() as tx:
            await tx.execute("DELETE FROM article")
            assert not (await tx.fetch_all("SELECT * FROM fresh_member"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await breaks_off()
    assert await held_against(db) == before


async def test_a_large_file_is_taken_in_by_steps(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await numbered(db, *range(7))
    for step in (1, 3, 7, 8):
        monkeypatch.setattr(fresh, "STEP_ARTICLES", step)
        assert await made_anew(db.path) == await held_against(db)


async def test_who_breaks_off_while_it_is_filled_does_no_harm(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "STEP_ARTICLES", 1)
    await numbered(db, *range(12))
    expected = await held_against(db)
    async with open_database(db.path) as again:
        while not again._is_filled:
            filling = asyncio.ensure_future(again.fill_fresh())
            for _ in range(7):  # somewhere in a transaction, each time elsewhere
                await asyncio.sleep(0)
                await asyncio.sleep(0.0005)
            filling.cancel()
            await asyncio.gather(filling, return_exceptions=True)
        assert await held_against(again) == expected


async def test_stories_are_the_same_however_often_the_program_is_started(
    db: Database, tmp_path: Path
) -> None:
    articles = list(newsroom_prepared().values())
    random.Random(5).shuffle(articles)
    batches = [articles[start : start + 9] for start in range(0, len(articles), 9)]
    for batch in batches:
        await add_articles(db, await store_source(db), batch, None)
    path = tmp_path / "restarted.sqlite"
    for batch in batches:
        async with open_database(path) as again:
            await add_articles(again, await store_source(again), batch, None)
    told = "SELECT id, story_id, copy_of FROM article ORDER BY id"
    async with open_database(path) as again:
        restarted = [tuple(row) for row in await again.fetch_all(told)]
    assert restarted == [tuple(row) for row in await db.fetch_all(told)]
    assert len({story for _, story, _ in restarted}) < len(restarted)
