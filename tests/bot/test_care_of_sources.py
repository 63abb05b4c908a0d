"""What people may do about a source: see how it does, mute it, weigh it, remove their own; and
channels that bring their posts themselves.
"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.i18n import language
from bot.pipeline import forget_old
from bot.settings import AccessPolicy
from digests.sources.opml import parse_opml
from tests.bot.living import START, Running, ask, edited
from tests.bot.test_replays import Trouble, broken

if TYPE_CHECKING:
    from pathlib import Path

    from bot.sandbox.client import GroupChat, Member, SeenMessage
    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say
AT = START - timedelta(hours=1)
TAPIRS = "Тапиры родились в зоопарке Лугограда, их двое, и оба здоровы. " * 4


async def zoo(bot: Running, adder: Member) -> str:
    url = bot.feeds.put_feed(("Тапиры родились в зоопарке", TAPIRS, AT), title="Ёж и зоо")
    await ask(adder, f"/addsource {url}")
    return url


async def opened(person: Member, title: str) -> SeenMessage:
    """The page of a source, from the list; it may be on any page."""
    listed = await ask(person, "/sources")
    while title not in listed.text:
        listed = await edited(person, "➡️", lambda _: True)
    line = next(line for line in listed.text.splitlines() if title in line)
    return await edited(
        person,
        line.partition(".")[0],
        lambda m: (
            say("source.mute")[2:] in str(m.labels) or say("source.unmute")[2:] in str(m.labels)
        ),
    )


async def test_list_turns_pages_and_opens_each_source(bots: Bots) -> None:
    async with bots(empty=True) as bot:
        admin, person = await bot.admin(), await bot.person()
        outlines = "".join(
            f'<outline text="Лента {n:02}" xmlUrl="{bot.feeds.put_body(b"")}"/>' for n in range(23)
        )
        await admin.send_document("o", f"<opml><body>{outlines}</body></opml>".encode())
        await admin.wait_for()
        await bot.settled()  # what polls find changes the list
        listed = await ask(person, "/sources")
        assert listed.text.startswith("23 источника")
        assert listed.labels == [*map(str, range(1, 11)), "➡️"]
        second = await edited(person, "➡️", lambda m: "11. " in m.text)
        assert second.labels == [*map(str, range(11, 21)), "⬅️", "➡️"]
        page = await edited(person, "13", lambda m: "Лента 12" in m.text)
        assert "Лента 13" not in page.text
        back = await edited(person, say("menu.back"), lambda m: "11. " in m.text)
        assert back.text == second.text


async def test_page_tells_how_a_source_does(running: Running) -> None:
    admin, person = await running.admin(), await running.person()
    url = await zoo(running, admin)
    page = await opened(person, "Ёж и зоо")
    for words in ("1 статья", say("source.kind.feed"), url, say("source.shared"), "0,1 в день"):
        assert words in page.text
    assert say("source.last_success", age=say("age.minutes", 1)) in page.text
    assert page.labels == [say("source.mute"), say("menu.back")], "no more for who only reads it"
    mine = await opened(admin, "Ёж и зоо")
    for key in ("source.up", "source.down", "source.pages.auto", "source.remove"):
        assert say(key) in mine.labels


async def test_muted_source_stays_out_of_ones_digest_but_is_found(running: Running) -> None:
    admin = await running.admin()
    person, other = await running.subscribed("тапиры"), await running.subscribed("тапиры")
    await zoo(running, admin)
    running.feeds.replace(
        running.feeds.url + (await _path(running)),
        ("Тапиры подросли и вышли гулять", TAPIRS.replace("родились", "гуляют"), running.clock()),
        title="Ёж и зоо",
    )
    await opened(person, "Ёж и зоо")
    await edited(person, say("source.mute"), lambda m: say("source.unmute") in m.labels)
    running.clock.move(hours=2)
    await running.settled()
    for one, is_told in ((person, False), (other, True)):
        await ask(one, "/digest")
        await running.settled()
        told = " ".join(m.text for m in await running.digests(one))
        assert ("Тапиры" in told) is is_told
    assert "Тапиры" in (await ask(person, "тапиры")).text
    await opened(person, "Ёж и зоо")
    await edited(person, say("source.unmute"), lambda m: say("source.mute") in m.labels)


async def _path(running: Running) -> str:
    row = await running.context.db.fetch_one("SELECT address FROM source WHERE title = 'Ёж и зоо'")
    assert row is not None
    return str(row["address"]).removeprefix(running.feeds.url)


async def test_administrator_weighs_a_shared_source(running: Running) -> None:
    admin, person = await running.admin(), await running.person()
    await zoo(running, admin)
    await opened(admin, "Ёж и зоо")
    up = await edited(admin, say("source.up"), lambda m: "0,75" in m.text)
    assert say("source.weight", weight="0,75") in up.text
    await edited(admin, say("source.up"), lambda m: "1,00" in m.text)
    await edited(admin, say("source.down"), lambda m: "0,75" in m.text)
    page = await edited(
        admin, say("source.pages.auto"), lambda m: say("source.pages.on") in m.labels
    )
    data = next(b.data for row in page.buttons for b in row if b.text == say("source.up"))
    assert data is not None
    refused = await person.press_raw(await ask(person, "/sources"), data)
    assert refused.text == say("error.not_allowed")


async def test_ones_own_source_is_ones_own_to_remove(bots: Bots) -> None:
    async with bots(private_sources=AccessPolicy.OPEN) as bot:
        person, other = await bot.person(), await bot.person()
        await zoo(bot, person)
        page = await opened(person, "Ёж и зоо")
        assert say("source.own") in page.text
        data = next(b.data for row in page.buttons for b in row if b.text == say("source.remove"))
        assert data is not None
        stale = await other.press_raw(await ask(other, "/sources"), data)
        assert stale.text == say("error.stale_button"), "it is not there for others"
        sure = say("sources.remove_sure", title="Ёж и зоо")
        await edited(person, say("source.remove"), lambda m: m.text == sure)
        gone = say("sources.removed", title="Ёж и зоо")
        await edited(person, say("sources.remove_yes"), lambda m: m.text == gone)
        assert say("topic.none") in (await ask(person, "тапиры")).text


async def test_first_poll_of_an_imported_feed_is_no_news(running: Running) -> None:
    admin, person = await running.admin(), await running.subscribed("тапиры")
    await ask(person, "/digest")
    await running.settled()
    running.clock.move(minutes=30)
    url = running.feeds.put_feed(("Тапиры родились в зоопарке", TAPIRS, AT), title="Зоо")
    opml = f'<opml><body><outline text="Зоо" xmlUrl="{url}"/></body></opml>'
    await admin.send_document("o", opml.encode())
    await admin.wait_for()
    await running.settled()
    assert "Тапиры" in (await ask(person, "тапиры")).text
    await ask(person, "/digest")
    await running.settled()
    assert "Тапиры" not in " ".join(m.text for m in await running.digests(person))


async def test_old_articles_are_forgotten_by_the_clock_and_not_taken_in_again(bots: Bots) -> None:
    async with bots(empty=True, keep_days=14) as bot:
        admin, person = await bot.admin(), await bot.person()
        await zoo(bot, admin)
        assert "Тапиры" in (await ask(person, "тапиры")).text
        bot.clock.move(days=20)
        await bot.settled()
        await forget_old(bot.context)
        assert say("topic.none") in (await ask(person, "тапиры")).text
        bot.clock.move(hours=4)
        await bot.settled()
        assert say("topic.none") in (await ask(person, "тапиры")).text, "the feed still lists it"


# --- channels whose administrator the bot is -------------------------------------------------


async def channel_of(bot: Running, creator: Member, title: str = "Зоопарк") -> GroupChat:
    channel = await bot.group(creator, title, bot_status=None, kind="channel")
    await channel.add_bot("administrator")
    return channel


async def posted(bot: Running, channel: GroupChat, author: Member, text: str) -> SeenMessage:
    seen = await channel.member(author).say(text)
    await bot.settled()
    return seen


async def test_administrators_channel_is_everybodys_and_edits_are_taken_over(
    running: Running,
) -> None:
    admin, person = await running.admin(), await running.person()
    await ask(admin, "/id")
    channel = await channel_of(running, admin)
    heard = say("channel.heard", title="Зоопарк")
    await admin.wait_for(lambda m: m.text == heard, since=0)
    post = await posted(running, channel, admin, "Тапиры родились в зоопарке\n\nИх двое.")
    found = await ask(person, "тапиры")
    assert "Зоопарк" in found.text
    await channel.member(admin).edit(post, "Тапиры родились в зоопарке\n\nИх трое, мы ошиблись.")
    await running.settled()
    article = await ask(person, f"/start {found.urls[0].partition('start=')[2]}")
    assert "Их трое" in article.text
    await posted(running, channel, admin, "👍")
    assert "Зоопарк\u00a0— 1 статья" in (await ask(person, "/sources")).text


async def test_subscribers_channel_is_theirs_alone(bots: Bots) -> None:
    async with bots(private_sources=AccessPolicy.OPEN) as bot:
        person, other = await bot.person(), await bot.person()
        await ask(person, "/id")
        channel = await channel_of(bot, person)
        heard = say("channel.heard_own", title="Зоопарк")
        await person.wait_for(lambda m: m.text == heard, since=0)
        await posted(bot, channel, person, "Тапиры родились в зоопарке")
        assert "Тапиры" in (await ask(person, "тапиры")).text
        assert say("topic.none") in (await ask(other, "тапиры")).text


async def test_subscribers_channel_may_want_the_administrators_word(running: Running) -> None:
    admin, person = await running.admin(), await running.person()
    await ask(admin, "/id")
    await ask(person, "/id")
    channel = await channel_of(running, person)
    await posted(running, channel, person, "Тапиры родились в зоопарке")
    assert say("topic.none") in (await ask(person, "тапиры")).text
    question = await admin.wait_for(lambda m: "Зоопарк" in m.text, since=0)
    await admin.press(say("sources.request.own"), message=question)
    await running.settled()
    await posted(running, channel, person, "Выдры вернулись в реку под Лугоградом")
    assert "Выдры" in (await ask(person, "выдры")).text


async def test_channel_of_a_stranger_is_not_kept(bots: Bots) -> None:
    async with bots(access=AccessPolicy.APPROVAL) as bot:
        admin, stranger = await bot.admin(), await bot.person()
        await ask(stranger, "/id")
        channel = await channel_of(bot, stranger)
        await posted(bot, channel, stranger, "Тапиры родились в зоопарке")
        assert say("topic.none") in (await ask(admin, "тапиры")).text
        rows = await bot.context.db.fetch_all("SELECT 1 FROM source WHERE kind = 'posts'")
        assert not rows


# --- out and in ------------------------------------------------------------------------------


async def test_export_holds_what_the_chat_reads_and_no_more(bots: Bots) -> None:
    async with bots(private_sources=AccessPolicy.OPEN) as bot:
        person, other = await bot.person(), await bot.person()
        url = await zoo(bot, person)
        await ask(person, "/subscribe тапиры")
        await ask(person, "/mute футбол")
        files = {}
        for one in (person, other):
            await one.say("/export")
            for ending in ("opml", "json"):
                sent = await one.wait_for(
                    lambda m, e=ending: (
                        m.document is not None and m.document["file_name"] == f"svodka.{e}"
                    )
                )
                files[one.person_id, ending] = await one.download(sent)
        outlines = {one.address: one.title for one in parse_opml(files[person.person_id, "opml"])}
        assert outlines[url] == "Ёж и зоо"
        assert len(outlines) == 7
        mine = json.loads(files[person.person_id, "json"])
        assert (mine["topics"], mine["mutes"]) == (["тапиры"], ["футбол"])
        assert {one["address"]: one["shared"] for one in mine["sources"]}[url] is False
        assert "зоо" not in files[other.person_id, "opml"].decode()
        theirs = json.loads(files[other.person_id, "json"])
        assert (len(theirs["sources"]), theirs["topics"]) == (6, [])


async def test_list_in_the_watched_folder_becomes_sources(bots: Bots, tmp_path: Path) -> None:
    folder = tmp_path / "Вестник"
    async with bots(articles_dir=folder) as bot:
        person = await bot.person()
        url = bot.feeds.put_feed(("Тапиры родились в зоопарке", TAPIRS, AT), title="Зоо")
        text = f'<opml><body><outline text="З" xmlUrl="{url}"/></body></opml>'
        (folder / "ленты.opml").write_text(text, encoding="utf-8")
        async with asyncio.timeout(20):
            while "Тапиры" not in (await ask(person, "тапиры")).text:
                pass


async def test_request_handled_twice_asks_and_tells_once(running: Running) -> None:
    admin, person = await running.admin(), await running.person()
    await ask(admin, "/id")
    url = running.feeds.put_feed(("Тапиры родились", TAPIRS, AT), title="Зоо")
    with broken(Trouble(person.person_id, 0)):
        await person.say(f"/addsource {url}")
        question = await admin.wait_for(lambda m: url in m.text, since=0)
        await running.settled()
    assert sum(url in m.text for m in await admin.from_bot()) == 1
    granted = say("sources.request_granted", titles="«Зоо»")
    with broken(Trouble(admin.person_id, 0)):
        await admin.press(say("sources.request.own"), message=question)
        await person.wait_for(lambda m: m.text == granted, since=0)
        await running.settled()
    assert [m.text for m in await person.from_bot()].count(granted) == 1
