"""Inline mode over HTTP: what is offered to whom, page by page, and what becomes of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bot.i18n import language
from digests.models import Access
from storage import subscribers
from tests.bot.living import START, Running, ask, eventually, left_by
from tests.factories import hours, prepared, store, store_source, unlike_others

if TYPE_CHECKING:
    from bot.sandbox.client import InlineAnswer

pytestmark = pytest.mark.asyncio(loop_scope="session")

say = language("ru").say


def titles(answer: InlineAnswer) -> list[str]:
    assert answer.answered
    return [result["title"] for result in answer.results]


async def test_words_offer_stories_and_a_tap_shares_one(shared: Running) -> None:
    person, friend = await shared.person(), await shared.person()
    group = await shared.group(person, "Двор", {friend.person_id: "member"})
    answer = await person.ask_inline("пожар")
    assert answer.results
    assert "источник" in answer.results[0]["description"]
    member = group.member(person)
    await member.choose(answer, answer.results[0])
    told = (await group.member(friend).messages())[-1]
    assert told.raw["via_bot"]["username"] == "svodka_bot"
    assert told.sender_id == person.person_id
    title, *_, sources = told.text.splitlines()
    assert title == answer.results[0]["title"]
    assert sources
    assert told.urls[0].startswith("http")
    assert {"bold", "italic", "text_link"} <= {one["type"] for one in told.entities}


@pytest.mark.parametrize(
    ("code", "words"), [("ru", ""), ("ru", "новости за неделю"), ("en", ""), ("en", "last 9 days")]
)
async def test_no_words_offer_the_latest_page_by_page(
    shared: Running, code: str, words: str
) -> None:
    person = await shared.person(code)
    first = await person.ask_inline(words)
    second = await person.ask_inline(words, offset=first.next_offset)
    assert len(titles(first)) == 10
    assert titles(second)
    assert not set(titles(first)) & set(titles(second))


async def test_pages_hold_still_and_end(running: Running) -> None:
    person = await running.person()
    source = await store_source(running.context.db, "https://fires.example/feed")
    old = [
        prepared(f"Пожарище {n}", guid=f"{n}", published=START - hours(n + 1),
                 text=unlike_others(n, 8))
        for n in range(12)
    ]  # fmt: skip
    await store(running.context.db, source, *old, arrived=START)
    first = await person.ask_inline("пожарище")
    new = prepared("Пожарище новое", guid="new", published=START, text=unlike_others(99, 8))
    await store(running.context.db, source, new, arrived=START)
    second = await person.ask_inline("пожарище", offset=first.next_offset)
    assert titles(first) + titles(second) == [f"Пожарище {n}" for n in range(12)]
    assert second.next_offset == ""


@pytest.mark.parametrize("words", ["!!!", "абракадабра чепуховая", "🙃"])
async def test_nothing_found_offers_the_bot(shared: Running, words: str) -> None:
    answer = await (await shared.person()).ask_inline(words)
    assert answer.answered
    assert not answer.results
    assert answer.button == {"text": say("inline.none"), "start_parameter": "inline"}


@pytest.mark.parametrize("offset", ["-1", "99999 9 9", "x", "5 5 999999999", "0 0 0"])
async def test_a_foreign_place_is_answered(shared: Running, offset: str) -> None:
    assert (await (await shared.person()).ask_inline("пожар", offset=offset)).answered


async def test_own_sources_are_offered_to_their_owner_alone(running: Running) -> None:
    owner, other = await running.person(), await running.person()
    await ask(owner, "/id")
    db = running.context.db
    mine = await store_source(db, "https://mine.example/feed", owner=owner.chat_id)
    secret = prepared("Кракозябровск открыл мост", guid="secret", published=START)
    await store(db, mine, secret, arrived=START)
    for words in ("Кракозябровск", ""):
        assert "Кракозябровск открыл мост" in titles(await owner.ask_inline(words))
        assert "Кракозябровск открыл мост" not in titles(await other.ask_inline(words))


async def test_who_is_banned_or_not_let_in_is_offered_nothing(bots: Any) -> None:
    async with bots() as bot:
        person = await bot.person()
        await ask(person, "/id")
        assert (await person.ask_inline("")).results
        await subscribers.set_access(
            bot.context.db, person.chat_id, Access.REFUSED, [], bot.context.now()
        )
        refused = await person.ask_inline("пожар")
        assert refused.answered
        assert not refused.results
        assert refused.button is not None
        assert refused.button["text"] == say("inline.closed")
    async with bots(access="approval") as bot:
        stranger, admin = await bot.person(), await bot.admin()
        assert not (await stranger.ask_inline("")).results
        assert (await admin.ask_inline("")).results


async def test_asking_inline_makes_no_subscriber_and_leaves_no_words(shared: Running) -> None:
    person = await shared.person()
    before = await left_by(shared, person.chat_id)
    assert (await person.ask_inline("секретные слова")).answered
    await shared.settled()
    assert await left_by(shared, person.chat_id) == before
    rows = await shared.context.db.fetch_all("SELECT body FROM incoming_update")
    assert not [row for row in rows if "секретные" in (row["body"] or "")]


async def test_of_what_is_being_typed_only_the_last_is_answered(running: Running) -> None:
    person = await running.person()
    await running.settled()
    await running.stop()
    words = ("п", "по", "пож", "пожар")
    waiting = [asyncio.ensure_future(person.ask_inline(one, timeout=30)) for one in words]

    async def all_asked() -> bool:
        return len(running.sandbox.world.updates.pending()) == len(words)

    await eventually(all_asked, "four queries")
    await running.start()
    answer = await waiting[-1]
    assert answer.results
    await running.settled()
    assert running.sandbox.world.requests["answerinlinequery"] == 1
    for task in waiting[:-1]:
        task.cancel()


async def test_what_was_shared_with_the_bot_is_no_question(running: Running) -> None:
    """Not even when its title reads like a command."""
    person = await running.person()
    await ask(person, "/subscribe пожар")
    source = await store_source(running.context.db, "https://odd.example/feed")
    odd = prepared("/unsubscribe пожар", guid="odd", published=START)
    await store(running.context.db, source, odd, arrived=START)
    answer = await person.ask_inline("")
    odd_result = next(one for one in answer.results if one["title"].startswith("/unsubscribe"))
    before = len(await person.from_bot())
    await person.choose(answer, odd_result)
    await running.settled()
    assert len(await person.from_bot()) == before
    assert "пожар" in (await ask(person, "/topics")).labels[0]


async def test_inline_queries_are_asked_of_telegram(shared: Running) -> None:
    async def asked() -> frozenset[str] | None:
        return shared.sandbox.world.updates.allowed

    kinds = await eventually(asked, "updates asked for")  # a bot that just began may not have yet
    assert "inline_query" in kinds


@pytest.mark.parametrize("typed", ["пожарищ", "пожа", "Пожарище север", "кракозябровс", "НИИКРА"])
async def test_a_word_that_is_still_typed_finds_what_begins_so(
    running: Running, typed: str
) -> None:
    source = await store_source(running.context.db, "https://fires.example/feed")
    told = prepared(
        "Пожарище на севере у Кракозябровска, сообщил НИИКРАБ", guid="a", published=START
    )
    await store(running.context.db, source, told, arrived=START)
    answer = await (await running.person()).ask_inline(typed)
    assert any("Пожарище" in title for title in titles(answer))


@pytest.mark.parametrize("typed", ["юг пожарищ", "пожарищ юг", '"пожари', "пожари*", "по"])
async def test_beginnings_are_of_the_last_word_alone_and_no_syntax(
    running: Running, typed: str
) -> None:
    source = await store_source(running.context.db, "https://fires.example/feed")
    told = prepared("Пожарище на севере", guid="a", published=START, text=unlike_others(1, 8))
    await store(running.context.db, source, told, arrived=START)
    answer = await (await running.person()).ask_inline(typed)
    assert answer.answered
    assert "Пожарище на севере" not in titles(answer)
