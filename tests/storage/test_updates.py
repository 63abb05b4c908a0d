"""Updates are stored before they are acknowledged, and handled once."""

from digests.models import ChatId
from storage.database import Database
from storage.updates import (
    KEPT,
    StoredUpdate,
    forget_handled,
    mark_handled,
    open_updates,
    store_updates,
)
from tests.factories import NOW, hours


def update(number: int, body: str = "{}") -> StoredUpdate:
    return StoredUpdate(number, ChatId(7) if number % 2 else None, body)


async def test_updates_are_read_back_oldest_first(db: Database) -> None:
    given = [update(n, f'{{"n": {n}}}') for n in (5, 3, 4)]
    await store_updates(db, given, NOW)
    assert await open_updates(db, [], 9) == sorted(given, key=lambda one: one.id)
    assert [one.id for one in await open_updates(db, [1, 2, 3], 1)] == [4]
    assert await open_updates(db, [1, 2, 3, 4, 5], 9) == []


async def test_a_redelivered_update_is_passed_over(db: Database) -> None:
    await store_updates(db, [update(1, "first")], NOW)
    await store_updates(db, [update(1, "second"), update(2)], NOW)
    assert [one.body for one in await open_updates(db, [], 9)] == ["first", "{}"]
    await mark_handled(db, 1, NOW)
    await store_updates(db, [update(1, "third")], NOW)
    assert [one.id for one in await open_updates(db, [], 9)] == [2]


async def test_what_was_handled_keeps_no_words_and_is_forgotten_in_time(db: Database) -> None:
    await store_updates(db, [update(1), update(2)], NOW)
    await mark_handled(db, 1, NOW)
    rows = await db.fetch_all("SELECT id FROM incoming_update WHERE body IS NULL")
    assert [row["id"] for row in rows] == [1]
    assert await forget_handled(db, NOW + KEPT) == 0
    assert await forget_handled(db, NOW + KEPT + hours(1)) == 1
    assert [one.id for one in await open_updates(db, [], 9)] == [2]
