"""👍 and 👎 under a digest, what they change, and /taste."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.i18n import language
from tests.bot.living import START, Running, ask, edited
from tests.factories import unlike_others

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_a_vote_shows_is_learnt_and_can_be_taken_back(running: Running, code: str) -> None:
    spoken = language(code)
    words = "пожар" if code == "ru" else "wildfire"
    person = await running.subscribed(words, language=code)
    assert (await ask(person, "/taste")).text == spoken.say("taste.nothing")
    running.clock.now = START + timedelta(hours=3)
    await running.wait_digests(person, 1)
    menu = await edited(person, "1", lambda m: m.button("👍") is not None)
    source = menu.button("🔇").text.removeprefix("🔇 ")
    answer = await person.press("👍")
    assert answer.text == spoken.say("vote.more", what=f"«{words}», {source}")
    menu = await person.wait_for(lambda m: m.button("✓ 👍") is not None)
    await edited(person, spoken.say("item.back"), lambda m: m.button("1 👍") is not None)

    shown = await ask(person, "/taste")
    assert spoken.say("taste.more_little", name=words) in shown.text
    assert spoken.say("taste.more_little", name=source) in shown.text

    await edited(person, "1 👍", lambda m: m.button("✓ 👍") is not None)
    await person.press("👎")
    await person.wait_for(lambda m: m.button("✓ 👎") is not None)
    assert spoken.say("taste.less_little", name=words) in (await ask(person, "/taste")).text
    await person.press("✓ 👎")
    menu = await person.wait_for(lambda m: m.button("👎") is not None)
    assert not menu.button("✓")
    assert (await ask(person, "/taste")).text == spoken.say("taste.nothing")


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_what_was_learnt_is_forgotten_only_after_a_question(
    running: Running, code: str
) -> None:
    spoken = language(code)
    person = await running.subscribed("пожар" if code == "ru" else "wildfire", language=code)
    running.clock.now = START + timedelta(hours=3)
    await running.wait_digests(person, 1)
    await edited(person, "1", lambda m: m.button("👍") is not None)
    await person.press("👍")
    shown = await ask(person, "/taste")
    reset = spoken.say("taste.reset")
    await edited(person, reset, lambda m: m.text == spoken.say("taste.ask"))
    back = await edited(person, spoken.say("menu.back"), lambda m: m.button(reset) is not None)
    assert back.text == shown.text
    await edited(person, reset, lambda m: m.text == spoken.say("taste.ask"))
    sure = spoken.say("taste.sure")
    await edited(person, sure, lambda m: m.text == spoken.say("taste.forgotten"))
    assert (await ask(person, "/taste")).text == spoken.say("taste.nothing")


async def test_the_next_digest_weighs_the_vote_and_why_shows_it(running: Running) -> None:
    say = language("ru").say
    person = await running.subscribed("пожар")
    running.clock.now = START + timedelta(hours=3)
    await running.wait_digests(person, 1)
    await edited(person, "1", lambda m: m.button("👎") is not None)
    await person.press("👎")
    term = say("why.term.taste")
    assert f"{term} " not in (await ask(person, "/why")).text, "as it was when it was made"
    running.clock.move(hours=1)
    news = (f"Пожар: {unlike_others(700, 5)}", unlike_others(701, 20), running.clock())
    url = running.feeds.put_feed(news)
    await ask(await running.admin(), f"/addsource {url}")
    running.clock.move(hours=23)
    await running.wait_digests(person, 2)
    assert f" − {term} 0,0" in (await ask(person, "/why")).text


async def test_votes_fade_and_are_dropped(running: Running) -> None:
    person = await running.subscribed("пожар")
    running.clock.now = START + timedelta(hours=3)
    await running.wait_digests(person, 1)
    await edited(person, "1", lambda m: m.button("👍") is not None)
    await person.press("👍")
    await running.stop()
    running.clock.move(days=181)
    await running.start()
    await running.settled()
    row = await running.context.db.fetch_one("SELECT count(*) AS votes FROM vote")
    assert row["votes"] == 0
