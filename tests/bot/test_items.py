"""Reading a digest: pages instead of a flood, the menu of an item, everything that was new."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.i18n import language
from tests.bot.living import START, Running, ask, edited, eventually
from tests.factories import unlike_others

if TYPE_CHECKING:
    from bot.sandbox.client import Member, SeenMessage

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def long_news(bot: Running) -> None:
    """Twelve long stories for everybody."""
    at = bot.clock() - timedelta(minutes=5)
    url = bot.feeds.put_feed()
    stories = [
        (
            f"Весть {unlike_others(900 + number, 5)}",
            "</p><p>".join(
                f"Мэр {unlike_others(number * 20 + n, 16)} сообщил о деле {number} и о многом ещё."
                for n in range(8)
            ),
            at,
        )
        for number in range(12)
    ]
    bot.feeds.replace(url, *stories)
    await ask(await bot.admin(), f"/addsource {url}")


async def long_digest(bot: Running, code: str = "ru") -> tuple[Member, SeenMessage]:
    """Somebody who reads for ten minutes, and their digest of all that news."""
    await long_news(bot)
    person = await bot.subscribed(language=code)
    spoken = language(code)
    await ask(person, "/settings")
    await edited(person, spoken.say("menu.reads"), lambda m: m.text == spoken.say("reads.ask"))
    await person.press(spoken.say("reads.all"))
    await edited(person, spoken.say("menu.length"), lambda m: m.text == spoken.say("length.ask"))
    await person.press(spoken.say("length.minutes", minutes=10))
    bot.clock.now = START + timedelta(hours=3)
    (digest,) = await bot.wait_digests(person, 1)
    return person, digest


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_a_long_digest_is_one_message_whose_pages_turn_in_place(
    running: Running, code: str
) -> None:
    person, first = await long_digest(running, code)
    await running.settled()
    assert len(await running.digests(person)) == 1, "no flood"
    assert not first.button("⬅️")
    titles, page, numbers = titles_of(first), first, numbers_of(first)
    while following := page.button("➡️"):
        page = await edited(person, "➡️", lambda m, old=page: m.text != old.text)
        assert page.message_id == first.message_id
        assert page.text.splitlines()[0] == first.text.splitlines()[0]
        titles |= titles_of(page)
        numbers += numbers_of(page)
    assert following is None
    assert numbers == list(range(1, 13))
    assert len(titles) == 12
    while page.button("⬅️"):
        page = await edited(person, "⬅️", lambda m, old=page: m.text != old.text)
    assert (page.text, page.urls, page.labels) == (first.text, first.urls, first.labels)


def titles_of(page: SeenMessage) -> set[str]:
    return set(page.entity_texts("bold")) & set(page.entity_texts("text_link"))


def numbers_of(page: SeenMessage) -> list[int]:
    return [int(label) for label in page.labels if label.isdigit()]


async def test_every_page_is_told_and_explained(running: Running) -> None:
    person, digest = await long_digest(running)
    reasons = await ask(person, "/why")
    assert len(reasons.text) <= 4096
    row = await running.context.db.fetch_one(
        "SELECT count(DISTINCT place) AS told, max(page) AS pages FROM told WHERE chat_id = :chat",
        {"chat": person.chat_id},
    )
    assert row["told"] == 12
    assert row["pages"] > 1
    await ask(person, "/digest")
    await running.settled()
    assert len(await running.digests(person)) == 1, "nothing is told twice"
    assert digest.message_id


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_the_menu_of_an_item_opens_in_place_and_leads_back(
    running: Running, code: str
) -> None:
    spoken = language(code)
    person = await running.subscribed("пожар" if code == "ru" else "wildfire", language=code)
    running.clock.now = START + timedelta(hours=3)
    (digest,) = await running.wait_digests(person, 1)
    title = digest.entity_texts("text_link")[0]
    menu = await edited(person, "1", lambda m: m.button(spoken.say("item.back")) is not None)
    assert menu.message_id == digest.message_id
    assert menu.text == digest.text
    assert menu.labels[0].startswith("1. ")
    assert title.startswith(menu.labels[0][3:20])
    assert menu.buttons[0][0].url == digest.urls[0]
    why = await person.press(spoken.say("item.why"))
    assert why.alert
    assert spoken.say("why.term.coverage") in why.text
    back = await edited(person, spoken.say("item.back"), lambda m: m.button("1") is not None)
    assert (back.text, back.labels) == (digest.text, digest.labels)


async def test_the_source_of_an_item_is_muted_in_its_menu_and_taken_in_again(
    running: Running,
) -> None:
    say = language("ru").say
    person = await running.subscribed("пожар")
    running.clock.now = START + timedelta(hours=3)
    (digest,) = await running.wait_digests(person, 1)
    menu = await edited(person, "1", lambda m: m.button("🔇") is not None)
    source = menu.button("🔇").text.removeprefix("🔇 ")
    assert (await person.press("🔇")).text == say("item.hushed", source=source)
    menu = await person.wait_for(lambda m: m.button("🔊") is not None)
    await person.press(say("item.back"))
    listed = await edited(person, say("digest.all"), lambda m: say("digest.all") in m.text)
    assert source in digest.text
    assert source not in listed.text
    await person.press(say("item.back"))
    await edited(person, "1", lambda m: m.button("🔊") is not None)
    assert (await person.press("🔊")).text == say("item.unhushed", source=source)
    await person.wait_for(lambda m: m.button("🔇") is not None)


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_everything_new_is_listed_in_place_page_by_page(running: Running, code: str) -> None:
    spoken = language(code)
    person, digest = await long_digest(running, code)
    label, found = spoken.say("digest.all"), set()
    page = await edited(person, label, lambda m: label in m.text)
    assert page.message_id == digest.message_id
    found |= set(page.urls)
    while page.button("➡️"):
        page = await edited(person, "➡️", lambda m, old=page: m.text != old.text)
        found |= set(page.urls)
    assert set(digest.urls[:1]) <= found
    assert len(found) > 20, "more than the digest told"
    back = await edited(person, spoken.say("item.back"), lambda m: m.button("1") is not None)
    assert back.text == digest.text


@pytest.mark.parametrize("data", ["page:9", "page:0", "item:99", "item:-1", "whyitem:99"])
async def test_forged_places_and_pages_are_refused(running: Running, data: str) -> None:
    say = language("ru").say
    person = await running.subscribed("пожар")
    running.clock.now = START + timedelta(hours=3)
    (digest,) = await running.wait_digests(person, 1)
    assert (await person.press_raw(digest, data)).text == say("error.stale_button")
    menu = await ask(person, "/settings")
    assert (await person.press_raw(menu, "item:0")).text == say("error.stale_button")


async def test_a_page_is_forgotten_with_its_digest(running: Running) -> None:
    person, digest = await long_digest(running)
    running.clock.move(days=31)

    async def forgotten() -> bool:
        row = await running.context.db.fetch_one("SELECT count(*) AS pages FROM digest_page")
        return row["pages"] == 0

    await running.stop()
    await running.start()
    await eventually(forgotten, "no page of a digest that old")
    say = language("ru").say
    assert (await person.press_raw(digest, "page:2")).text == say("error.stale_button")
