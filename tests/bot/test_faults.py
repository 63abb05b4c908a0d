"""What a bad network and a busy Telegram do to digests: nothing is lost, nobody else waits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from bot.i18n import language
from storage.outbox import add_notice
from tests.bot.living import Running, ask, eventually

if TYPE_CHECKING:
    from bot.sandbox.client import Member

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
        "slow", method="sendMessage", chat_id=person.chat_id, seconds=1.5
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


async def test_answer_that_cannot_be_sent_stops_nothing(running: Running) -> None:
    person = await met(running)
    await running.client.order_fault("bad_gateway", chat_id=person.chat_id, times=2)
    await person.say("/topics")
    await struck(running)
    await running.settled()
    assert str(person.chat_id) in (await ask(person, "/id")).text


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
