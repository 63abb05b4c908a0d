"""Stories in two languages, as rows: found by what reads the same, kept beside the sketch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from digests.clustering import WINDOW
from digests.embedding import SCALE
from digests.models import ChatId, PreparedArticle
from storage.articles import unknown
from storage.stories import forget_sketches
from tests.factories import NOW, held_against, hours, prepared, store, store_chat, store_source

if TYPE_CHECKING:
    from storage.database import Database

VECTOR = bytes([round(SCALE / 16)] * 256)  # everything here means the same


def told(title: str, text: str, *, embedded: bool = True, **fields: object) -> PreparedArticle:
    values = {"guid": title, "text": text} | fields
    return replace(prepared(title, **values), meaning=VECTOR if embedded else None)


def russian(**fields: object) -> PreparedArticle:
    text = "Глава Нацбанка Арвид Селин объяснил решение ослаблением крона на 11 процентов."
    return told("Лугория подняла ставку до 16 процентов", text, **fields)


def english(**fields: object) -> PreparedArticle:
    text = "Arvid Selin, the governor, blamed the falling kron, which has lost 11% since May."
    return told("Lugoria raises its main rate to 16%", text, **fields)


async def stories(db: Database) -> list[int]:
    """Of the articles, in the order they came."""
    return [row["story_id"] for row in await db.fetch_all("SELECT story_id FROM article")]


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("first", ["ru", "en"])
async def test_one_event_in_two_languages_is_one_story(
    db: Database, first: str, together: bool
) -> None:
    source = await store_source(db)
    articles = [russian(), english()] if first == "ru" else [english(), russian()]
    for batch in [articles] if together else [[one] for one in articles]:
        await store(db, source, *batch)
    one, other = await stories(db)
    assert one == other


@pytest.mark.parametrize("embedded", [(False, False), (True, False), (False, True)])
async def test_without_their_meaning_they_are_two(
    db: Database, embedded: tuple[bool, bool]
) -> None:
    source = await store_source(db)
    await store(db, source, russian(embedded=embedded[0]))
    await store(db, source, english(embedded=embedded[1]))
    one, other = await stories(db)
    assert one != other


async def test_without_the_extra_nothing_of_it_is_kept(db: Database) -> None:
    await store(db, await store_source(db), russian(embedded=False))
    row = await db.fetch_one("SELECT vector, bridges FROM article_sketch")
    assert row is not None
    assert (row["vector"], row["bridges"]) == (None, None)
    rows = await db.fetch_all("SELECT key FROM key_count")
    assert all(row["key"].isalnum() for row in rows)
    heavy = await db.fetch_one("SELECT json_array_length(heavy) AS keys FROM article_sketch")
    assert heavy is not None
    assert len((await held_against(db))["fresh_key"]) == heavy["keys"]


async def test_one_that_comes_after_the_window_is_news_of_its_own(db: Database) -> None:
    source = await store_source(db)
    late = NOW + WINDOW + hours(2)
    await store(db, source, russian())
    await store(db, source, english(published=late, now=late))
    one, other = await stories(db)
    assert one != other


@pytest.mark.parametrize("private_first", [True, False])
async def test_a_private_report_joins_a_shared_one_and_never_the_other_way_round(
    db: Database, private_first: bool
) -> None:
    owner = await store_chat(db)
    mine = await store_source(db, "https://private.example/feed", owner=owner)
    shared = await store_source(db)
    await store(db, mine if private_first else shared, russian())
    await store(db, shared if private_first else mine, english())
    one, other = await stories(db)
    assert (one == other) is not private_first


async def test_meaning_is_forgotten_with_the_sketch(db: Database) -> None:
    await store(db, await store_source(db), russian(), english())
    assert await forget_sketches(db, NOW + 3 * WINDOW) == 2
    assert not any((await held_against(db)).values())


async def test_only_what_would_be_new_is_worth_embedding(db: Database) -> None:
    source, other = await store_source(db), await store_source(db, "https://other.example/feed")
    await store(db, source, russian())
    renamed = russian(guid="another guid, the same words")
    assert await unknown(db, source, [russian(), renamed, english()]) == [english()]
    assert await unknown(db, other, [russian()]) == [russian()]
    assert await unknown(db, replace(source, owner=ChatId(7)), []) == []
