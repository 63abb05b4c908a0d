"""What a digest leaves out, and how a story that moved on comes back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.i18n import language
from tests.bot.living import START, Running, ask

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_what_is_muted_stays_out_of_the_digest_until_it_is_taken_back(
    running: Running, code: str
) -> None:
    spoken = language(code)
    words = "пожар" if code == "ru" else "wildfire"
    person = await running.subscribed(words, language=code)
    assert (await ask(person, "/mute")).text == spoken.say("mute.usage")
    assert (await ask(person, f"/mute {words}")).text == spoken.say("mute.added", words=words)
    assert (await ask(person, f"/mute {words}")).text == spoken.say("mute.known", words=words)
    running.clock.now = START + timedelta(hours=3)
    (digest,) = await running.wait_digests(person, 1)
    assert words not in digest.text.lower()
    assert (await ask(person, "/mute")).text == spoken.say("mute.list")
    answer = await person.press(words)
    assert answer.text == spoken.say("mute.removed", words=words)
    assert (await ask(person, f"/mute {words}")).text == spoken.say("mute.added", words=words)


async def test_a_story_that_moved_on_comes_back_in_reply_with_what_is_new(running: Running) -> None:
    person = await running.subscribed("Заозёрск")
    url = running.feeds.put_feed()
    admin = await running.admin()

    def at(hours: float) -> datetime:
        return START + timedelta(hours=hours)

    first = (
        "Под Заозёрском загорелся склад зерна",
        (
            "Склад зерна загорелся под Заозёрском, сообщили спасатели области. "
            "Площадь пожара оценили в 40 квадратных метров."
        ),
        at(-1),
    )
    running.feeds.replace(url, first)
    await ask(admin, f"/addsource {url}")
    running.clock.now = START + timedelta(hours=3)
    (told,) = await running.wait_digests(person, 1)
    assert "загорелся склад зерна" in told.text

    second = (
        "Пожар на складе зерна под Заозёрском охватил 900 метров",
        (
            "Пожар на складе зерна под Заозёрском охватил 900 квадратных метров. "
            "Из посёлка Каменка вывезли 214 человек, сообщил глава района Кирилл Жданов."
        ),
        at(23),
    )
    running.clock.now = START + timedelta(hours=24)
    running.feeds.replace(url, second, first)
    running.clock.move(hours=1)
    await running.settled()
    running.clock.now = START + timedelta(hours=27)
    update = await person.wait_for(lambda message: message.text.startswith("↻"), timeout=10)
    assert update.reply_to is not None
    assert any(fact in update.text for fact in ("900", "214"))
