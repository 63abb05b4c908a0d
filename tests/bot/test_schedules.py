"""Several digests a day, rhythms of hours, quiet hours: by buttons and words, and kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.i18n import LANGUAGES, language
from bot.keyboards import DropSchedule, PickEvery, PickQuiet
from storage import schedules
from tests.bot.living import START, Running, ask, edited

if TYPE_CHECKING:
    from bot.sandbox.client import Member

pytestmark = pytest.mark.asyncio(loop_scope="session")
both = pytest.mark.parametrize("code", LANGUAGES)
say = language("ru").say


async def times_of(bot: Running, person: Member) -> list[tuple[str, int, int | None]]:
    known = await schedules.schedules_of(bot.context.db, person.chat_id)
    return [(f"{one.timing.at:%H:%M}", one.timing.days, one.timing.every) for one in known]


async def slots(bot: Running) -> list[str]:
    """Without the schedules' ids, in the order they were taken."""
    rows = await bot.context.db.fetch_all("SELECT slot FROM digest ORDER BY id")
    return [row["slot"].partition("/")[2] for row in rows]


# --- choosing --------------------------------------------------------------------------------


@both
async def test_a_second_time_is_added_and_taken_away_by_buttons(shared: Running, code: str) -> None:
    spoken = language(code).say
    person = await shared.person(code)
    page = await ask(person, "/schedule 8:00")
    assert page.button("✖") is None, "of one time there is nothing to take away"
    await edited(person, spoken("schedule.more"), lambda m: m.text == spoken("schedule.ask_more"))
    both_times = await edited(person, "21:00", lambda m: m.button("✖ 21:00") is not None)
    assert both_times.message_id == page.message_id, "the menu is edited in place"
    assert both_times.button(spoken("schedule.time")) is None
    await edited(person, "✖ 08:00", lambda m: "08:00" not in m.text and "21:00" in m.text)
    assert await times_of(shared, person) == [("21:00", 127, None)]


async def test_the_last_time_cannot_be_taken_away(shared: Running) -> None:
    person = await shared.person()
    page = await ask(person, "/schedule 8:00")
    (known,) = await schedules.schedules_of(shared.context.db, person.chat_id)
    answer = await person.press_raw(page, DropSchedule(schedule=known.id).pack())
    assert answer.text == say("schedule.one_time")
    assert len(await times_of(shared, person)) == 1


async def test_a_time_of_another_chat_cannot_be_taken_away(shared: Running) -> None:
    person, other = await shared.person(), await shared.person()
    page = await ask(person, "/schedule 8 20")
    await ask(other, "/schedule 9 21")
    theirs = (await schedules.schedules_of(shared.context.db, other.chat_id))[0]
    answer = await person.press_raw(page, DropSchedule(schedule=theirs.id).pack())
    assert answer.text == say("error.stale_button")
    assert len(await times_of(shared, other)) == len(await times_of(shared, person)) == 2


async def test_times_can_be_typed_under_the_button_that_adds_one(shared: Running) -> None:
    person = await shared.person()
    await ask(person, "/schedule 8:00 по будням")
    await edited(person, "+", lambda m: m.text == say("schedule.ask_more"))
    answer = await ask(person, "по выходным в 11")
    assert "по будням в\u00a008:00; по выходным в\u00a011:00" in answer.text
    await edited(person, "+", lambda m: m.text == say("schedule.ask_more"))
    await ask(person, "8 по субботам")
    assert ("08:00", 0b0111111, None) in await times_of(shared, person)


@pytest.mark.parametrize(
    ("code", "words", "shown"),
    [
        ("ru", "каждые 6 часов", "каждые 6 часов (Москва)"),
        ("en", "every 6 hours", "every 6 hours (Moscow)"),
        ("ru", "каждый час по будням", "каждый час по будням"),
        ("ru", "по понедельникам в 9", "пн в\u00a009:00"),
        ("ru", "8:00 и 20:00 по будням", "по будням в\u00a008:00 и 20:00"),
        ("en", "8:00 20:00 weekdays", "on weekdays at 08:00 and 20:00"),
    ],
)
async def test_schedules_said_in_words_are_shown_as_understood(
    shared: Running, code: str, words: str, shown: str
) -> None:
    person = await shared.person(code)
    assert shown in (await ask(person, f"/schedule {words}")).text


@both
async def test_a_rhythm_of_hours_is_a_button(shared: Running, code: str) -> None:
    spoken = language(code).say
    person = await shared.person(code)
    await ask(person, "/schedule 8:00 weekdays")
    await edited(person, spoken("schedule.time"), lambda m: m.text == spoken("schedule.ask_time"))
    rhythm, told = spoken("schedule.rhythm", hours=6), spoken("schedule.every", 6)
    await edited(person, rhythm, lambda m: told in m.text and m.button("📅") is not None)
    assert await times_of(shared, person) == [("03:00", 0b0011111, 6)]


async def test_the_next_three_digests_are_shown(shared: Running) -> None:
    person = await shared.person("en")
    answer = await ask(person, "/schedule 8:00 20:00 weekdays")  # now: Monday 12:00 in Moscow
    assert "today, 20:00; tomorrow, 08:00; tomorrow, 20:00" in answer.text
    await ask(person, "/pause 1d")
    answer = await ask(person, "/schedule")
    assert "tomorrow, 20:00; Wed, 08:00; Wed, 20:00" in answer.text


@both
async def test_quiet_hours_are_set_by_button_words_and_command(shared: Running, code: str) -> None:
    spoken = language(code).say
    person = await shared.person(code)
    await ask(person, "/schedule 8:00 23:30")
    page = await edited(
        person, spoken("schedule.quiet"), lambda m: m.text == spoken("schedule.ask_quiet")
    )
    await edited(person, "23–8", lambda m: "23:00–08:00" in m.text and m.text != page.text)
    await edited(person, spoken("schedule.quiet"), lambda m: m.text == spoken("schedule.ask_quiet"))
    shown = await ask(person, "22:30-7")
    assert spoken("schedule.quiet_shown", start="22:30", end="07:00") in shown.text
    shown = await ask(person, "/schedule quiet 0-9" if code == "en" else "/schedule тихо с 0 до 9")
    assert spoken("schedule.quiet_shown", start="00:00", end="09:00") in shown.text
    assert ("08:00" in shown.text) == ("23:30" in shown.text) is True
    shown = await ask(person, "/schedule quiet off")
    assert "09:00" not in shown.text
    assert (await ask(person, "/schedule quiet 5")).text == spoken("error.bad_quiet")


async def test_quiet_hours_subscribe_nobody(shared: Running) -> None:
    person = await shared.person()
    answer = await ask(person, "/schedule quiet 23-7")
    assert answer.button(say("schedule.switch_on")) is not None


@pytest.mark.parametrize(
    "data",
    [
        PickEvery(hours=0), PickEvery(hours=7), PickQuiet(hours="9900-0700"),
        PickQuiet(hours="0700-0700"), DropSchedule(schedule=10**9),
    ],
)  # fmt: skip
async def test_forged_buttons_change_nothing(shared: Running, data: PickEvery) -> None:
    person = await shared.person()
    page = await ask(person, "/schedule 8:00")
    answer = await person.press_raw(page, data.pack())
    assert answer.text
    assert await times_of(shared, person) == [("08:00", 127, None)]


async def test_more_times_than_a_day_should_have_are_refused(shared: Running) -> None:
    person = await shared.person()
    await ask(person, "/schedule " + " ".join(f"{hour}:00" for hour in range(12)))
    await edited(person, "+", lambda m: m.text == say("schedule.ask_more"))
    assert (await ask(person, "20:00")).text == say("error.too_many_times")
    assert len(await times_of(shared, person)) == 12


# --- keeping to it ---------------------------------------------------------------------------


async def test_several_times_a_day_are_a_digest_each(running: Running) -> None:
    person = await running.person()
    await ask(person, "/schedule 15:00 18:00")
    for _ in range(48):
        running.clock.move(hours=1)
        await running.settled()
    assert await slots(running) == [
        "2026-11-23/15:00", "2026-11-23/18:00", "2026-11-24/15:00", "2026-11-24/18:00",
    ]  # fmt: skip


async def test_an_outage_over_several_times_gives_one_digest(running: Running) -> None:
    person = await running.person()
    await ask(person, "/schedule 15:00 18:00")
    await running.stop()
    running.clock.move(hours=26)  # 14:00 of the next day
    await running.start()
    await running.wait_digests(person, 1)
    await running.settled()
    assert await slots(running) == ["2026-11-23/18:00"]
    running.clock.move(hours=1)
    await running.settled()
    assert await slots(running) == ["2026-11-23/18:00", "2026-11-24/15:00"]


async def test_quiet_hours_hold_digests_until_their_end(running: Running) -> None:
    person = await running.person()
    await ask(person, "/schedule каждые 3 часа")  # of Moscow: 15, 18, 21, 0, 3 …
    answer = await ask(person, "/schedule quiet 17-22")
    assert "15:00; сегодня, 22:00; завтра, 00:00" in answer.text
    for _ in range(9):  # until 21:00
        running.clock.move(hours=1)
        await running.settled()
    assert await slots(running) == ["2026-11-23T12"]
    running.clock.move(hours=1)
    await running.settled()
    assert await slots(running) == ["2026-11-23T12", "2026-11-23T18"], "one for 18 and 21 o'clock"


async def test_what_an_outage_delayed_into_quiet_hours_waits_for_their_end(
    running: Running,
) -> None:
    person = await running.subscribed(at="15:00")
    await ask(person, "/schedule quiet 17-22")
    await running.stop()
    running.clock.move(hours=6)  # 18:00 in Moscow
    await running.start()
    await running.settled()
    assert await slots(running) == []
    running.clock.move(hours=4)
    await running.wait_digests(person, 1)
    assert await slots(running) == ["2026-11-23/15:00"]


@pytest.mark.parametrize("restart", [False, True])
async def test_days_ahead_by_a_wrong_clock_are_not_waited_for(
    running: Running, restart: bool
) -> None:
    person = await running.subscribed(at="15:00")
    await running.settled()
    running.clock.move(days=30)
    await running.settled()
    assert len(await slots(running)) == 1
    if restart:
        await running.stop()
    running.clock.now = START + timedelta(minutes=5)
    if restart:
        await running.start()
    await running.settled()
    assert "сегодня, 15:00" in (await ask(person, "/schedule")).text
    running.clock.now = START + timedelta(hours=3)
    await running.settled()
    assert (await slots(running))[1:] == ["2026-11-23/15:00"]
    row = await running.context.db.fetch_one("SELECT max(next_poll_at) AS at FROM source")
    assert row is not None
    assert row["at"] <= int((running.clock() + timedelta(days=1)).timestamp())


@pytest.mark.parametrize("back", [1, 5, 26])
async def test_a_clock_set_back_over_a_digest_makes_no_second_one(
    running: Running, back: int
) -> None:
    await running.subscribed(at="15:00")
    running.clock.move(hours=26)
    await running.settled()
    before = await slots(running)
    running.clock.move(hours=-back)
    for _ in range(back + 1):
        await running.settled()
        running.clock.move(hours=1)
    await running.settled()
    after = await slots(running)
    assert sorted(after) == sorted(set(after))
    assert after[: len(before)] == before


async def test_moving_west_within_the_day_makes_no_second_digest(running: Running) -> None:
    person = await running.subscribed(at="15:00")
    running.clock.move(hours=3)
    await running.settled()
    await ask(person, "/schedule")
    await person.press("🌍")
    await ask(person, "Лондон")  # it is 12:00 there: 15:00 comes again today
    running.clock.move(hours=3)
    await running.settled()
    assert await slots(running) == ["2026-11-23/15:00"]
    running.clock.move(days=1)
    await running.settled()
    assert await slots(running) == ["2026-11-23/15:00", "2026-11-24/15:00"]
