"""Groups and forums as subscribers: greeted, set up by buttons, in a topic, by whoever may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from bot.i18n import LANGUAGES, language
from digests.models import ChatId
from storage import subscribers
from tests.bot.living import Running, ask, edited

if TYPE_CHECKING:
    from bot.sandbox.client import GroupChat, Member, SeenMessage

pytestmark = pytest.mark.asyncio(loop_scope="session")

say = language("ru").say
TOPIC = {"ru": "ИИ", "en": "AI"}
CITY = {"ru": "Москва", "en": "London"}


async def set_up(bot: Running, leader: Member, code: str) -> None:
    """From the greeting to the first digest, by buttons alone."""
    say, topic, city = language(code).say, TOPIC[code], CITY[code]
    await leader.press(say("group.begin"))
    page = await leader.wait_for(lambda m: m.button(topic) is not None)
    assert page.text.startswith(say("start.topics")), "it was greeted already"
    await edited(leader, topic, lambda m: m.button(f"✓ {topic}") is not None)
    await edited(leader, say("menu.next"), lambda m: m.button("09:00") is not None)
    await edited(leader, "09:00", lambda m: m.button(city) is not None)
    await edited(leader, city, lambda m: "09:00" in m.text)
    await bot.wait_digests(leader, 1)


async def forum_of(bot: Running) -> tuple[GroupChat, Member, int]:
    boss = await bot.person()
    group = await bot.group(boss, "Форум", kind="supergroup")
    return group, group.member(boss), await group.open_topic("Новости")


def thread_of(message: SeenMessage) -> int | None:
    return message.raw.get("message_thread_id")


@pytest.mark.parametrize("code", LANGUAGES)
async def test_a_group_is_set_up_by_buttons_under_its_greeting(running: Running, code: str) -> None:
    boss = await running.person(code)
    group = await running.group(boss, "Отдел")
    leader = group.member(boss)
    await set_up(running, leader, code)
    known = await subscribers.find_subscriber(running.context.db, ChatId(group.chat_id))
    assert known is not None
    assert known.subscribed


async def test_a_group_that_puts_the_bot_out_and_takes_it_back_has_all_it_had(
    running: Running,
) -> None:
    boss = await running.person()
    group = await running.group(boss, "Отдел")
    leader = group.member(boss)
    await ask(leader, "/schedule 15:00")
    await ask(leader, "/subscribe пожар")
    await group.remove_bot()
    running.clock.move(hours=4)
    await running.settled()
    assert not await running.digests(leader)
    await leader._mark()
    await group.add_bot()
    greeting = await leader.wait_for(lambda m: "пожар" in m.text)
    assert greeting.text == say("group.returned", topics="пожар")
    assert greeting.labels == [say("menu.settings")]
    await running.wait_digests(leader, 1)  # the one that was missed
    assert "15:00" in (await ask(leader, "/settings")).text


async def test_a_group_that_mutes_the_bot_has_its_digest_when_it_may_write_again(
    running: Running,
) -> None:
    boss = await running.person()
    await ask(boss, "/id")
    group = await running.group(boss, "Отдел", kind="supergroup")
    leader = group.member(boss)
    menu = await ask(leader, "/schedule 15:00")
    await boss._mark()
    await group.let_bot_write(False)
    told = await boss.wait_for(lambda m: say("lost.digests") in m.text)
    assert told.text.startswith(say("lost.group", title="Отдел"))
    with capture_logs() as lines:
        await leader.say("/settings")
        assert (await leader.press(say("schedule.days"), message=menu)).text == say("error.muted")
        await running.settled()
    assert [line for line in lines if line["log_level"] == "error"] == []
    running.clock.move(hours=4)
    await running.settled()
    assert not await running.digests(leader)
    await group.let_bot_write(True)
    await running.wait_digests(leader, 1)


async def test_digests_go_to_the_topic_where_it_was_set_up(running: Running) -> None:
    _group, leader, thread = await forum_of(running)
    there = leader.in_topic(thread)
    await ask(there, "/start")
    await there.press("ИИ")
    await there.press(say("menu.next"))
    await there.press("09:00")
    await there.press("Москва")
    (digest,) = await running.wait_digests(there, 1)
    assert thread_of(digest) == thread


async def test_a_button_moves_digests_to_another_topic(running: Running) -> None:
    group, leader, thread = await forum_of(running)
    await ask(leader, "/schedule 15:00")
    assert say("settings.here") not in (await ask(leader, "/settings")).labels
    there = leader.in_topic(thread)
    menu = await ask(there, "/settings")
    assert thread_of(menu) == thread
    assert say("settings.place_elsewhere") in menu.text
    assert menu.urls == [f"https://t.me/c/{-1_000_000_000_000 - group.chat_id}/1"]
    answer = await there.press(say("settings.here"))
    assert answer.text == say("settings.here_done")
    running.clock.move(hours=4)
    (digest,) = await running.wait_digests(there, 1)
    assert thread_of(digest) == thread
    assert group.chat_id == digest.chat_id


async def test_digests_of_a_topic_that_is_gone_come_to_the_general_one(running: Running) -> None:
    group, leader, thread = await forum_of(running)
    await ask(leader, "/schedule 15:00")
    await subscribers.set_thread(running.context.db, ChatId(group.chat_id), thread)
    await group.close_topic(thread)
    running.clock.move(hours=4)
    (digest,) = await running.wait_digests(leader, 1)
    assert thread_of(digest) is None
    known = await subscribers.find_subscriber(running.context.db, ChatId(group.chat_id))
    assert known is not None
    assert known.thread is None


async def test_an_anonymous_administrator_sets_up_and_a_channels_voice_does_not(
    shared: Running,
) -> None:
    boss = await shared.person()
    group = await shared.group(boss, "Отдел", kind="supergroup")
    await group.be_anonymous(boss)
    leader = group.member(boss)
    menu = await ask(leader, "/schedule 9:00")
    assert "09:00" in menu.text
    assert (await leader.press(say("schedule.switch_off"), message=menu)).answered
    voice = await shared.client.group(boss, "Чей-то канал", bot_status=None, kind="channel")
    shared.sandbox.world.chats[group.chat_id].voice = voice.chat_id
    assert (await ask(leader, "/schedule 10:00")).text == say("error.not_allowed")


async def test_commands_to_other_bots_leave_no_trace(shared: Running) -> None:
    person = await shared.person()
    asked = await ask(person, "/subscribe")
    await person.say("/start@other_bot")
    await person.say("пожар")
    assert "пожар" in (await person.wait_for()).text
    assert "пожар" in (await ask(person, "/topics")).labels[0]
    assert asked.text == say("topics.ask")


async def test_in_a_topic_why_is_asked_about_the_last_digest(running: Running) -> None:
    _group, leader, thread = await forum_of(running)
    await ask(leader, "/schedule 9:00")
    await leader.say("/digest")
    await running.wait_digests(leader, 1)
    assert (await ask(leader.in_topic(thread), "/why")).text != say("why.none")
