"""A digest of a group or channel, opened by one of its readers in their private chat: all its
pages, and a menu that acts for them alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.digest_links import digest_of, key_of
from bot.i18n import language
from digests.models import Access, ChatId, DigestId
from storage import erasing, subscribers
from tests.bot.living import START, Running, ask, edited
from tests.bot.test_items import long_news

if TYPE_CHECKING:
    from bot.sandbox.client import GroupChat, Member, SeenMessage
    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")

say = language("ru").say


async def digest_in(
    bot: Running, boss: Member, *members: Member, code: str = "ru"
) -> tuple[GroupChat, SeenMessage]:
    """A group and its digest of several pages."""
    await long_news(bot)
    present = {member.person_id: "member" for member in members}
    group = await bot.group(boss, "Отдел", present, kind="supergroup")
    leader, chat = group.member(boss), ChatId(group.chat_id)
    await ask(leader, "/schedule 15:00")
    await subscribers.set_minutes(bot.context.db, chat, 10)
    await subscribers.set_language(bot.context.db, chat, code)
    await subscribers.set_reads(bot.context.db, chat, "all")
    bot.clock.now = START + timedelta(hours=3)
    (digest,) = await bot.wait_digests(leader, 1)
    return group, digest


def payload_of(digest: SeenMessage) -> str:
    ((link,),) = digest.buttons
    assert link.url is not None
    return link.url.partition("?start=")[2]


async def opened(person: Member, digest: SeenMessage) -> SeenMessage:
    return await ask(person, f"/start {payload_of(digest)}")


def numbers_of(page: SeenMessage) -> list[int]:
    return [int(label) for label in page.labels if label.isdigit()]


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_every_page_of_a_groups_digest_is_read_in_private(
    running: Running, code: str
) -> None:
    boss, guest = await running.person(), await running.person(code)
    group, digest = await digest_in(running, boss, guest, code=code)
    page = await opened(guest, digest)
    more = numbers_of(page)
    while page.button("➡️"):
        page = await edited(guest, "➡️", lambda m, old=page: m.text != old.text)
        more += numbers_of(page)
    assert digest.labels == ["📖 " + language(code).say("digest.more", len(more))]
    assert more[0] > 1, "what follows the page that the group has"
    while page.button("⬅️"):
        page = await edited(guest, "⬅️", lambda m, old=page: m.text != old.text)
    assert page.text == digest.text
    assert [*numbers_of(page), *more] == list(range(1, more[-1] + 1))
    (there,) = await running.digests(group.member(guest))
    assert (there.text, there.labels) == (digest.text, digest.labels)


async def test_the_menu_of_an_item_acts_for_the_reader_alone(running: Running) -> None:
    boss, guest = await running.person(), await running.person()
    group, digest = await digest_in(running, boss, guest)
    page = await opened(guest, digest)
    number = numbers_of(page)[0]
    menu = await edited(guest, str(number), lambda m: m.button(say("item.back")) is not None)
    assert menu.buttons[0][0].url in page.urls
    why = await guest.press(say("item.why"))
    assert why.alert
    assert say("why.term.coverage") in why.text
    assert (await guest.press("🔖")).text == say("saved.added")
    await guest.wait_for(lambda m: m.button("✓ 🔖") is not None)
    back = await edited(guest, say("item.back"), lambda m: m.button(str(number)) is not None)
    assert (back.text, back.labels) == (page.text, page.labels)
    assert menu.buttons[0][0].url in (await ask(guest, "/saved")).urls
    assert (await ask(group.member(guest), "/saved")).text == say("saved.none")


async def test_a_digest_is_opened_by_those_who_see_the_chat(running: Running) -> None:
    boss, guest, other = await running.person(), await running.person(), await running.person()
    group, digest = await digest_in(running, boss, guest)
    chat = running.sandbox.world.chats[group.chat_id]
    page = await opened(guest, digest)
    outside = say("error.not_member")
    assert (await opened(other, digest)).text == outside
    chat.username = "otdel"  # anybody reads a public one
    assert numbers_of(await opened(other, digest))
    chat.username = ""
    await group.set_member(guest, "left")
    assert (await guest.press("⬅️", message=page)).text == outside
    chat.hides_members = True  # from the bot, too: the link is what it goes by
    assert numbers_of(await opened(guest, digest))
    await subscribers.set_access(running.context.db, ChatId(guest.chat_id), Access.REFUSED)
    assert (await opened(guest, digest)).text == say("access.closed")
    await group.remove_bot()
    await running.settled()
    assert (await opened(other, digest)).text == say("error.digest_gone")
    await group.add_bot()
    assert numbers_of(await opened(other, digest)), "they are reached as before"
    await erasing.erase_chat(running.context.db, ChatId(group.chat_id), 0, [])
    assert (await opened(other, digest)).text == say("error.digest_gone")


async def test_what_only_the_group_reads_is_neither_linked_nor_kept(running: Running) -> None:
    boss, guest = await running.person(), await running.person()
    group = await running.group(boss, "Отдел", {guest.person_id: "member"})
    leader, chat = group.member(boss), ChatId(group.chat_id)
    db = running.context.db
    await ask(leader, "/schedule 15:00")
    await ask(leader, "/subscribe пожар")
    row = await db.fetch_one("SELECT id FROM source WHERE title LIKE '%Маяк%'")
    async with db.write() as tx:
        await tx.execute("UPDATE source SET owner_chat_id = :chat", {"chat": chat})
        await tx.execute("UPDATE article SET link = NULL")
    assert row is not None
    running.clock.now = START + timedelta(hours=3)
    (digest,) = await running.wait_digests(leader, 1)
    await opened(guest, digest)
    menu = await edited(guest, "1", lambda m: m.button(say("item.back")) is not None)
    assert menu.labels == [say("item.why"), say("item.back")]
    forged = f"osave:{payload_of(digest).removeprefix('d_')}:0:1"
    assert (await guest.press_raw(menu, forged)).text == say("error.stale_button")
    assert (await ask(guest, "/saved")).text == say("saved.none")


async def test_who_reads_a_group_needs_no_access_to_read_and_asks_for_none(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        operator, guest = await bot.admin(), await bot.person()
        await ask(operator, "/id")
        group, digest = await digest_in(bot, operator, guest)
        before = len(await operator.from_bot())
        page = await opened(guest, digest)
        await edited(guest, str(numbers_of(page)[0]), lambda m: m.button(say("item.back")))
        menu = await guest.wait_for(lambda m: m.button(say("item.back")) is not None, since=0)
        assert menu.button("🔖") is None
        await bot.settled()
        assert len(await operator.from_bot()) == before
        assert group.chat_id == digest.chat_id


@pytest.mark.parametrize("data", ["page:1", "page:2", "item:0", "all:0", "why:0", "why:1"])
async def test_nobody_turns_a_groups_digest_by_a_forged_press(running: Running, data: str) -> None:
    boss, guest = await running.person(), await running.person()
    group = await running.group(boss, "Отдел", {guest.person_id: "member"})
    await ask(group.member(boss), "/schedule 15:00")
    running.clock.now = START + timedelta(hours=3)
    (digest,) = await running.wait_digests(group.member(boss), 1)
    answer = await group.member(guest).press_raw(digest, data)
    assert answer.text == say("error.stale_button")
    (there,) = await running.digests(group.member(guest))
    assert (there.text, there.labels) == (digest.text, digest.labels)


async def test_a_key_is_made_by_the_bot_alone() -> None:
    key = key_of("1:secret", DigestId(17))
    assert digest_of("1:secret", key) == 17
    assert len(f"osave:{key_of('1:secret', DigestId(10**9))}:99:1") <= 64
    number, _, mac = key.partition("_")
    for forged in (f"18_{mac}", f"{number}_", number, "", "_", f"017_{mac}", f"{key}=", "ж_" + mac,
                   f"{number}_{mac[:-1]}ж", key_of("1:another", DigestId(17))):  # fmt: skip
        assert digest_of("1:secret", forged) is None, forged
