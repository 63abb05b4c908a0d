"""A full disk and a file held by others: nothing acknowledged that is not kept, nothing lost."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot import keeping
from bot.i18n import language
from storage.subscribers import topics_of
from tests.bot.living import Running, ask, eventually
from tests.bot.test_faults import met, notices, read, struck

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from storage.database import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PAUSE_SECONDS", 0.02)


@contextmanager
def full_disk(db: Database) -> Iterator[None]:
    """No file of this process grows beyond what the log has reached: nothing more is written."""
    reached = Path(f"{db.path}-wal").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (reached, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_is_told_reads_are_answered_and_all_goes_on_by_itself(
    running: Running,
) -> None:
    admin, person = await running.admin(), await running.subscribed("пожар")
    await ask(admin, "/id")
    db = running.context.db
    with full_disk(db):
        assert (await ask(person, "/subscribe мост")).text == say("error.disk_full")
        await admin.wait_for(lambda m: m.text == say("alarm.disk_full"))
        assert (await ask(person, "/latest")).text.startswith(say("stories.latest"))
        assert (await ask(person, "/topics")).button("✖ пожар") is not None
        assert [topic.words for topic in await topics_of(db, person.chat_id)] == ["пожар"]
        running.clock.move(hours=4)  # a digest is due
        await asyncio.sleep(0.2)
        assert not await running.digests(person)
    await admin.wait_for(lambda m: m.text == say("alarm.disk_has_room"))
    await running.wait_digests(person, 1)
    assert "мост" in (await ask(person, "/subscribe мост")).text
    await running.settled()
    assert len(await running.digests(person)) == 1
    told = [m.text for m in await admin.from_bot()]
    assert told.count(say("alarm.disk_full")) == told.count(say("alarm.disk_has_room")) == 1


async def test_a_stranger_on_a_full_disk_is_told_so(running: Running) -> None:
    stranger = await running.person()
    with full_disk(running.context.db):
        assert (await ask(stranger, "/start")).text == say("error.disk_full")
    await eventually(lambda: asyncio.sleep(0, not running.context.db.is_full), "room")
    assert (await ask(stranger, "/start")).text == say("start.welcome")


async def test_a_message_sent_while_the_disk_fills_is_not_sent_again(running: Running) -> None:
    person, db = await met(running), running.context.db
    await running.client.order_fault(
        "slow", method="sendMessage", chat_id=person.chat_id, seconds=0.3
    )
    await notices(running, person, "раз")
    await struck(running)
    with full_disk(db):  # the acknowledgement has to wait
        await person.wait_for(lambda m: m.text == "раз")
        await asyncio.sleep(0.2)
    await running.settled()
    await running.stop()
    await running.start()
    await running.settled()
    assert (await read(person)).count("раз") == 1


@asynccontextmanager
async def held(db: Database) -> AsyncIterator[None]:
    """By another process, as far as SQLite can tell."""
    with closing(sqlite3.connect(db.path, isolation_level=None, timeout=0.01)) as other:
        for _ in range(500):  # its ticks hold it themselves now and then
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                await asyncio.sleep(0.01)
            else:
                break
        yield
        other.execute("ROLLBACK")


async def test_a_file_held_for_a_second_shows_nobody_an_error(running: Running) -> None:
    person, db = await met(running), running.context.db
    async with held(db):
        asking = asyncio.ensure_future(ask(person, "/subscribe мост"))
        await asyncio.sleep(1)
        assert not await topics_of(db, person.chat_id)
        assert not [text for text in await read(person) if "мост" in text]
    assert "мост" in (await asking).text
    assert len(await topics_of(db, person.chat_id)) == 1


async def test_a_file_held_for_too_long_stops_nothing(running: Running) -> None:
    person, db = await met(running), running.context.db
    await db._writer.execute_fetchall("PRAGMA busy_timeout = 20")
    async with held(db):
        await person.say("/subscribe мост")
        await asyncio.sleep(0.5)
    await db._writer.execute_fetchall("PRAGMA busy_timeout = 8000")
    await running.settled()
    await ask(person, "/subscribe пожар")
    assert "пожар" in [topic.words for topic in await topics_of(db, person.chat_id)]
    answered = [text for text in await read(person) if "«мост»" in text]
    kept = "мост" in [topic.words for topic in await topics_of(db, person.chat_id)]
    assert bool(answered) == kept, "what was acknowledged is kept"
