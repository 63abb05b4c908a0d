"""An alert is written for the story its article is of by then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from digests.models import ArticleId, ChatId, StoryId
from storage import breaking, corrections
from storage.breaking import Alert, publish_alerts
from storage.digests import Slot, Told, publish
from tests.factories import NOW, hours, prepared, store, store_chat, store_source, unlike_others

if TYPE_CHECKING:
    from storage.database import Database

SINCE = NOW - hours(1)


@pytest.fixture
async def chat(db: Database) -> ChatId:
    """Wants alerts; there are two stories."""
    source = await store_source(db)
    texts = [unlike_others(number, 12) for number in (1, 2)]
    await store(db, source, *(prepared(text[:60], text=text, guid=text[:9]) for text in texts))
    chat = await store_chat(db)
    await breaking.set_alerts(db, chat, wanted=True)
    async with db.write() as tx:
        await tx.execute("UPDATE subscriber SET subscribed = 1")
    return chat


async def alert(db: Database, chat: ChatId, number: int) -> bool:
    """Of the story with that number, as it was read."""
    told = Told(StoryId(number), ArticleId(number), 1)
    written = await publish_alerts(db, [Alert(chat, told, "{}", SINCE)], NOW, SINCE, 3)
    return written != [None]


async def test_a_story_that_was_told_and_took_this_one_in_meanwhile_is_not_told_again(
    db: Database, chat: ChatId
) -> None:
    await publish(db, chat, Slot("now/1"), SINCE, NOW, ["{}"], [Told(StoryId(1), ArticleId(1), 1)])
    await corrections.merge_stories(db, StoryId(1), StoryId(2))
    assert not await alert(db, chat, 2)


async def test_two_stories_that_became_one_are_one_alert(db: Database, chat: ChatId) -> None:
    assert await alert(db, chat, 2)
    await corrections.merge_stories(db, StoryId(1), StoryId(2))
    assert not await alert(db, chat, 1)
    rows = await db.fetch_all("SELECT story_id FROM told")
    assert [row["story_id"] for row in rows] == [1]


async def test_an_article_that_is_gone_is_no_alert(db: Database, chat: ChatId) -> None:
    async with db.write() as tx:
        await tx.execute("DELETE FROM article WHERE id = 1")
    assert not await alert(db, chat, 1)
    assert await alert(db, chat, 2)
