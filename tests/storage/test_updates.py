"""Updates are stored before they are acknowledged, and handled once."""

from dataclasses import replace

from digests.models import ChatId
from storage.database import Database
from storage.subscribers import find_subscriber
from storage.updates import (
    KEPT,
    StoredUpdate,
    first_of_lanes,
    forget_handled,
    has_newer,
    mark_handled,
    store_updates,
)
from tests.factories import NOW, hours, store_chat


def update(number: int, body: str = "{}", lane: int = 0) -> StoredUpdate:
    """Each in a lane of its own, unless another is named."""
    return StoredUpdate(number, ChatId(7), lane or number, "latest", NOW, NOW, body)


async def first(db: Database, *busy: int, limit: int = 9) -> list[int]:
    return [one.id for one in await first_of_lanes(db, busy, limit)]


async def test_updates_are_read_back_oldest_first(db: Database) -> None:
    given = [update(n, f'{{"n": {n}}}') for n in (5, 3, 4)]
    given[1] = replace(given[1], chat_id=None, kind=None, sent=None)
    await store_updates(db, given)
    assert await first_of_lanes(db, [], 9) == sorted(given, key=lambda one: one.id)
    assert await first(db, 1, 2, 3, limit=1) == [4]
    assert await first(db, 3, 4, 5) == []


async def test_one_update_a_lane_is_taken_at_a_time(db: Database) -> None:
    await store_updates(db, [update(n, lane=70 + n // 3) for n in range(1, 9)])
    assert await first(db) == [1, 3, 6]
    await mark_handled(db, 3, NOW, {})
    assert await first(db) == [1, 4, 6]
    assert await first(db, 71) == [1, 6]


async def test_a_redelivered_update_is_passed_over(db: Database) -> None:
    await store_updates(db, [update(1, "first")])
    await store_updates(db, [update(1, "second"), update(2)])
    assert [one.body for one in await first_of_lanes(db, [], 9)] == ["first", "{}"]
    await mark_handled(db, 1, NOW, {})
    await store_updates(db, [update(1, "third")])
    assert await first(db) == [2]


async def test_a_chat_asks_the_same_again(db: Database) -> None:
    await store_updates(db, [update(1), update(2), replace(update(3), kind="topic")])
    await store_updates(db, [replace(update(4), chat_id=ChatId(8))])
    assert await has_newer(db, update(1))
    assert not await has_newer(db, update(2))
    await mark_handled(db, 2, NOW, {})
    assert not await has_newer(db, update(1))


async def test_what_words_will_answer_is_written_with_the_mark(db: Database) -> None:
    chat = await store_chat(db)
    await store_updates(db, [update(1)])
    await mark_handled(db, 1, NOW, {chat: "zone", ChatId(404): "zone"})
    found = await find_subscriber(db, chat)
    assert found is not None
    assert found.expects == "zone"


async def test_what_was_handled_keeps_no_words_and_is_forgotten_in_time(db: Database) -> None:
    await store_updates(db, [update(1), update(2)])
    await mark_handled(db, 1, NOW, {})
    rows = await db.fetch_all("SELECT id FROM incoming_update WHERE body IS NULL")
    assert [row["id"] for row in rows] == [1]
    assert await forget_handled(db, NOW + KEPT) == 0
    assert await forget_handled(db, NOW + KEPT + hours(1)) == 1
    assert await first(db) == [2]
