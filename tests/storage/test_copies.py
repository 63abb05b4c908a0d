"""Copies: told from news whatever order they come in, and only among what both readers may see."""

from dataclasses import replace

import pytest

import storage.sources
from bot.newsroom.articles import load_newsroom
from digests.clustering import WINDOW, tell_stories
from digests.models import ArticleId, ChatId, PreparedArticle, Source, StoryId
from digests.topics import parse_query
from storage import articles
from storage.copies import forget_shingles
from storage.database import Database
from storage.digests import Slot, Told, publish
from storage.search import find_stories
from storage.sources import remove_source
from storage.subscribers import find_subscriber
from tests.factories import (
    NOW,
    held_against,
    hours,
    making,
    newsroom_prepared,
    prepared,
    store,
    store_chat,
    store_source,
    unlike_others,
)

NOBODY = ChatId(0)
TEXT = f"Мост через Каменку открыли для машин. {unlike_others(1, 60)}."


def original(**fields: object) -> PreparedArticle:
    title = "Новый мост через Каменку открыт для машин"
    return prepared(title, **({"text": TEXT, "guid": "original"} | fields))


def repost(name: str = "repost", **fields: object) -> PreparedArticle:
    """Under another title, so that neither words nor address give it away."""
    values = {"published": NOW - hours(0.5), "link": f"https://{name}.example/1", "guid": name}
    text = f"Главное за день. {TEXT} {unlike_others(2, 9)}."
    return prepared(f"Картина дня: {unlike_others(3, 6)}", text=text, **(values | fields))


async def sources(db: Database, *names: str, **fields: object) -> list[Source]:
    return [await store_source(db, f"https://{name}.example/feed", **fields) for name in names]


async def copies(db: Database) -> dict[str, str | None]:
    """Article → what it repeats, by guid."""
    rows = await db.fetch_all(
        """
        SELECT article.guid, original.guid AS repeats FROM article
        LEFT JOIN article AS original ON original.id = article.copy_of
        """
    )
    return {row["guid"]: row["repeats"] for row in rows}


async def story_ids(db: Database) -> dict[str, StoryId]:
    rows = await db.fetch_all("SELECT guid, story_id FROM article")
    return {row["guid"]: row["story_id"] for row in rows}


async def test_the_newsrooms_reposts_are_stored_as_copies(db: Database) -> None:
    newsroom = load_newsroom()
    feeds = {
        outlet.id: await store_source(db, f"https://{outlet.host}/feed")
        for outlet in newsroom.outlets
    }
    for article in newsroom.articles:
        await store(db, feeds[article.outlet], newsroom_prepared()[article.id])
    assert await copies(db) == {article.id: article.copy_of for article in newsroom.articles}


async def test_a_copy_joins_its_originals_story_and_counts_as_coverage_only(db: Database) -> None:
    one, other, third = await sources(db, "one", "other", "third")
    await store(db, one, original())
    await store(db, other, repost("other"))
    await store(db, third, repost("third", published=NOW))
    assert await copies(db) == {"original": None, "other": "original", "third": "original"}
    found = await story_ids(db)
    (story,) = tell_stories(await articles.members_of(db, NOBODY, list(found.values())))
    assert len(story.hosts) == 3
    assert story.lead.guid == "original"
    assert story.newest == original().published


async def test_what_was_published_first_is_the_original_whatever_comes_in_first(
    db: Database,
) -> None:
    one, other, third = await sources(db, "one", "other", "third")
    await store(db, other, repost("other"))
    await store(db, third, repost("third", published=NOW))
    await store(db, one, original())
    assert await copies(db) == {"original": None, "other": "original", "third": "original"}


async def test_copies_are_found_among_the_files_of_one_folder(db: Database) -> None:
    (folder,) = await sources(db, "folder")
    await store(db, folder, original(), repost(link=None))
    assert await copies(db) == {"original": None, "repost": "original"}


async def test_an_outlet_that_repeats_itself_reports_news(db: Database) -> None:
    (one,) = await sources(db, "one")
    await store(db, one, original(link="https://one.example/1"))
    await store(db, one, repost(link="https://one.example/2"))
    assert await copies(db) == {"original": None, "repost": None}


async def test_what_lies_further_back_than_the_window_is_not_repeated(db: Database) -> None:
    one, other = await sources(db, "one", "other")
    await store(db, one, original(published=NOW - WINDOW - hours(1)))
    await store(db, other, repost())
    assert await copies(db) == {"original": None, "repost": None}


async def test_what_lies_further_back_hides_nothing_inside_the_window(db: Database) -> None:
    names = [f"old{number}" for number in range(9)]
    for name, source in zip(names, await sources(db, *names), strict=True):
        old = repost(name, published=NOW - WINDOW - hours(24))
        await store(db, source, replace(old, title=f"Из архива: {name}", fingerprint=name))
    late, last = await sources(db, "late", "last")
    shorter = TEXT[: len(TEXT) * 3 // 4]
    await store(db, late, original(text=shorter, published=NOW - hours(2)))
    await store(db, last, repost())
    assert (await copies(db))["repost"] == "original"


async def test_forgotten_shingles_find_nothing(db: Database) -> None:
    one, other = await sources(db, "one", "other")
    await store(db, one, original(published=NOW - 2 * WINDOW))
    await store(db, one, replace(repost("kept"), guid="kept"))
    assert await forget_shingles(db, NOW + hours(1)) == 1
    left = (await held_against(db))["fresh_shingle"]
    assert {articles for _, articles in left} == {" 2 "}
    await store(db, other, repost("late", published=NOW))
    assert (await copies(db))["late"] == "kept"


async def test_nobodys_own_articles_make_shared_ones_copies(db: Database) -> None:
    owner = await store_chat(db)
    mine, second = await sources(db, "mine", "second", owner=owner)
    shared, again = await sources(db, "shared", "again")
    await store(db, mine, repost("mine", published=NOW - hours(3)))
    await store(db, shared, original())
    assert await copies(db) == {"mine": None, "original": None}
    await store(db, second, repost("later", published=NOW - hours(2)))
    await store(db, again, repost("again"))
    found = await copies(db)
    assert found["again"] == "original"
    assert found["later"] in {"mine", "original"}, "its owner reads both"


async def test_copies_of_a_removed_original_stay(db: Database) -> None:
    one, other = await sources(db, "one", "other")
    await store(db, one, original())
    await store(db, other, repost("other"))
    await remove_source(db, one.id)
    assert await copies(db) == {"other": None}


async def test_copies_of_a_removed_original_stay_copies_of_one_of_them(db: Database) -> None:
    """None of them is news because what all of them repeat is gone."""
    chat, other = await store_chat(db, 1), await store_chat(db, 2)
    (one,) = await sources(db, "one")
    await store(db, one, original())
    for number, name in enumerate(("second", "third"), 1):
        (source,) = await sources(db, name)
        await store(db, source, repost(name, published=NOW - hours(0.5 / number)))
    for owner in (chat, other):
        (source,) = await sources(db, f"of{owner}", owner=owner)
        await store(db, source, repost(f"of{owner}", published=NOW - hours(0.7)))
    await remove_source(db, one.id)
    assert await copies(db) == {"second": None, "third": "second", "of1": "second", "of2": "second"}


async def test_what_is_left_of_a_removed_original_is_seen_by_who_may(db: Database) -> None:
    chat, other = await store_chat(db, 1), await store_chat(db, 2)
    (one,) = await sources(db, "one")
    await store(db, one, original())
    for owner in (chat, other):
        for name in "ab":
            (source,) = await sources(db, f"{name}{owner}", owner=owner)
            await store(db, source, repost(f"{name}{owner}"))
    await remove_source(db, one.id)
    assert await copies(db) == {"a1": None, "b1": "a1", "a2": None, "b2": "a2"}


async def test_a_copy_brings_no_told_story_back(db: Database) -> None:
    chat = await store_chat(db)
    one, other, third = await sources(db, "one", "other", "third")
    await store(db, one, original())
    story = (await story_ids(db))["original"]
    told = [Told(story, ArticleId(1), 1)]
    await publish(db, chat, Slot("now/1"), NOW - hours(9), NOW, ["{}"], told)
    await store(db, other, repost("other", published=NOW), arrived=NOW + hours(5))
    await store(db, third, replace(original(), guid="earlier", published=NOW - hours(4),
                                   fingerprint="other words"), arrived=NOW + hours(5))  # fmt: skip
    subscriber = await find_subscriber(db, chat)
    assert subscriber is not None
    later = making(db, NOW + hours(6))
    inputs = (await later.ask([subscriber]))[chat].inputs
    assert [before.story for before in inputs.moved] == [story]
    assert await later.retold(inputs.viewer, inputs.moved) == []


async def test_a_copy_opens_no_digests_window(db: Database) -> None:
    one, other = await sources(db, "one", "other")
    await store(db, one, original())
    await store(db, other, repost("other", published=NOW), arrived=NOW + hours(5))
    since = NOW + hours(4)
    assert await articles.stories_arrived(db, NOBODY, since, NOW - hours(96), 9) == []
    assert await articles.stories_arrived(db, NOBODY, NOW - hours(1), NOW - hours(96), 9) == [1]
    bridge = parse_query("мост")
    assert await find_stories(db, NOBODY, bridge, 9, arrived_after=since) == []
    assert await find_stories(db, NOBODY, bridge, 9) == [1]


async def test_removed_source_leaves_only_what_was_told_of_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In steps, so that nobody's command waits for all of it."""
    monkeypatch.setattr(storage.sources, "ARTICLES_A_BATCH", 3)
    chat = await store_chat(db)
    one, other = await sources(db, "one", "other")
    alike = [prepared(unlike_others(n, 6), text=unlike_others(n, 40)) for n in range(20, 30)]
    await store(db, one, *alike)
    await store(db, other, prepared(unlike_others(50, 6), text=unlike_others(50, 40)))
    rows = await db.fetch_all("SELECT id, story_id FROM article ORDER BY id")
    story, article = StoryId(rows[0]["story_id"]), ArticleId(rows[0]["id"])
    told = [Told(story, article, 1)]
    await publish(db, chat, Slot("now/1"), NOW - hours(9), NOW, ["{}"], told)
    assert await remove_source(db, one.id)
    assert not await remove_source(db, one.id)
    left = await db.fetch_all("SELECT id FROM story ORDER BY id")
    assert [row["id"] for row in left] == sorted({story, rows[-1]["story_id"]})
    assert len(await db.fetch_all("SELECT 1 FROM article")) == 1
