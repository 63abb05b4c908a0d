"""From `/start` to the first digest: at most four taps and a minute, also from a shared link."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from bot.deep_links import pack_topics
from bot.i18n import LANGUAGES, language
from tests.bot.living import Running, ask, edited

if TYPE_CHECKING:
    from bot.sandbox.client import Member

pytestmark = pytest.mark.asyncio(loop_scope="session")

say = language("ru").say
CITY = {"ru": "Москва", "en": "London"}


async def tap_through(person: Member, code: str, *labels: str) -> int:
    """Press these, then the hour and the city; how many presses that took."""
    taps = (*labels, language(code).say("menu.next"), "09:00", CITY[code])
    for label in taps:
        await person.press(label)
    return len(taps)


@pytest.mark.parametrize("code", LANGUAGES)
async def test_the_first_digest_is_four_taps_and_less_than_a_minute_away(
    shared: Running, code: str
) -> None:
    person = await shared.person(code)
    began = time.monotonic()
    welcome = await ask(person, "/start")
    first = welcome.labels[0]
    assert await tap_through(person, code, first) <= 4
    (digest,) = await shared.wait_digests(person, 1)
    assert time.monotonic() - began < 60
    assert first.upper() in digest.text, "what is offered first is covered now"


async def test_a_link_brings_its_topics_and_saves_the_tap(shared: Running) -> None:
    giver = await shared.subscribed("пожар", "ставка ЦБ")
    await ask(giver, "/topics")
    shared_page = await edited(giver, say("topics.share"), lambda m: "start=" in m.text)
    link = shared_page.text.splitlines()[-1]
    assert link.endswith(pack_topics(["пожар", "ставка ЦБ"])[0])
    person = await shared.person()
    welcome = await ask(person, "/start " + link.partition("start=")[2])
    assert welcome.text == say("start.chosen", topics="пожар, ставка ЦБ")
    assert await tap_through(person, "ru") == 3
    (digest,) = await shared.wait_digests(person, 1)
    assert "ПОЖАР" in digest.text


async def test_a_link_offers_its_topics_to_whoever_has_some(shared: Running) -> None:
    person = await shared.subscribed("ипотека")
    payload, _ = pack_topics(["пожар", "ставка ЦБ"])
    welcome = await ask(person, f"/start {payload}")
    assert welcome.labels[:2] == ["пожар", "ставка ЦБ"]
    menu = await edited(person, "пожар", lambda m: m.button("✓ пожар") is not None)
    assert menu.labels[:2] == ["✓ пожар", "ставка ЦБ"], "the others are still offered"
    assert "ипотека, пожар" in menu.text


async def test_a_link_of_somebodys_making_begins_as_any_start(shared: Running) -> None:
    for payload in ("tICAg", "t0w", "uAAAA", "нет", "t" + "A" * 63):
        person = await shared.person()
        assert (await ask(person, f"/start {payload}")).labels[-1] == say("menu.next")


async def test_the_first_page_changes_its_language_in_place(shared: Running) -> None:
    person = await shared.person()
    welcome = await ask(person, "/start")
    assert welcome.labels[-2:] == ["🌐 English", say("menu.next")]
    english = language("en").say
    page = await edited(person, "🌐 English", lambda m: m.text == english("start.welcome"))
    assert page.message_id == welcome.message_id
    assert page.labels[-2:] == ["🌐 Русский", english("menu.next")]
    settings = await ask(person, "/settings")
    assert english("reads.en") in settings.text
