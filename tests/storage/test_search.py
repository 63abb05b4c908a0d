"""Search and topics agree, whatever is asked; the newest comes first."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digests.errors import EmptyQueryError
from digests.models import ArticleId, ChatId, DigestId
from digests.topics import matches, parse_query
from storage.database import Database
from storage.digests import Slot, Told, publish, told_among
from storage.outbox import claim, mark_failed
from storage.search import expression, find_stories
from tests.factories import (
    NOW,
    hours,
    newsroom_prepared,
    prepared,
    query,
    store,
    store_chat,
    store_source,
    unlike_others,
)

NOBODY = ChatId(0)
TOML = tomllib.loads((Path(__file__).parents[1] / "topic_pairs.toml").read_text("utf-8"))
QUERIES = sorted({one["query"] for kind in ("pair", "topic") for one in TOML[kind]})
MATCH = "SELECT rowid AS id FROM article_search WHERE article_search MATCH :expression"
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def test_the_index_finds_exactly_what_topics_match(db: Database) -> None:
    await store(db, await store_source(db), *newsroom_prepared().values())
    rows = await db.fetch_all("SELECT id, guid FROM article")
    ids = {row["guid"]: row["id"] for row in rows}
    stored = {guid: keys for guid, keys in newsroom_prepared().items() if guid in ids}
    assert len(stored) > 60
    wrong = []
    hits = 0
    for words in QUERIES:
        asked = query(words)
        found = {row["id"] for row in await db.fetch_all(MATCH, {"expression": expression(asked)})}
        matched = {ids[guid] for guid, one in stored.items() if matches(asked, one.keys)}
        hits += len(matched)
        if found != matched:
            wrong.append((words, sorted(found ^ matched)))
    assert wrong == []
    assert hits > len(QUERIES)


async def test_hostile_queries_are_never_syntax(db: Database, data: Path) -> None:
    await store(db, await store_source(db), prepared())
    asked = 0
    for words in (data / "strings" / "fts5_queries.txt").read_text("utf-8").splitlines():
        try:
            await find_stories(db, NOBODY, parse_query(words), 5)
        except EmptyQueryError:
            continue
        asked += 1
    assert asked > 20


async def test_any_text_can_be_searched(db: Database) -> None:
    await store(db, await store_source(db), prepared())
    asked = []

    @QUIET
    @given(st.text(min_size=1, max_size=60))
    def collect(words: str) -> None:
        asked.append(words)

    collect()
    for words in asked:
        try:
            expected = matches(parse_query(words), prepared().keys)
        except EmptyQueryError:
            continue
        assert bool(await find_stories(db, NOBODY, parse_query(words), 5)) is expected


async def test_the_newest_comes_first_page_by_page(db: Database) -> None:
    source = await store_source(db)
    fires = [
        prepared(
            f"Пожар номер {n}", guid=f"{n}", published=NOW - hours(n), text=unlike_others(n, 8)
        )
        for n in (4, 1, 3, 2, 5)
    ]
    await store(db, source, *fires)
    old = prepared("Пожар давний", guid="old", published=NOW - hours(90), text=unlike_others(9, 8))
    await store(db, source, old, prepared("Мост", guid="bridge", text="Мост открыт утром."))
    found = await find_stories(db, NOBODY, parse_query("пожар"), 10)
    rows = await db.fetch_all("SELECT story_id, title FROM article")
    titles = {row["story_id"]: row["title"] for row in rows}
    assert [titles[s] for s in found] == [
        *(f"Пожар номер {n}" for n in range(1, 6)),
        "Пожар давний",
    ]
    pages = [await find_stories(db, NOBODY, parse_query("пожар"), 2, n) for n in (0, 2, 4, 6)]
    assert [story for page in pages for story in page] == found


async def test_search_can_be_held_to_what_arrived_lately(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, prepared(), arrived=NOW - hours(5))
    words = parse_query("мост")
    assert await find_stories(db, NOBODY, words, 5, arrived_after=NOW - hours(5)) == []
    assert len(await find_stories(db, NOBODY, words, 5, arrived_after=NOW - hours(6))) == 1


@pytest.mark.parametrize("delivered", [True, False])
async def test_what_was_told_can_be_left_out_unless_its_digest_failed(
    db: Database, delivered: bool
) -> None:
    chat, other = await store_chat(db), await store_chat(db, 1002)
    await store(db, await store_source(db), prepared())
    words = parse_query("мост")
    (story,) = await find_stories(db, chat, words, 5)
    told = [Told(story, ArticleId(1), 1)]
    digest = await publish(db, chat, Slot("now/1"), NOW - hours(9), NOW, ["{}"], told)
    assert digest == DigestId(1)
    if not delivered:
        (message,) = await claim(db, NOW, 9)
        await mark_failed(db, message.id, "refused")
    remembered = await told_among(db, [chat, other], [story])
    assert set(remembered) == ({chat} if delivered else set())
    found = await find_stories(db, chat, words, 5, told=remembered.get(chat, ()))
    assert found == ([] if delivered else [story])
    assert await find_stories(db, chat, words, 5) == [story]
