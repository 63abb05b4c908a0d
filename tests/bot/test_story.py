"""A story over HTTP: opened from a list and from a digest, its sources, topics by one tap."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from bot.i18n import language
from tests.bot.living import START, Running, ask, edited
from tests.factories import hours, prepared, store, store_source, unlike_others

if TYPE_CHECKING:
    from bot.sandbox.client import Member, SeenMessage

pytestmark = pytest.mark.asyncio(loop_scope="session")

say = language("ru").say


def is_story(message: SeenMessage, code: str = "ru") -> bool:
    """Under its title stands when it began, not how long ago the newest was."""
    say = language(code).say
    near = "|".join(say(f"date.{day}") for day in ("today", "yesterday"))
    since = say("story.since", day="")
    return re.search(rf"· (?:{near}|{since}|\w+ \w+, \d\d:)", message.text) is not None


async def open_first(person: Member, page: SeenMessage, code: str = "ru") -> SeenMessage:
    spoken = language(code)
    alone = page.button(spoken.say("story.more_on_it"))
    return await edited(person, alone.text if alone else "1", lambda m: is_story(m, code))


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_story_opens_in_place_with_its_course_and_leads_back(
    shared: Running, code: str
) -> None:
    person = await shared.person(code)
    spoken = language(code)
    words = {"ru": "ключевая ставка", "en": "rate"}[code]
    page = await ask(person, f"/topic {words}")
    first = page.text.splitlines()[2].removeprefix("1. ")
    story = await open_first(person, page, code)
    assert story.message_id == page.message_id
    assert story.text.startswith(f"🔎 {words}\n\n{first}\n")
    back = await edited(person, spoken.say("story.back"), lambda m: m.text == page.text)
    assert (back.text, back.urls) == (page.text, page.urls)


async def test_course_says_what_was_new_when_and_by_whom(shared: Running) -> None:
    person = await shared.person()
    story = await open_first(person, await ask(person, "ставка ЦБ"))
    steps = re.findall(r"^\d\d:\d\d .+ \((.+)\)$", story.text, re.MULTILINE)
    assert len(steps) >= 2
    assert say("story.sources") in story.text, "one of them has no step of its own"
    assert any(one["type"] == "expandable_blockquote" for one in story.entities)
    named = story.text.partition(say("story.sources"))[2].split(",")
    assert {*steps} < {one.strip() for one in named}


async def test_story_from_the_latest_leads_back_to_its_page(shared: Running) -> None:
    person = await shared.person()
    await ask(person, "/latest")
    second = await edited(person, "›", lambda m: m.button("‹") is not None)
    await edited(person, "7", is_story)
    back = await edited(person, say("story.back"), lambda m: m.button("7") is not None)
    assert back.text == second.text


async def test_related_topic_is_followed_by_one_tap(shared: Running) -> None:
    person = await shared.person()
    story = await open_first(person, await ask(person, "пожар"))
    words = next(one for one in story.labels if one.startswith("+")).removeprefix("+ ")
    assert (await person.press(f"+ {words}")).text == say("topics.added", words=words)
    ticked = await person.wait_for(lambda m: m.button(f"✓ {words}") is not None, newest=True)
    assert (await person.press("✓", message=ticked)).text == say("topics.known", words=words)
    row = await shared.context.db.fetch_one(
        "SELECT group_concat(words) AS words FROM topic WHERE chat_id = :chat",
        {"chat": person.chat_id},
    )
    assert row is not None
    assert row["words"] == words


async def test_story_of_a_digests_item_comes_below_it(running: Running) -> None:
    person = await running.person()
    digest = await ask(person, "/digest", fits=lambda m: m.text.startswith("🗞"))
    await person.press("1")
    await person.wait_for(lambda m: m.button(say("story.more_on_it")) is not None, newest=True)
    await person.press(say("story.more_on_it"))
    story = await person.wait_for(is_story)
    assert story.message_id > digest.message_id
    assert story.text.splitlines()[0] in digest.text


async def test_what_is_somebodys_own_is_neither_told_nor_named(running: Running) -> None:
    owner, other = await running.person(), await running.person()
    for person in (owner, other):
        await ask(person, "/id")
    db = running.context.db
    shared = await store_source(db, "https://fires.example/feed")
    mine = await store_source(db, "https://mine.example/feed", owner=owner.chat_id)
    text = "Пожарище на складе Кракозябровска тушили до утра сорок пожарных расчетов области."
    told = prepared("Пожарище на складе", guid="a", text=text, published=START - hours(2))
    await store(db, shared, told, arrived=START)
    secret = prepared(
        "Пожарище на складе: сгорел архив", guid="b", published=START - hours(1),
        text=f"{text}\n\nВ огне погиб секретный архив губернатора, сообщил сторож Бабочкин.",
        link="https://mine.example/1",
    )  # fmt: skip
    await store(db, mine, secret, arrived=START)
    for person, sees in ((owner, True), (other, False)):
        page = await ask(person, "пожарище")
        assert page.button("2") is None, "one story"
        story = await open_first(person, page)
        shown = story.text + "".join(story.urls) + str(story.buttons)
        assert ("архив" in shown) is sees
        assert ("mine.example" in shown) is sees


async def test_sources_are_named_once_when_each_has_its_step(running: Running) -> None:
    person = await running.person()
    db = running.context.db
    texts = (
        ("Пожарище на складе в Туле", "Пожарище на складе в Туле тушили до утра сорок расчетов."),
        (
            "Пожарище на складе в Туле: 7 пострадавших",
            "Пожарище на складе в Туле. Семеро рабочих с ожогами отвезли в больницу Вельяминова.",
        ),
    )
    for number, (title, text) in enumerate(texts):
        source = await store_source(db, f"https://fire{number}.example/feed")
        told = prepared(
            title, guid=f"{number}", text=text, published=START - hours(3 - number),
            link=f"https://fire{number}.example/1",
        )  # fmt: skip
        await store(db, source, told, arrived=START)
    story = await open_first(person, await ask(person, "пожарище"))
    assert len(re.findall(r"^\d\d:\d\d ", story.text, re.MULTILINE)) == 2
    assert say("story.sources") not in story.text


async def test_a_word_that_was_written_once_is_no_related_topic(running: Running) -> None:
    person = await running.person()
    db = running.context.db
    source = await store_source(db, "https://towers.example/feed")
    first = prepared("Пейзаж нашли в водокачке", guid="a", published=START - hours(1))
    await store(db, source, first, arrived=START)
    story = await open_first(person, await ask(person, "водокачка"))
    assert story.button("водокачка") is None
    other = prepared(
        "Водокачки города осмотрят до зимы", guid="b", published=START, text=unlike_others(3, 30)
    )
    await store(db, source, other, arrived=START)
    story = await open_first(person, await ask(person, "пейзаж водокачка"))
    assert story.button("водокачка") is not None
