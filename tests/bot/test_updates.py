"""Updates are kept before they are confirmed, handled in order, and replayed after a crash."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from bot.errors import SettingsError
from bot.i18n import language
from bot.intake import INLINE, chat_of, described
from bot.pace import BURST
from bot.updates import _is_awaited
from digests.models import ChatId
from storage import subscribers, updates
from tests.bot.living import START, Running, ask, eventually

if TYPE_CHECKING:
    from aiogram import Bot, Dispatcher
    from aiogram.types import Update

    from bot.sandbox.client import Member

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def stored(bot: Running) -> list[dict[str, Any]]:
    rows = await bot.context.db.fetch_all("SELECT id, handled_at FROM incoming_update ORDER BY id")
    return [dict(row) for row in rows]


def hold_confirmations(bot: Running) -> list[list[int]]:
    """Note which updates were stored whenever the bot confirms some."""
    queue = bot.sandbox.world.updates
    confirm, seen = queue.confirm, []

    def noted(offset: int) -> None:
        seen.append([int(one["update_id"]) for one in queue.pending() if one["update_id"] < offset])
        confirm(offset)

    queue.confirm = noted  # type: ignore[method-assign]
    return seen


async def test_update_is_stored_before_it_is_confirmed(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    confirmed = hold_confirmations(running)
    store, kept = updates.store_updates, set[int]()

    async def slow_store(db: Any, found: list[Any]) -> None:
        assert not {one.id for one in found} & {number for ids in confirmed for number in ids}
        await store(db, found)
        kept.update(one.id for one in found)

    monkeypatch.setattr(updates, "store_updates", slow_store)
    person = await running.person()
    for _ in range(3):
        await ask(person, "/id")
    assert {number for ids in confirmed for number in ids} <= kept
    assert len(kept) == 3


async def test_update_that_could_not_be_stored_is_not_confirmed(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, failures = updates.store_updates, 0

    async def failing(db: Any, found: Any) -> None:
        nonlocal failures
        failures += 1
        if failures <= 2:
            raise TimeoutError
        await store(db, found)

    monkeypatch.setattr(updates, "store_updates", failing)
    person = await running.person()
    await ask(person, "/id")
    await running.settled()
    assert failures == 3
    assert len(await person.from_bot()) == 1


async def struck(bot: Running) -> None:
    async def all_struck() -> bool:
        return all(fault["struck"] for fault in await bot.client.faults())

    await eventually(all_struck, "the fault")


async def delivered(bot: Running) -> bool:
    rows = await bot.context.db.fetch_all("SELECT state FROM delivery")
    return bool(rows) and all(row["state"] == "sent" for row in rows)


async def crash_before_handling(bot: Running, person: Member, *texts: str) -> None:
    """The bot dies after it has stored and confirmed, before it has handled."""
    never = asyncio.Event()

    async def stuck(*_: Any, **__: Any) -> None:
        await never.wait()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.updates.Handling._handle", stuck)
        for text in texts:
            await person.say(text)

        async def confirmed() -> bool:
            return not bot.sandbox.world.updates.pending()

        await eventually(confirmed, "confirmation")
        assert [one["handled_at"] for one in await stored(bot)][-len(texts) :] == [None] * len(
            texts
        )
        await bot.kill()


async def test_command_of_before_a_crash_is_handled_after_it_once(running: Running) -> None:
    person = await running.person()
    await crash_before_handling(running, person, "/subscribe пожар", "/id")
    assert not await person.from_bot()
    await running.start()
    await person.wait_for(lambda m: str(person.chat_id) in m.text)
    await running.settled()
    assert len(await person.from_bot()) == 2
    await running.stop()
    await running.start()
    await running.settled()
    assert len(await person.from_bot()) == 2, "handled is handled"


async def lives(bot: Running, poison: str, count: int) -> list[list[str]]:
    """The bot is started `count` times and dies whenever it handles the poison; the texts whose
    handling was begun in each life."""
    never, begun = asyncio.Event(), list[list[str]]()

    async def deadly(self: Dispatcher, bot: Bot, update: Update, **_: Any) -> None:
        begun[-1].append(update.message.text if update.message else "")
        await never.wait()

    async def is_struck() -> bool:
        return poison in begun[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aiogram.Dispatcher.feed_update", deadly)
        for _ in range(count):
            begun.append([])
            await bot.start()
            await eventually(is_struck, "the poison")
            await bot._ticked()
            await bot.kill()
    return begun


async def test_a_message_that_breaks_the_bot_off_three_times_is_set_aside_and_said_so_once(
    running: Running,
) -> None:
    person, other = await running.person(), await running.person("en")
    await running.stop()
    await person.say("/topics")
    await other.say("/id")
    first, second, third = await lives(running, "/topics", 3)
    assert sorted(first) == sorted(second) == ["/id", "/topics"]
    assert third == ["/topics"], "what may be why is tried alone"
    await running.start()
    assert str(other.chat_id) in (await other.wait_for()).text
    sorry = await person.wait_for()
    assert sorry.text == language("ru").say("error.set_aside")
    await running.settled()
    assert all(one["handled_at"] for one in await stored(running))
    await running.stop()
    await running.start()
    await ask(person, "/id")
    assert len(await person.from_bot()) == 2
    assert len(await other.from_bot()) == 1


async def test_restarts_while_telegram_answers_nothing_blame_no_message(running: Running) -> None:
    person = await running.person()
    await running.stop()
    await person.say("/id")
    for _ in range(4):
        await running.client.order_fault(
            "bad_gateway", method="sendMessage", chat_id=person.chat_id, times=3
        )
        await running.start()
        await struck(running)
        await running.stop()
    await running.start()
    assert str(person.chat_id) in (await person.wait_for()).text


@pytest.mark.parametrize(
    ("kind", "lane", "told"),
    [("words", 7, 1), ("words", 8, 0), ("digest", 8, 1), (None, 7, 1), (INLINE, 7, 0)],
)
async def test_only_who_waits_for_an_answer_is_told_that_none_comes(
    kind: str | None, lane: int, told: int
) -> None:
    """Lane 8 is somebody in a group, whose number stands in for chat 7."""
    update = updates.StoredUpdate(7, ChatId(7), lane, kind, None, START, "{}")
    assert _is_awaited(update) == bool(told)


async def test_stop_finishes_the_command_that_is_being_handled(running: Running) -> None:
    person = await running.person()
    await running.client.order_fault(
        "slow", method="sendMessage", chat_id=person.chat_id, seconds=0.3
    )
    await person.say("/id")
    await struck(running)
    await running.stop()
    await running.start()
    await running.settled()
    assert len(await person.from_bot()) == 1


async def test_digest_by_hand_is_not_doubled_by_a_crash(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await running.subscribed()
    never = asyncio.Event()

    async def stuck(*_: Any) -> None:
        await never.wait()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(updates, "mark_handled", stuck)
        await person.say("/digest")
        await running.wait_digests(person, 1)
        await eventually(lambda: delivered(running), "a delivery marked as sent")
        await running.kill()
    await running.start()
    await running.settled()
    assert all(one["handled_at"] for one in await stored(running))
    assert len(await running.digests(person)) == 1


async def test_update_sent_twice_by_telegram_is_handled_once(running: Running) -> None:
    person = await running.person()
    queue = running.sandbox.world.updates
    await running.stop()
    await person.say("/id")
    (update,) = queue.pending()
    await running.start()
    await person.wait_for()
    queue.repeat(update)
    await running.settled()
    await ask(person, "/topics")
    assert len(await person.from_bot()) == 2


@pytest.mark.parametrize(
    "malformed",
    [
        {"message": {"text": "no chat, no date"}},
        {"message": "a string"},
        {"message": None},
        {"callback_query": {"id": 7}},
        {"something_new": {"a": [1, 2, {"b": None}]}},
        {},
    ],
)
async def test_malformed_update_blocks_nothing(running: Running, malformed: dict[str, Any]) -> None:
    person = await running.person()
    running.sandbox.world.updates.push_raw(malformed)
    assert str(person.chat_id) in (await ask(person, "/id")).text
    await running.settled()
    assert all(one["handled_at"] for one in await stored(running))


async def test_commands_of_a_chat_are_answered_in_their_order(running: Running) -> None:
    person = await running.person()
    await running.stop()
    for number in range(12):
        await person.say(f"/subscribe тема {number}")
    await running.start()
    await person.wait_for(lambda m: "тема 11" in m.text, since=0)
    answers = [m.text.splitlines()[0] for m in await person.from_bot()]
    say = language("ru").say
    assert answers == [say("topics.added", words=f"тема {number}") for number in range(12)]


async def test_slow_chat_holds_up_no_other(running: Running) -> None:
    slow, quick = await running.person(), await running.person()
    await running.client.order_fault(
        "slow", method="sendMessage", chat_id=slow.chat_id, seconds=1.0
    )
    await slow.say("/id")
    await slow.say("/help")
    for _ in range(3):
        await ask(quick, "/id")
    assert not await slow.from_bot()
    await slow.wait_for(lambda m: "/latest" in m.text)


async def test_more_updates_than_fit_in_memory_are_all_answered(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.updates.LANES_IN_MEMORY", 5)
    monkeypatch.setattr("bot.intake.UPDATES_A_POLL", 7)
    person = await running.person()
    await running.stop()
    for _ in range(30):
        await person.say("/id")
    await running.start()
    await running.settled()
    assert len(await person.from_bot()) == 30


async def asked_long_ago(bot: Running, person: Member, *texts: str) -> None:
    """While the bot was down for more than ten minutes."""
    await bot.stop()
    for text in texts:
        await person.say(text)
    bot.clock.move(minutes=11)
    await bot.start()


async def test_of_old_commands_only_the_newest_of_each_kind_is_answered(running: Running) -> None:
    person, other = await running.person(), await running.person()
    await asked_long_ago(running, person, "/id", "/topics", "/id", "/topics", "/help", "/id")
    await ask(other, "/id")
    await running.settled()
    texts = [m.text for m in await person.from_bot()]
    assert len(texts) == 3
    for part in (language("ru").say("topics.empty"), "/unsubscribe", str(person.chat_id)):
        assert sum(part in text for text in texts) == 1


async def test_old_commands_change_what_they_change_though_they_are_not_answered(
    running: Running,
) -> None:
    person = await running.person()
    await asked_long_ago(running, person, "/subscribe пожар", "/subscribe космос", "/id")
    await running.settled()
    assert len(await person.from_bot()) == 2
    topics = await subscribers.topics_of(running.context.db, ChatId(person.chat_id))
    assert [topic.words for topic in topics] == ["пожар", "космос"]


async def test_newest_is_known_only_when_telegram_holds_nothing_back(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.intake.UPDATES_A_POLL", 3)
    person = await running.person()
    await asked_long_ago(running, person, *["/id"] * 10)
    await running.settled()
    assert len(await person.from_bot()) == 1


async def test_fresh_commands_are_answered_each(running: Running) -> None:
    person = await running.person()
    await running.stop()
    for _ in range(3):
        await person.say("/id")
    running.clock.move(minutes=9)
    await running.start()
    await running.settled()
    assert len(await person.from_bot()) == 3


async def test_flood_of_one_person_slows_that_person_alone(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.pace.A_SECOND", 0.01)
    flooder, other = await running.person(), await running.person()
    await running.stop()
    for _ in range(BURST + 5):
        await flooder.say("/id")
    await other.say("/id")
    await running.start()
    await other.wait_for()
    for _ in range(3):
        await ask(other, "/id")

    async def burst_is_answered() -> bool:
        return len(await flooder.from_bot()) >= BURST

    await eventually(burst_is_answered, "the burst")
    await asyncio.sleep(0.2)
    assert len(await flooder.from_bot()) == BURST


async def test_two_people_of_a_group_do_not_wait_for_each_other(running: Running) -> None:
    slow, quick = await running.person(), await running.person()
    group = await running.group(slow, "Группа", {quick.person_id: "member"})
    await running.client.order_fault("slow", method="sendMessage", seconds=1.0)
    await group.member(slow).say("/latest")
    await struck(running)
    second = group.member(quick)
    await second.say("/id")
    first = await second.wait_for()
    assert str(quick.person_id) in first.text, "before the answer that is slow"


async def test_update_that_cannot_be_marked_is_handled_again(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark, failures = updates.mark_handled, 0

    async def failing(*given: Any) -> None:
        nonlocal failures
        failures += 1
        if failures <= 2:
            raise sqlite3.OperationalError("database or disk is full")
        await mark(*given)

    monkeypatch.setattr(updates, "mark_handled", failing)
    person = await running.person()
    await ask(person, "/subscribe пожар")
    await running.settled()
    assert failures == 3
    topics = await subscribers.topics_of(running.context.db, ChatId(person.chat_id))
    assert [topic.words for topic in topics] == ["пожар"]


async def test_revoked_token_ends_the_bot_with_a_sentence(running: Running) -> None:
    person = await running.person()
    world = running.sandbox.world
    old, world.token = world.token, world.token[:-3] + "xyz"
    await person.say("/id")  # ends the poll that was under way
    error = await running.ended()
    world.token = old
    assert isinstance(error, SettingsError)
    assert "SVODKA_BOT_TOKEN" in str(error)
    assert old not in str(error)


async def test_handled_updates_are_forgotten_after_two_days(running: Running) -> None:
    person = await running.person()
    await ask(person, "/id")
    await running.settled()
    running.clock.move(hours=50)
    await ask(person, "/id")
    await running.settled()
    await ask(person, "/id")
    await running.settled()
    assert len(await stored(running)) <= 2


@pytest.mark.parametrize(
    ("raw", "chat"),
    [
        ({"message": {"chat": {"id": 5}}}, 5),
        ({"callback_query": {"message": {"chat": {"id": -7}}}}, -7),
        ({"my_chat_member": {"chat": {"id": 9}}}, 9),
        ({"callback_query": {"inline_message_id": "x"}}, None),
        ({"inline_query": {"from": {"id": 7}}}, 7),
        ({"inline_query": {"from": {}}}, None),
        ({"inline_query": []}, None),
        ({"message": {"chat": {"id": "5"}}}, None),
        ({"message": {"chat": []}}, None),
        ({"callback_query": {"message": "x"}}, None),
        ({}, None),
    ],
)
async def test_chat_of_an_update_is_read_from_its_raw_form(
    raw: dict[str, Any], chat: int | None
) -> None:
    assert chat_of(raw) == chat


@pytest.mark.parametrize(
    ("raw", "lane", "kind"),
    [
        (
            {"message": {"chat": {"id": -5}, "from": {"id": 7}, "text": "/Latest@svodka_bot 3"}},
            7,
            "latest",
        ),
        ({"message": {"chat": {"id": 5}, "from": {"id": 5}, "text": "ставка ЦБ"}}, 5, "words"),
        ({"message": {"chat": {"id": -5}, "from": {"id": 1}, "sender_chat": {"id": -5}}}, -5, None),
        ({"callback_query": {"from": {"id": 7}, "message": {"chat": {"id": -5}}}}, 7, None),
        ({"inline_query": {"from": {"id": 7}, "query": "ставка"}}, 7, "inline query"),
        ({"message": {"chat": {"id": 5}, "text": "  "}}, 5, None),
        ({"message": {"from": {"id": "7"}, "text": 5}}, 0, None),
        ({}, 0, None),
    ],
)
async def test_lane_and_kind_of_an_update_are_read_from_its_raw_form(
    raw: dict[str, Any], lane: int, kind: str | None
) -> None:
    found = described({"update_id": 1} | raw, START)
    assert (found.lane, found.kind) == (lane, kind)


@pytest.mark.parametrize("date", ["soon", -1, 0, 1 << 60, None, 1.5])
async def test_malformed_date_is_no_date(date: Any) -> None:
    assert described({"update_id": 1, "message": {"date": date}}, START).sent is None
