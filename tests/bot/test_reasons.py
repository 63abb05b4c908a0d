"""Why a story is in a digest: told as it was when the digest was made."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.i18n import language
from storage import sources
from tests.bot.living import START, Running, ask, edited

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_the_button_tells_in_place_why_and_turns_back(running: Running, code: str) -> None:
    spoken = language(code)
    words = "пожар" if code == "ru" else "wildfire"
    person = await running.subscribed(words, language=code)
    assert (await ask(person, "/why")).text == spoken.say("why.none")
    running.clock.now = START + timedelta(hours=3)
    (digest,) = await running.wait_digests(person, 1)
    await person.press_raw(digest, "why:0")  # the button of digests sent long ago
    reasons = await person.wait_for(lambda m: m.text.startswith(spoken.say("why.heading")))
    assert reasons.message_id == digest.message_id
    topic, rest = spoken.say("why.topic", topic=words), spoken.say("why.main")
    assert f"\n{topic} · " in reasons.text
    assert f"\n{rest} · " in reasons.text
    assert set(reasons.urls) <= set(digest.urls), "the same stories"
    again = await edited(person, spoken.say("item.back"), lambda m: m.text.startswith("🗞"))
    assert (again.text, again.urls) == (digest.text, digest.urls)

    running.clock.move(hours=20)
    asked = await ask(person, "/why")
    assert asked.text == reasons.text, "as it was when the digest was made"
    await person.say("/why", reply_to=digest)
    assert (await person.wait_for()).text == reasons.text
    await person.say("/why", reply_to=asked)
    assert (await person.wait_for()).text == spoken.say("why.no_digest")


async def test_of_what_was_removed_since_it_is_said_that_it_is_gone(running: Running) -> None:
    spoken = language("ru")
    person = await running.subscribed("пожар")
    running.clock.now = START + timedelta(hours=3)
    (digest,) = await running.wait_digests(person, 1)
    for row in await running.context.db.fetch_all("SELECT id FROM source"):
        await sources.remove_source(running.context.db, row["id"])
    assert (await ask(person, "/why")).text == spoken.say("why.gone")
    await person.say("/why", reply_to=digest)
    assert (await person.wait_for()).text == spoken.say("why.gone")


async def test_terms_add_up_to_the_score_that_is_shown(running: Running) -> None:
    person = await running.subscribed("пожар")
    running.clock.now = START + timedelta(hours=3)
    await running.wait_digests(person, 1)
    reasons = await ask(person, "/why")
    sums = [line for line in reasons.text.splitlines() if " = " in line]
    assert len(sums) >= 3
    for line in sums:
        added, total = line.replace(",", ".").split(" = ")
        terms = [float(term.rsplit(" ", 1)[1]) for term in added.split(" + ")]
        assert sum(terms) == pytest.approx(float(total), abs=0.02)
