"""Times of day with topics of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.i18n import language
from tests.bot.living import START, Running, ask, edited

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_a_time_with_its_own_topic_tells_of_nothing_else_and_keeps_the_rest(
    running: Running, code: str
) -> None:
    spoken = language(code)
    one, other = ("ставка", "пожар") if code == "ru" else ("rates", "wildfire")
    person = await running.subscribed(one, other, at="15:00 20:00", language=code)
    await ask(person, "/schedule")
    await edited(
        person, spoken.say("schedule.topics"), lambda m: m.text == spoken.say("hours.choose")
    )
    await edited(person, "15:00", lambda m: m.text == spoken.say("hours.ask", at="15:00"))
    await edited(person, one, lambda m: m.button(f"✓ {one}") is not None)
    page = await edited(person, spoken.say("menu.back"), lambda m: "20:00" in m.text)
    assert spoken.say("schedule.only", at="15:00", topics=one) in page.text

    running.clock.now = START + timedelta(hours=3)
    (narrow,) = await running.wait_digests(person, 1)
    assert narrow.text.splitlines()[0].startswith(f"🗞 {one} · ")
    assert spoken.say("digest.main").upper() not in narrow.text
    assert other.upper() not in narrow.text

    running.clock.now = START + timedelta(hours=8)
    _, full = await running.wait_digests(person, 2)
    assert full.text.splitlines()[0].startswith(f"🗞 {spoken.say('digest.name')} · ")
    assert other.upper() in full.text, "what came before the narrow digest was not passed over"
    assert not set(narrow.urls) & set(full.urls), "what was told is not told again"


async def test_a_time_is_about_all_again_when_its_topic_goes(running: Running) -> None:
    say = language("ru").say
    person = await running.subscribed("ставка", "пожар")
    await ask(person, "/schedule")
    await edited(person, say("schedule.topics"), lambda m: m.text == say("hours.ask", at="15:00"))
    await edited(person, "ставка", lambda m: m.button("✓ ставка") is not None)
    await edited(person, say("hours.all"), lambda m: m.button("✓ " + say("hours.all")) is not None)
    await edited(person, "ставка", lambda m: m.button("✓ ставка") is not None)
    await edited(person, say("menu.back"), lambda m: "только ставка" in m.text)
    moved = await ask(person, "/schedule 16:00")
    assert say("schedule.only", at="16:00", topics="ставка") in moved.text
    await ask(person, "/unsubscribe ставка")
    running.clock.now = START + timedelta(hours=4)
    (digest,) = await running.wait_digests(person, 1)
    assert "ПОЖАР" in digest.text
    assert say("digest.main").upper() in digest.text


async def test_nobody_touches_the_times_of_others(running: Running) -> None:
    say = language("ru").say
    owner = await running.subscribed("ставка")
    stranger = await running.subscribed("пожар")
    row = await running.context.db.fetch_one(
        "SELECT schedule.id AS schedule, topic.id AS topic FROM schedule JOIN topic"
        " USING (chat_id) WHERE chat_id = :chat",
        {"chat": owner.chat_id},
    )
    menu = await ask(stranger, "/schedule")
    for data in (f"hourtopic:{row['schedule']}:{row['topic']}:1", f"hourof:{row['schedule']}"):
        assert (await stranger.press_raw(menu, data)).text == say("error.stale_button")
    left = await running.context.db.fetch_one("SELECT count(*) AS kept FROM schedule_topic")
    assert left["kept"] == 0
