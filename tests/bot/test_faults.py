"""What a bad network and a busy Telegram do to digests: nothing is lost, nobody else waits."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from bot.delivery import SENDS_AT_ONCE
from bot.i18n import language
from storage.outbox import add_notice, count_by_state
from tests.bot.living import Running, ask, edited, eventually

if TYPE_CHECKING:
    from bot.sandbox.client import Member
    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")


say = language("ru").say


async def notices(bot: Running, person: Member, *texts: str, **content: Any) -> None:
    for text in texts:
        await add_notice(
            bot.context.db, person.chat_id, json.dumps({"text": text} | content), bot.clock()
        )
    bot.context.outbox_filled.set()


async def read(person: Member) -> list[str]:
    return [m.text for m in await person.from_bot()]


async def met(bot: Running) -> Member:
    person = await bot.person()
    await ask(person, "/id")
    return person


async def struck(bot: Running) -> None:
    """Until every ordered fault has struck."""

    async def all_struck() -> bool:
        return all(fault["struck"] for fault in await bot.client.faults())

    await eventually(all_struck, "the fault")


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("server_error", {}),
        ("server_error", {"status": 503}),
        ("bad_gateway", {}),
        ("reset_before", {}),
    ],
)
async def test_message_refused_by_the_network_is_sent_again_once(
    running: Running, kind: str, options: dict[str, Any]
) -> None:
    person, other = await met(running), await met(running)
    await running.client.order_fault(
        kind, method="sendMessage", chat_id=person.chat_id, times=3, **options
    )
    await notices(running, person, "раз", "два")
    await notices(running, other, "мимо")
    await other.wait_for(lambda m: m.text == "мимо")
    for _ in range(3):
        await running.settled()
        assert "раз" not in await read(person)
        running.clock.move(minutes=1)
    await person.wait_for(lambda m: m.text == "два")
    assert (await read(person))[1:] == ["раз", "два"], "in order, each once"


@pytest.mark.parametrize("kind", ["reset_after", "truncated"])
async def test_message_of_unknown_outcome_is_sent_again_rather_than_lost(
    running: Running, kind: str
) -> None:
    person = await met(running)
    await running.client.order_fault(kind, method="sendMessage", chat_id=person.chat_id)
    await notices(running, person, "раз", "два")
    await running.settled()
    running.clock.move(minutes=1)
    await person.wait_for(lambda m: m.text == "два")
    assert (await read(person))[1:] == ["раз", "раз", "два"]


async def test_retry_after_is_obeyed_by_its_chat_alone(running: Running) -> None:
    person, other = await met(running), await met(running)
    await running.client.order_fault(
        "retry_after", method="sendMessage", chat_id=person.chat_id, retry_after=120
    )
    await notices(running, person, "раз", "два")
    await struck(running)
    await notices(running, other, "мимо")
    await other.wait_for(lambda m: m.text == "мимо")
    await running.settled()  # the refusal is noted: its two minutes begin here
    running.clock.move(seconds=118)
    await running.settled()
    assert len(await read(person)) == 1
    assert running.sandbox.world.limiter.requests_inside_ban == 0
    running.clock.move(seconds=3)
    await person.wait_for(lambda m: m.text == "два")


async def test_retry_after_survives_a_restart(running: Running) -> None:
    person = await met(running)
    await running.client.order_fault(
        "retry_after", method="sendMessage", chat_id=person.chat_id, retry_after=120
    )
    await notices(running, person, "раз")
    await struck(running)
    await running.settled()
    await running.kill()
    await running.start()
    await running.settled()
    assert running.sandbox.world.limiter.requests_inside_ban == 0
    running.clock.move(seconds=121)
    await person.wait_for(lambda m: m.text == "раз")


async def test_what_telegram_cannot_parse_goes_out_as_plain_text(running: Running) -> None:
    person = await met(running)
    entities = [{"type": "text_link", "offset": 0, "length": 2, "url": "tg://user?id=x"}]
    keyboard = {"inline_keyboard": [[{"text": "x", "callback_data": "ж" * 60}]]}
    await notices(running, person, "слова", entities=entities, reply_markup=keyboard)
    await notices(running, person, "после")
    await person.wait_for(lambda m: m.text == "после")
    assert (await read(person))[1:] == ["слова", "после"]


async def test_what_telegram_refuses_as_plain_text_too_holds_up_nothing(running: Running) -> None:
    person = await met(running)
    await notices(running, person, "ж" * 5_000, "после")
    await person.wait_for(lambda m: m.text == "после")
    assert len(await read(person)) == 2


async def test_chat_not_found_keeps_its_messages_until_it_returns(running: Running) -> None:
    person = await met(running)
    world = running.sandbox.world
    chat = world.chats.pop(person.chat_id)
    await notices(running, person, "раз")
    await running.settled()
    tries = world.requests["sendmessage"]
    running.clock.move(hours=1)
    await running.settled()
    assert world.requests["sendmessage"] == tries
    world.chats[person.chat_id] = chat
    await person.say("/id")
    await person.wait_for(lambda m: m.text == "раз")


async def test_send_that_hangs_holds_up_its_own_chat_only(running: Running) -> None:
    person, other = await met(running), await met(running)
    await running.client.order_fault(
        "slow", method="sendMessage", chat_id=person.chat_id, seconds=3.0
    )
    await notices(running, person, "медленно", "следом")
    await struck(running)
    for text in ("раз", "два", "три"):
        await notices(running, other, text)
        await other.wait_for(lambda m, text=text: m.text == text)
    assert len(await read(person)) == 1, "the other chat was not waited for"
    await person.wait_for(lambda m: m.text == "следом")
    assert (await read(person))[1:] == ["медленно", "следом"]


async def test_stop_finishes_the_send_that_is_out(running: Running) -> None:
    person = await met(running)
    await running.client.order_fault(
        "slow", method="sendMessage", chat_id=person.chat_id, seconds=0.3
    )
    await notices(running, person, "раз")
    await struck(running)
    await running.stop()
    await running.start()
    await running.settled()
    assert (await read(person))[1:] == ["раз"]


async def test_interactive_answer_waits_out_a_short_429(running: Running) -> None:
    person = await met(running)
    await running.client.order_fault(
        "retry_after", method="sendMessage", chat_id=person.chat_id, retry_after=1
    )
    await person.say("/topics")
    await struck(running)
    running.clock.move(seconds=1)
    assert (await person.wait_for()).text == language("ru").say("topics.empty")


@pytest.mark.parametrize("kind", ["server_error", "bad_gateway", "reset_before", "truncated"])
async def test_polling_survives_every_fault(running: Running, kind: str) -> None:
    person = await met(running)
    await running.client.order_fault(kind, method="getUpdates", times=3)
    await ask(person, "/id")  # ends the poll that was under way
    assert str(person.chat_id) in (await ask(person, "/id")).text
    assert len(await person.from_bot()) == 3, "each command answered once"


@pytest.mark.parametrize(
    ("kind", "times"),
    [("server_error", 2), ("bad_gateway", 2), ("reset_before", 2), ("server_error", 12)],
)
async def test_answer_refused_by_the_network_comes_all_the_same(
    running: Running, kind: str, times: int
) -> None:
    person, other = await met(running), await met(running)
    await running.client.order_fault(
        kind, method="sendMessage", chat_id=person.chat_id, times=times
    )
    await person.say("/topics")
    assert str(other.chat_id) in (await ask(other, "/id")).text
    assert (await person.wait_for()).text == say("topics.empty")
    await running.settled()
    assert len(await read(person)) == 2


@pytest.mark.parametrize("kind", ["reset_after", "truncated"])
async def test_answer_of_unknown_outcome_comes_at_least_once(running: Running, kind: str) -> None:
    person = await met(running)
    await running.client.order_fault(kind, method="sendMessage", chat_id=person.chat_id)
    await person.say("/subscribe пожар")
    await running.settled()
    added = say("topics.added", words="пожар")
    assert [text.splitlines()[0] for text in (await read(person))[1:]] == [added] * 2


async def test_answer_that_never_gets_through_is_given_up_after_ten_minutes(
    running: Running,
) -> None:
    person = await met(running)
    await running.client.order_fault(
        "server_error", method="sendMessage", chat_id=person.chat_id, times=None
    )
    await person.say("/topics")
    await struck(running)
    running.clock.move(minutes=11)
    await running.settled()
    await running.client.clear_faults()
    assert str(person.chat_id) in (await ask(person, "/id")).text


async def test_menu_that_could_not_be_shown_is_shown_after_all(running: Running) -> None:
    person = await met(running)
    await ask(person, "/settings")
    await running.client.order_fault("bad_gateway", method="editMessageText", times=8)
    await running.client.order_fault("server_error", method="answerCallbackQuery", times=2)
    answer = await person.press(say("settings.main_off"))
    assert answer.answered
    shown = await person.wait_for(newest=True)
    assert shown.button(say("settings.main_on"))


async def test_answer_to_a_person_who_has_just_left_pauses_the_chat(running: Running) -> None:
    person = await running.subscribed()
    world = running.sandbox.world
    world.updates.allowed = frozenset({"message"})
    await running.client.order_fault("slow", method="sendMessage", seconds=0.1)
    await person.say("/topics")
    await struck(running)
    await person.block()
    await running.settled()
    row = await running.context.db.fetch_one(
        "SELECT unreachable_at FROM subscriber WHERE chat_id = :chat", {"chat": person.chat_id}
    )
    assert row is not None
    assert row["unreachable_at"] is not None


async def test_flood_wait_of_everybody_pauses_all_sending_and_survives_a_restart(
    running: Running,
) -> None:
    people = [await met(running) for _ in range(4)]
    await running.client.order_fault(
        "retry_after", method="sendMessage", retry_after=60, everywhere=True
    )
    await notices(running, people[0], "раз")
    await struck(running)
    await running.settled()
    await notices(running, people[1], "раз")  # tells that the ban is everybody's
    await running.settled()
    world = running.sandbox.world
    tries = world.requests["sendmessage"]
    for person in people[2:]:
        await notices(running, person, "раз")
    running.clock.move(seconds=30)
    await running.stop()
    await running.start()
    running.clock.move(seconds=28)
    await asyncio.sleep(0.2)
    assert world.requests["sendmessage"] == tries
    running.clock.move(seconds=5)
    for person in people:
        await person.wait_for(lambda m: m.text == "раз")
    assert world.limiter.requests_inside_ban == 1, "one chat's ban was found to be everybody's"


async def test_answer_is_not_sent_into_a_ban_and_comes_after_it(running: Running) -> None:
    person = await met(running)
    await running.client.order_fault(
        "retry_after", method="sendMessage", chat_id=person.chat_id, retry_after=2
    )
    await notices(running, person, "раз")
    await struck(running)
    await running.settled()
    await person.say("/topics")
    await asyncio.sleep(0.3)
    assert running.sandbox.world.limiter.requests_inside_ban == 0
    running.clock.move(seconds=3)
    await person.wait_for(lambda m: m.text == language("ru").say("topics.empty"))
    assert running.sandbox.world.limiter.requests_inside_ban == 0


async def test_sends_in_flight_are_bounded(running: Running) -> None:
    people = [await met(running) for _ in range(SENDS_AT_ONCE + 4)]
    await running.client.order_fault("slow", method="sendMessage", times=None, seconds=1.0)
    for person in people:
        await notices(running, person, "раз")

    async def sending() -> int:
        return (await count_by_state(running.context.db)).get("sending", 0)

    async def all_out() -> bool:
        return await sending() >= SENDS_AT_ONCE

    await eventually(all_out, "as many sends as may be out")
    for _ in range(30):
        assert await sending() <= SENDS_AT_ONCE
        await asyncio.sleep(0.02)
    await running.client.clear_faults()
    await people[-1].wait_for(lambda m: m.text == "раз")


@pytest.mark.parametrize(
    "words", ["not enough rights to send text messages to the chat", "TOPIC_CLOSED"]
)
async def test_chat_that_is_closed_to_us_keeps_its_messages_until_it_speaks(
    running: Running, words: str
) -> None:
    person = await met(running)
    await running.client.order_fault(
        "refused", method="sendMessage", chat_id=person.chat_id, status=400, text=words
    )
    await notices(running, person, "раз", "два")
    await struck(running)
    await running.settled()
    running.clock.move(hours=5)
    await running.settled()
    assert len(await read(person)) == 1
    await person.say("/id")
    await person.wait_for(lambda m: m.text == "два")


async def test_message_given_up_is_told_to_the_administrators_once_an_hour(
    running: Running,
) -> None:
    admin, person = await running.admin(), await met(running)
    await ask(admin, "/id")
    await notices(running, person, "ж" * 5_000, "ж" * 5_001)
    await admin.wait_for(lambda m: str(person.chat_id) in m.text and "не доставлено" in m.text)
    await running.settled()
    assert len(await read(admin)) == 2
    running.clock.move(minutes=61)
    await notices(running, person, "ж" * 5_000)
    await running.settled()
    assert len(await read(admin)) == 3


@pytest.mark.parametrize("decision", ["↻", "✓"])
async def test_message_of_unknown_outcome_is_held_for_an_administrator(
    bots: Bots, decision: str
) -> None:
    async with bots(unknown_delivery="hold") as bot:
        admin, person = await bot.admin(), await met(bot)
        await ask(admin, "/id")
        await bot.client.order_fault("truncated", method="sendMessage", chat_id=person.chat_id)
        await notices(bot, person, "раз", "мимо")
        await admin.wait_for(lambda m: "/held" in m.text)
        await person.wait_for(lambda m: m.text == "мимо")
        bot.clock.move(hours=1)
        await bot.settled()
        assert (await read(person))[1:] == ["раз", "мимо"], "not sent again by itself"
        listed = await ask(admin, "/held")
        assert "раз" in listed.labels[0]
        shown = await edited(admin, decision, lambda m: m.text == say("held.none"))
        assert not shown.buttons
        await bot.settled()
        assert (await read(person)).count("раз") == (2 if decision == "↻" else 1)


async def test_message_under_way_when_the_bot_died_is_held(bots: Bots) -> None:
    async with bots(unknown_delivery="hold") as bot:
        admin, person = await bot.admin(), await met(bot)
        await ask(admin, "/id")
        await bot.client.order_fault(
            "slow", method="sendMessage", chat_id=person.chat_id, seconds=0.5
        )
        await notices(bot, person, "раз")
        await struck(bot)
        await bot.kill()
        await bot.start()
        await admin.wait_for(lambda m: "/held" in m.text)
        assert (await count_by_state(bot.context.db))["held"] == 1


async def test_nobody_else_sees_or_decides_what_is_held(running: Running) -> None:
    person = await met(running)
    assert (await ask(person, "/held")).text == say("error.not_allowed")
