"""What an administrator mends holds: for what was told, and against clustering."""

from digests.models import ArticleId, ChatId, StoryId
from storage import articles
from storage.corrections import merge_stories, split_article
from storage.database import Database
from storage.digests import Slot, Told, publish, told_among
from storage.stories import Stories
from tests.factories import (
    NOW,
    TEXT,
    hours,
    prepared,
    store,
    store_chat,
    store_source,
    unlike_others,
)

NOBODY = ChatId(0)
SINCE = NOW - hours(24)


async def report(
    db: Database, number: int, title: str = "Город открыл новый мост", text: str = TEXT
) -> ArticleId:
    source = await store_source(db, f"https://outlet{number}.example/feed")
    link = f"https://outlet{number}.example/{number}"
    text = text.replace("четыре", f"{number}")  # no copy word for word
    await store(db, source, prepared(title, text=text, guid=f"g{number}", link=link))
    row = await db.fetch_one("SELECT max(id) AS id FROM article")
    assert row is not None
    return ArticleId(row["id"])


async def stories(db: Database) -> dict[int, int]:
    rows = await db.fetch_all("SELECT id, story_id FROM article")
    return {row["id"]: row["story_id"] for row in rows}


async def untold(db: Database, chat: ChatId, since: int = 24) -> list[StoryId]:
    every = [StoryId(story) for story in (await stories(db)).values()]
    told = (await told_among(db, [chat], every)).get(chat, ())
    return await articles.stories_arrived(db, chat, NOW - hours(since), SINCE, 9, told)


async def tell(db: Database, chat: ChatId, article: ArticleId) -> None:
    story = StoryId((await stories(db))[article])
    await publish(db, chat, Slot("now/1"), SINCE, NOW, ["{}"], [Told(story, article, 1)])


async def test_an_article_taken_out_is_a_story_of_its_own_and_stays_so(db: Database) -> None:
    first, second = await report(db, 1), await report(db, 2)
    assert len(set((await stories(db)).values())) == 1
    new = await split_article(db, NOBODY, second, NOW)
    assert new is not None
    assert (await stories(db))[second] == new != (await stories(db))[first]
    third = await report(db, 3)  # like both: without the correction it would join them
    now = await stories(db)
    assert now[first] != now[second]
    assert now[third] in {now[first], now[second]}


async def test_the_only_article_of_a_story_and_a_strangers_cannot_be_taken_out(
    db: Database,
) -> None:
    first = await report(db, 1)
    assert await split_article(db, NOBODY, first, NOW) is None
    assert await split_article(db, NOBODY, ArticleId(99), NOW) is None
    owner = await store_chat(db, 7)
    own = await store_source(db, "https://own.example/feed", owner=owner)
    await store(db, own, prepared("Город открыл новый мост", guid="own"))
    row = await db.fetch_one("SELECT max(id) AS id FROM article")
    assert row is not None
    assert (await stories(db))[row["id"]] == (await stories(db))[first], "the owner's story too"
    assert await split_article(db, NOBODY, ArticleId(row["id"]), NOW) is None
    assert await split_article(db, owner, ArticleId(row["id"]), NOW) is not None


async def test_what_was_hidden_in_a_wrong_story_can_be_told(db: Database) -> None:
    chat, other = await store_chat(db, 1), await store_chat(db, 2)
    first, second = await report(db, 1), await report(db, 2)
    await tell(db, chat, first)
    await tell(db, other, second)
    assert await untold(db, chat) == await untold(db, other) == []
    new = await split_article(db, NOBODY, second, NOW + hours(1))
    assert await untold(db, chat, since=0) == [new], "it arrives now"
    assert await untold(db, other, since=0) == [], "told under the old story"
    assert await untold(db, other) == [(await stories(db))[first]]


async def test_merged_stories_are_one_and_told_once(db: Database) -> None:
    chat = await store_chat(db, 1)
    first, second = await report(db, 1), await report(db, 2, "Кубок", unlike_others(2, 40))
    before = await stories(db)
    assert before[first] != before[second]
    await tell(db, chat, second)
    await merge_stories(db, StoryId(before[first]), StoryId(before[second]))
    assert set((await stories(db)).values()) == {before[first]}
    assert await untold(db, chat) == []


async def test_a_merge_takes_back_a_split(db: Database) -> None:
    first, second = await report(db, 1), await report(db, 2)
    new = await split_article(db, NOBODY, second, NOW)
    assert new is not None
    old = StoryId((await stories(db))[first])
    await merge_stories(db, old, new)
    assert set((await stories(db)).values()) == {old}
    assert await db.fetch_all("SELECT 1 FROM apart") == []


async def test_stories_set_apart_are_not_joined_through_a_third(db: Database) -> None:
    first, second = await report(db, 1), await report(db, 2)
    other = await report(db, 3, "Кубок", unlike_others(2, 40))
    apart = await split_article(db, NOBODY, second, NOW)
    assert apart is not None
    old, third = StoryId((await stories(db))[first]), StoryId((await stories(db))[other])
    async with db.write() as tx:
        into = await tx.run(lambda inside: Stories(inside, None, 99)._merge(third, [old, apart]))
    found = await stories(db)
    assert found[first] == found[other] == into != found[second]
