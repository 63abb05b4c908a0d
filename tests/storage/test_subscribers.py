"""Chats with what they asked for: topics, times, and a group that moves house."""

from datetime import time

import pytest

from digests.models import Access, ChatId
from digests.schedules import WEEKDAYS, Timing
from storage import digests, outbox, schedules, sources, subscribers
from storage.database import Database
from storage.digests import Slot
from storage.subscribers import MOST_TOPICS
from tests.factories import NOW, store_chat, store_source

EIGHT = Timing(time(8), WEEKDAYS)


async def test_a_known_chat_keeps_everything_but_title_and_kind(db: Database) -> None:
    chat = await store_chat(db)
    await subscribers.set_language(db, chat, "en")
    await subscribers.set_minutes(db, chat, 5)
    await store_chat(db, 1001, kind="supergroup", title="Новое", language="ru", zone="UTC")
    found = await subscribers.find_subscriber(db, chat)
    assert found is not None
    assert (found.kind, found.title) == ("supergroup", "Новое")
    assert (found.language, found.minutes, found.zone) == ("en", 5, "Europe/Moscow")
    assert await subscribers.find_subscriber(db, ChatId(5)) is None


async def test_each_setting_is_read_back(db: Database) -> None:
    chat = await store_chat(db)
    await store_chat(db, 2)
    untouched = await subscribers.find_subscriber(db, ChatId(2))
    await subscribers.set_reads(db, chat, "all")
    await subscribers.set_main_section(db, chat, wanted=False)
    await subscribers.set_paused(db, chat, NOW)
    found = await subscribers.find_subscriber(db, chat)
    assert found is not None
    assert (found.reads, found.main, found.paused_until) == ("all", False, NOW)
    assert await subscribers.find_subscriber(db, ChatId(2)) == untouched


async def test_access_is_decided_once(db: Database) -> None:
    chat = await store_chat(db)
    assert await subscribers.set_access(db, chat, Access.GRANTED)
    assert not await subscribers.set_access(db, chat, Access.GRANTED)
    assert not await subscribers.set_access(db, ChatId(9), Access.GRANTED)


async def test_access_and_what_tells_of_it_change_together(db: Database) -> None:
    chat = await store_chat(db)
    for _ in range(2):
        await subscribers.set_access(db, chat, Access.ASKED, [(ChatId(1), "a"), (chat, "b")], NOW)
    assert [one.content for one in await outbox.claim(db, NOW, 9)] == ["a", "b"]


# --- topics ----------------------------------------------------------------------------------


async def test_topics_are_kept_once_in_their_order(db: Database) -> None:
    chat, other = await store_chat(db), await store_chat(db, 2)
    assert await subscribers.add_topic(db, chat, "Ёлка", NOW)
    assert await subscribers.add_topic(db, chat, "мост", NOW)
    assert not await subscribers.add_topic(db, chat, "елка", NOW)
    assert await subscribers.add_topic(db, other, "ёлка", NOW)
    assert [topic.words for topic in await subscribers.topics_of(db, chat)] == ["Ёлка", "мост"]


async def test_a_topic_of_another_chat_cannot_be_removed(db: Database) -> None:
    chat, other = await store_chat(db), await store_chat(db, 2)
    await subscribers.add_topic(db, chat, "мост", NOW)
    (topic,) = await subscribers.topics_of(db, chat)
    assert await subscribers.remove_topic(db, other, topic.id) is None
    assert await subscribers.remove_topic(db, chat, topic.id) == "мост"
    assert await subscribers.remove_topic(db, chat, topic.id) is None
    assert await subscribers.topics_of(db, chat) == []


async def test_topics_are_limited(db: Database) -> None:
    chat = await store_chat(db)
    added = [
        await subscribers.add_topic(db, chat, f"тема {n}", NOW) for n in range(MOST_TOPICS + 1)
    ]
    assert added == [True] * MOST_TOPICS + [False]


# --- a group becomes a supergroup ------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 3])
async def test_a_group_that_moves_takes_everything_along_however_often_it_is_told(
    db: Database, times: int
) -> None:
    old, new = await store_chat(db, -5, kind="group"), ChatId(-1005)
    await store_chat(db, new, kind="supergroup", title="Пустая")
    await subscribers.add_topic(db, old, "мост", NOW)
    await schedules.set_schedules(db, old, [(EIGHT, NOW)], "UTC", None)
    await store_source(db, owner=old)
    await digests.publish(db, old, Slot("now/1"), NOW, NOW, ["{}"], [])
    await outbox.add_notice(db, old, "{}", NOW)
    for _ in range(times):
        await subscribers.migrate_chat(db, old, new)

    assert await subscribers.find_subscriber(db, old) is None
    found = await subscribers.find_subscriber(db, new)
    assert found is not None
    assert (found.kind, found.title) == ("supergroup", "Анна")
    assert [topic.words for topic in await subscribers.topics_of(db, new)] == ["мост"]
    assert (await schedules.due_chats(db, NOW, 9))[0].subscriber == found
    assert (await sources.visible_sources(db, new))[0].source.owner == new
    assert await digests.digest_state(db, new, "now/1")
    rows = await db.fetch_all("SELECT chat_id FROM delivery")
    assert [row["chat_id"] for row in rows] == [new, new]
