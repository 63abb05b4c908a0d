"""One digest a slot, written with its messages and what it tells."""

import asyncio
import sqlite3
from datetime import datetime

import pytest

from digests.models import ArticleId, ChatId, DigestId, ScheduleId, StoryId
from digests.schedules import Timing
from storage import digests, outbox, schedules, telling
from storage.articles import stories_arrived
from storage.database import Database
from storage.digests import Publication, Slot, Told, publish
from storage.schedules import Move
from tests.factories import NOW, hours, prepared, store, store_chat, store_source

SINCE = NOW - hours(24)


async def publish_now(
    db: Database, chat: ChatId, slot: str = "now/1", messages: int = 1, told: bool = True
) -> DigestId | None:
    said = [Told(StoryId(1), ArticleId(1), 1)] if told and messages else []
    return await publish(
        db, chat, Slot(slot), SINCE, NOW, [f'{{"n":{n}}}' for n in range(messages)], said
    )


@pytest.fixture
async def chat(db: Database) -> ChatId:
    await store(db, await store_source(db), prepared())
    return await store_chat(db)


async def news(db: Database, chat: ChatId) -> list[StoryId]:
    """What the chat was not told yet."""
    told = await digests.told_among(db, [chat], [StoryId(1), StoryId(2)])
    return await stories_arrived(db, chat, SINCE, SINCE, 9, told.get(chat, ()))


async def window_start(db: Database, chat: ChatId, now: datetime) -> datetime | None:
    return (await digests.window_starts(db, [chat, ChatId(3)], now)).get(chat)


async def moved(
    db: Database, chat: ChatId, oldest: datetime = SINCE, latest: datetime = NOW
) -> tuple[digests.Before, ...]:
    return (await digests.moved_since(db, [chat], oldest, latest)).get(chat, ())


async def report(db: Database, **fields: object) -> None:
    """The told story has news."""
    text = "Мост через реку в городе открыли на два года раньше, чем обещали."
    later = prepared(guid="later", text=text, **fields)
    await store(db, await store_source(db), later, arrived=NOW + hours(1))


async def test_a_slot_has_one_digest_in_a_chat(db: Database, chat: ChatId) -> None:
    other = await store_chat(db, 2)
    assert await publish_now(db, chat) is not None
    assert await publish_now(db, chat) is None
    assert await publish_now(db, other) is not None
    assert await publish_now(db, chat, "now/2", told=False) is not None
    assert await outbox.count_by_state(db) == {"waiting": 3}
    assert await digests.digest_state(db, chat, "now/1")
    assert await digests.digest_state(db, other, "now/2") is None


async def test_of_digests_made_at_once_for_one_slot_one_is_written(
    db: Database, chat: ChatId
) -> None:
    made = await asyncio.gather(*(publish_now(db, chat, messages=2) for _ in range(8)))
    assert len([digest for digest in made if digest]) == 1
    assert await outbox.count_by_state(db) == {"waiting": 2}


async def test_a_story_is_told_to_a_chat_once(db: Database, chat: ChatId) -> None:
    other = await store_chat(db, 2)
    assert await news(db, chat) == [1]
    await publish_now(db, chat)
    assert await news(db, chat) == []
    assert await news(db, other) == [1]


async def test_what_a_refused_digest_said_was_not_told(db: Database, chat: ChatId) -> None:
    await publish_now(db, chat)
    (message,) = await outbox.claim(db, NOW, 9)
    await outbox.mark_failed(db, message.id, "refused")
    assert await news(db, chat) == [1]
    assert await window_start(db, chat, NOW) is None


async def test_what_a_chat_was_told_is_remembered_with_its_message(
    db: Database, chat: ChatId
) -> None:
    await publish_now(db, chat)
    (message,) = await outbox.claim(db, NOW, 9)
    await outbox.mark_sending(db, message.id)
    await outbox.mark_sent(db, message.id, 77)
    assert await moved(db, chat) == (), "nothing new since"
    await report(db)
    assert await moved(db, chat) == (digests.Before(StoryId(1), NOW, 77),)
    assert await moved(db, chat, NOW + hours(1), NOW + hours(2)) == (), "told too long ago"
    assert await moved(db, chat, latest=NOW - hours(1)) == (), "told too lately"
    assert await moved(db, await store_chat(db, 2)) == ()


async def test_what_a_refused_digest_said_is_not_remembered(db: Database, chat: ChatId) -> None:
    await publish_now(db, chat)
    (message,) = await outbox.claim(db, NOW, 9)
    await outbox.mark_failed(db, message.id, "refused")
    await report(db)
    assert await moved(db, chat) == ()


async def test_a_window_starts_where_the_last_digest_ended(db: Database, chat: ChatId) -> None:
    assert await window_start(db, chat, NOW) is None
    await publish(db, chat, Slot("a"), SINCE, NOW - hours(5), [], [])
    assert await window_start(db, chat, NOW) == NOW - hours(5)
    await publish(db, chat, Slot("b"), SINCE, NOW - hours(2), ["{}"], [])
    assert await window_start(db, chat, NOW) == NOW - hours(2)
    assert await window_start(db, await store_chat(db, 2), NOW) is None
    assert await window_start(db, chat, NOW - hours(3)) == NOW - hours(5), "a clock set back"
    (message,) = await outbox.claim(db, NOW, 9)
    await outbox.mark_failed(db, message.id, "refused")
    assert await window_start(db, chat, NOW) == NOW - hours(5)


async def test_nothing_to_tell_sends_nothing_and_fills_the_slot(db: Database, chat: ChatId) -> None:
    assert await publish_now(db, chat, messages=0) is not None
    assert await outbox.count_by_state(db) == {}
    assert await publish_now(db, chat, messages=1) is None


async def test_the_schedule_moves_on_with_its_digest_also_when_the_slot_is_taken(
    db: Database, chat: ChatId
) -> None:
    await schedules.set_schedules(db, chat, [(Timing(NOW.time()), NOW)], "UTC", None)
    for day in (1, 2):
        due, following = NOW + hours(24 * (day - 1)), NOW + hours(24 * day)
        slot = Slot("1/same", (Move(ScheduleId(1), due, following),))
        written = await publish(db, chat, slot, SINCE, NOW, ["{}"], [])
        assert (written is not None) is (day == 1)
        (found,) = await schedules.schedules_of(db, chat)
        assert found.next_due == following


async def test_a_digest_that_cannot_be_written_leaves_nothing_behind(
    db: Database, chat: ChatId
) -> None:
    await schedules.set_schedules(db, chat, [(Timing(NOW.time()), NOW)], "UTC", None)
    slot = Slot("1/x", (Move(ScheduleId(1), NOW, NOW + hours(24)),))
    unknown = [Told(StoryId(99), ArticleId(99), 1)]
    with pytest.raises(sqlite3.IntegrityError):
        await publish(db, chat, slot, SINCE, NOW, ["{}"], unknown)
    assert await outbox.count_by_state(db) == {}
    assert await digests.digest_state(db, chat, "1/x") is None
    assert len(await schedules.due_chats(db, NOW, 9)) == 1


async def test_digests_written_together_are_written_once_each(db: Database, chat: ChatId) -> None:
    other = await store_chat(db, 2)
    await publish_now(db, chat)
    told = [Told(StoryId(1), ArticleId(1), 1)]
    both = [
        Publication(chat, Slot("now/1"), SINCE, ["{}"], told),
        Publication(other, Slot("now/1"), SINCE, ["{}", "{}"], told),
        Publication(chat, Slot("now/2"), SINCE, [], []),
    ]
    first, *others = await digests.publish_all(db, NOW, both)
    assert first is None
    assert None not in others
    assert await outbox.count_by_state(db) == {"waiting": 3}
    assert await digests.publish_all(db, NOW, both) == [None, None, None]
    assert await news(db, other) == []


async def test_what_was_told_is_remembered_under_the_story_it_became(
    db: Database, chat: ChatId
) -> None:
    """Two stories were joined while a digest that tells both was made."""
    told = [Told(StoryId(1), ArticleId(1), 1), Told(StoryId(2), ArticleId(1), 1)]
    await publish(db, chat, Slot("now/1"), SINCE, NOW, ["{}"], told)
    rows = await db.fetch_all("SELECT story_id FROM told")
    assert [row["story_id"] for row in rows] == [1]


async def test_what_never_arrived_was_not_the_last_that_told(db: Database, chat: ChatId) -> None:
    first = await publish_now(db, chat)
    second = await publish_now(db, chat, "now/2")
    assert first is not None
    async with db.write() as tx:
        await tx.execute("UPDATE digest SET state = 'failed' WHERE id = :id", {"id": second})
    assert [one.story for one in await telling.told_by(db, chat, None)] == [1]
