"""Articles: each stored once, copies joined into one story, ids in the order of time."""

from dataclasses import replace

from digests.models import ArticleId, ChatId, PreparedArticle, StoryId
from digests.topics import parse_query
from storage import articles
from storage.articles import BATCH_ROWS, Added
from storage.database import Database
from storage.search import find_stories
from storage.sources import remove_source
from tests.factories import (
    NOW,
    TEXT,
    hours,
    newsroom_prepared,
    prepared,
    store,
    store_source,
    unlike_others,
)

NOBODY = ChatId(0)


def numbered(number: int, **fields: object) -> PreparedArticle:
    """An article unlike every other."""
    text = f"{unlike_others(number, 8)} очевидцы."
    return prepared(f"Новость номер {number}", text=text, guid=f"g{number}", **fields)


async def stories(db: Database) -> list[StoryId]:
    return await articles.latest_stories(db, NOBODY, 1_000)


async def read(db: Database, number: int) -> tuple[articles.Article, str]:
    found = await articles.read_article(db, NOBODY, ArticleId(number))
    assert found is not None
    return found


async def test_the_same_input_twice_adds_nothing(db: Database) -> None:
    source = await store_source(db)
    batch = list(newsroom_prepared().values())
    first = await store(db, source, *batch)
    assert first.new + first.known == len(batch)
    before = await db.fetch_all("SELECT id, title, text, story_id, arrived_at FROM article")
    assert await store(db, source, *batch, arrived=NOW + hours(9)) == Added(known=len(batch))
    after = await db.fetch_all("SELECT id, title, text, story_id, arrived_at FROM article")
    assert [tuple(row) for row in after] == [tuple(row) for row in before]


async def test_an_article_is_read_back_as_it_was_stored(db: Database) -> None:
    source = await store_source(db)
    given = prepared(link="https://e.example/a/?utm_source=x", guid="g")
    await store(db, source, given)
    found, text = await read(db, 1)
    assert text == given.text == TEXT
    assert (found.title, found.link, found.guid, found.language, found.published) == (
        given.title, given.link, given.guid, given.language, given.published,
    )  # fmt: skip
    assert found.summary == given.summary != ()
    assert (found.source, found.arrived) == (source, NOW)
    keys = await articles.keys_of_articles(db, NOBODY, [found.id])
    assert keys == {found.id: given.keys}


async def test_an_edited_article_changes_in_place_and_in_search(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, prepared(guid="g"))
    before, _ = await read(db, 1)
    edited = prepared("Паром затонул у причала", guid="g", text="Паром пошёл ко дну утром.")
    later = replace(edited, published=NOW)
    assert await store(db, source, later, arrived=NOW + hours(1)) == Added(changed=1)
    after, text = await read(db, 1)
    assert (after.title, text) == (edited.title, edited.text)
    assert (after.story_id, after.published, after.arrived) == (
        before.story_id, before.published, before.arrived,
    )  # fmt: skip
    assert await find_stories(db, NOBODY, parse_query("паром"), 5) == [after.story_id]
    assert await find_stories(db, NOBODY, parse_query("мост"), 5) == []


async def test_a_guid_that_stands_thrice_in_a_batch_is_stored_once_as_it_first_stood(
    db: Database,
) -> None:
    source = await store_source(db)
    same = [prepared(f"Издание номер {n}", guid="g", text=f"Слово {n}.") for n in range(3)]
    assert (await store(db, source, *same)).new == 1
    assert (await read(db, 1))[0].title == "Издание номер 0"


async def test_a_new_guid_with_the_same_words_is_the_same_article(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, prepared(guid="g"))
    assert await store(db, source, prepared(guid="other")) == Added(known=1)
    assert await articles.count_articles(db) == 1


async def test_a_new_guid_at_the_same_address_is_an_edit(db: Database) -> None:
    source = await store_source(db)
    link = "https://e.example/a"
    await store(db, source, prepared(guid="g", link=link))
    moved = prepared("Другой заголовок", guid="other", link=f"{link}?utm_source=x")
    assert await store(db, source, moved) == Added(changed=1)
    assert (await read(db, 1))[0].title == "Другой заголовок"


async def test_equal_guids_of_two_sources_are_two_articles(db: Database) -> None:
    one, other = await store_source(db), await store_source(db, "https://mayak.example/feed")
    await store(db, one, numbered(1))
    assert await store(db, other, replace(numbered(2), guid="g1")) == Added(new=1)
    assert len(await stories(db)) == 2


async def test_copies_of_another_source_join_the_story(db: Database) -> None:
    one, other = await store_source(db), await store_source(db, "https://mayak.example/feed")
    third = await store_source(db, "https://polden.example/feed")
    await store(db, one, prepared(guid="a", link="https://e.example/a"))
    await store(db, other, prepared(guid="b"))  # the same words
    await store(db, third, prepared("Свой заголовок", guid="c", link="http://www.e.example/a/"))
    await store(db, third, numbered(9))
    (first, second) = sorted(await stories(db))
    members = await articles.members_of(db, NOBODY, [first])
    assert sorted(member.source.id for member in members) == [one.id, other.id, third.id]
    assert len(await articles.members_of(db, NOBODY, [second])) == 1


async def test_copies_within_a_batch_join_one_story(db: Database) -> None:
    source = await store_source(db)
    link = "https://e.example/a"
    await store(
        db,
        source,
        prepared(guid="a", link=link),
        prepared("Свой заголовок", guid="b", link=link),
        numbered(3),
    )
    assert len(await stories(db)) == 2


async def test_ids_follow_the_time_of_publication_in_a_batch_and_of_arrival_between(
    db: Database,
) -> None:
    source = await store_source(db)
    batch = [numbered(n, published=NOW - hours(n * 7 % 10 + 1)) for n in range(10)]
    await store(db, source, *batch)
    await store(db, source, numbered(99, published=NOW - hours(50)))
    rows = await db.fetch_all("SELECT published_at FROM article WHERE id <= 10 ORDER BY id")
    times = [row["published_at"] for row in rows]
    assert times == sorted(times)
    assert len(set(times)) == 10
    assert (await read(db, 11))[0].guid == "g99"


async def test_a_first_backlog_arrives_when_it_was_published(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, numbered(1, published=NOW - hours(30)), arrived=None)
    await store(db, source, numbered(2, published=NOW - hours(30)))
    assert (await read(db, 1))[0].arrived == NOW - hours(30)
    assert (await read(db, 2))[0].arrived == NOW
    second = (await read(db, 2))[0].story_id
    day, oldest = NOW - hours(24), NOW - hours(96)
    assert await articles.stories_arrived(db, NOBODY, day, oldest, 9) == [second]
    assert await articles.count_arrived(db, NOBODY, day) == (1, 1, 0)


async def test_news_too_old_for_a_digest_is_passed_over(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, numbered(1, published=NOW - hours(97)))
    assert await articles.stories_arrived(db, NOBODY, NOW - hours(1), NOW - hours(96), 9) == []


async def test_a_batch_larger_than_a_transaction_is_stored_whole_and_in_order(
    db: Database,
) -> None:
    source = await store_source(db)
    template = numbered(0)
    many = [
        replace(
            template,
            guid=f"g{n}",
            fingerprint=f"f{n}",
            published=NOW - hours(100) + hours(n / 100),
        )
        for n in range(BATCH_ROWS * 2 + 7)
    ]
    assert await store(db, source, *reversed(many)) == Added(new=len(many))
    rows = await db.fetch_all("SELECT id, guid FROM article ORDER BY id")
    assert [row["guid"] for row in rows] == [article.guid for article in many]
    assert await store(db, source, *many) == Added(known=len(many))


async def test_the_latest_stories_come_by_their_newest_article_page_by_page(db: Database) -> None:
    source, other = await store_source(db), await store_source(db, "https://mayak.example/feed")
    await store(db, source, *[numbered(n, published=NOW - hours(n)) for n in range(1, 8)])
    sixth = prepared("Новость номер 6", text=f"Очевидцы {unlike_others(6, 8)}.", published=NOW)
    await store(db, other, sixth, replace(numbered(7), published=NOW))  # news, and a copy
    order = [(await articles.members_of(db, NOBODY, [s]))[0].guid for s in await stories(db)]
    assert order == ["g6", "g1", "g2", "g3", "g4", "g5", "g7"]
    found = await stories(db)
    pages = [await articles.latest_stories(db, NOBODY, 3, offset) for offset in (0, 3, 6)]
    assert [story for page in pages for story in page] == found


async def test_one_big_event_hides_no_other_from_the_latest_stories(db: Database) -> None:
    for outlet in range(60):
        source = await store_source(db, f"https://o{outlet}.example/feed")
        copy = replace(prepared(), url=None, link=None, guid=f"copy {outlet}")
        await store(db, source, copy)
    await store(db, source, numbered(1, published=NOW - hours(30)))
    assert len(await articles.latest_stories(db, NOBODY, 6)) == 2


async def test_a_removed_source_takes_its_articles_and_their_words_along(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, prepared())
    assert await remove_source(db, source.id)
    assert await articles.count_articles(db) == 0
    assert await find_stories(db, NOBODY, parse_query("мост"), 5) == []
    assert not await remove_source(db, source.id)
    again = await store_source(db)
    await store(db, again, numbered(1))  # takes the free id: the old words must be gone
    assert await find_stories(db, NOBODY, parse_query("мост"), 5) == []
    assert len(await find_stories(db, NOBODY, parse_query("очевидцы"), 5)) == 1


async def test_the_newest_publication_is_known(db: Database) -> None:
    assert await articles.newest_publication(db) is None
    source = await store_source(db)
    times = (5, 2, 9)
    await store(db, source, *[numbered(n, published=NOW - hours(n)) for n in times])
    assert await articles.newest_publication(db) == NOW - hours(2)
