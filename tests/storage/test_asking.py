"""Lists hold still while articles arrive, stay inside their period, and are ordered as asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from digests.models import ChatId, StoryId
from digests.topics import parse_query
from storage import asking
from storage.asking import (
    Scope,
    latest_within,
    matches_begun,
    matches_by_relevance,
    matches_by_time,
    newest_article,
)
from tests.factories import NOW, hours, prepared, store, store_source, unlike_others

if TYPE_CHECKING:
    from digests.models import PreparedArticle
    from storage.asking import Match
    from storage.database import Database

NOBODY = ChatId(0)
FIRE = parse_query("пожар")


def fire(number: int, ago: float, **fields: object) -> PreparedArticle:
    words = {"title": f"Пожар номер {number}", "text": unlike_others(number, 8)} | fields
    return prepared(guid=f"{number}", published=NOW - hours(ago), **words)


async def titles(db: Database, found: list[Match] | list[StoryId]) -> list[str]:
    rows = await db.fetch_all("SELECT story_id, title FROM article")
    known = {row["story_id"]: row["title"] for row in rows}
    return [known[one if isinstance(one, int) else one.story] for one in found]


async def test_pages_stay_as_they_are_while_articles_arrive(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, *(fire(n, n) for n in range(1, 5)))
    scope = Scope(await newest_article(db))
    latest = await latest_within(db, NOBODY, scope, 10, 0)
    found = await matches_by_time(db, NOBODY, FIRE, scope)
    await store(db, source, fire(8, 0), fire(9, 2.5))
    assert await latest_within(db, NOBODY, scope, 10, 0) == latest
    assert await matches_by_time(db, NOBODY, FIRE, scope) == found
    pages = [await latest_within(db, NOBODY, scope, 2, offset) for offset in (0, 2, 4)]
    assert [story for page in pages for story in page] == latest
    assert len(await latest_within(db, NOBODY, Scope(await newest_article(db)), 10, 0)) == 6


async def test_a_list_stays_inside_its_period(db: Database) -> None:
    await store(db, await store_source(db), *(fire(n, n) for n in range(1, 6)))
    newest = await newest_article(db)
    scope = Scope(newest, NOW - hours(4), NOW - hours(2))
    expected = ["Пожар номер 3", "Пожар номер 4"]
    assert await titles(db, await latest_within(db, NOBODY, scope, 9, 0)) == expected
    for search in (matches_by_time, matches_by_relevance):
        assert await titles(db, await search(db, NOBODY, FIRE, scope)) == expected
        assert await search(db, NOBODY, FIRE, Scope(newest, NOW + hours(1))) == []


async def test_relevance_asks_the_title_first_then_the_lead_then_how_many_tell_it(
    db: Database,
) -> None:
    source, other = await store_source(db), await store_source(db, "https://other.example/feed")
    texts = {
        "тело": "Город отметил праздник парадом.\n\nВечером случился пожар на складе.",
        "первый": "Пожар на складе потушили.\n\nРебёнка спасли из горящего дома.",
    }
    await store(db, source, fire(1, 1, title="Праздник в городе прошёл", text=texts["тело"]))
    await store(db, source, fire(2, 2, title="Спасатели сообщили о ночи", text=texts["первый"]))
    await store(db, source, fire(3, 3))
    shared = {"title": "Большой пожар в порту", "text": unlike_others(4, 30)}
    await store(db, source, fire(4, 4, **shared))
    await store(db, other, fire(5, 4, **shared))
    scope = Scope(await newest_article(db))
    found = await matches_by_relevance(db, NOBODY, FIRE, scope)
    assert list(dict.fromkeys(await titles(db, found))) == [
        "Большой пожар в порту",
        "Пожар номер 3",
        "Спасатели сообщили о ночи",
        "Праздник в городе прошёл",
    ]


async def test_the_latest_are_in_the_languages_that_are_read(db: Database) -> None:
    source = await store_source(db)
    english = "The city opened a new bridge across the river on Monday. " * 4
    await store(db, source, prepared("Город открыл новый мост", guid="1"))
    await store(db, source, prepared("The city opened a new bridge", text=english, guid="2"))
    newest = await newest_article(db)
    for languages, count in (((), 2), (("ru",), 1), (("en", "ru"), 2), (("de",), 0)):
        found = await latest_within(db, NOBODY, Scope(newest, languages=languages), 10, 0)
        assert len(found) == count, languages


async def test_a_beginning_of_many_words_is_of_the_most_frequent_of_them(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index reads through all that holds any of them: a second at a million articles."""
    source = await store_source(db)
    told = ("Пожарище на севере", "Пожарище на юге", "Пожарный на севере")
    texts = [unlike_others(number, 8) for number in range(3)]
    await store(db, source, *(prepared(title, guid=title, text=text)
                              for title, text in zip(told, texts, strict=True)))  # fmt: skip
    scope = Scope(await newest_article(db))
    assert len(await matches_begun(db, NOBODY, None, "пож", scope)) == 3
    monkeypatch.setattr(asking, "FREQUENT", 3)
    monkeypatch.setattr(asking, "MOST_WORDS_BEGUN", 1)
    assert len(await matches_begun(db, NOBODY, None, "пож", scope)) == 3, "two articles are few"
    monkeypatch.setattr(asking, "FREQUENT", 2)
    found = await titles(db, await matches_begun(db, NOBODY, None, "пож", scope))
    assert sorted(found) == ["Пожарище на севере", "Пожарище на юге"]


@pytest.mark.parametrize("begun", ["сев", "кракоз", "ниик"])
async def test_frequent_words_are_found_by_their_beginning_whatever_they_are(
    db: Database, monkeypatch: pytest.MonkeyPatch, begun: str
) -> None:
    title = "Пожарище на севере у Кракозябровска, сообщил НИИКРАБ"
    await store(db, await store_source(db), prepared(title, text=unlike_others(1, 8)))
    monkeypatch.setattr(asking, "FREQUENT", 1)
    scope = Scope(await newest_article(db))
    asked: list[str] = []
    matches = asking._matches

    async def heard(db: Database, chat: ChatId, words: str, *rest: Any) -> list[Match]:
        asked.append(words)
        return await matches(db, chat, words, *rest)

    monkeypatch.setattr(asking, "_matches", heard)
    for query, count in ((None, 1), (parse_query("пожарище"), 1), (parse_query("космос"), 0)):
        asked.clear()
        assert len(await matches_begun(db, NOBODY, query, begun, scope)) == count
        assert len(asked) == 2 - count, "what begins so is read through where nothing else is left"
        assert "*" not in asked[0]
