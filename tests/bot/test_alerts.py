"""What administrators are told of by itself, and how seldom."""

from __future__ import annotations

import asyncio
import shutil
from collections import namedtuple
from typing import TYPE_CHECKING

import pytest

from bot import pipeline
from bot.alarms import alarm
from bot.alerts import Alerts
from bot.gathering import refresh_source
from bot.i18n import language
from storage.sources import due_sources, find_polling
from tests.bot.living import Running, ask, eventually

if TYPE_CHECKING:
    from bot.sandbox.client import Member, SeenMessage
    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say
Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 - as shutil's


async def told(admin: Member, beginning: str) -> list[SeenMessage]:
    return [m for m in await admin.from_bot() if m.text.startswith(beginning)]


async def present(bot: Running) -> Member:
    """The administrator, who has written to the bot."""
    admin = await bot.admin()
    await ask(admin, "/id")
    return admin


async def test_failing_digest_is_told_once_an_hour_and_over_a_restart(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await present(running)
    await running.subscribed("пожар")
    say_failing = say("alarm.digests_failing", failing=1, late=0)[:20]

    async def failing(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(pipeline.Publishing, "publish", failing)
    running.clock.move(hours=4)

    async def alarmed() -> list[SeenMessage]:
        return await told(admin, say_failing)

    await eventually(alarmed, "an alarm")
    for _ in range(3):
        running.clock.move(minutes=3)
        await Alerts(running.context).look()
    await running.stop()
    await running.start()
    await Alerts(running.context).look()
    assert len(await told(admin, say_failing)) == 1
    running.clock.move(hours=1)

    async def again() -> bool:
        return len(await told(admin, say_failing)) == 2

    await eventually(again, "another an hour later")


async def test_digests_caught_up_after_an_outage_are_no_alarm(running: Running) -> None:
    admin = await present(running)
    person = await running.subscribed("пожар")
    await running.stop()
    running.clock.move(hours=7)
    await running.start()
    await running.wait_digests(person, 1)
    await Alerts(running.context).look()
    await running.settled()
    assert not await told(admin, "⚠️")


async def test_many_sources_given_up_make_one_notice_and_one_summary(running: Running) -> None:
    admin, db = await present(running), running.context.db
    urls = [running.feeds.put_body("gone", status=410) for _ in range(3)]
    for url in urls:
        await db.fetch_all("SELECT 1")
        async with db.write() as tx:
            await tx.execute(
                """
                INSERT INTO source (kind, address, title, created_at, next_poll_at)
                VALUES ('feed', :url, :url, 0, 99999999999)
                """,
                {"url": url},
            )
    rows = await db.fetch_all("SELECT id FROM source WHERE next_poll_at = 99999999999")
    for row in rows:
        running.clock.move(seconds=1)
        polling = await find_polling(db, row["id"])
        assert polling is not None
        await refresh_source(running.context, polling)
    await running.settled()
    assert len(await told(admin, say("sources.gone", title=urls[0])[:10])) == 1
    await Alerts(running.context).look()
    running.clock.move(hours=1)
    await Alerts(running.context).look()
    summary = await admin.wait_for(lambda m: m.text.startswith("⚠️"))
    assert urls[0] not in summary.text
    assert urls[1] in summary.text
    assert urls[2] in summary.text
    assert not await due_sources(db, running.clock(), 10, except_for=set())


async def test_filling_disk_is_told(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = await present(running)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 0, 50_000_000))
    await Alerts(running.context).look()
    message = await admin.wait_for(lambda m: m.text.startswith("⚠️"))
    assert "50\u00a0МБ" in message.text


async def test_a_day_in_which_nothing_was_sent_is_told_once_a_day(running: Running) -> None:
    admin, person = await present(running), await running.subscribed("пожар")
    running.clock.move(hours=4)
    await running.wait_digests(person, 1)
    await running.settled()
    look = Alerts(running.context).look
    await look()
    for _ in range(3):  # nothing new: the digests are empty, and that is silence
        running.clock.move(days=1)
        await running.settled()
        await look()
        running.clock.move(minutes=5)
        await look()
    await running.settled()
    silent = await told(admin, say("alarm.nothing_sent", sent="", article="")[:30])
    assert len(silent) == 3


async def test_nothing_is_told_of_a_bot_that_nobody_subscribed_to(running: Running) -> None:
    admin = await present(running)
    for _ in range(3):
        running.clock.move(days=1)
        await Alerts(running.context).look()
    await running.settled()
    assert len(await admin.from_bot()) == 1


async def test_what_happens_to_many_at_once_is_told_once(running: Running) -> None:
    admin = await present(running)
    happening = (alarm(running.context, "alarm.disk_low", free=5, folder="x") for _ in range(20))
    assert sum(await asyncio.gather(*happening)) == 1
    await running.settled()
    assert len(await told(admin, say("alarm.disk_low", free=5, folder="x"))) == 1


async def test_alarm_speaks_the_administrators_language(bots: Bots) -> None:
    async with bots() as bot:
        admin = await bot.client.person(1000, language_code="en")
        await ask(admin, "/id")
        assert await alarm(bot.context, "alarm.disk_low", free=5, folder="x")
        assert not await alarm(bot.context, "alarm.disk_low", free=5, folder="x")
        await admin.wait_for(lambda m: m.text.startswith("⚠️ The disk"))
