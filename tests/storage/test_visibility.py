"""One walk through all reads: nobody is told of another's private articles."""

from bot.exporting import as_json, as_opml, exported
from digests.clustering import tell_stories
from digests.composing import Retold
from digests.models import ArticleId, ChatId, SourceId, StoryId
from digests.topics import parse_query
from storage import articles, asking, search, sources
from storage.asking import Scope
from storage.database import Database
from storage.digests import Slot, Told, publish
from storage.subscribers import find_subscriber
from tests.factories import (
    NOW,
    hours,
    making,
    prepared,
    store,
    store_chat,
    store_source,
    unlike_others,
)

SINCE, OLDEST = NOW - hours(24), NOW - hours(96)
CANARY = "Канарейка"
CANARY_QUERY = parse_query("канарейка")
SOURCES = [SourceId(number) for number in range(1, 9)]


async def retold(db: Database, chat: ChatId) -> list[Retold]:
    """What the chat may be told again nine hours from now."""
    later = making(db, NOW + hours(9))
    subscriber = await find_subscriber(db, chat)
    assert subscriber is not None
    inputs = (await later.ask([subscriber]))[chat].inputs
    return await later.retold(inputs.viewer, inputs.moved)


async def everything(db: Database, chat: ChatId) -> list[object]:
    """The answer of every read of articles there is, for one chat, given every id there is."""
    found: list[object] = []
    rows = await db.fetch_all("SELECT id, story_id FROM article")
    every = [ArticleId(row["id"]) for row in rows]
    stories = sorted({StoryId(row["story_id"]) for row in rows})
    for query in (CANARY_QUERY, parse_query("мост")):
        found.append(await search.find_stories(db, chat, query, 99))
        found.append(await search.find_stories(db, chat, query, 99, told=stories[:1]))
        found.append(await search.find_stories(db, chat, query, 99, arrived_after=SINCE))
        material, looked = await making(db).material(chat, [query], SINCE)
        found.append((sorted(material, key=lambda one: one.story.id), looked))
        found.append(await asking.matches_by_time(db, chat, query, Scope(every[-1])))
        for begun in ("мос", CANARY[:4].lower()):
            found.append(await asking.matches_begun(db, chat, None, begun, Scope(every[-1])))
            found.append(await asking.matches_begun(db, chat, query, begun, Scope(every[-1])))
        found.append(await asking.matches_by_relevance(db, chat, query, Scope(every[-1])))
    found.append(await articles.latest_stories(db, chat, 99))
    found.append(await asking.latest_within(db, chat, Scope(every[-1]), 99, 0))
    found.append(await asking.texts_of(db, chat, every))
    found.append(await articles.stories_arrived(db, chat, SINCE, OLDEST, 99))
    found.append(await articles.count_arrived(db, chat, SINCE))
    members = await articles.members_of(db, chat, stories)
    found.append(sorted(members, key=lambda one: one.id))
    found.append([(story, story.hosts) for story in tell_stories(members)])
    found.append(await articles.keys_of_articles(db, chat, every))
    found.append([await sources.visible_sources(db, chat, SINCE, only=one) for one in SOURCES])
    found.append(await sources.count_visible(db, chat))
    listed = await exported(db, chat)
    found.append((as_opml(listed), await as_json(listed)))
    found.append([await articles.read_article(db, chat, number) for number in every])
    found.append(await sources.visible_sources(db, chat))
    return found


async def test_a_private_article_is_named_counted_and_quoted_for_its_owner_only(
    db: Database,
) -> None:
    owner, other, nobody = await store_chat(db, 1), await store_chat(db, 2), ChatId(0)
    shared = await store_source(db, "https://shared.example/feed")
    mine = await store_source(db, "https://private.example/feed", owner=owner)
    assert mine.owner == owner
    original = prepared(guid="original", link="https://shared.example/1")
    canary = prepared(
        f"{CANARY} поёт в шахте",
        guid="canary",
        link="https://private.example/canary",
        text=f"{CANARY} замолчала. {unlike_others(7, 9)}.",
    )
    await store(db, shared, original)
    before = {chat: await everything(db, chat) for chat in (other, nobody)}

    # A text of its own, an exact copy of a shared one, and one the shared source repeats later.
    copy = prepared(guid="copy", link="https://private.example/copy")
    early = prepared("Ранняя весть", guid="early", text=f"{unlike_others(8, 9)}.")
    await store(db, mine, canary, copy, early)
    await sources.record_failure(db, mine.id, NOW, "http_500")

    rows = await db.fetch_all("SELECT guid, story_id, id FROM article")
    story = {row["guid"]: row["story_id"] for row in rows}
    number = {row["guid"]: row["id"] for row in rows}
    assert story["copy"] == story["original"] != story["canary"]

    for chat, was in before.items():
        now_seen = await everything(db, chat)
        read = now_seen[-2]
        assert [one for one in read if one] == [one for one in was[-2] if one]  # type: ignore[attr-defined]
        assert [*now_seen[:-2], now_seen[-1]] == [*was[:-2], was[-1]]
        assert read[number["copy"] - 1] is None  # type: ignore[index]
        assert "private.example" not in repr(now_seen)
        assert CANARY not in repr(now_seen)

    seen = await everything(db, owner)
    assert CANARY in repr(seen)
    assert await search.find_stories(db, owner, CANARY_QUERY, 9) == [story["canary"]]
    assert await articles.count_arrived(db, owner, SINCE) == (4, 2, 1)
    both = tell_stories(await articles.members_of(db, owner, [StoryId(story["copy"])]))
    assert set(both[0].hosts) == {"shared.example", "private.example"}

    # A private article has told it: the shared copy opens a story of its own, news for everybody.
    late = prepared("Ранняя весть", guid="late", text=f"{unlike_others(8, 9)}.")
    await store(db, shared, late)
    for chat in before:
        assert await articles.members_of(db, chat, [StoryId(story["early"])]) == []
        fresh = await articles.stories_arrived(db, chat, SINCE, OLDEST, 9)
        (told,) = [
            one
            for one in tell_stories(await articles.members_of(db, chat, fresh))
            if one.lead.guid == "late"
        ]
        assert [article.guid for article in told.articles] == ["late"]
        assert await articles.count_arrived(db, chat, SINCE) == (2, 1, 0)
        assert "private.example" not in repr(await everything(db, chat))

    # A story told to the others moves on, but only in a private article.
    hour = NOW + hours(1)
    for chat in (owner, other):
        said = [Told(StoryId(story["original"]), ArticleId(number["original"]), 1)]
        await publish(db, chat, Slot("now/1"), SINCE, NOW, ["{}"], said)
    second = await store_source(db, "https://private.example/second", owner=owner)
    again = prepared(guid="again", text="Мост через реку в городе открыли на два года раньше.")
    await store(db, second, again, arrived=hour)
    (moved,) = await retold(db, owner)
    assert [report.article.guid for report in moved.fresh] == ["again"]
    assert await retold(db, other) == []
