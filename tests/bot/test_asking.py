"""Asking over HTTP: pages in place that hold still, periods, order, what is bold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.errors import WorkerError
from bot.i18n import language
from tests.bot.living import START, Running, ask, edited
from tests.factories import hours, prepared, store, store_source, unlike_others

if TYPE_CHECKING:
    from bot.sandbox.client import Member, SeenMessage

pytestmark = pytest.mark.asyncio(loop_scope="session")

say = language("ru").say


def bold(message: SeenMessage) -> list[str]:
    raw = message.text.encode("utf-16-le")
    return [
        raw[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le")
        for one in message.entities
        if one["type"] == "bold"
    ]


async def walk_pages(person: Member, first: SeenMessage) -> list[SeenMessage]:
    pages = [first]
    while pages[-1].button("›"):
        before = pages[-1].text
        pages.append(await edited(person, "›", lambda m, b=before: m.text != b))
    return pages


async def test_latest_pages_forth_and_back_in_place(shared: Running) -> None:
    person = await shared.person()
    first = await ask(person, "/latest")
    assert first.button("‹") is None
    second = await edited(person, "›", lambda m: m.button("‹") is not None)
    assert second.message_id == first.message_id
    assert not set(first.urls) & set(second.urls)
    assert (await edited(person, "‹", lambda m: m.button("‹") is None)).text == first.text


async def test_pages_hold_still_while_articles_arrive(running: Running) -> None:
    person = await running.person()
    source = await store_source(running.context.db, "https://fires.example/feed")
    old = [
        prepared(f"Пожарище {n}", guid=f"{n}", published=START - hours(n + 1),
                 text=unlike_others(n, 8))
        for n in range(12)
    ]  # fmt: skip
    await store(running.context.db, source, *old, arrived=START)
    first = await ask(person, "пожарище")
    assert "1–5 из 12" in first.text
    new = prepared("Пожарище новое", guid="new", published=START, text=unlike_others(99, 8))
    await store(running.context.db, source, new, arrived=START)
    pages = await walk_pages(person, first)
    told = [line for page in pages for line in page.text.splitlines() if ". Пожарище" in line]
    assert told == [f"{n + 1}. Пожарище {n}" for n in range(12)]
    again = await edited(person, "⇅", lambda m: "1–5" in m.text)
    assert "13" in again.text, "another order is of what there is now"


async def test_words_found_are_bold_in_any_form(shared: Running) -> None:
    person = await shared.person()
    answer = await ask(person, "ключевая ставка")
    assert bold(answer)[0] == "ключевая ставка"
    forms = {word.lower() for phrase in bold(answer)[1:] for word in phrase.split()}
    assert forms & {"ставку", "ставки", "ставке"}


@pytest.mark.parametrize(
    ("code", "said", "named"),
    [
        ("ru", "/search пожар за неделю", "🔎 пожар · за неделю"),
        ("ru", "/topic пожар вчера", "🔎 пожар · вчера"),
        ("en", "/search fire last 3 days", "🔎 fire · last 3 days"),
        ("ru", "/latest за 2 часа", "Последние новости · за 2 часа"),
        ("en", "/latest this week", "Latest stories · this week"),
        ("ru", "новости за неделю", "Последние новости · за неделю"),
    ],
)
async def test_a_period_is_said_in_words(shared: Running, code: str, said: str, named: str) -> None:
    person = await shared.person(code)
    assert (await ask(person, said)).text.startswith(named)


async def test_period_and_order_are_changed_by_buttons_in_place(running: Running) -> None:
    person = await running.person()
    source = await store_source(running.context.db, "https://fires.example/feed")
    fires = [
        prepared(f"Пожарище {n}", guid=f"{n}", published=START - hours(12 * n + 1),
                 text=unlike_others(n, 8))
        for n in range(6)
    ]  # fmt: skip
    await store(running.context.db, source, *fires, arrived=START)
    first = await ask(person, "пожарище")
    day = await edited(person, say("period.button.day"), lambda m: "за сутки" in m.text)
    assert day.message_id == first.message_id
    assert day.button("✓ " + say("period.button.day"))
    assert day.text.count("Пожарище") == 2
    everything = await edited(person, say("period.button.all"), lambda m: "1–5 из 6" in m.text)
    assert everything.text == first.text
    relevant = await edited(person, "⇅", lambda m: m.button(say("stories.by_time")) is not None)
    assert "1–5 из 6" in relevant.text


async def test_nothing_in_a_period_says_so_and_lets_go_of_it(shared: Running) -> None:
    person = await shared.person()
    answer = await ask(person, "/topic бегемоты Патагонии за час")
    assert say("stories.none_then") in answer.text
    wider = await edited(person, say("period.button.all"), lambda m: "за час" not in m.text)
    assert say("topic.none") in wider.text


async def test_a_misspelt_question_is_offered_what_was_meant(shared: Running) -> None:
    person = await shared.person()
    answer = await ask(person, "ключивая ставка за месяц")
    assert say("stories.meant") + " ключевая ставка?" in answer.text
    found = await edited(person, "🔎", lambda m: m.text.startswith("🔎 ключевая ставка"))
    assert found.message_id == answer.message_id
    assert "за месяц" in found.text
    assert say("stories.meant") not in found.text


async def test_another_keyboard_is_understood(shared: Running) -> None:
    person = await shared.person()
    assert "ставка?" in (await ask(person, "cnfdrf")).text


async def test_no_word_of_somebody_elses_source_is_ever_offered(running: Running) -> None:
    owner, other = await running.person(), await running.person()
    for person in (owner, other):
        await ask(person, "/id")
    db = running.context.db
    mine = await store_source(db, "https://mine.example/feed", owner=owner.chat_id)
    secret = prepared("Кракозябровск открыл мост", guid="secret", published=START)
    await store(db, mine, secret, arrived=START)
    assert (await ask(owner, "Кракозябровск")).urls
    # Its root is known, as that of a shared source which is gone would be.
    async with db.write() as tx:
        await tx.execute("INSERT INTO key_count (key, articles) VALUES ('кракозябровск', 90)")
    assert say("stories.meant") in (await ask(owner, "Кракозябравск")).text
    assert say("stories.meant") not in (await ask(other, "Кракозябравск")).text


async def test_what_was_found_is_told_though_the_worker_fails(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def failing(*_: object, **__: object) -> None:
        raise WorkerError(job="snippets_of", reason="died")

    person = await running.person()
    monkeypatch.setattr(running.context.workers, "run", failing)
    answer = await ask(person, "ключевая ставка")
    assert answer.text.startswith("🔎 ключевая ставка")
    assert answer.urls
    assert say("topic.none") in (await ask(person, "ключивая")).text
