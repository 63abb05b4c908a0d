"""A channel as a subscriber: set up by its administrator, in the private chat with the bot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiogram.types import CallbackQuery, Chat, MessageEntity, User
from aiogram.types import Message as TelegramMessage

from bot.i18n import language
from bot.middlewares import _shown_channel
from digests.models import Access, ChatId
from storage import subscribers
from tests.bot.living import START, Running, ask, edited, left_by
from tests.bot.test_replays import Trouble, all_handled, broken

if TYPE_CHECKING:
    from bot.sandbox.client import GroupChat, Member
    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")

say = language("ru").say
OF = say("channel.of", title="Вести")


async def channel_of(bot: Running, owner: Member) -> GroupChat:
    """With the bot as an administrator, and the offer that its owner got."""
    channel = await bot.client.group(owner, "Вести", bot_status=None, kind="channel")
    await owner._mark()
    await channel.add_bot("administrator")
    await owner.wait_for(lambda m: m.button(say("channel.set_up")) is not None)
    return channel


async def choose(owner: Member, *labels: str) -> None:
    await owner.press(say("channel.set_up"))
    for label in labels:
        await owner.press(label)


async def test_a_channel_is_set_up_from_the_private_chat_and_gets_its_digests(
    running: Running,
) -> None:
    owner = await running.subscribed("ипотека", at="8:00")
    channel = await channel_of(running, owner)
    before = await left_by(running, owner.chat_id)
    await owner.press(say("channel.set_up"))
    page = await owner.wait_for(lambda m: m.text.startswith(OF))
    assert page.text.endswith(say("start.topics")), "nobody is greeted"
    await edited(owner, "пожар", lambda m: m.button("✓ пожар") is not None)
    await edited(owner, say("menu.next"), lambda m: m.button("09:00") is not None)
    asked = await edited(owner, "09:00", lambda m: m.button("Москва") is not None)
    assert asked.text.startswith(OF)
    assert say("group.reply") not in asked.text
    done = await edited(owner, "Москва", lambda m: "09:00" in m.text and not m.labels)
    assert done.text.startswith(OF)
    (digest,) = await running.wait_digests(channel.member(owner), 1)
    assert "ПОЖАР" in digest.text
    assert [button.data for row in digest.buttons for button in row] == [None], "but a link"
    assert (await left_by(running, owner.chat_id))[:5] == before[:5], "what is the person's stays"
    # The menus are the person's own again.
    assert "ипотека" in (await ask(owner, "/settings")).text


async def test_a_known_channel_shows_its_settings_until_one_goes_back(running: Running) -> None:
    owner = await running.subscribed("ипотека")
    await channel_of(running, owner)
    await choose(owner, "пожар", say("menu.next"), "09:00", "Москва")
    await running.settled()
    await owner.press(say("channel.set_up"))
    page = await owner.wait_for(lambda m: m.text.startswith(OF))
    assert "пожар" in page.text
    assert "ипотека" not in page.text
    assert "космос" in (await ask(owner, "/subscribe космос")).text
    assert "космос" in (await ask(owner, "/settings")).text
    back = await edited(owner, say("channel.leave"), lambda m: "ипотека" in m.text)
    assert "космос" not in back.text
    assert say("channel.leave") not in back.labels


@pytest.mark.parametrize("command", ["/start", "/latest", "/help"])
async def test_whoever_goes_on_to_something_else_has_left_the_channel(
    running: Running, command: str
) -> None:
    owner = await running.subscribed("ипотека")
    await channel_of(running, owner)
    await choose(owner)
    await all_handled(running)
    assert (await ask(owner, "/topics")).text == f"{OF}\n\n{say('topics.empty')}"
    assert OF not in (await ask(owner, command)).text
    assert "ипотека" in (await ask(owner, "/settings")).text


async def test_only_an_administrator_of_the_channel_sets_it_up(running: Running) -> None:
    owner, other = await running.person(), await running.subscribed("ипотека")
    await ask(owner, "/id")
    channel = await channel_of(running, owner)
    menu = await ask(other, "/settings")
    for chat in (channel.chat_id, -1001, owner.chat_id):
        answer = await other.press_raw(menu, f"channel:{chat}")
        assert answer.text in {say("error.not_allowed"), say("error.stale_button")}
    await choose(owner)
    await all_handled(running)
    await channel.set_member(owner, "left")
    assert (await ask(owner, "/subscribe космос")).text == say("error.not_allowed")
    assert await subscribers.topics_of(running.context.db, ChatId(channel.chat_id)) == []


async def test_a_channel_that_takes_the_bot_back_has_all_it_had(running: Running) -> None:
    owner = await running.person()
    await ask(owner, "/id")
    channel = await channel_of(running, owner)
    await choose(owner)
    await all_handled(running)
    assert "15:00" in (await ask(owner, "/schedule 15:00")).text
    await channel.remove_bot()
    running.clock.move(hours=4)
    await running.settled()
    assert not await running.digests(channel.member(owner))
    await channel.add_bot("administrator")
    await running.wait_digests(channel.member(owner), 1)


async def test_the_last_press_handled_twice_sets_up_nothing_of_the_person(running: Running) -> None:
    owner = await running.person()
    await ask(owner, "/id")
    channel = await channel_of(running, owner)
    await choose(owner, "пожар", say("menu.next"), "09:00")
    await all_handled(running)
    before = await left_by(running, owner.chat_id)
    with broken(Trouble(owner.person_id, 0)):
        await owner.press("Москва")
        await all_handled(running)
    assert await left_by(running, owner.chat_id) == before
    assert len(await running.wait_digests(channel.member(owner), 1)) == 1


async def test_delete_me_says_whose_data_and_erases_the_channel(running: Running) -> None:
    owner = await running.subscribed("ипотека")
    channel = await channel_of(running, owner)
    await choose(owner, "пожар", say("menu.next"), "09:00", "Москва")
    await running.settled()
    await owner.press(say("channel.set_up"))
    await owner.wait_for(lambda m: m.text.startswith(OF))
    assert (await ask(owner, "/delete_me")).text.startswith(OF)
    await owner.press(say("erase.yes"))
    await running.settled()
    assert await subscribers.find_subscriber(running.context.db, ChatId(channel.chat_id)) is None
    assert "ипотека" in (await ask(owner, "/settings")).text


async def test_a_stranger_brings_the_bot_into_no_channel(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        stranger = await bot.person()
        await ask(stranger, "/id")
        channel = await bot.client.group(stranger, "Вести", bot_status=None, kind="channel")
        await channel.add_bot("administrator")
        await bot.settled()
        assert len(await stranger.from_bot()) == 1


@pytest.mark.parametrize("asked", ["/topics", "/settings"])
async def test_whoever_is_no_administrator_any_more_is_shown_nothing_of_the_channel(
    running: Running, asked: str
) -> None:
    owner = await running.subscribed("ипотека")
    channel = await channel_of(running, owner)
    await choose(owner, "пожар")
    await all_handled(running)
    await channel.set_member(owner, "member")
    assert (await ask(owner, asked)).text == say("error.not_allowed")
    await all_handled(running)
    answer = await ask(owner, asked)
    shown = " ".join((answer.text, *answer.labels))
    assert "ипотека" in shown, "the menus are the person's own again"
    assert "пожар" not in shown


async def test_whoever_is_banned_sets_up_no_channel(running: Running) -> None:
    owner = await running.subscribed("ипотека")
    channel = await channel_of(running, owner)
    await choose(owner, "пожар")
    await all_handled(running)
    await subscribers.set_access(running.context.db, ChatId(owner.chat_id), Access.REFUSED)
    assert (await ask(owner, "/subscribe космос")).text == say("access.closed")
    assert (await ask(owner, "/topics")).text == say("access.closed")
    topics = await subscribers.topics_of(running.context.db, ChatId(channel.chat_id))
    assert [topic.words for topic in topics] == ["пожар"]


async def test_whoever_takes_the_right_to_post_is_told_and_gets_all_back_with_it(
    running: Running,
) -> None:
    owner = await running.person()
    await ask(owner, "/id")
    channel = await channel_of(running, owner)
    await choose(owner, "пожар", say("menu.next"), "09:00", "Москва")
    await running.wait_digests(channel.member(owner), 1)
    await owner._mark()
    await channel.let_bot_write(False)
    told = await owner.wait_for(lambda m: say("lost.digests") in m.text)
    assert told.text == f"{OF}\n\n{say('lost.digests')}", "it still reads there"
    await channel.let_bot_write(True)
    back = await owner.wait_for(lambda m: m.text == say("channel.returned", title="Вести"))
    assert back.labels == [say("channel.set_up")]
    known = await subscribers.find_subscriber(running.context.db, ChatId(channel.chat_id))
    assert known is not None
    assert not known.unreachable


async def test_whose_source_a_channel_is_hears_that_it_is_lost_whoever_puts_the_bot_out(
    bots: Bots,
) -> None:
    async with bots(private_sources="open") as bot:
        owner, other = await bot.person(), await bot.person()
        await ask(owner, "/id")
        channel = await channel_of(bot, owner)
        await channel.set_member(other, "administrator")
        await owner._mark()
        await bot.client.post(
            "members", person=other.person_id, chat=channel.chat_id, user="bot", status="kicked"
        )
        told = await owner.wait_for(lambda m: say("lost.posts") in m.text)
        assert told.text == f"{OF}\n\n{say('lost.posts')}", "no digest was to come there"
        assert await other.from_bot() == [], "who never spoke to the bot cannot be told"


# Every page of the menus, by the buttons that lead there from the channel's settings.
PAGES = (
    (say("menu.topics"), say("topics.add")),
    (say("menu.schedule"), say("schedule.time")),
    (say("menu.schedule"), say("schedule.days")),
    (say("menu.schedule"), say("schedule.zone")),
    (say("menu.schedule"), say("schedule.topics")),
    (say("menu.length"),),
    (say("menu.language"),),
    (say("menu.reads"),),
)


async def test_every_menu_of_a_channel_says_whose_it_is(running: Running) -> None:
    owner = await running.person()
    await ask(owner, "/id")
    await channel_of(running, owner)
    await choose(owner, "пожар", say("menu.next"), "09:00", "Москва")
    await running.settled()
    for page in PAGES:
        await owner.press(say("channel.set_up"))
        shown = await owner.wait_for(
            lambda m, first=page[0]: m.button(first) is not None, newest=True
        )
        for label in page:
            await owner.press(label, message=shown)
            shown = await owner.wait_for(lambda m, old=shown: m.labels != old.labels, newest=True)
            assert shown.text.startswith(OF), (page, shown.text)
    for command in ("/topics", "/schedule", "/mute", "/mute футбол", "/subscribe космос",
                    "/unsubscribe космос", "/pause off", "/language", "/settings"):  # fmt: skip
        assert (await ask(owner, command)).text.startswith(OF), command


async def test_a_press_is_for_whom_its_menu_says_however_old_it_is(running: Running) -> None:
    owner = await running.subscribed("ипотека")
    own = await ask(owner, "/settings")
    channel = await channel_of(running, owner)
    chat = ChatId(channel.chat_id)
    await choose(owner, "пожар")
    theirs = await owner.wait_for(lambda m: m.button("✓ пожар") is not None, since=0)
    await owner.press(say("settings.main_off"), message=own)
    mine = await subscribers.find_subscriber(running.context.db, ChatId(owner.chat_id))
    known = await subscribers.find_subscriber(running.context.db, chat)
    assert mine is not None
    assert known is not None
    assert (mine.main, known.main) == (False, True)
    assert "ипотека" in (await ask(owner, "/settings")).text, "commands follow"
    await owner.press_raw(theirs, "pick:1:космос")
    topics = await subscribers.topics_of(running.context.db, chat)
    assert [topic.words for topic in topics] == ["пожар", "космос"]
    own_topics = await subscribers.topics_of(running.context.db, ChatId(owner.chat_id))
    assert [topic.words for topic in own_topics] == ["ипотека"]


@pytest.mark.parametrize(("between", "channel"), [("\n\n", -1000000000007), ("\n", None)])
async def test_a_link_over_a_story_is_no_heading_of_a_channel(
    between: str, channel: int | None
) -> None:
    link = MessageEntity(type="text_link", offset=0, length=7, url="https://t.me/c/7/1")
    message = TelegramMessage(message_id=1, date=START, chat=Chat(id=1, type="private"),
                              text=f"«Вести»{between}Темы", entities=[link])  # fmt: skip
    person = User(id=1, is_bot=False, first_name="Анна")
    press = CallbackQuery(id="1", from_user=person, chat_instance="1", message=message)
    assert _shown_channel(press) == channel
