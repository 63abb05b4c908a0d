"""Kinds of source as people add them: sites, channels, pages, lists, forwarded posts."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from bot import discovering
from bot.i18n import language
from bot.settings import AccessPolicy
from tests.bot.living import START, Running, ask, rss
from tests.previews import NO_PREVIEW, Channel, Post

if TYPE_CHECKING:
    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say
AT = START - timedelta(hours=1)
NUMBERS = itertools.count(1)
BODY = "".join(
    f"<p>Абзац {n} рассказывает, что в оранжерее Лугограда зацвели редкие баобабы и секвойи.</p>"
    for n in range(6)
)


def page(head: str = "", body: str = BODY, title: str = "Баобабы зацвели в оранжерее") -> str:
    return (
        f"<!doctype html><html><head><title>{title}</title>{head}</head><body><nav><a href='/'>"
        f"Главная</a></nav><article><h1>{title}</h1><figure><img src='a'><figcaption>Подпись "
        f"к снимку</figcaption></figure>{body}</article></body></html>"
    )


def link_to(url: str, title: str) -> str:
    return f'<link rel="alternate" type="application/rss+xml" title="{title}" href="{url}">'


def channel(*texts: str, title: str = "Лугоград сегодня") -> Channel:
    posts = [Post(number, text) for number, text in enumerate(texts, 1)]
    return Channel(f"lugograd{next(NUMBERS)}", title, posts)


# --- discovery -------------------------------------------------------------------------------


async def test_site_offers_its_feeds_and_a_button_adds_one(running: Running) -> None:
    admin, person = await running.admin(), await running.person()
    news = running.feeds.put_feed(
        ("Выдры вернулись в реку", "Слова о выдрах. " * 9, AT), title="Река"
    )
    other = running.feeds.put_feed(
        ("Бобры строят плотину", "Слова о бобрах. " * 9, AT), title="Пруд"
    )
    site = running.feeds.put_body(page(link_to(news, "Речные") + link_to(other, "Прудовые"), ""))
    offered = await ask(admin, f"/addsource {site}")
    assert offered.text == say("sources.found", 2)
    assert offered.labels == ["+ Речные", "+ Прудовые", say("sources.take_all", 2)]
    await admin.press("+ Речные")
    added = await admin.wait_for(newest=True)
    assert added.text == say("sources.added", title="Река", articles="1 статья")
    assert added.labels == ["+ Прудовые"]
    assert "Выдры вернулись" in (await ask(person, "выдры")).text
    assert say("topic.none") in (await ask(person, "бобры")).text


async def test_common_paths_are_tried_only_for_a_page_that_names_no_feed(bots: Bots) -> None:
    async with bots() as bot:
        admin = await bot.admin()
        bot.feeds.put_at(
            "/rss.xml", rss((("Ежи проснулись", "Слова. " * 9, AT),), "Лес"), "text/xml"
        )
        try:
            site = bot.feeds.put_body(page("", "<p>Пусто</p>"), "text/html")
            assert (await ask(admin, f"/addsource {site}")).labels == ["+ Лес"]
            asked = len(bot.feeds.seen("/rss.xml"))
            named = bot.feeds.put_body(
                page(link_to(bot.feeds.put_feed(), "Ближняя"), ""), "text/html"
            )
            assert (await ask(admin, f"/addsource {named}")).labels == ["+ Ближняя"]
            assert len(bot.feeds.seen("/rss.xml")) == asked
        finally:
            del bot.feeds.handlers["/rss.xml"]


async def test_pasted_article_link_becomes_one_article_after_a_button(running: Running) -> None:
    person, other = await running.person(), await running.person()
    url = running.feeds.put_body(page(), "text/html")
    offered = await ask(person, url)
    assert offered.labels == ["📄 Баобабы зацвели в оранжерее"]
    assert say("topic.none") in (await ask(person, "баобабы")).text
    await person.press("📄")
    assert (await person.wait_for(newest=True)).text == say("document.added")
    found = await ask(person, "баобабы")
    assert found.urls[0] == url
    assert "Подпись" not in found.text
    assert say("topic.none") in (await ask(other, "баобабы")).text, "it is the sender's own"
    await ask(person, url)
    await person.press("📄")
    assert (await person.wait_for(newest=True)).text == say("document.known")


async def test_list_of_feeds_at_an_address_is_offered_whole(running: Running) -> None:
    admin = await running.admin()
    feeds = [running.feeds.put_feed((f"Заметка {n} о реке", "Слова. " * 9, AT)) for n in range(12)]
    outlines = "".join(f'<outline text="Л{n}" xmlUrl="{url}"/>' for n, url in enumerate(feeds))
    url = running.feeds.put_body(f"<opml><body>{outlines}</body></opml>", "text/plain")
    offered = await ask(admin, f"/addsource {url}")
    assert offered.text == say("sources.found", 12)
    assert offered.labels[-1] == say("sources.take_all", 12)
    await admin.press(say("sources.take_all", 12))
    assert (await admin.wait_for(newest=True)).text == say("sources.bulk_added", 12)
    await running.settled()
    listed = await running.context.db.fetch_one(
        "SELECT count(*) AS read FROM source WHERE title = 'Проба' AND last_success_at NOT NULL"
    )
    assert listed is not None
    assert listed["read"] == 12


async def test_a_list_too_long_to_offer_says_so(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovering, "MOST_OFFERED", 3)
    admin = await running.admin()
    outlines = "".join(f'<outline xmlUrl="https://a.invalid/{n}"/>' for n in range(5))
    url = running.feeds.put_body(f"<opml><body>{outlines}</body></opml>", "text/plain")
    offered = await ask(admin, f"/addsource {url}")
    cut = say("sources.cut", most=3, total=5)
    assert offered.text == f"{say('sources.found', 3)}\n\n{cut}"


async def test_offer_is_for_the_chat_it_was_made_to(shared: Running) -> None:
    person, other = await shared.person(), await shared.person()
    offered = await ask(person, shared.feeds.put_body(page(), "text/html"))
    data = offered.buttons[0][0].data
    assert data is not None
    answer = await other.press_raw(await ask(other, "/id"), data)
    assert answer.text == say("error.stale_button")


# --- public channels -------------------------------------------------------------------------


async def test_channel_is_read_by_name_and_polled_back_to_the_last_post(bots: Bots) -> None:
    async with bots() as bot:
        admin, person = await bot.admin(), await bot.person()
        one = channel("Тапиры родились в зоопарке утром")
        bot.feeds.put_channel(one)
        added = await ask(admin, f"/addsource @{one.name}")
        assert added.text == say("sources.added", title=one.title, articles="1 статья")
        found = await ask(person, "тапиры")
        assert found.urls[0] == f"https://t.me/{one.name}/1"
        for number in range(2, 72):
            one.posts.append(
                Post(number, f"Сообщение {number} о панголинах Лугограда", at=bot.clock())
            )
        bot.clock.move(hours=4)
        await bot.settled()
        rows = await bot.context.db.fetch_all(
            "SELECT article.guid FROM article JOIN source ON source.id = source_id "
            "WHERE source.kind = 'channel'"
        )
        assert len(rows) == 71, "four pages back, nothing twice, nothing missed"
        pages = len(bot.feeds.seen(f"/s/{one.name}"))
        one.posts[-1].text = "Сообщение 71 о панголинах Лугограда исправлено редакцией"
        bot.clock.move(hours=4)
        await bot.settled()
        assert len(bot.feeds.seen(f"/s/{one.name}")) == pages + 1, "nothing new: one page"
        assert "исправлено" in (await ask(person, "исправлено панголины")).text


async def test_first_posts_of_a_channel_are_backlog(running: Running) -> None:
    admin, person = await running.admin(), await running.subscribed("тапиры")
    await ask(person, "/digest")
    one = channel("Тапиры родились в зоопарке утром")
    running.feeds.put_channel(one)
    added = await ask(admin, f"/addsource t.me/{one.name}")
    assert added.text == say("sources.added", title=one.title, articles="1 статья")
    rows = await running.context.db.fetch_all(
        "SELECT arrived_at, published_at FROM article WHERE guid = :guid",
        {"guid": f"{one.name}/1"},
    )
    assert len(rows) == 1
    assert rows[0]["arrived_at"] == rows[0]["published_at"]


@pytest.mark.parametrize("words", ["@nosuchchannel", "https://t.me/nosuchchannel/5"])
async def test_channel_without_a_preview_gets_a_sentence(shared: Running, words: str) -> None:
    shared.feeds.put_at("/s/nosuchchannel", NO_PREVIEW)
    answer = await ask(await shared.admin(), f"/addsource {words}")
    assert answer.text == say("error.no_channel")


async def test_invitation_gets_a_sentence(shared: Running) -> None:
    answer = await ask(await shared.admin(), "/addsource https://t.me/+AbCdEf123")
    assert answer.text == say("error.private_channel")


# --- whose it is -----------------------------------------------------------------------------


async def test_subscriber_adds_a_source_for_themselves_within_the_limit(bots: Bots) -> None:
    async with bots(private_sources=AccessPolicy.OPEN, most_private_sources=1) as bot:
        person, other = await bot.person(), await bot.person()
        first = bot.feeds.put_feed(("Тапиры родились", "Слова о тапирах. " * 9, AT), title="Зоо")
        added = await ask(person, f"/addsource {first}")
        assert added.text == say("sources.added_own", title="Зоо", articles="1 статья")
        assert "Тапиры" in (await ask(person, "тапиры")).text
        assert say("topic.none") in (await ask(other, "тапиры")).text
        assert "🔒 Зоо" in (await ask(person, "/sources")).text
        assert "Зоо" not in (await ask(other, "/sources")).text
        second = bot.feeds.put_feed(("Ежи проснулись", "Слова. " * 9, AT))
        assert (await ask(person, f"/addsource {second}")).text == say("error.too_many_sources")
        assert (await ask(person, f"/addsource {first}")).text == say(
            "sources.added_own", title="Зоо", articles="0 статей"
        )


async def test_private_address_that_two_read_is_fetched_once_a_poll(bots: Bots) -> None:
    async with bots(private_sources=AccessPolicy.OPEN) as bot:
        people = [await bot.person(), await bot.person()]
        url = bot.feeds.put_feed(("Тапиры родились", "Слова о тапирах. " * 9, AT), title="Зоо")
        for person in people:
            await ask(person, f"/addsource {url}")
        asked = len(bot.feeds.seen(url))
        bot.feeds.replace(
            url, ("Коалы проснулись", "Слова о коалах. " * 9, bot.clock()), title="Зоо"
        )
        bot.clock.move(hours=4)
        await bot.settled()
        assert len(bot.feeds.seen(url)) == asked + 1
        for person in people:
            assert "Коалы" in (await ask(person, "коалы")).text


async def test_source_that_everybody_reads_is_not_added_again_for_one(bots: Bots) -> None:
    async with bots(private_sources=AccessPolicy.OPEN) as bot:
        admin, person = await bot.admin(), await bot.person()
        url = bot.feeds.put_feed(("Тапиры родились", "Слова о тапирах. " * 9, AT), title="Зоо")
        await ask(admin, f"/addsource {url}")
        answer = await ask(person, f"/addsource {url}")
        assert answer.text == say("sources.shared_already", title="Зоо")


@pytest.mark.parametrize(
    ("word", "is_shared"), [("own", False), ("shared", True)], ids=["own", "shared"]
)
async def test_administrator_decides_what_is_asked_for(
    running: Running, word: str, is_shared: bool
) -> None:
    admin, person, other = await running.admin(), await running.person(), await running.person()
    await ask(admin, "/id")
    url = running.feeds.put_feed(("Тапиры родились", "Слова о тапирах. " * 9, AT), title="Зоо")
    assert (await ask(person, f"/addsource {url}")).text == say("sources.asked")
    question = await admin.wait_for(lambda m: url in m.text, since=0)
    assert "Зоо" in question.text
    await admin.press(say(f"sources.request.{word}"), message=question)
    told = await person.wait_for(lambda m: "«Зоо»" in m.text, since=0, newest=True)
    assert told.text == say("sources.request_granted", titles="«Зоо»")
    assert "Тапиры" in (await ask(person, "тапиры")).text
    assert ("Тапиры" in (await ask(other, "тапиры")).text) is is_shared
    again = await admin.press_raw(
        question, f"request:{question.buttons[0][0].data.split(':')[1]}:own"
    )  # type: ignore[union-attr]
    assert again.text == say("error.stale_button"), "decided once"


async def test_refused_request_adds_nothing(running: Running) -> None:
    admin, person = await running.admin(), await running.person()
    await ask(admin, "/id")
    url = running.feeds.put_feed(("Тапиры родились", "Слова о тапирах. " * 9, AT), title="Зоо")
    await ask(person, f"/addsource {url}")
    question = await admin.wait_for(lambda m: url in m.text, since=0)
    await admin.press(say("sources.request.no"), message=question)
    told = await person.wait_for(lambda m: "«Зоо»" in m.text, since=0, newest=True)
    assert told.text == say("sources.request_refused", titles="«Зоо»")
    assert say("topic.none") in (await ask(person, "тапиры")).text


async def test_only_administrators_decide(running: Running) -> None:
    admin, person = await running.admin(), await running.person()
    await ask(admin, "/id")
    url = running.feeds.put_feed(("Тапиры родились", "Слова о тапирах. " * 9, AT), title="Зоо")
    await ask(person, f"/addsource {url}")
    question = await admin.wait_for(lambda m: url in m.text, since=0)
    data = question.buttons[0][0].data
    assert data is not None
    page_of_their_own = await ask(person, "/id")
    assert (await person.press_raw(page_of_their_own, data)).text == say("error.not_allowed")


async def test_starter_lists_are_offered_to_administrators(running: Running) -> None:
    admin, person = await running.admin(), await running.person()
    assert (await ask(person, "/addsource")).labels == []
    offered = await ask(admin, "/addsource")
    assert offered.labels == [say("sources.starter.ru"), say("sources.starter.en")]
    await admin.press(say("sources.starter.ru"))
    added = await admin.wait_for(newest=True)
    assert added.text == say("sources.bulk_added", 13)
    assert (await person.press_raw(await ask(person, "/id"), "starter:ru")).text == say(
        "error.not_allowed"
    )


# --- full text -------------------------------------------------------------------------------


def teasers(running: Running, count: int = 6) -> tuple[str, list[str]]:
    """A feed of teasers, and the pages it links to."""
    pages = [
        running.feeds.put_body(
            page(title=f"Заметка {n} о секвойях и баобабах Лугограда"), "text/html"
        )
        for n in range(count)
    ]
    items = "".join(
        f"<item><title>Заметка {n} о секвойях и баобабах Лугограда</title><link>{url}</link>"
        f"<guid>{url}</guid><pubDate>{AT:%a, %d %b %Y %H:%M:%S} +0000</pubDate>"
        f"<description>Анонс номер {n}.</description></item>"
        for n, url in enumerate(pages)
    )
    feed = f"<rss version='2.0'><channel><title>Сад</title>{items}</channel></rss>"
    return running.feeds.put_body(feed), pages


async def test_feed_of_teasers_is_read_from_its_pages_once(running: Running) -> None:
    admin = await running.admin()
    url, pages = teasers(running)
    await ask(admin, f"/addsource {url}")
    rows = await running.context.db.fetch_all(
        "SELECT article.text FROM article JOIN source ON source.id = source_id "
        "WHERE source.address = :url",
        {"url": url},
    )
    assert len(rows) == 6
    for row in rows:
        assert row["text"].count("рассказывает") == 6
        assert "Подпись" not in row["text"]
        assert "Главная" not in row["text"]
    running.clock.move(hours=4)
    await running.settled()
    assert [len(running.feeds.seen(one)) for one in pages] == [1] * 6, "not fetched again"
    kept = await running.context.db.fetch_one(
        "SELECT count(*) AS whole FROM article WHERE teaser NOT NULL AND length(text) > 200"
    )
    assert kept is not None
    assert kept["whole"] == 6, "the teaser of the next poll does not replace the text"


async def test_pages_that_fail_leave_the_teaser(running: Running) -> None:
    admin = await running.admin()
    url, pages = teasers(running)

    async def fail(_: web.Request) -> web.Response:
        return web.Response(status=500)

    running.feeds.handlers[pages[0].removeprefix(running.feeds.url)] = fail
    running.feeds.put_at(
        pages[1].removeprefix(running.feeds.url),
        page(title="Вход", body="<p>Войдите, чтобы читать дальше, это бесплатно.</p>" * 30),
    )
    running.feeds.put_at(pages[2].removeprefix(running.feeds.url), b"\x00\x01" * 999)
    added = await ask(admin, f"/addsource {url}")
    assert added.text == say("sources.added", title="Сад", articles="6 статей")
    rows = await running.context.db.fetch_all(
        "SELECT article.text FROM article JOIN source ON source.id = source_id "
        "WHERE source.address = :url ORDER BY guid",
        {"url": url},
    )
    assert sum(row["text"].startswith("Анонс") for row in rows) == 3


async def test_few_or_long_entries_are_taken_as_they_are(running: Running) -> None:
    admin = await running.admin()
    url, pages = teasers(running, 4)
    await ask(admin, f"/addsource {url}")
    assert not any(running.feeds.seen(one) for one in pages)


# --- forwarded posts -------------------------------------------------------------------------


async def test_forwarded_post_is_the_senders_own_and_keeps_its_origin(running: Running) -> None:
    person, other = await running.person(), await running.person()
    sent = await person.forward_post(
        "Тапиры родились в зоопарке Лугограда\n\nИх двое.",
        channel="Зоопарк",
        username="zoo_lug",
        message_id=7,
    )
    answer = await person.wait_for()
    assert answer.text == say(
        "forward.added", title="Тапиры родились в зоопарке Лугограда", origin="Зоопарк"
    )
    assert answer.labels == ["📣 Зоопарк"]
    found = await ask(person, "тапиры")
    assert found.urls[0] == "https://t.me/zoo_lug/7"
    assert say("topic.none") in (await ask(other, "тапиры")).text
    await person.forward(sent)
    assert "Тапиры" not in (await ask(other, "/latest")).text


async def test_forwarded_post_of_a_private_channel_names_it(running: Running) -> None:
    admin, person = await running.admin(), await running.person()
    await admin.forward_post(
        "Тапиры родились в зоопарке Лугограда", channel="Тайный зоопарк", username=""
    )
    assert (await admin.wait_for()).labels == []
    found = await ask(person, "тапиры")
    assert "Тайный зоопарк" in found.text
    assert "start=a_" in found.urls[0]


@pytest.mark.parametrize(
    ("origin", "name"),
    [
        ({"type": "hidden_user", "sender_user_name": "Никто"}, "Никто"),
        (
            {"type": "user", "sender_user": {"id": 77, "is_bot": False, "first_name": "Иван"}},
            "Иван",
        ),
    ],
    ids=["hidden", "user"],
)
async def test_forwarded_words_of_a_person_name_them(
    running: Running, origin: dict[str, object], name: str
) -> None:
    person = await running.person()
    await person.forward_post("Тапиры родились в зоопарке Лугограда", **origin)
    assert f"({name})" in (await person.wait_for()).text


async def test_forward_without_words_gets_a_sentence(shared: Running) -> None:
    person = await shared.person()
    await person.forward_post("👍")
    assert (await person.wait_for()).text == say("error.no_words")
