"""How a source's polls go: as it asks, where it moved, until it is given up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from bot import alerts, gathering, rate_limits
from bot.i18n import language
from digests.models import ChatId, Found, SourceKind
from storage import sources
from tests.bot.living import ADMIN, START, Running, ask, rss

if TYPE_CHECKING:
    from storage.sources import Health
    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say
TEXT = "В Лугограде открыли оранжерею с кактусами. Вход свободный до конца месяца. " * 3


def feed(*names: str, head: str = "") -> str:
    items = tuple(
        (name, TEXT.replace("кактус", name), START - timedelta(hours=1)) for name in names
    )
    return rss(items, "Сад").replace("<description>d</description>", head, 1)


async def health(running: Running, title: str = "Сад") -> Health:
    seen = await sources.visible_sources(running.context.db, ADMIN)  # type: ignore[arg-type]
    (found,) = [one for one in seen if one.source.title == title]
    return found


async def polls(running: Running, url: str, **passed: float) -> int:
    """How often an address is asked for while that much time passes."""
    before = len(running.feeds.seen(url))
    running.clock.move(**passed)
    await running.settled()
    return len(running.feeds.seen(url)) - before


@pytest.mark.parametrize(
    ("head", "header"),
    [
        ("<ttl>180</ttl>", ""),
        ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>8</sy:updateFrequency>", ""),
        ("", "max-age=10800"),
    ],
    ids=["ttl", "updatePeriod", "max-age"],
)
async def test_source_is_left_alone_for_as_long_as_it_asks(
    running: Running, head: str, header: str
) -> None:
    async def answer(request: web.Request) -> web.Response:
        headers = {"Cache-Control": header, "ETag": '"1"'}
        if request.headers.get("If-None-Match"):
            return web.Response(status=304, headers=headers)
        return web.Response(text=feed("агава", head=head), headers=headers)

    url = running.feeds.put(answer)
    await ask(await running.admin(), f"/addsource {url}")
    for _ in range(2):  # the second time after a 304, which holds no feed
        assert await polls(running, url, hours=2, minutes=58) == 0
        assert await polls(running, url, minutes=3) == 1


async def test_source_that_moved_for_good_is_asked_at_its_new_address(running: Running) -> None:
    old = running.feeds.put_body(feed("агава"))
    await ask(await running.admin(), f"/addsource {old}")
    new = running.feeds.put_body(feed("агава", "алоэ"))

    async def moved(_: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently(new)

    running.feeds.handlers[old.removeprefix(running.feeds.url)] = moved
    assert await polls(running, new, hours=1, seconds=1) == 1
    assert (await health(running)).source.address == new
    asked = len(running.feeds.seen(old))
    assert await polls(running, new, hours=1, seconds=1) == 1
    assert len(running.feeds.seen(old)) == asked


async def test_source_that_is_gone_is_parked_told_of_and_retried(running: Running) -> None:
    admin, stranger = await running.admin(), await running.person()
    url = running.feeds.put_body(feed("агава"))
    path = url.removeprefix(running.feeds.url)
    await ask(admin, f"/addsource {url}")
    healthy = running.feeds.handlers[path]

    async def gone(_: web.Request) -> web.Response:
        return web.Response(status=410)

    running.feeds.handlers[path] = gone
    assert await polls(running, url, hours=1, seconds=1) == 1
    told = await admin.wait_for(lambda m: m.text == say("sources.gone", title="Сад"))
    assert await polls(running, url, hours=48) == 0
    listed = await ask(stranger, "/sources")
    assert f"⏸ Сад\u00a0— 1 статья · {say('sources.not_polled')}" in listed.text
    pressed = await admin.press(say("sources.retry"), message=told)
    assert pressed.text == say("error.fetch.http_410")
    assert (await health(running)).parked
    running.feeds.handlers[path] = healthy
    await stranger.press("↻ Сад", message=listed)
    revived = say("sources.revived", title="Сад", articles="0 статей")
    await stranger.wait_for(lambda m: m.text == revived, newest=True)
    assert not (await health(running)).parked
    assert await polls(running, url, hours=1, seconds=1) == 1
    assert [m.text for m in await admin.from_bot()].count(told.text) == 1


async def test_source_that_fails_for_months_is_parked_and_its_readers_told(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_FAILURES", 3)
    url = running.feeds.put_body(feed("агава"))
    await ask(await running.admin(), f"/addsource {url}")
    reader = await running.subscribed("агава", at="15:00")
    other = await running.person()
    running.clock.move(hours=4)
    await running.wait_digests(reader, 1)

    async def fail(_: web.Request) -> web.Response:
        return web.Response(status=500)

    running.feeds.handlers[url.removeprefix(running.feeds.url)] = fail
    for _ in range(4):
        running.clock.move(hours=5)
        await running.settled()
    notice = say("sources.parked", title="Сад")
    await reader.wait_for(lambda m: m.text == notice)
    assert notice not in [m.text for m in await other.from_bot()]


async def test_chat_that_makes_us_fetch_too_often_is_asked_to_wait(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "FETCHES_AT_ONCE", 2)
    admin = await running.admin()
    url = running.feeds.put_body(feed("агава"))
    answers = [(await ask(admin, f"/addsource {url}")).text for _ in range(4)]
    assert answers[:2] != [say("error.too_often", seconds=10)] * 2
    assert answers[2:] == [say("error.too_often", seconds=10)] * 2
    assert len(running.feeds.seen(url)) == 2


async def test_second_reader_of_an_address_gets_its_articles_unchanged_as_they_are(
    bots: Bots,
) -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.headers.get("If-None-Match"):
            return web.Response(status=304)
        return web.Response(text=feed("агава"), headers={"ETag": '"1"'})

    async with bots(private_sources="open") as bot:
        first, second = await bot.person(), await bot.person()
        await ask(second, "/id")
        url = bot.feeds.put(answer)
        await ask(first, f"/addsource {url}")
        assert await polls(bot, url, hours=1, seconds=1) == 1, "not modified"
        found = [Found(SourceKind.FEED, url, "Сад")]
        bot.clock.move(hours=1, seconds=1)
        await sources.add_sources(bot.context.db, found, bot.clock(), owner=ChatId(second.chat_id))
        await bot.settled()
        assert "агава" in (await ask(second, "агава")).text


async def test_nobody_else_is_told_of_somebodys_own_source_that_is_gone(bots: Bots) -> None:
    async def gone(_: web.Request) -> web.Response:
        return web.Response(status=410)

    async with bots(private_sources="open") as bot:
        admin, person = await bot.admin(), await bot.person()
        await ask(admin, "/id")
        url = bot.feeds.put_body(feed("агава"))
        await ask(person, f"/addsource {url}")
        bot.feeds.handlers[url.removeprefix(bot.feeds.url)] = gone
        bot.clock.move(hours=1, seconds=1)
        await person.wait_for(lambda m: m.text == say("sources.gone", title="Сад"))
        await alerts.Alerts(bot.context).look()
        await bot.settled()
        assert not [m for m in await admin.from_bot() if "Сад" in m.text]
        await admin.say("/admin")
        await admin.press(say("admin.page.sources"))
        assert "Сад" not in (await admin.wait_for(newest=True)).text


async def test_a_source_that_wrote_long_ago_is_read_all_the_same(running: Running) -> None:
    admin = await running.admin()
    old = rss((("агава расцвела", TEXT, START - timedelta(days=3_000)),), "Сад")
    url = running.feeds.put_body(old)
    assert "1 статья" in (await ask(admin, f"/addsource {url}")).text
    found = [Found(SourceKind.FEED, running.feeds.put_body(old.replace("Сад", "Двор")), "Двор")]
    await sources.add_sources(running.context.db, found, running.clock())
    running.clock.move(hours=2)
    await running.settled()
    assert [(await health(running, title)).articles for title in ("Сад", "Двор")] == [1, 1]
