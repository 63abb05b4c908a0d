"""Forgetting by age."""

from datetime import timedelta

from digests.models import ArticleId, ChatId, PreparedArticle, StoryId
from digests.topics import parse_query
from storage import articles, search
from storage.database import Database
from storage.digests import Slot, Told, publish
from storage.retention import STORIES_A_BATCH, forget_articles
from storage.stories import forget_sketches
from tests.factories import NOW, prepared, store, store_chat, store_source, unlike_others

KEPT = timedelta(days=30)
LATER = NOW + timedelta(days=40)
NOBODY = ChatId(0)


def news(number: int, **fields: object) -> PreparedArticle:
    words = unlike_others(number, 12)
    return prepared(words[:60], text=f"{words}.", guid=f"g{number}", link=None, **fields)


async def forget(db: Database) -> int:
    await forget_sketches(db, LATER)
    return await forget_articles(db, LATER - KEPT, LATER)


async def test_old_articles_go_with_their_keys_and_what_search_knows(db: Database) -> None:
    source = await store_source(db)
    old, new = news(1), news(2, now=LATER, published=LATER)
    await store(db, source, old, new)
    query = parse_query(unlike_others(1, 1))
    assert await search.find_stories(db, NOBODY, query, 9)
    assert await forget(db) == 1
    assert not await search.find_stories(db, NOBODY, query, 9)
    assert await articles.count_articles(db) == 1
    for table in ("article_keys", "story"):
        row = await db.fetch_one(f"SELECT count(*) AS kept FROM {table}")  # noqa: S608
        assert row is not None
        assert row["kept"] == 1
    left = await db.fetch_one(
        "SELECT count(*) AS hits FROM article_search WHERE article_search MATCH :query",
        {"query": unlike_others(1, 1)},
    )
    assert left is not None
    assert left["hits"] == 0
    assert await forget(db) == 0


async def test_story_that_goes_on_keeps_its_old_articles(db: Database) -> None:
    source, other = await store_source(db), await store_source(db, "https://other.example/feed")
    await store(db, source, news(1))
    await store(db, other, news(1, now=LATER, published=LATER), arrived=LATER)
    await db_join(db)
    assert await forget(db) == 0


async def db_join(db: Database) -> None:
    async with db.write() as tx:
        await tx.execute("UPDATE article SET story_id = (SELECT min(story_id) FROM article)")


async def test_what_clustering_or_telling_still_needs_stays(db: Database) -> None:
    source, chat = await store_source(db), await store_chat(db)
    await store(db, source, news(1), news(2))
    assert await forget_articles(db, LATER - KEPT, LATER) == 0, "sketches are compared"
    row = await db.fetch_one("SELECT id, story_id FROM article WHERE guid = 'g1'")
    assert row is not None
    told = [Told(StoryId(row["story_id"]), ArticleId(row["id"]), 1)]
    await publish(db, chat, Slot("now/1"), NOW, LATER - timedelta(days=1), ["{}"], told)
    assert await forget(db) == 1
    assert await articles.read_article(db, NOBODY, ArticleId(row["id"])) is not None


async def test_undated_article_that_is_still_listed_is_not_news_again(db: Database) -> None:
    source = await store_source(db)
    undated = news(1, published=None)
    await store(db, source, undated)
    assert await forget(db) == 1
    again = news(1, published=None, now=LATER)
    assert (await store(db, source, again, arrived=LATER)).new == 0


async def test_many_go_in_batches(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, *(news(n) for n in range(STORIES_A_BATCH + 5)))
    await forget_sketches(db, LATER)
    dropped = []
    while count := await forget_articles(db, LATER - KEPT, LATER):
        dropped.append(count)
    assert dropped == [STORIES_A_BATCH, 5]


async def test_forgetting_a_story_looks_at_nobody_elses_telling(db: Database) -> None:
    """Every story that goes asks whether it was told; tens of thousands were."""
    for table, column in (("told", "story_id"), ("apart", "other_id")):
        plan = await db.fetch_all(
            f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {column} = 1"  # noqa: S608
        )
        assert [row["detail"].split()[0] for row in plan] == ["SEARCH"]


async def test_an_old_backlog_stays_for_its_time_from_when_it_was_stored(db: Database) -> None:
    source = await store_source(db)
    await articles.add_articles(db, source, [news(1)], None, stored=LATER - timedelta(days=1))
    assert await forget(db) == 0
    await forget_sketches(db, LATER)
    later = LATER + KEPT + timedelta(days=1)
    assert await forget_articles(db, later - KEPT, later) == 1
