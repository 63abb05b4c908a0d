"""Who may use the bot: asking, being let in, being refused, and a closed door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.i18n import language
from tests.bot.living import ADMIN, Running, ask

if TYPE_CHECKING:
    from bot.sandbox.client import Member, SeenMessage
    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say


async def knock(bot: Running) -> tuple[Member, Member, SeenMessage]:
    """The administrator, a stranger who asked, and the question with its two buttons."""
    admin, person = await bot.admin(), await bot.person(username="stranger")
    await ask(admin, "/id")
    assert (await ask(person, "/start")).text == say("access.asked")
    question = await admin.wait_for(lambda m: m.button(say("access.let_in")) is not None)
    return admin, person, question


async def test_stranger_asks_the_administrator_lets_in_and_the_person_is_told(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        admin, person, question = await knock(bot)
        assert str(person.chat_id) in question.text
        assert "@stranger" in question.text
        assert (await ask(person, "/latest")).text == say("access.waiting")
        await admin.press(say("access.let_in"))
        await person.wait_for(lambda m: m.text == say("access.granted"))
        assert (await ask(person, "/start")).text == say("start.welcome")
        done = await admin.wait_for(lambda m: m.message_id == question.message_id)
        assert not done.labels, "a question that is answered has no buttons"


async def test_stranger_is_announced_once(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        admin, person, _ = await knock(bot)
        for _ in range(3):
            await ask(person, "/start")
        await bot.settled()
        assert len(await admin.from_bot()) == 2


async def test_refused_stranger_is_told_and_asks_no_more(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        admin, person, _ = await knock(bot)
        await admin.press(say("access.refuse"))
        await person.wait_for(lambda m: m.text == say("access.refused"))
        assert (await ask(person, "/latest")).text == say("access.closed")
        await bot.settled()
        assert len(await admin.from_bot()) == 2


async def test_only_administrators_let_in_and_only_whom_they_know(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        admin, person, question = await knock(bot)
        mine = await ask(person, "/id")
        forged = await person.press_raw(mine, f"access:{person.chat_id}:1")
        assert forged.text == say("error.not_allowed")
        assert (await ask(person, "/latest")).text == say("access.waiting")
        stale = await admin.press_raw(question, "access:123456:1")
        assert stale.text == say("error.stale_button")


async def test_english_stranger_is_answered_in_english(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        answer = await ask(await bot.person("en"), "/start")
        assert answer.text == language("en").say("access.asked")


async def test_nobody_is_said_to_be_asked_where_there_is_no_administrator(bots: Bots) -> None:
    async with bots(access="approval", admins=()) as bot:
        assert (await ask(await bot.person(), "/start")).text == say("access.closed")


async def test_administrator_who_never_wrote_is_asked_later_and_not_hammered(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        person = await bot.person()
        await ask(person, "/start")
        await bot.settled()
        sends = bot.sandbox.world.requests["sendmessage"]
        assert sends == 2, "the answer, and one question that Telegram refused"
        admin = await bot.admin()
        await ask(admin, "/id")
        bot.clock.move(minutes=11)
        await admin.wait_for(lambda m: m.button(say("access.let_in")) is not None)


async def test_closed_bot_lets_only_administrators_in(bots: Bots) -> None:
    async with bots(access="closed") as bot:
        admin, person = await bot.admin(), await bot.person()
        for command in ("/start", "/latest", "пожар", "/digest", "/subscribe пожар", "/schedule 9"):
            assert (await ask(person, command)).text == say("access.closed")
        row = await bot.context.db.fetch_one("SELECT count(*) AS found FROM schedule")
        assert row is not None
        assert row["found"] == 0
        assert str(person.person_id) in (await ask(person, "/id")).text
        assert "/latest" in (await ask(person, "/help")).text
        assert "назад" in (await ask(admin, "/latest")).text
        assert len(await admin.from_bot()) == 1, "nobody asked"


async def test_group_needs_access_as_well_unless_an_administrator_speaks(bots: Bots) -> None:
    async with bots(access="closed") as bot:
        boss, admin = await bot.person(), await bot.admin()
        group = await bot.group(boss, "Отдел", {ADMIN: "member"})
        assert (await ask(group.member(boss), "/latest")).text == say("access.closed")
        assert "назад" in (await ask(group.member(admin), "/latest")).text


async def test_whoever_lost_access_gets_no_digest(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        admin, person, question = await knock(bot)
        await admin.press(say("access.let_in"))
        await person.wait_for(lambda m: m.text == say("access.granted"))
        await ask(person, "/schedule 15:00")
        await admin.press_raw(question, f"access:{person.chat_id}:0")
        await person.wait_for(lambda m: m.text == say("access.refused"))
        bot.clock.move(hours=4)
        await bot.settled()
        assert not await bot.digests(person)


async def test_a_group_set_up_by_an_administrator_gets_its_digests(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        admin = await bot.admin()
        group = await bot.group(admin, "Редколлегия")
        leader = group.member(admin)
        assert "15:00" in (await ask(leader, "/schedule 15:00")).text
        bot.clock.move(hours=4)
        await bot.wait_digests(leader, 1)


async def test_no_command_open_to_everybody_lets_a_group_in(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        await bot.admin()
        boss = await bot.person()
        leader = (await bot.group(boss, "Отдел")).member(boss)
        for command in ("/stop", "/language", "/delete_me"):
            await ask(leader, command)
        assert (await ask(leader, "/latest")).text == say("access.asked")
