"""The week told again: at once, on the weekday of one's choice, once, and as text where the chart
is refused."""

from __future__ import annotations

import operator
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot import charts, recapping
from bot.i18n import language
from bot.recapping import RECAPS_A_STEP
from digests.recap import weightiest
from storage import recaps as recaps_kept
from tests.bot.living import START, Running, ask, copied, counted, edited

if TYPE_CHECKING:
    from bot.sandbox.client import Member, SeenMessage

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say
TITLE = say("recap.title", days="17–23 ноября")
SATURDAY_MORNING = {"days": 4, "hours": 21}  # from Monday noon to 9:00 of Moscow


async def recaps(person: Member) -> list[SeenMessage]:
    return [m for m in await person.from_bot() if m.text.startswith("🗓")]


async def test_week_is_told_with_a_chart_and_the_same_in_words(running: Running) -> None:
    person = await running.subscribed("пожар", "ИИ", "ставка ЦБ", "космос")
    await person.say("/recap")
    told = await person.wait_for(lambda m: m.text.startswith(TITLE))
    assert told.raw["photo"]
    assert "О чём писали: " in told.text
    assert len(told.urls) == 7
    assert len(told.text.encode("utf-16-le")) // 2 <= 1_024
    question = await person.wait_for(lambda m: m.text == say("recap.ask", at="10:00"))
    assert question.labels == ["сб", "вс", "пн", "✓ " + say("recap.never")]


async def test_week_comes_on_the_chosen_day_once_at_ten_by_the_chats_clock(
    running: Running,
) -> None:
    person = await running.subscribed("пожар", "космос", at="21:00")
    await person.say("/recap")
    await person.wait_for(lambda m: m.text == say("recap.ask", at="10:00"))
    await edited(person, "сб", lambda m: "✓ сб" in m.labels)
    await ask(person, "/schedule 21:00")
    assert len(await recaps(person)) == 1
    running.clock.move(**SATURDAY_MORNING)
    await running.settled()
    assert len(await recaps(person)) == 1
    running.clock.move(hours=1, seconds=1)
    await person.wait_for(lambda m: m.text.startswith("🗓") and "22–28 ноября" in m.text)
    running.clock.move(hours=-1)  # a clock set back, and a restart
    await running.stop()
    await running.start()
    running.clock.move(hours=2)
    await running.settled()
    assert len(await recaps(person)) == 2


async def test_another_zone_moves_the_recap_and_a_break_leaves_it_out(running: Running) -> None:
    person = await running.subscribed("пожар", at="21:00")
    await person.say("/recap")
    await person.wait_for(lambda m: m.text == say("recap.ask", at="10:00"))
    await edited(person, "сб", lambda m: "✓ сб" in m.labels)
    await ask(person, "/schedule")
    await person.press(say("schedule.zone"))
    await ask(person, "Владивосток")  # seven hours ahead of Moscow
    db, chat = running.context.db, person.chat_id
    row = await db.fetch_one("SELECT next_due_at FROM recap WHERE chat_id = :chat", {"chat": chat})
    assert row is not None
    saturday = START + timedelta(days=4, hours=15)
    assert row["next_due_at"] == int(saturday.timestamp())
    await ask(person, "/pause 30d")
    running.clock.move(days=5)
    await running.settled()
    assert len(await recaps(person)) == 1


async def chooses_saturday(bot: Running, *topics: str) -> Member:
    person = await bot.subscribed(*topics, at="21:00")
    await person.say("/recap")
    await person.wait_for(lambda m: m.text == say("recap.ask", at="10:00"))
    await edited(person, "сб", lambda m: "✓ сб" in m.labels)
    return person


async def test_one_whose_recap_fails_holds_up_nobody(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlucky = await chooses_saturday(running, "мост")
    lucky = await chooses_saturday(running, "пожар")
    real, spoiled = running.context.workers.run, 0

    async def fail(function: object, *args: Any, **kwargs: Any) -> object:
        nonlocal spoiled
        if function is weightiest and any(topic.text == "мост" for topic in kwargs["topics"]):
            spoiled += 1
            raise ZeroDivisionError
        return await real(function, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(running.context.workers, "run", fail)
        running.clock.move(days=4, hours=22, minutes=1)
        await lucky.wait_for(lambda m: "22–28 ноября" in m.text)
        await running.settled()
    assert spoiled == 1, "not again at once"
    running.clock.move(minutes=11)
    await unlucky.wait_for(lambda m: "22–28 ноября" in m.text)


async def test_what_many_wish_is_read_and_made_once_and_all_of_it_at_once(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Counter[str] = Counter()

    async def rest(_: object) -> None: ...

    monkeypatch.setattr("bot.app.publish_due_recaps", rest)  # published by this test alone
    await copied(running, await chooses_saturday(running, "пожар", "космос"), RECAPS_A_STEP + 9)
    running.clock.move(days=5)
    counted(monkeypatch, calls, recaps_kept, "written_between")
    counted(monkeypatch, calls, recaps_kept, "move_recaps")
    counted(monkeypatch, calls, recapping, "render_recap")
    assert await recapping.publish_due_recaps(running.context) == RECAPS_A_STEP + 10
    assert calls == {"written_between": 1, "render_recap": 1, "move_recaps": 2}


async def test_a_recap_that_is_late_waits_for_the_end_of_quiet_hours(running: Running) -> None:
    person = await chooses_saturday(running, "пожар")
    await ask(person, "/schedule quiet 23-8")
    await running.stop()
    running.clock.move(days=5, hours=11, minutes=30)  # 23:30 of Saturday
    await running.start()
    await running.settled()
    assert len(await recaps(person)) == 1
    running.clock.move(hours=9)
    await person.wait_for(lambda m: m.text.startswith("🗓") and "23–29 ноября" in m.text)


async def test_a_clock_set_back_loses_no_recap(running: Running) -> None:
    running.clock.move(days=100)
    await running.settled()
    person = await chooses_saturday(running, "пожар")
    running.clock.move(days=-100)
    await running.settled()
    running.clock.move(**SATURDAY_MORNING)
    running.clock.move(hours=1, seconds=1)
    await person.wait_for(lambda m: m.text.startswith("🗓") and "22–28 ноября" in m.text)


async def test_chart_that_is_refused_leaves_the_words(running: Running) -> None:
    person = await running.subscribed("пожар", "космос", at="21:00")
    await person.say("/recap")
    await person.wait_for(lambda m: m.text == say("recap.ask", at="10:00"))
    await edited(person, "вс", lambda m: "✓ вс" in m.labels)
    await running.client.order_fault(
        "refused",
        method="sendPhoto",
        chat_id=person.chat_id,
        status=400,
        text="IMAGE_PROCESS_FAILED",
    )
    running.clock.move(days=6)
    told = await person.wait_for(lambda m: "23–29 ноября" in m.text)
    assert "photo" not in told.raw
    assert not told.urls


async def test_however_long_topics_are_the_words_fit_under_the_chart(running: Running) -> None:
    topics = (f"{'дым' * 40}{number} = пожар" for number in range(8))
    person = await running.subscribed(*topics)
    await person.say("/recap")
    told = await person.wait_for(lambda m: m.text.startswith(TITLE))
    assert len(told.text) <= 1_024
    assert told.urls, "the stories have room"
    assert "О чём писали: " in told.text


async def test_what_cannot_be_drawn_is_told_in_words(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of the library, as what is sent to a worker must be: it takes other things than bars.
    monkeypatch.setattr(charts, "draw", operator.truediv)
    person = await running.subscribed("пожар", "космос", at="21:00")
    await person.say("/recap")
    told = await person.wait_for(lambda m: m.text.startswith(TITLE))
    assert "photo" not in told.raw
    assert told.urls
    await edited(person, "сб", lambda m: "✓ сб" in m.labels)
    running.clock.move(days=5)
    by_itself = await person.wait_for(lambda m: "22–28 ноября" in m.text)
    assert "photo" not in by_itself.raw
    assert by_itself.urls
