"""When chats are due: every time of a chat at once, each moved on once."""

from datetime import time

import pytest

from digests.models import ChatId, Quiet, ScheduleId
from digests.schedules import EVERY_DAY, WEEKDAYS, Timing
from storage import schedules, subscribers
from storage.database import Database
from storage.schedules import Move
from tests.factories import NOW, hours, store_chat

EIGHT, TWENTY = Timing(time(8), WEEKDAYS), Timing(time(20), EVERY_DAY)
RHYTHM = Timing(time(3), EVERY_DAY, 6)


async def test_times_zone_and_quiet_hours_are_set_together_and_subscribe(db: Database) -> None:
    chat = await store_chat(db)
    assert await schedules.schedules_of(db, chat) == []
    quiet = Quiet(time(23), time(7, 30))
    times = [(RHYTHM, NOW), (TWENTY, NOW + hours(2)), (EIGHT, NOW + hours(1))]
    await schedules.set_schedules(db, chat, times, "Asia/Tbilisi", quiet)
    found = await schedules.schedules_of(db, chat)
    assert [(one.timing, one.next_due) for one in found] == [times[2], times[1], times[0]]
    subscriber = await subscribers.find_subscriber(db, chat)
    assert subscriber is not None
    assert (subscriber.subscribed, subscriber.zone, subscriber.quiet) == (
        True, "Asia/Tbilisi", quiet,
    )  # fmt: skip
    assert await subscribers.count_subscribers(db) == 1


async def test_a_time_that_stays_keeps_its_id_and_others_go(db: Database) -> None:
    chat, other = await store_chat(db), await store_chat(db, 2)
    await schedules.set_schedules(db, other, [(EIGHT, NOW)], "UTC", None)
    await schedules.set_schedules(db, chat, [(EIGHT, NOW), (TWENTY, NOW)], "UTC", None)
    before = {one.timing.at: one.id for one in await schedules.schedules_of(db, chat)}
    changed = [(Timing(time(20), WEEKDAYS), NOW), (Timing(time(12)), NOW)]
    await schedules.set_schedules(db, chat, changed, "UTC", None)
    after = {one.timing.at: one for one in await schedules.schedules_of(db, chat)}
    assert set(after) == {time(12), time(20)}
    assert (after[time(20)].id, after[time(20)].timing.days) == (before[time(20)], WEEKDAYS)
    assert len(await schedules.schedules_of(db, other)) == 1


async def test_what_is_due_comes_longest_due_first(db: Database) -> None:
    for chat, ago in ((1, 1), (2, 3), (3, -1), (4, 0), (5, 2)):
        await store_chat(db, chat)
        await schedules.set_schedules(db, ChatId(chat), [(EIGHT, NOW - hours(ago))], "UTC", None)
    await subscribers.mark_unreachable(db, ChatId(5), NOW)
    due = await schedules.due_chats(db, NOW, 9)
    assert [one.subscriber.chat_id for one in due] == [2, 1, 4]
    (first,) = due[0].schedules
    assert (first.timing, first.since) == (EIGHT, NOW - hours(3))
    assert [s.subscriber.chat_id for s in await schedules.due_chats(db, NOW, 1)] == [2]
    await subscribers.mark_reachable(db, ChatId(5))
    assert len(await schedules.due_chats(db, NOW, 9)) == 4


async def test_a_chat_is_due_with_all_its_times_however_few_are_asked_for(db: Database) -> None:
    chat, other = await store_chat(db), await store_chat(db, 2)
    times = [(EIGHT, NOW - hours(2)), (TWENTY, NOW - hours(26)), (RHYTHM, NOW + hours(1))]
    await schedules.set_schedules(db, chat, times, "UTC", None)
    await schedules.set_schedules(db, other, [(EIGHT, NOW - hours(9))], "UTC", None)
    (due,) = await schedules.due_chats(db, NOW, 1)
    assert due.subscriber.chat_id == chat
    assert [one.timing for one in due.schedules] == [TWENTY, EIGHT]


async def test_who_leaves_is_due_no_more_and_finds_the_times_again(db: Database) -> None:
    chat = await store_chat(db)
    await schedules.set_schedules(db, chat, [(EIGHT, NOW), (TWENTY, NOW)], "UTC", None)
    await schedules.unsubscribe(db, chat)
    assert await schedules.due_chats(db, NOW, 9) == []
    assert await subscribers.count_subscribers(db) == 0
    found = await schedules.schedules_of(db, chat)
    assert [(one.timing, one.next_due) for one in found] == [(EIGHT, None), (TWENTY, None)]


async def test_a_schedule_moves_on_once(db: Database) -> None:
    chat = await store_chat(db)
    await schedules.set_schedules(db, chat, [(EIGHT, NOW)], "UTC", None)
    assert await schedules.move(db, [Move(ScheduleId(1), NOW, NOW + hours(24))]) == 1
    assert await schedules.move(db, [Move(ScheduleId(1), NOW, NOW + hours(48))]) == 0
    (found,) = await schedules.schedules_of(db, chat)
    assert found.next_due == NOW + hours(24)


@pytest.mark.parametrize("limit", [1, 9])
async def test_schedules_that_wait_are_listed_page_by_page(db: Database, limit: int) -> None:
    for chat, ahead in ((1, 1), (2, 0), (3, 99)):
        await store_chat(db, chat)
        await schedules.set_schedules(db, ChatId(chat), [(EIGHT, NOW + hours(ahead))], "UTC", None)
    found, after = [], ScheduleId(0)
    while page := await schedules.waiting_schedules(db, NOW, after, limit):
        found += [(one.id, subscriber.chat_id) for one, subscriber in page]
        after = page[-1][0].id
    assert found == [(1, 1), (3, 3)]
