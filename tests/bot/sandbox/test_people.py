"""The persons' side and the Python client: what tests of the bot lean on."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from aiogram.types import (
    BotCommand,
    BotCommandScopeAllGroupChats,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
)

from bot.sandbox.client import Member, SandboxClient, SandboxError
from bot.sandbox.model import Person
from bot.sandbox.server import run_sandbox
from bot.sandbox.world import Group, World

if TYPE_CHECKING:
    from aiogram import Bot


async def test_wait_for_ignores_answers_to_earlier_actions(bot: Bot, anna: Member) -> None:
    await bot.send_message(1001, "old answer")
    await anna.say("again")
    with pytest.raises(TimeoutError, match="the bot wrote"):
        await anna.wait_for(timeout=0)
    assert (await anna.wait_for(since=0)).text == "old answer"
    waiting = asyncio.ensure_future(anna.wait_for(lambda m: "new" in m.text, timeout=5))
    await bot.send_message(1001, "new answer")
    assert (await waiting).text == "new answer"


async def test_press_takes_the_newest_message_with_the_label(bot: Bot, anna: Member) -> None:
    for data in ("old", "new"):
        button = InlineKeyboardButton(text="✅ Подписаться", callback_data=data)
        markup = InlineKeyboardMarkup(inline_keyboard=[[button]])
        await bot.send_message(1001, data, reply_markup=markup)
    await anna.press("Подписаться", timeout=0)
    update = (await bot.get_updates())[-1]
    assert update.callback_query is not None
    assert update.callback_query.data == "new"


async def test_missing_button_is_named_in_the_error(anna: Member) -> None:
    with pytest.raises(TimeoutError, match="a button 'Nowhere'"):
        await anna.press("Nowhere", timeout=0)


async def test_menu_is_the_narrowest_in_the_persons_language(
    bot: Bot, client: SandboxClient
) -> None:
    anna, ben = await client.person(1001), await client.person(1002)
    await bot.set_my_commands([BotCommand(command="help", description="Help")])
    await bot.set_my_commands(
        [BotCommand(command="help", description="Помощь")], language_code="ru"
    )
    assert [c["description"] for c in await anna.commands()] == ["Помощь"]
    assert [c["description"] for c in await ben.commands()] == ["Help"]
    await bot.set_my_commands(
        [BotCommand(command="admin", description="Admin")],
        scope=BotCommandScopeChat(chat_id=1002),
    )
    await bot.set_my_commands(
        [BotCommand(command="digest", description="Digest")], scope=BotCommandScopeAllGroupChats()
    )
    assert [c["command"] for c in await ben.commands()] == ["admin"]
    assert [c["command"] for c in await ben.in_chat(-2001).commands()] == ["digest"]
    await bot.delete_my_commands(scope=BotCommandScopeChat(chat_id=1002))
    assert [c["command"] for c in await ben.commands()] == ["help"]
    assert [c.description for c in await bot.get_my_commands(language_code="ru")] == ["Помощь"]


async def test_descriptions_are_kept_by_language(bot: Bot) -> None:
    await bot.set_my_description("Digest")
    await bot.set_my_description("Сводка", language_code="ru")
    await bot.set_my_short_description("s")
    await bot.set_my_name("Digest", language_code="en")
    assert (await bot.get_my_description(language_code="ru")).description == "Сводка"
    assert (await bot.get_my_description(language_code="de")).description == "Digest"
    assert (await bot.get_my_name()).name == "Сводка"
    assert (await bot.get_my_name(language_code="en")).name == "Digest"


async def test_unread_messages_are_counted_until_read(
    bot: Bot, anna: Member, client: SandboxClient
) -> None:
    await bot.send_message(1001, "one")
    sent = await bot.send_message(1001, "two")
    assert await anna.unread() == 2
    await client.post("read", person=1001, message_id=sent.message_id)
    assert await anna.unread() == 0


async def test_messages_of_a_forum_are_read_topic_by_topic(
    bot: Bot, anna: Member, client: SandboxClient
) -> None:
    group = await client.group(anna, "Форум", kind="supergroup")
    thread = await group.open_topic("Новости")
    await bot.send_message(group.chat_id, "here", message_thread_id=thread)
    sent = await bot.send_message(group.chat_id, "there")
    await client.post("read", person=1001, chat=group.chat_id, message_id=sent.message_id)
    state = await client.get("state", person=1001)
    forum = next(chat for chat in state["chats"] if chat["id"] == group.chat_id)
    assert [(one["name"], one["unread"]) for one in forum["topics"]] == [("", 0), ("Новости", 1)]
    assert forum["unread"] == 1


async def test_chat_action_is_an_event(bot: Bot, anna: Member, client: SandboxClient) -> None:
    await bot.send_chat_action(1001, "typing")
    events = (await client.get("poll", person=1001, after=0))["events"]
    assert [e["action"] for e in events if e["kind"] == "action"] == ["typing"]
    others = (await client.get("poll", person=1002, after=0))["events"]
    assert [e for e in others if e.get("chat_id") == 1001] == []


async def test_persons_see_only_their_chats(anna: Member, client: SandboxClient) -> None:
    ben = await client.person(1002)
    with pytest.raises(SandboxError, match="not in chat"):
        await ben.in_chat(1001).messages()
    with pytest.raises(SandboxError, match="not in chat"):
        await ben.in_chat(1001).say("x")


async def test_world_begins_as_it_is_told() -> None:
    world = World(
        token="7:abc",  # noqa: S106 - opens nothing
        bot_username="other_bot",
        people=[Person(1, "Eva")],
        groups=[Group("Club", {1: "creator"}, id=-5, kind="supergroup", bot_status=None)],
    )
    async with run_sandbox(world=world) as sandbox, SandboxClient(sandbox.url) as client:
        state = await client.get("state", person=1)
    assert [p["first_name"] for p in state["people"]] == ["Eva"]
    assert [c["type"] for c in state["chats"]] == ["private", "supergroup"]
    assert state["bot"]["username"] == "other_bot"


async def test_clear_forgets_messages_but_not_people(
    bot: Bot, anna: Member, client: SandboxClient
) -> None:
    await bot.send_message(1001, "x")
    await client.clear()
    assert await anna.messages() == []
    assert await client.ledger() == []
    assert await bot.get_updates() == []
    await bot.send_message(1001, "still started")


def test_importing_the_package_does_not_import_aiogram() -> None:
    code = "import sys, bot.sandbox; sys.exit('aiogram' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
