"""Articles in, as an administrator brings them: feeds, documents, a watched folder."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from bot.demo import POLLING
from bot.files import MOST_FILE_BYTES
from bot.i18n import language
from bot.newsroom.server import run_newsroom
from bot.settings import AccessPolicy
from tests.bot.living import START, Running, ask, edited

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say
AT = START - timedelta(hours=1)
TEXT = "В Лугограде открыли оранжерею с кактусами. Вход свободный до конца месяца. " * 3
AGAVES = "Ботаники измерили агавы и удивились: за неделю те прибавили по ладони. " * 3
FILE = f" date 2026-11-23 Оранжерея с кактусами открылась в Лугограде\n\n{TEXT}\n\n{AGAVES}"


# --- feeds -----------------------------------------------------------------------------------


async def test_feed_is_added_searched_and_removed_with_its_articles(running: Running) -> None:
    admin, person = await running.admin(), await running.person()
    url = running.feeds.put_feed(
        ("Жирафы переехали в новый вольер", TEXT.replace("кактус", "жираф"), AT), title="Зоопарк"
    )
    added = await ask(admin, f"/addsource {url}")
    assert added.text == say("sources.added", title="Зоопарк", articles="1 статья")
    assert "Жирафы переехали" in (await ask(person, "жирафы")).text
    assert "Зоопарк\u00a0— 1 статья" in (await ask(person, "/sources")).text
    await ask(admin, "/removesource")
    await edited(
        admin, "✖ Зоопарк", lambda m: m.text == say("sources.remove_sure", title="Зоопарк")
    )
    await edited(admin, say("menu.back"), lambda m: m.text == say("sources.remove_ask"))
    await admin.press("✖ Зоопарк")
    await edited(
        admin,
        say("sources.remove_yes"),
        lambda m: m.text == say("sources.removed", title="Зоопарк"),
    )
    assert say("topic.none") in (await ask(person, "жирафы")).text
    assert "Зоопарк" not in (await ask(person, "/sources")).text


@pytest.mark.parametrize(
    ("body", "kind", "status", "key"),
    [
        ("<!doctype html><title>Главная</title><p>Не лента", "text/html", 200, "error.not_a_feed"),
        ("", "application/rss+xml", 200, "error.not_a_feed"),
        ("\x00\x01\x02" * 50, "application/octet-stream", 200, "error.not_a_feed"),
        ("нет", "text/plain", 404, "error.fetch.http_404"),
        (b"x" * (5 * 1024 * 1024 + 1), "application/rss+xml", 200, "error.fetch.too_large"),
    ],
    ids=["html", "empty", "binary", "404", "large"],
)
async def test_address_without_a_feed_gets_a_sentence_and_is_not_kept(
    shared: Running, body: str | bytes, kind: str, status: int, key: str
) -> None:
    admin = await shared.admin()
    sources = (await ask(admin, "/sources")).text
    answer = await ask(admin, f"/addsource {shared.feeds.put_body(body, kind, status)}")
    assert answer.text == say(key)
    assert (await ask(admin, "/sources")).text == sources


async def test_other_status_is_named(shared: Running) -> None:
    answer = await ask(
        await shared.admin(), f"/addsource {shared.feeds.put_body('', 'text/plain', 503)}"
    )
    assert "503" in answer.text


async def test_dead_port_gets_a_sentence(shared: Running, unused_tcp_port: int) -> None:
    answer = await ask(await shared.admin(), f"/addsource http://127.0.0.1:{unused_tcp_port}/rss")
    assert answer.text == say("error.fetch.connection")


@pytest.mark.parametrize(
    "words", ["что-то", "ftp://a.example/rss", "http://", "http://u:p@a.example/", "javascript:1"]
)
async def test_no_address_gets_a_sentence(shared: Running, words: str) -> None:
    assert (await ask(await shared.admin(), f"/addsource {words}")).text == say("error.bad_link")


async def test_addsource_without_an_address_says_how(shared: Running) -> None:
    assert (await ask(await shared.admin(), "/addsource")).text == say("sources.add_usage")


async def test_same_feed_twice_is_one_source(running: Running) -> None:
    admin = await running.admin()
    url = running.feeds.put_feed(("Кактусы зацвели", TEXT, AT), title="Сад")
    await ask(admin, f"/addsource {url}")
    assert "0 статей" in (await ask(admin, f"/addsource {url}")).text
    assert (await ask(admin, "/sources")).text.count("Сад") == 1


async def test_strangers_neither_add_nor_remove_what_everybody_reads(bots: Bots) -> None:
    async with bots(private_sources=AccessPolicy.CLOSED) as bot:
        person = await bot.person()
        page = await ask(person, "/sources")
        url = bot.feeds.put_feed(("Кактусы зацвели", TEXT, AT))
        for words in (f"/addsource {url}", url):
            assert (await ask(person, words)).text == say("error.sources_closed")
        assert not bot.feeds.seen(url)
        assert (await ask(person, "/removesource")).text == say("sources.none_own")
        for data in ("dropsrc:1:1", "tune:1:weight:75:0", "tune:1:pages:off:0"):
            assert (await person.press_raw(page, data)).text == say("error.not_allowed")
        assert (await ask(person, "/sources")).text == page.text


async def test_source_that_hangs_or_fails_holds_up_no_other(running: Running) -> None:
    admin, person = await running.admin(), await running.person()
    good = running.feeds.put_feed(("Кактусы зацвели", TEXT, AT), title="Сад")
    bad = [running.feeds.put_feed((f"Заметка {n}", TEXT, AT), title=f"Б{n}") for n in range(3)]
    for url in (good, *bad):
        await ask(admin, f"/addsource {url}")
    released = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await released.wait()
        return web.Response()

    async def fail(_: web.Request) -> web.Response:
        return web.Response(status=500)

    async def garble(_: web.Request) -> web.Response:
        return web.Response(text="<html>захвачено", content_type="text/html")

    for url, handler in zip(bad, (hang, fail, garble), strict=True):
        running.feeds.handlers[url.removeprefix(running.feeds.url)] = handler
    at = running.clock() + timedelta(minutes=59)
    running.feeds.replace(good, ("Агавы пошли в рост", AGAVES, at))
    running.clock.move(hours=1, minutes=1)
    try:
        async with asyncio.timeout(10):
            while "Агавы пошли" not in (await ask(person, "агавы")).text:
                pass
            listed = await ask(person, "/sources")
            while not all(f"⚠️ {title}\u00a0— " in listed.text for title in ("Б1", "Б2")):
                listed = await ask(person, "/sources")
    finally:
        released.set()
    assert say("sources.failing", 1) in listed.text
    assert (await ask(person, "/latest")).urls, "the bot goes on"


async def test_failing_source_is_asked_less_and_less_and_forgiven(running: Running) -> None:
    admin = await running.admin()
    url = running.feeds.put_feed(("Кактусы зацвели", TEXT, AT), title="Сад")
    path = url.removeprefix(running.feeds.url)
    await ask(admin, f"/addsource {url}")
    healthy = running.feeds.handlers[path]

    async def fail(_: web.Request) -> web.Response:
        return web.Response(status=500)

    running.feeds.handlers[path] = fail
    asked = []
    for _ in range(8):
        running.clock.move(hours=1, seconds=1)
        await running.settled()
        asked.append(len(running.feeds.seen(url)) - 1)
    assert asked == [1, 2, 2, 3, 3, 3, 3, 4], "after 1, 2 and 4 hours"
    running.feeds.handlers[path] = healthy
    running.clock.move(hours=8, seconds=1)
    await running.settled()
    assert "⚠️ Сад" not in (await ask(admin, "/sources")).text


async def test_unchanged_feed_is_asked_with_its_etag(running: Running) -> None:
    admin = await running.admin()
    etags: list[str | None] = []

    async def answer(request: web.Request) -> web.Response:
        etags.append(request.headers.get("If-None-Match"))
        if etags[-1]:
            return web.Response(status=304)
        body = running.feeds.put_feed(("Кактусы зацвели", TEXT, AT)).removeprefix(running.feeds.url)
        response = await running.feeds.handlers[body](request)
        assert isinstance(response, web.Response)
        response.headers["ETag"] = '"раз"'.encode().decode("latin-1")
        return response

    await ask(admin, f"/addsource {running.feeds.put(answer)}")
    for _ in range(2):
        running.clock.move(hours=1, seconds=1)
        await running.settled()
    assert etags[0] is None
    assert len(etags) == 3
    assert all(etags[1:])


async def test_newsroom_of_the_demo_is_read_whole(bots: Bots) -> None:
    async with bots(empty=True) as bot, run_newsroom(START, bot.clock) as newsroom:
        admin = await bot.admin()
        for url in newsroom.feed_urls.values():
            assert say("error.internal") != (await ask(admin, f"/addsource {url}")).text
        listed = await ask(admin, "/sources")
        assert listed.text.startswith("6 источников")
        assert "⚠️" not in listed.text
        articles = [int(number) for number in re.findall(r"— (\d+) ", listed.text)]
        assert sum(articles) >= 60
        for words in ("ключевая ставка", "пожар", "Fed"):
            assert (await ask(admin, words)).urls, words


async def test_newsroom_of_the_demo_goes_on_minute_by_minute(bots: Bots) -> None:
    async with bots(empty=True, **POLLING) as bot, run_newsroom(START, bot.clock) as newsroom:
        admin = await bot.admin()
        for url in newsroom.feed_urls.values():
            await ask(admin, f"/addsource {url}")
        assert not (await ask(admin, "пожар ущерб оценили")).urls
        for minutes in (0.5, 0.5, 2):  # the first looks tell how seldom these sources publish
            bot.clock.move(minutes=minutes)
            await bot.settled()
        assert (await ask(admin, "пожар ущерб оценили")).urls


async def test_digest_without_sources_says_who_adds_them(bots: Bots) -> None:
    async with bots(empty=True) as bot:
        person = await bot.person()
        assert (await ask(person, "/digest")).text == say("empty.no_sources")
        assert (await ask(person, "/latest")).text == say("stories.none")
        assert (await ask(person, "/sources")).text == say("sources.none")


# --- documents -------------------------------------------------------------------------------


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "cp1251"])
async def test_document_of_the_administrator_becomes_an_article(
    running: Running, charset: str
) -> None:
    admin, person = await running.admin(), await running.person()
    await admin.send_document("статья.txt", FILE.encode(charset))
    assert (await admin.wait_for()).text == say("document.added")
    found = await ask(person, "кактусы")
    assert "Оранжерея с кактусами открылась" in found.text
    (link,) = {url for url in found.urls if "start=a_" in url}
    article = await ask(person, f"/start {link.partition('start=')[2]}")
    assert article.text.startswith("Оранжерея с кактусами открылась")
    assert "Вход свободный" in article.text
    await admin.send_document("та же под другим именем.txt", FILE.encode())
    assert (await admin.wait_for()).text == say("document.known")


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "error.empty_file"),
        (b"\n \n", "error.empty_file"),
        (b"\x7fELF\x02\x01\x01\x00" + bytes(range(256)) * 4, "error.not_text"),
        ("Просто текст без заголовка.\n\nИ ещё абзац.".encode(), "error.no_header"),
        (b"date 2026-13-45 x\n\ny", "error.no_header"),
        (b"x" * (MOST_FILE_BYTES + 1), "error.too_large"),
    ],
    ids=["empty", "blank", "binary", "no header", "no such date", "too large"],
)
async def test_document_that_is_no_article_gets_a_sentence(
    shared: Running, data: bytes, key: str
) -> None:
    admin = await shared.admin()
    await admin.send_document("статья.txt", data)
    assert (await admin.wait_for()).text == say(key)
    assert str(admin.chat_id) in (await ask(admin, "/id")).text


async def test_hostile_file_name_is_never_used(
    running: Running, data: Path, tmp_path: Path
) -> None:
    names = data / "strings" / "filenames.txt"
    admin = await running.admin()
    lines = [line for line in names.read_text("utf-8").splitlines() if line.strip()][:12]
    before = sorted(path.name for path in tmp_path.iterdir())
    for number, name in enumerate(lines):
        await admin.send_document(name, FILE.replace("Лугограде", f"Лугограде-{number}").encode())
        assert (await admin.wait_for()).text == say("document.added"), name
    assert sorted(path.name for path in tmp_path.iterdir()) == before


async def test_document_of_a_subscriber_is_for_them_alone(running: Running) -> None:
    person, other = await running.person(), await running.person()
    await person.send_document("статья.txt", FILE.replace("кактус", "фикус").encode())
    assert (await person.wait_for()).text == say("document.added")
    assert "Оранжерея с фикусами" in (await ask(person, "фикусы")).text
    assert say("topic.none") in (await ask(other, "фикусы")).text


async def test_page_as_a_document_becomes_an_article(running: Running) -> None:
    admin, person = await running.admin(), await running.person()
    body = "".join(f"<p>{TEXT.replace('кактус', 'драцен')}</p>" for _ in range(2))
    html = f"<!doctype html><title>Драцены зацвели</title><article>{body}</article>"
    await admin.send_document("что угодно.bin", html.encode())
    assert (await admin.wait_for()).text == say("document.added")
    assert "Драцены зацвели" in (await ask(person, "драцены")).text


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04" + b"\x00" * 99, b"\x1f\x8b\x08" + b"\x00" * 99, b"%PDF-1.4 x"],
    ids=["zip", "gzip", "pdf"],
)
async def test_archives_are_refused_whatever_their_name(shared: Running, data: bytes) -> None:
    admin = await shared.admin()
    await admin.send_document("статья.txt", data)
    assert (await admin.wait_for()).text == say("error.not_text")


async def test_list_of_feeds_as_a_document_becomes_sources(running: Running) -> None:
    admin, person = await running.admin(), await running.person()
    url = running.feeds.put_feed(("Тапиры родились", TEXT.replace("кактус", "тапир"), AT))
    again = f'<outline text="Б" xmlUrl="{url}"/>'
    data = f'<opml version="2.0"><body><outline text="А" xmlUrl="{url}"/>{again}</body></opml>'
    await admin.send_document("список.txt", data.encode())
    assert (await admin.wait_for()).text == say("sources.bulk_added", 1)
    await running.settled()
    assert "Тапиры родились" in (await ask(person, "тапиры")).text
    await admin.send_document("список.opml", data.encode())
    expected = say("sources.bulk_added", 0) + " " + say("sources.bulk_known", 1)
    assert (await admin.wait_for()).text == expected


async def test_subscribers_list_fills_what_room_they_have(bots: Bots) -> None:
    async with bots(private_sources=AccessPolicy.OPEN, most_private_sources=2) as bot:
        person = await bot.person()
        outlines = "".join(
            f'<outline text="{n}" xmlUrl="{bot.feeds.put_feed()}"/>' for n in range(5)
        )
        await person.send_document("o", f"<opml><body>{outlines}</body></opml>".encode())
        expected = say("sources.bulk_added", 2) + " " + say("sources.bulk_left", 3)
        assert (await person.wait_for()).text == expected


# --- the watched folder ----------------------------------------------------------------------


async def test_watched_folder_is_read_as_files_appear(bots: Bots, tmp_path: Path) -> None:
    folder = tmp_path / "Вестник"
    async with bots(articles_dir=folder) as bot:
        person = await bot.person()
        assert say("topic.none") in (await ask(person, "кактусы")).text
        (folder / "b.txt").write_bytes(b"\x00\x01binary")
        (folder / "a.txt").write_text(FILE, encoding="utf-8")
        async with asyncio.timeout(10):
            while "Оранжерея" not in (await ask(person, "кактусы")).text:
                pass
        assert "Вестник\u00a0— 1 статья" in (await ask(person, "/sources")).text


async def test_a_line_that_a_feed_prints_under_every_article_is_learned(running: Running) -> None:
    admin = await running.admin()
    footer = "Следите за событиями Лугограда вместе с нашей редакцией каждый день."
    titles = ("Выдры вернулись", "Аисты прилетели", "Ежи проснулись", "Зубры вышли к реке")
    url = running.feeds.put_feed()
    for number, title in enumerate(titles):
        text = f"&lt;p&gt;{title} в заповедник под Лугоградом.&lt;/p&gt;&lt;p&gt;{footer}&lt;/p&gt;"
        running.feeds.replace(url, (title, text, running.clock.now))  # one article at a time
        if number == 0:
            await ask(admin, f"/addsource {url}")
        running.clock.move(hours=1, minutes=5)
        await running.settled()
    rows = await running.context.db.fetch_all("SELECT title, text FROM article")
    held = {row["title"]: footer in row["text"] for row in rows if row["title"] in titles}
    assert held == dict.fromkeys(titles[:3], True) | {titles[3]: False}
