"""Digests go by age with all they said, but never what the next one is made from."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from digests.models import ArticleId, ChatId, DigestId, StoryId
from storage import digests, outbox, retention, telling
from storage.breaking import ALERT
from storage.digests import Publication, Slot, Told
from storage.retention import forget_digests
from tests.factories import NOW, prepared, store, store_chat, store_source

if TYPE_CHECKING:
    from datetime import datetime

    from storage.database import Database

DAY = timedelta(days=1)
KEPT = 30 * DAY
OLD = NOW - 40 * DAY
TABLES = ("digest", "told", "digest_page", "delivery")


@pytest.fixture
async def chat(db: Database) -> ChatId:
    await store(db, await store_source(db), prepared())
    return await store_chat(db)


async def made(
    db: Database, chat: ChatId, at: datetime, *scope: str, empty: bool = False
) -> DigestId:
    """A digest of two pages, written at that time."""
    told = [Told(StoryId(1), ArticleId(1), 1), Told(StoryId(1), ArticleId(1), 1, page=2)]
    slot = Slot(f"1/{at.isoformat()}/{scope}")
    publication = Publication(chat, slot, at - DAY, ["{}"], told, ["{}"], scope)
    if empty:
        publication = Publication(chat, slot, at - DAY, [], [], scope=scope)
    (number,) = await digests.publish_all(db, at, [publication])
    assert number is not None
    return number


async def sent(db: Database, now: datetime = NOW) -> None:
    """All that waits arrives, as message 500 + its number."""
    while claimed := await outbox.claim(db, now, 99):
        for one in claimed:
            await outbox.mark_sending(db, one.id)
            await outbox.mark_sent(db, one.id, 500 + one.id)


async def counts(db: Database) -> dict[str, int]:
    found = {}
    for table in TABLES:
        row = await db.fetch_one(f"SELECT count(*) AS rows FROM {table}")  # noqa: S608 - constants
        found[table] = row["rows"] if row else 0
    return found


async def start(db: Database, chat: ChatId, *scope: str) -> datetime | None:
    return (await digests.window_starts(db, [chat], NOW, {chat: scope})).get(chat)


async def test_an_old_digest_goes_with_all_it_said_once_a_later_one_came(
    db: Database, chat: ChatId
) -> None:
    await made(db, chat, OLD)
    await made(db, chat, NOW - DAY)
    await sent(db)
    assert await forget_digests(db, NOW - KEPT, NOW) == 1
    assert await counts(db) == {"digest": 1, "told": 1, "digest_page": 1, "delivery": 1}
    assert await telling.told_by(db, chat, 501) == []
    assert len(await telling.told_by(db, chat, 502)) == 1


async def test_the_last_digest_of_each_scope_stays_for_its_window_alone(
    db: Database, chat: ChatId
) -> None:
    await made(db, chat, OLD - DAY)
    await made(db, chat, OLD)
    await made(db, chat, OLD + DAY, "космос")
    await made(db, chat, OLD + 2 * DAY, "космос")
    await made(db, chat, OLD + 2 * DAY, "спорт")
    await sent(db)
    before = [await start(db, chat, *scope) for scope in ((), ("космос",), ("спорт",))]
    assert await forget_digests(db, NOW - KEPT, NOW) == 5
    assert [await start(db, chat, *scope) for scope in ((), ("космос",), ("спорт",))] == before
    assert await counts(db) == {"digest": 3, "told": 0, "digest_page": 0, "delivery": 0}
    assert await forget_digests(db, NOW - KEPT, NOW) == 0, "what stays is not gone through again"


async def test_a_digest_about_everything_opens_the_windows_of_all(
    db: Database, chat: ChatId
) -> None:
    await made(db, chat, OLD, "космос")
    await made(db, chat, NOW - DAY)
    await sent(db)
    await forget_digests(db, NOW - KEPT, NOW)
    assert (await counts(db))["digest"] == 1


async def test_alerts_and_failures_open_no_window_and_keep_nothing(
    db: Database, chat: ChatId
) -> None:
    await made(db, chat, OLD, empty=True)
    alert = await made(db, chat, OLD + DAY)
    failed = await made(db, chat, OLD + 2 * DAY)
    async with db.write() as tx:
        await tx.execute(
            "UPDATE digest SET scope = :scope WHERE id = :id", {"scope": ALERT, "id": alert}
        )
        await tx.execute("UPDATE digest SET state = 'delivered' WHERE id = :id", {"id": alert})
        await tx.execute("UPDATE digest SET state = 'failed' WHERE id = :id", {"id": failed})
    await forget_digests(db, NOW - KEPT, NOW)
    assert await start(db, chat) == OLD
    assert (await counts(db))["digest"] == 1


async def test_what_is_still_under_way_stays_and_so_does_what_it_may_replace(
    db: Database, chat: ChatId
) -> None:
    await made(db, chat, OLD)
    await sent(db, OLD)
    await made(db, chat, OLD + DAY)  # waits
    await forget_digests(db, NOW - KEPT, NOW)
    assert await counts(db) == {"digest": 2, "told": 1, "digest_page": 1, "delivery": 1}
    (claimed,) = await outbox.claim(db, NOW, 9)
    await outbox.mark_failed(db, claimed.id, "refused")
    assert await start(db, chat) == OLD


async def test_a_later_digest_of_a_clock_that_ran_ahead_replaces_none(
    db: Database, chat: ChatId
) -> None:
    await made(db, chat, OLD, empty=True)
    await made(db, chat, NOW + DAY, empty=True)
    await forget_digests(db, NOW - KEPT, NOW)
    assert await start(db, chat) == OLD


async def test_many_go_in_steps_and_others_write_between_them(
    db: Database, chat: ChatId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "DIGESTS_A_BATCH", 3)
    for hour in range(8):
        await made(db, chat, OLD + timedelta(hours=hour), empty=hour == 7)
    await sent(db)
    steps: list[int] = []
    write = db.write

    def watched() -> object:
        steps.append(0)
        return write()

    monkeypatch.setattr(db, "write", watched)
    assert await forget_digests(db, NOW - KEPT, NOW) == 7
    assert len(steps) == 3, "three digests a transaction at most"
    assert (await counts(db))["digest"] == 1


async def test_old_notices_go_in_steps_and_those_that_wait_stay(
    db: Database, chat: ChatId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "NOTICES_A_BATCH", 2)
    for _ in range(5):
        await outbox.add_notice(db, chat, "{}", OLD)
    await sent(db)
    await outbox.add_notice(db, chat, "{}", OLD)
    await outbox.add_notice(db, chat, "{}", NOW)
    assert await outbox.forget_notices(db, NOW - KEPT) == 5
    assert (await counts(db))["delivery"] == 2
