"""getUpdates and webhooks: what the bot is told, when, and in what order."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from aiogram.exceptions import TelegramBadRequest, TelegramConflictError
from aiogram.types import (
    InlineQueryResultArticle,
    InputTextMessageContent,
    MessageOriginChannel,
    MessageOriginUser,
)
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from aiogram import Bot

    from bot.sandbox.client import Member, SandboxClient
    from bot.sandbox.world import World

SECRET = "X-Telegram-Bot-Api-Secret-Token"


async def test_offset_confirms_earlier_updates(bot: Bot, anna: Member) -> None:
    await anna.say("two")
    first, second = await bot.get_updates()
    assert second.update_id == first.update_id + 1
    assert await bot.get_updates(limit=1) == [first]
    assert await bot.get_updates(offset=second.update_id) == [second]
    assert await bot.get_updates() == [second]
    assert await bot.get_updates(offset=second.update_id + 1) == []


async def test_negative_offset_keeps_the_newest(bot: Bot, anna: Member) -> None:
    await anna.say("two")
    await anna.say("three")
    updates = await bot.get_updates(offset=-1)
    assert [u.message.text for u in updates if u.message] == ["three"]
    assert await bot.get_updates() == updates


async def test_long_poll_returns_as_soon_as_something_happens(bot: Bot, anna: Member) -> None:
    [start] = await bot.get_updates()
    poll = asyncio.ensure_future(bot.get_updates(offset=start.update_id + 1, timeout=30))
    await anna.say("hello")
    async with asyncio.timeout(5):
        [update] = await poll
    assert update.message is not None
    assert update.message.text == "hello"


async def test_second_poll_ends_the_first(bot: Bot, world: World) -> None:
    first_is_there = asyncio.ensure_future(world.updates.signal.wait(5))
    first = asyncio.ensure_future(bot.get_updates(timeout=30))
    assert await first_is_there
    second = asyncio.ensure_future(bot.get_updates(timeout=30))
    with pytest.raises(TelegramConflictError, match="terminated by other getUpdates request"):
        await first
    world.updates.close()
    assert await second == []


async def test_updates_are_forgotten_after_a_day(
    bot: Bot, anna: Member, move_clock: Callable[[float], None]
) -> None:
    move_clock(24 * 3600 + 1)
    assert await bot.get_updates() == []


async def test_kinds_not_asked_for_do_not_come(bot: Bot, anna: Member) -> None:
    sent = (await anna.messages())[0]
    await anna.react(sent, "👍")
    await bot.get_updates(offset=-1, allowed_updates=["message_reaction"])
    await anna.say("unheard")
    await anna.react(sent, "🔥")
    updates = await bot.get_updates()
    assert [u.event_type for u in updates] == ["message", "message_reaction"]
    reaction = updates[1].message_reaction
    assert reaction is not None
    old = [r.model_dump(mode="json") for r in reaction.old_reaction]
    assert old == [{"type": "emoji", "emoji": "👍"}]


async def test_button_press_is_answered_once(bot: Bot, anna: Member) -> None:
    sent = await anna.say("x")
    pressing = asyncio.ensure_future(anna.press_raw(sent, "forged:🗞"))
    updates = await bot.get_updates(offset=-1, timeout=10)
    while updates[-1].callback_query is None:
        updates = await bot.get_updates(offset=updates[-1].update_id + 1, timeout=10)
    query = updates[-1].callback_query
    assert query.data == "forged:🗞"
    assert query.from_user.id == 1001
    await bot.answer_callback_query(query.id, text="Готово", show_alert=True)
    answer = await pressing
    assert (answer.answered, answer.text, answer.alert) == (True, "Готово", True)
    for query_id in (query.id, "999"):
        with pytest.raises(TelegramBadRequest, match="query is too old and response timeout"):
            await bot.answer_callback_query(query_id)


async def test_press_without_an_answer_says_so(anna: Member) -> None:
    sent = await anna.say("x")
    answer = await anna.press_raw(sent, "1", timeout=0)
    assert not answer.answered


async def test_group_tells_the_bot_what_privacy_lets_through(
    bot: Bot, client: SandboxClient
) -> None:
    member = client.existing_group(-2001, 1000).member(1001)
    own = await bot.send_message(-2001, "hello")
    await member.say("small talk")
    await member.say("/digest")
    await member.say("/digest@other_bot")
    await member.say("/digest@svodka_bot now")
    await member.say("reply", reply_to=own.message_id)
    await member.say("hey @svodka_bot")
    texts = [u.message.text for u in await bot.get_updates() if u.message]
    assert texts == ["/digest", "/digest@svodka_bot now", "reply", "hey @svodka_bot"]


async def test_bot_learns_that_it_was_added(bot: Bot, client: SandboxClient) -> None:
    admin = await client.person(1000)
    group = await client.group(admin, "Клуб", {1001: "member"}, bot_status=None)
    await group.add_bot()
    await group.promote("bot")
    updates = await bot.get_updates()
    changes = [u.my_chat_member for u in updates if u.my_chat_member]
    assert [(c.old_chat_member.status, c.new_chat_member.status) for c in changes] == [
        ("left", "member"),
        ("member", "administrator"),
    ]
    [joined] = [u.message for u in updates if u.message]
    assert [user.id for user in joined.new_chat_members or []] == [bot.id]


async def test_forward_carries_its_origin(bot: Bot, anna: Member) -> None:
    await anna.forward_post("Новость lenta.ru", channel="Лента", username="lentach")
    sent = await bot.send_message(1001, "own")
    own = await anna.wait_for(lambda m: m.message_id == sent.message_id, since=0)
    await anna.forward(own)
    channel, back = [u.message for u in await bot.get_updates() if u.message][1:]
    assert isinstance(channel.forward_origin, MessageOriginChannel)
    assert channel.forward_origin.chat.username == "lentach"
    assert isinstance(back.forward_origin, MessageOriginUser)
    assert back.forward_origin.sender_user.id == bot.id


async def test_edit_of_a_person_is_told(bot: Bot, anna: Member) -> None:
    sent = await anna.say("one")
    await anna.edit(sent, "two")
    update = (await bot.get_updates())[-1]
    assert update.edited_message is not None
    assert update.edited_message.text == "two"


@dataclass
class Hook:
    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[int, str | None]] = field(default_factory=list)
    body: dict[str, object] | None = None
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        update = await request.json()
        self.got.append((update["update_id"], request.headers.get(SECRET)))
        status = self.answers.pop(0) if self.answers else 200
        if status == 200:
            self.came.set()
        return web.json_response(self.body or {}, status=status)


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    taken = Hook()
    app = web.Application()
    app.router.add_post("/hook", taken.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    taken.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield taken
    await runner.cleanup()


async def test_webhook_gets_updates_with_the_secret(bot: Bot, anna: Member, hook: Hook) -> None:
    hook.answers = [500, 503]
    await bot.set_webhook(hook.url, secret_token="s-e_c")  # noqa: S106 - opens nothing
    async with asyncio.timeout(10):
        await hook.came.wait()
    assert len({update_id for update_id, _ in hook.got}) == 1
    assert [secret for _, secret in hook.got] == ["s-e_c"] * 3
    info = await bot.get_webhook_info()
    assert info.url == hook.url
    assert info.last_error_message == "Wrong response from the webhook: 503 Service Unavailable"
    with pytest.raises(TelegramConflictError, match="while webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert (await bot.get_webhook_info()).url == ""


async def test_webhook_may_answer_with_a_method(bot: Bot, anna: Member, hook: Hook) -> None:
    hook.body = {"method": "sendMessage", "chat_id": 1001, "text": "by the hook"}
    await bot.set_webhook(hook.url)
    assert (await anna.wait_for()).text == "by the hook"


async def test_webhook_must_be_https_outside_this_machine(bot: Bot) -> None:
    with pytest.raises(TelegramBadRequest, match="bad webhook: An HTTPS URL must be provided"):
        await bot.set_webhook("http://example.org/hook")
    with pytest.raises(TelegramBadRequest, match="secret token contains unallowed characters"):
        await bot.set_webhook("https://example.org/", secret_token="no spaces")  # noqa: S106


async def _answer_inline(bot: Bot, title: str, *, personal: bool) -> None:
    [update] = await bot.get_updates(offset=-1, timeout=10, allowed_updates=["inline_query"])
    assert update.inline_query is not None
    content = InputTextMessageContent(message_text=f"*{title}*", parse_mode=None)
    result = InlineQueryResultArticle(id="1", title=title, input_message_content=content)
    await bot.answer_inline_query(update.inline_query.id, [result], is_personal=personal)
    with pytest.raises(TelegramBadRequest, match="query is too old"):
        await bot.answer_inline_query(update.inline_query.id, [result])


@pytest.mark.parametrize("personal", [True, False])
async def test_inline_answer_is_cached_for_everybody_unless_personal(
    bot: Bot,
    client: SandboxClient,
    world: World,
    personal: bool,
    move_clock: Callable[[float], None],
) -> None:
    world.updates.set_allowed(["inline_query"])
    anna, ben = await client.person(1001), await client.person(1002)
    asking = asyncio.ensure_future(anna.ask_inline("мост"))
    await _answer_inline(bot, "для Анны", personal=personal)
    answer = await asking
    assert [r["title"] for r in answer.results] == ["для Анны"]
    assert answer.results[0]["input_message_content"]["text"] == "*для Анны*"
    assert (await anna.ask_inline("мост", timeout=0)).answered
    assert (await ben.ask_inline("мост", timeout=0)).answered is not personal
    move_clock(300)
    assert not (await anna.ask_inline("мост", timeout=0)).answered
