"""Scheduled digests as they arrive when the clock is moved: one a slot, late once, never twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.i18n import language
from digests.composing import compose
from tests.bot.living import START, Running, ask

if TYPE_CHECKING:
    from datetime import datetime

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say

NEWS = (
    ("Мост через Каменку открыли для машин", "Движение по новому мосту началось утром во вторник."),
    ("Учёные нашли древний ледник под дюнами", "Экспедиция пробурила песок на двести метров."),
    ("Сборная по шахматам выиграла турнир", "Решающую партию играли шесть часов подряд."),
    ("Завод в Лугограде выпустил первый трамвай", "Вагон рассчитан на двести пассажиров."),
    ("Почта вводит вечернюю доставку посылок", "Курьеры будут работать до одиннадцати часов."),
)


async def news(bot: Running, *numbers: int) -> str:
    """A new feed with some of NEWS, published now and taken in."""
    url = bot.feeds.put_feed()
    bot.feeds.replace(url, *items(bot, *numbers))
    admin = await bot.admin()
    await ask(admin, f"/addsource {url}")
    return url


def items(bot: Running, *numbers: int) -> list[tuple[str, str, datetime]]:
    at = bot.clock() - timedelta(minutes=1)
    return [(NEWS[n][0], f"{NEWS[n][1]} " * 3, at) for n in numbers]


async def publish(bot: Running, url: str, *numbers: int) -> None:
    """The feed has something new, and the bot has polled it."""
    bot.feeds.replace(url, *items(bot, *numbers))
    bot.clock.move(hours=1)
    await bot.settled()


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_digest_comes_at_its_hour_and_once(running: Running, code: str) -> None:
    person = await running.subscribed("пожар" if code == "ru" else "interest rates", language=code)
    running.clock.now = START + timedelta(hours=2, minutes=59)  # 14:59 in Moscow
    await running.settled()
    assert not await running.digests(person)
    running.clock.move(minutes=1)
    (digest,) = await running.wait_digests(person, 1)
    assert language(code).brief_date(START.date()) in digest.text
    assert digest.urls
    running.clock.move(hours=2)
    await running.settled()
    assert len(await running.digests(person)) == 1


async def test_digest_follows_the_zone_of_its_reader(running: Running) -> None:
    person = await running.subscribed(at="15:00")
    await ask(person, "/schedule")
    await person.press("🌍")
    assert "Омск" in (await ask(person, "Омск")).text  # UTC+6: it is 15:00 there now
    running.clock.move(hours=23, minutes=59)
    await running.settled()
    assert not await running.digests(person)
    running.clock.move(minutes=1)
    await running.wait_digests(person, 1)


async def test_clock_that_is_set_back_makes_no_second_digest(running: Running) -> None:
    person = await running.subscribed("мост")
    running.clock.move(hours=3)
    await running.wait_digests(person, 1)
    running.clock.move(minutes=2)
    await news(running, 0)  # a second digest would have something to tell
    running.clock.move(minutes=-4)
    await ask(person, "/schedule 15:00")
    running.clock.move(minutes=10)
    await running.settled()
    assert len(await running.digests(person)) == 1
    await person.say("/digest")
    assert NEWS[0][0] in (await person.wait_for(lambda m: m.text.startswith("🗞"))).text


async def test_day_off_brings_none(running: Running) -> None:
    person = await running.person()
    await ask(person, "/schedule 15:00 вт")
    running.clock.move(hours=4)
    await running.settled()
    assert not await running.digests(person)
    running.clock.move(days=1)
    await running.wait_digests(person, 1)


async def test_two_days_down_give_one_late_digest(running: Running) -> None:
    person = await running.subscribed()
    await running.stop()
    running.clock.move(days=2, hours=4)
    await running.start()
    await running.wait_digests(person, 1)
    await running.settled()
    assert len(await running.digests(person)) == 1
    made = await running.context.db.fetch_all("SELECT slot FROM digest")
    assert [row["slot"].partition("/")[2] for row in made] == ["2026-11-25/15:00"]
    assert "завтра, 15:00" in (await ask(person, "/schedule")).text


async def test_restart_between_digest_and_delivery_loses_nothing(running: Running) -> None:
    person = await running.subscribed()
    await running.client.order_fault(
        "bad_gateway", method="sendMessage", chat_id=person.chat_id, times=None
    )
    running.clock.move(hours=4)
    await running.settled()
    assert not await running.digests(person)
    await running.kill()
    await running.client.clear_faults()
    running.clock.move(minutes=11)
    await running.start()
    await running.wait_digests(person, 1)
    await running.settled()
    assert len(await running.digests(person)) == 1


async def test_nothing_is_told_twice_and_silence_is_kept_when_nothing_is_new(
    running: Running,
) -> None:
    person = await running.person()
    url = await news(running, 0, 1)
    await ask(person, "/schedule 15:00")
    running.clock.move(hours=4)
    (first,) = await running.wait_digests(person, 1)
    assert NEWS[0][0] in first.text
    for _ in range(12):  # the newsroom's backlog, until all is told
        await person.say("/digest")
        if not (await person.wait_for()).text.startswith("🗞"):
            break
    before = await running.digests(person)
    running.clock.move(days=1)
    await running.settled()
    assert await running.digests(person) == before, "nothing new: silence"
    await publish(running, url, 0, 1, 2)
    await person.say("/digest")
    digest = await person.wait_for(lambda m: m.text.startswith("🗞"))
    assert NEWS[2][0] in digest.text
    assert NEWS[0][0] not in digest.text


async def test_digest_by_hand_counts_as_told(running: Running) -> None:
    person = await running.subscribed("мост")
    await news(running, 0)
    await person.say("/digest")
    by_hand = await person.wait_for(lambda m: m.text.startswith("🗞"))
    assert NEWS[0][0] in by_hand.text
    running.clock.move(hours=4)
    await running.settled()
    for late in (await running.digests(person))[1:]:
        assert NEWS[0][0] not in late.text


async def test_pause_is_kept_and_ends(running: Running) -> None:
    person = await running.subscribed()
    await ask(person, "/pause 2d")
    running.clock.move(days=1, hours=4)
    await running.settled()
    assert not await running.digests(person)
    running.clock.move(days=1)
    await running.wait_digests(person, 1)


async def test_stopped_chat_gets_nothing(running: Running) -> None:
    person = await running.subscribed()
    await ask(person, "/stop")
    running.clock.move(hours=4)
    await running.settled()
    assert not await running.digests(person)


async def test_blocked_chat_is_paused_and_finds_its_digest_on_return(running: Running) -> None:
    person = await running.subscribed()
    await person.block()
    await running.settled()
    running.clock.move(hours=4)
    await running.settled()
    assert running.sandbox.world.requests["sendmessage"] <= 1, "nothing is sent into the void"
    await person.unblock()
    await running.wait_digests(person, 1)
    await running.settled()
    assert len(await running.digests(person)) == 1


async def test_block_that_telegram_never_announced_is_learnt_from_the_refusal(
    running: Running,
) -> None:
    person = await running.subscribed()
    running.sandbox.world.people[person.person_id].blocked = True
    running.clock.move(hours=4)
    await running.settled()
    tries = running.sandbox.world.requests["sendmessage"]
    running.clock.move(hours=5)
    await running.settled()
    assert running.sandbox.world.requests["sendmessage"] == tries, "refused once, then left alone"
    await ask(person, "/id")
    await running.wait_digests(person, 1)


async def test_group_that_becomes_a_supergroup_keeps_its_digests(running: Running) -> None:
    boss = await running.person()
    group = await running.group(boss, "Отдел")
    await ask(group.member(boss), "/schedule 15:00")
    await ask(group.member(boss), "/subscribe пожар")
    new = await group.migrate()
    await running.settled()
    assert "пожар" in (await ask(new.member(boss), "/topics")).labels[0], "before any refusal"
    running.clock.move(hours=4)
    await running.wait_digests(new.member(boss), 1)


async def test_migration_learnt_from_the_refusal_readdresses_the_digest(running: Running) -> None:
    boss = await running.person()
    group = await running.group(boss, "Отдел")
    await ask(group.member(boss), "/schedule 15:00")
    running.sandbox.world.updates.allowed = frozenset({"callback_query"})  # no word of it
    new = await group.migrate()
    running.clock.move(hours=4)
    await running.wait_digests(new.member(boss), 1)
    await running.settled()
    assert len(await running.digests(new.member(boss))) == 1


async def test_removed_bot_falls_silent_and_resumes_when_added_again(running: Running) -> None:
    boss = await running.person()
    group = await running.group(boss, "Отдел")
    await ask(group.member(boss), "/schedule 15:00")
    await group.remove_bot()
    await running.settled()
    running.clock.move(hours=4)
    await running.settled()
    assert not await running.digests(group.member(boss))
    await group.add_bot()
    await running.wait_digests(group.member(boss), 1)


async def test_subscriber_whose_digest_fails_holds_up_nobody(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlucky, lucky = await running.subscribed("мост"), await running.subscribed("пожар")
    real, spoiled = running.context.workers.run, 0

    async def fail(function: object, *args: Any, **kwargs: object) -> object:
        nonlocal spoiled
        if function is compose and any(topic.text == "мост" for topic in args[1]):
            spoiled += 1
            raise ZeroDivisionError
        return await real(function, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(running.context.workers, "run", fail)
        running.clock.move(hours=4)
        await running.wait_digests(lucky, 1)
    assert spoiled == 1  # not again at once
    running.clock.move(minutes=3)
    await running.wait_digests(unlucky, 1)
