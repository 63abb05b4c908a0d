"""What an administrator sees and does in the chat: pages, bans, and words to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiogram.types import Chat, Message, MessageEntity

from bot import broadcasting
from bot.broadcasting import said
from bot.handlers.admin import PAGES
from bot.i18n import language
from tests.bot.living import START, Running, ask, edited

if TYPE_CHECKING:
    from bot.sandbox.client import Member, SeenMessage
    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say


async def test_first_page_shows_the_state_and_every_page_leads_back(running: Running) -> None:
    await running.subscribed("пожар")
    admin = await running.admin()
    home = await ask(admin, "/admin")
    assert "Чатов: 2, получают сводки: 1" in home.text
    assert "в порядке" in home.text
    for page in PAGES:
        values = {"states": "", "failed": "", "hours": 0, "kept": 3, "list": ""}
        key = "admin.backups_off" if page == "backups" else f"admin.{page}_page"
        title = say(key, **values).split("\n")[0]
        await edited(admin, say(f"admin.page.{page}"), lambda m, t=title: m.text.startswith(t))
        await edited(admin, say("menu.back"), lambda m: m.text.startswith("🛠"))


async def test_failing_sources_are_listed_with_what_is_wrong(running: Running) -> None:
    admin = await running.admin()
    async with running.context.db.write() as tx:
        await tx.execute(
            """
            UPDATE source SET last_error = 'timeout', failures = 7
            WHERE id = (SELECT min(id) FROM source)
            """
        )
    home = await ask(admin, "/admin")
    assert "1 с ошибками" in home.text
    page = await edited(
        admin, say("admin.page.sources"), lambda m: f"{say('trouble.timeout')} × 7" in m.text
    )
    assert any(label.startswith("↻") for label in page.labels)


async def test_story_of_the_page_opens_to_be_split(running: Running) -> None:
    admin = await running.admin()
    await ask(admin, "/admin")
    page = await edited(
        admin, say("admin.page.stories"), lambda m: m.text == say("admin.stories_page")
    )
    await edited(admin, page.labels[0], lambda m: m.text.startswith(say("split.members")))


async def card(admin: Member, person: Member) -> SeenMessage:
    await ask(admin, "/admin")
    page = await edited(admin, say("admin.page.chats"), lambda m: m.text == say("admin.chats_page"))
    label = next(one for one in page.labels if f"Person {person.person_id}" in one)
    return await edited(admin, label, lambda m: f"id {person.chat_id}" in m.text)


async def test_banned_chat_is_told_and_gets_neither_answers_nor_digests(
    running: Running,
) -> None:
    person, admin = await running.subscribed("пожар"), await running.admin()
    assert say("admin.access.none") in (await card(admin, person)).text
    await edited(admin, say("admin.ban"), lambda m: say("admin.access.refused") in m.text)
    await person.wait_for(lambda m: m.text == say("access.refused"))
    assert (await ask(person, "/latest")).text == say("access.closed")
    running.clock.move(hours=4)
    await running.settled()
    assert not await running.digests(person)
    await edited(admin, say("admin.unban"), lambda m: say("admin.access.granted") in m.text)
    await person.wait_for(lambda m: m.text == say("access.granted"))
    assert "назад" in (await ask(person, "/latest")).text
    assert "пожар" in (await ask(person, "/topics")).labels[0], "what it chose was kept"


async def test_administrator_cannot_be_banned(running: Running) -> None:
    admin = await running.admin()
    home = await ask(admin, "/admin")
    await admin.press_raw(home, f"chat:{admin.chat_id}")
    page = await admin.wait_for(lambda m: f"id {admin.chat_id}" in m.text, newest=True)
    assert say("admin.ban") not in page.labels
    forged = await admin.press_raw(home, f"ban:{admin.chat_id}:1")
    assert forged.text == say("error.stale_button")


async def test_nobody_else_opens_or_presses_anything_of_it(running: Running) -> None:
    person, admin = await running.person(), await running.admin()
    assert (await ask(person, "/admin")).text == say("error.not_allowed")
    assert (await ask(person, "/broadcast привет")).text == say("error.not_allowed")
    mine = await ask(person, "/id")
    for data in (
        "admin:home:0", "admin:chats:0", "chat:1000", f"ban:{admin.chat_id}:1", "cast:5:1",
    ):  # fmt: skip
        assert (await person.press_raw(mine, data)).text == say("error.not_allowed"), data


async def announced(bot: Running, text: str = "/broadcast Завтра бот переезжает.") -> SeenMessage:
    admin = await bot.admin()
    await admin.say(text)
    return await admin.wait_for(lambda m: m.button(say("broadcast.drop")) is not None)


async def got(person: Member, text: str) -> int:
    return [m.text for m in await person.from_bot()].count(text)


async def test_broadcast_is_shown_counted_confirmed_and_reaches_whom_it_should(
    running: Running,
) -> None:
    readers = [await running.subscribed("пожар", at="23:00") for _ in range(3)]
    stopped, paused = await running.subscribed("пожар"), await running.subscribed("пожар")
    idle = await running.person()
    await ask(stopped, "/stop")
    await ask(paused, "/pause 7d")
    await ask(idle, "/id")
    admin = await running.admin()
    question = await announced(running)
    assert await got(admin, "Завтра бот переезжает.") == 1, "as they will see it"
    assert question.text == say("broadcast.ask", 3, miss=4)
    await running.settled()
    assert not any([await got(one, "Завтра бот переезжает.") for one in readers]), "a dry run"
    await admin.press(say("broadcast.send", 3))
    await admin.wait_for(lambda m: m.text == say("broadcast.spread", 3))
    await running.settled()
    assert [await got(one, "Завтра бот переезжает.") for one in readers] == [1, 1, 1]
    for one in (stopped, paused, idle):
        assert not await got(one, "Завтра бот переезжает.")
    again = await admin.press_raw(question, "cast:1:1")
    assert again.text == say("error.stale_button")


async def test_broadcast_is_sent_once_over_crashes_in_small_steps(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcasting, "CHATS_A_STEP", 1)
    readers = [await running.subscribed("пожар", at="23:00") for _ in range(4)]
    question = await announced(running)
    admin = await running.admin()
    await running.settled()
    await admin.press(say("broadcast.send", 4), message=question)
    for _ in range(2):
        await running.kill()
        await running.start()
    await admin.wait_for(lambda m: m.text == say("broadcast.spread", 4))
    await running.settled()
    rows = await running.context.db.fetch_all(
        "SELECT chat_id FROM delivery WHERE content LIKE '%переезжает%'"
    )
    assert sorted(row["chat_id"] for row in rows) == sorted(one.chat_id for one in readers)


async def test_broadcast_waits_while_the_outbox_has_enough_to_do(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcasting, "MOST_WAITING", 1)
    person = await running.subscribed("пожар")
    question = await announced(running)
    admin = await running.admin()
    await running.settled()
    faults = running.sandbox.world.faults
    faults.order("server_error", method="sendMessage", chat_id=person.chat_id, times=None)
    running.clock.move(hours=4)
    await running.settled()
    await admin.press(say("broadcast.send", 1), message=question)
    await running.settled()
    assert not await queued(running)
    faults.clear()
    running.clock.move(hours=1)
    await running.wait_digests(person, 1)
    await person.wait_for(lambda m: m.text == "Завтра бот переезжает.")


async def queued(bot: Running) -> bool:
    rows = await bot.context.db.fetch_all(
        "SELECT 1 FROM delivery WHERE content LIKE '%переезжает%'"
    )
    return bool(rows)


async def test_dropped_broadcast_is_never_sent(running: Running) -> None:
    person = await running.subscribed("пожар")
    admin = await running.admin()
    question = await announced(running)
    await edited(admin, say("broadcast.drop"), lambda m: m.text == say("broadcast.dropped"))
    number = 1
    forged = await admin.press_raw(question, f"cast:{number}:1")
    assert forged.text == say("error.stale_button")
    await running.settled()
    assert not await got(person, "Завтра бот переезжает.")


def written(text: str, *entities: MessageEntity, **fields: Any) -> Message:
    chat = Chat(id=1, type="private")
    return Message(
        message_id=1, date=START, chat=chat, text=text, entities=list(entities), **fields
    )


async def test_formatting_is_kept_and_moved_to_the_beginning() -> None:
    command = MessageEntity(type="bot_command", offset=0, length=10)
    bold = MessageEntity(type="bold", offset=21, length=5)
    content = said(written("/broadcast 🎉 Новое: жирно", command, bold))
    assert content.text == "🎉 Новое: жирно"
    assert content.entities == ({"type": "bold", "offset": 10, "length": 5},)


async def test_message_that_the_command_replies_to_is_what_is_sent() -> None:
    italic = MessageEntity(type="italic", offset=0, length=5)
    content = said(written("/broadcast", reply_to_message=written("Новое: курсив", italic)))
    assert content.text == "Новое: курсив"
    assert content.entities == ({"type": "italic", "offset": 0, "length": 5},)


async def test_words_may_begin_on_the_next_line() -> None:
    assert said(written("/broadcast\nПервая строка\nвторая")).text == "Первая строка\nвторая"


async def test_empty_and_overlong_broadcasts_are_refused(running: Running) -> None:
    admin = await running.admin()
    assert (await ask(admin, "/broadcast")).text == say("error.empty_broadcast")
    assert (await ask(admin, "/broadcast   ")).text == say("error.empty_broadcast")
    long = await ask(admin, "/broadcast " + "я" * 3_501)
    assert long.text == say("error.broadcast_too_long")


async def test_broadcast_goes_to_those_let_in_only(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        admin = await bot.admin()
        await ask(admin, "/schedule 23:00")
        stranger = await bot.person()
        await ask(stranger, "/start")
        question = await announced(bot)
        assert question.text == say("broadcast.ask", 1, miss=1)


async def test_how_many_sources_of_their_own_somebody_may_have_is_said_by_a_button(
    bots: Bots,
) -> None:
    async with bots(private_sources="open", most_private_sources=0) as bot:
        admin, person = await bot.admin(), await bot.person()
        url = bot.feeds.put_feed(("Сурки проснулись", "Сурки. " * 9, START))
        assert (await ask(person, f"/addsource {url}")).text == say("error.too_many_sources")
        await ask(admin, "/admin")
        chats = await edited(admin, say("admin.page.chats"), lambda m: "Person" in str(m.labels))
        label = next(one for one in chats.labels if str(person.person_id) in one)
        page = await edited(admin, label, lambda m: "0 из 0" in m.text)
        assert "✓ 🗂 0" in page.labels
        await edited(admin, "🗂 20", lambda m: "0 из 20" in m.text)
        assert say("error.too_many_sources") != (await ask(person, f"/addsource {url}")).text
        await edited(admin, "🗂 0", lambda m: "1 из 0" in m.text)
        other = bot.feeds.put_feed(("Суслики спят", "Суслики. " * 9, START))
        assert (await ask(person, f"/addsource {other}")).text == say("error.too_many_sources")
