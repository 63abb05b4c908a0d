"""Saving under a digest, /saved, and the weekly reminder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.digest_keyboards import SAVED_A_PAGE
from bot.i18n import language
from digests.models import ChatId
from storage import saved
from tests.bot.living import START, Running, ask, edited, eventually
from tests.factories import an_article

if TYPE_CHECKING:
    from bot.sandbox.client import Member, SeenMessage
    from storage.database import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say

SUNDAY = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)  # 11:00 in Moscow


async def saver(
    bot: Running, code: str = "ru", topic: str | None = None
) -> tuple[Member, SeenMessage]:
    """Somebody who saved the first item of a digest, and the digest."""
    topic = topic or ("пожар" if code == "ru" else "wildfire")
    person = await bot.subscribed(topic, language=code)
    bot.clock.now = START + timedelta(hours=3)
    (digest,) = await bot.wait_digests(person, 1)
    await edited(person, "1", lambda m: m.button("🔖") is not None)
    assert (await person.press("🔖")).text == language(code).say("saved.added")
    await person.wait_for(lambda m: m.button("✓ 🔖") is not None)
    return person, digest


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_what_is_saved_is_listed_and_removed_by_a_button(running: Running, code: str) -> None:
    spoken = language(code)
    person, digest = await saver(running, code)
    await edited(person, spoken.say("item.back"), lambda m: m.button("1 🔖") is not None)
    listed = await ask(person, "/saved")
    assert listed.urls == digest.urls[:1]
    assert listed.text.splitlines()[0] == f"🔖 {spoken.say('saved.heading')} · 1"
    await edited(person, "✖ 1", lambda m: m.text == spoken.say("saved.none"))
    assert (await ask(person, "/saved")).text == spoken.say("saved.none")
    await edited(person, "1", lambda m: m.button("🔖") is not None and not m.button("✓"))


async def test_saving_again_in_the_menu_takes_it_out(running: Running) -> None:
    person, _ = await saver(running)
    assert (await person.press("✓ 🔖")).text == say("saved.removed")
    await person.wait_for(lambda m: m.button("🔖") is not None and not m.button("✓"))
    assert (await ask(person, "/saved")).text == say("saved.none")


async def test_what_is_saved_outlives_its_article(running: Running) -> None:
    admin = await running.admin()
    text = "Архив перевезли за одну ночь. Документы удалось спасти, сообщил смотритель Иволгин."
    await admin.send_document("a.txt", f"date 2026-11-23 Архив Лугограда\n\n{text}".encode())
    await admin.wait_for()
    person, _ = await saver(running, topic="архив")
    await edited(person, say("item.back"), lambda m: m.button("1 🔖") is not None)
    await edited(person, "2", lambda m: m.button("🔖") is not None)
    await person.press("🔖")
    await person.wait_for(lambda m: m.button("✓ 🔖") is not None)
    before = await ask(person, "/saved")
    filed = next(url for url in before.urls if "start=a_" in url)
    await running.stop()
    running.clock.move(days=200)
    await running.start()
    await running.settled()
    row = await running.context.db.fetch_one("SELECT count(*) AS articles FROM article")
    assert row["articles"] == 0
    after = await ask(person, "/saved")
    assert (after.entity_texts("bold"), after.urls) == (before.entity_texts("bold"), before.urls)
    assert "22 ноября 2026" in after.text, "half a year later"
    read = await ask(person, f"/start {filed.partition('start=')[2]}")
    assert "Документы удалось спасти" in read.text
    stranger = await running.person()
    refused = await ask(stranger, f"/start {filed.partition('start=')[2]}")
    assert refused.text == say("error.stale_button"), "saved for one chat"


async def test_a_long_list_has_pages_and_removing_the_last_of_one_shows_another(
    running: Running,
) -> None:
    person = await running.subscribed("пожар")
    db, now = running.context.db, running.clock()
    for number in range(1, SAVED_A_PAGE + 2):
        article = an_article(9_000 + number, title=f"Весть {number}")
        assert await saved.save(db, ChatId(person.chat_id), article, None, now)
    first = await ask(person, "/saved")
    assert f"1. Весть {SAVED_A_PAGE + 1}\n" in first.text
    assert not first.button("⬅️")
    last = await edited(person, "➡️", lambda m: "Весть 1\n" in m.text)
    assert last.button(f"✖ {SAVED_A_PAGE + 1}")
    assert not last.button("➡️")
    back = await edited(person, f"✖ {SAVED_A_PAGE + 1}", lambda m: "Весть 2\n" in m.text)
    assert not back.button("➡️")


async def test_one_whose_reminder_fails_holds_up_nobody(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlucky, lucky = await running.subscribed("пожар"), await running.subscribed("пожар")
    for person in (unlucky, lucky):
        db, chat = running.context.db, ChatId(person.chat_id)
        assert await saved.save(db, chat, an_article(9_001), None, running.clock())
        await ask(person, "/saved")
        await person.press("⏰")
    real = saved.saved_of

    async def fail(db: Database, chat: ChatId, *place: int) -> object:
        if chat == unlucky.chat_id:
            raise ZeroDivisionError
        return await real(db, chat, *place)

    with monkeypatch.context() as patch:
        patch.setattr(saved, "saved_of", fail)
        running.clock.now = SUNDAY
        await wait_reminders(running, lucky, 1)
    running.clock.now = SUNDAY + timedelta(minutes=11)
    await wait_reminders(running, unlucky, 1)


async def test_too_much_is_not_saved(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "MOST_SAVED", 1)
    person, _ = await saver(running)
    await person.press(say("item.back"))
    await edited(person, "2", lambda m: m.button("🔖") is not None)
    assert (await person.press("🔖")).text == say("saved.full", most=1)


async def test_nobody_is_reminded_who_did_not_wish_so(running: Running) -> None:
    person, _ = await saver(running)
    running.clock.now = SUNDAY
    await running.settled()
    assert not await reminders(person)


async def test_a_reminder_comes_on_sundays_once_and_can_be_switched_off(running: Running) -> None:
    person, digest = await saver(running)
    await ask(person, "/saved")
    assert (await person.press("⏰")).text == say("saved.remind_on")
    await person.wait_for(lambda m: m.button("✓ ⏰") is not None)
    running.clock.now = SUNDAY - timedelta(minutes=1)
    await running.settled()
    assert not await reminders(person)
    running.clock.now = SUNDAY
    await wait_reminders(running, person, 1)
    (reminder,) = await reminders(person)
    assert reminder.urls == digest.urls[:1]
    await running.stop()
    await running.start()
    await running.settled()
    assert len(await reminders(person)) == 1
    running.clock.now = SUNDAY + timedelta(days=7)
    await wait_reminders(running, person, 2)
    assert (await person.press("✓ ⏰")).text == say("saved.remind_off")
    await person.wait_for(lambda m: m.text.startswith("🔖 " + say("saved.heading") + " ·"))
    running.clock.now = SUNDAY + timedelta(days=14)
    await wait_reminders(running, person, 1)


async def test_a_reminder_waits_for_the_end_of_quiet_hours(running: Running) -> None:
    person, _ = await saver(running)
    await ask(person, "/saved")
    await person.press("⏰")
    await ask(person, "/schedule quiet 9-13")
    running.clock.now = SUNDAY
    await running.settled()
    assert not await reminders(person)
    running.clock.now = SUNDAY + timedelta(hours=2)
    await wait_reminders(running, person, 1)


async def test_who_left_is_not_reminded(running: Running) -> None:
    person, _ = await saver(running)
    await ask(person, "/saved")
    await person.press("⏰")
    await ask(person, "/stop")
    running.clock.now = SUNDAY
    await running.settled()
    assert not await reminders(person)


async def test_a_clock_set_back_loses_no_reminder(running: Running) -> None:
    person, _ = await saver(running)
    running.clock.move(days=100)
    await running.settled()
    await ask(person, "/saved")
    await person.press("⏰")
    running.clock.move(days=-100)

    async def is_soon() -> bool:
        due = await saved.reminded_at(running.context.db, ChatId(person.chat_id))
        return due is not None and due <= running.clock() + timedelta(days=8)

    await eventually(is_soon, "a reminder within eight days")


async def reminders(person: Member) -> list[SeenMessage]:
    return [m for m in await person.from_bot() if say("saved.reminder") in m.text]


async def wait_reminders(bot: Running, person: Member, count: int) -> None:
    await bot.settled()
    assert len(await reminders(person)) == count
