"""One address that several read, each for themselves: nobody loses by it, and nobody learns of the
others.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from bot.i18n import language
from bot.settings import AccessPolicy
from tests.bot.living import NUMBERS, START, ask, eventually, rss
from tests.previews import Channel, Post

if TYPE_CHECKING:
    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say
AT = START - timedelta(hours=1)
OPEN = AccessPolicy.OPEN


async def test_who_comes_later_does_not_take_news_from_who_was_there(bots: Bots) -> None:
    """The later reader knows a newer version of the feed; the earlier one has not read it yet."""
    async with bots(private_sources=OPEN) as bot:
        first, second = await bot.person(), await bot.person()
        items = [("Тапиры родились", "Слова о тапирах. " * 9, AT)]

        async def answer(request: web.Request) -> web.Response:
            tag = f'"{len(items)}"'
            if request.headers.get("If-None-Match") == tag:
                return web.Response(status=304, headers={"ETag": tag})
            return web.Response(text=rss(tuple(items), "Зоо"), headers={"ETag": tag})

        url = bot.feeds.put(answer)
        await ask(first, f"/addsource {url}")
        items.append(("Коалы проснулись", "Слова о коалах. " * 9, AT))
        await ask(second, f"/addsource {url}")
        async with bot.context.db.write() as tx:  # the later one's turn comes first
            await tx.execute(
                "UPDATE source SET next_poll_at = next_poll_at + 90 * id WHERE address = :url",
                {"url": url},
            )
            await tx.execute(
                "UPDATE source SET next_poll_at = 0 WHERE address = :url AND owner_chat_id = :who",
                {"url": url, "who": second.chat_id},
            )
        await bot.settled()
        for person in (first, second):
            assert "Коалы" in (await ask(person, "коалы")).text


async def test_channel_is_read_back_to_what_each_reader_saw(bots: Bots) -> None:
    async with bots(private_sources=OPEN) as bot:
        first, second = await bot.person(), await bot.person()
        posts = [Post(n, f"Сообщение {n} о панголинах Лугограда", at=AT) for n in range(1, 4)]
        one = Channel("lugograd_own", "Лугоград", posts)
        bot.feeds.put_channel(one)
        await ask(first, f"/addsource @{one.name}")
        one.posts += [Post(n, f"Сообщение {n} о панголинах Лугограда", at=AT) for n in range(4, 61)]
        await ask(second, f"/addsource @{one.name}")
        async with bot.context.db.write() as tx:
            await tx.execute(
                "UPDATE source SET next_poll_at = 0 WHERE owner_chat_id = :who",
                {"who": second.chat_id},
            )
        await bot.settled()
        row = await bot.context.db.fetch_one(
            "SELECT count(*) AS posts FROM article JOIN source ON source.id = source_id "
            "WHERE owner_chat_id = :who",
            {"who": first.chat_id},
        )
        assert row is not None
        assert row["posts"] == 60


async def test_what_is_read_for_everybody_is_read_as_administrators_say(bots: Bots) -> None:
    """Somebody who reads the same for themselves has pages switched on: for their own copy."""
    async with bots(private_sources=OPEN) as bot:
        admin, person = await bot.admin(), await bot.person()
        page = bot.feeds.put_body("<html><body><p>Слова</p></body></html>", "text/html")
        entry = (
            f"<item><title>Тапиры родились</title><link>{page}</link><guid>1</guid>"
            f"<description>{'Слова о тапирах. ' * 9}</description></item>"
        )
        url = bot.feeds.put_body(f"<rss version='2.0'><channel>{entry}</channel></rss>")
        await ask(person, f"/addsource {url}")
        await ask(admin, f"/addsource {url}")
        bot.feeds.put_at(
            url.removeprefix(bot.feeds.url),
            f"<rss version='2.0'><channel>{entry.replace('1</guid>', '2</guid>')}</channel></rss>",
        )
        async with bot.context.db.write() as tx:
            await tx.execute(
                "UPDATE source SET pages = 'on', next_poll_at = 0 WHERE owner_chat_id = :who",
                {"who": person.chat_id},
            )
        await bot.settled()
        assert bot.feeds.seen(page) == []


async def test_what_comes_for_a_removed_source_is_not_given_to_the_next(bots: Bots) -> None:
    async with bots(private_sources=OPEN) as bot:
        person, other = await bot.person(), await bot.person()
        released, asked = asyncio.Event(), []

        async def answer(_: web.Request) -> web.Response:
            asked.append(1)
            if len(asked) > 1:
                await released.wait()
            title = "Тайные тапиры" if len(asked) > 1 else "Зайцы"
            return web.Response(text=rss(((title, "Слова. " * 9, AT),), "Тайное"))

        secret = bot.feeds.put(answer)
        await ask(person, f"/addsource {secret}")
        bot.clock.move(days=2)

        async def is_read() -> bool:
            return len(asked) > 1

        await eventually(is_read, "a poll")
        db = bot.context.db
        async with db.write() as tx:
            await tx.execute("DELETE FROM source WHERE address = :url", {"url": secret})
        url = bot.feeds.put_feed(("Ежи проснулись", "Слова. " * 9, AT), title="Лес")
        await ask(other, f"/addsource {url}")
        released.set()
        await bot.settled()
        assert await db.fetch_all("SELECT 1 FROM article WHERE title = 'Тайные тапиры'") == []
        row = await db.fetch_one("SELECT last_error FROM source WHERE address = :url", {"url": url})
        assert row is not None
        assert row["last_error"] is None


async def test_channel_that_another_reads_is_offered_like_any(bots: Bots) -> None:
    async with bots(private_sources=OPEN) as bot:
        person, other = await bot.person(), await bot.person()
        one = Channel("lugograd_alone", "Лугоград", [Post(1, "Тапиры родились в зоопарке", at=AT)])
        bot.feeds.put_channel(one)
        await ask(person, f"/addsource @{one.name}")
        for who, labels in ((person, []), (other, ["📣 Лугоград"])):
            await who.forward_post(
                "Тапиры родились в зоопарке", channel="Лугоград", username=one.name
            )
            assert (await who.wait_for()).labels == labels


async def test_yes_is_said_to_what_the_question_showed(bots: Bots) -> None:
    """What is asked for together with something that waits already gets a question of its own."""
    async with bots() as bot:
        admin, person = await bot.admin(), await bot.person()
        await ask(admin, "/id")
        shown = bot.feeds.put_feed(("Тапиры родились", "Слова. " * 9, AT), title="Зоо")
        added = bot.feeds.put_feed(("Ежи проснулись", "Слова. " * 9, AT), title="Лес")
        assert (await ask(person, f"/addsource {shown}")).text == say("sources.asked")
        question = await admin.wait_for(lambda m: shown in m.text, since=0)
        outlines = f'<outline xmlUrl="{shown}"/><outline xmlUrl="{added}"/>'
        await person.send_document("o", f"<opml><body>{outlines}</body></opml>".encode())
        later = await admin.wait_for(lambda m: added in m.text, since=0)
        assert shown not in later.text
        await admin.press(say("sources.request.shared"), message=question)
        await bot.settled()
        rows = await bot.context.db.fetch_all("SELECT address FROM source WHERE kind = 'feed'")
        addresses = {row["address"] for row in rows}
        assert shown in addresses
        assert added not in addresses


async def test_question_about_sources_goes_with_who_asked(bots: Bots) -> None:
    async with bots() as bot:
        admin = await bot.admin()
        person = await bot.client.person(next(NUMBERS), first_name="Иван", language_code="ru")
        await ask(admin, "/id")
        url = bot.feeds.put_feed(("Тапиры родились", "Слова. " * 9, AT), title="Зоо")
        await ask(person, f"/addsource {url}")
        await admin.wait_for(lambda m: url in m.text, since=0)
        await ask(person, "/delete_me")
        await person.press(say("erase.yes"))
        await bot.settled()
        rows = await bot.context.db.fetch_all(
            "SELECT 1 FROM delivery WHERE instr(content, :url)", {"url": url}
        )
        assert rows == []
