"""What is somebody's own beside what is everybody's: nobody loses by what others read or send, and
nobody learns of it.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from bot import sent
from bot.alarms import alarm
from bot.errors import FetchError
from bot.i18n import language
from bot.settings import AccessPolicy
from tests.bot.living import ADMIN, NUMBERS, START, ask, eventually, rss
from tests.previews import Channel, Post

if TYPE_CHECKING:
    from tests.bot.conftest import Bots
    from tests.bot.living import Running

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


async def test_yes_for_who_has_enough_by_now_says_so_of_them(bots: Bots) -> None:
    async with bots(most_private_sources=1) as bot:
        admin, person = await bot.admin(), await bot.person()
        await ask(admin, "/id")
        questions = []
        for title in ("Зоо", "Лес"):
            url = bot.feeds.put_feed((f"{title}: новости", "Слова. " * 9, AT), title=title)
            await ask(person, f"/addsource {url}")
            questions.append(await admin.wait_for(lambda m, url=url: url in m.text, since=0))
        own = say("sources.request.own")
        await admin.press(own, message=questions[0])
        answer = await admin.press(own, message=questions[1])
        assert answer.text == say("error.requester_full")
        await admin.press(say("sources.request.shared"), message=questions[1])
        assert "Лес" in (await ask(person, "/sources")).text


async def test_a_yes_to_a_list_that_fits_in_part_says_how_much_of_it(bots: Bots) -> None:
    async with bots(most_private_sources=3) as bot:
        admin, person = await bot.admin(), await bot.person("en")
        await ask(admin, "/id")
        feeds = [bot.feeds.put_feed((f"Ёж {n}", "Слова. " * 9, AT)) for n in range(5)]
        outlines = "".join(f'<outline text="Л{n}" xmlUrl="{url}"/>' for n, url in enumerate(feeds))
        await person.send_document("o", f"<opml><body>{outlines}</body></opml>".encode())
        question = await admin.wait_for(lambda m: feeds[0] in m.text, since=0)
        await admin.press(say("sources.request.own"), message=question)
        said = await admin.wait_for(lambda m: not m.labels)
        titles = ", ".join(say("sources.title", title=f"Л{n}") for n in range(3))
        left = say("sources.bulk_left", 2)
        assert said.text == f"{say('sources.decided_yes', titles=titles)} {left}"
        told = await person.wait_for(lambda m: "Л2" in m.text, since=0)
        assert "Л3" not in told.text
        assert told.text.endswith(language("en").say("sources.bulk_left", 2))


async def test_administrators_are_asked_and_told_in_their_own_language(bots: Bots) -> None:
    async with bots(access="approval") as bot:
        english = language("en")
        admin = await bot.client.person(ADMIN, language_code="en")
        await ask(admin, "/id")
        person = await bot.person()
        await ask(person, "/start")
        asked = await admin.wait_for(lambda m: str(person.chat_id) in m.text)
        assert english.say("access.let_in") in asked.labels
        await admin.press(english.say("access.let_in"), message=asked)
        await person.wait_for(lambda m: m.text == say("access.granted"), since=0)
        url = bot.feeds.put_feed(("Тапиры родились", "Слова. " * 9, AT), title="Зоо")
        await ask(person, f"/addsource {url}")
        asked = await admin.wait_for(lambda m: url in m.text)
        assert english.say("sources.request.no") in asked.labels
        assert await alarm(bot.context, "alarm.backup_failed", folder="f")
        await admin.wait_for(lambda m: m.text == english.say("alarm.backup_failed", folder="f"))
        await ask(person, "/schedule 15:00")
        await admin.say("/broadcast Завтра переезд")
        await admin.press(english.say("broadcast.send", 1).split()[0])
        await admin.wait_for(lambda m: "queued" in m.text)


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


async def test_log_names_nothing_of_ones_own(bots: Bots, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with bots(private_sources=OPEN, poll_interval=60) as bot:
        person, admin = await bot.person(), await bot.admin()
        items = (("Тапиры родились", "Слова о тапирах. " * 9, AT),)
        urls = {}
        for name, who in (("geheim", person), ("allgemein", admin)):
            urls[name] = bot.feeds.put_at(f"/{name}", rss(items, name), "text/xml")
            await ask(who, f"/addsource {urls[name]}")
            del bot.feeds.handlers[f"/{name}"]
        for status in (404, 410):
            for name in urls:

                async def fail(_: web.Request, status: int = status) -> web.Response:
                    return web.Response(status=status)

                bot.feeds.handlers[f"/{name}"] = fail
            bot.clock.move(days=1)
            await bot.settled()
    lines = [line for line in caplog.text.splitlines() if " svodka" not in line]
    assert [line for line in lines if "geheim" in line] == []
    for event in ("source_failed", "source_parked"):
        assert sum(event in line for line in lines) >= 2
        assert any(event in line and urls["allgemein"] in line for line in lines)
    error = FetchError(url="https://geheim.example/?key=1", reason="http_404")
    assert error.cause == "error.fetch (http_404)", "what is said of a refused command"


# --- what people send ------------------------------------------------------------------------


async def test_closed_means_closed_whichever_way_it_comes(bots: Bots) -> None:
    async with bots(private_sources=AccessPolicy.CLOSED) as bot:
        person, admin = await bot.person(), await bot.admin()
        words = "Тапиры родились в зоопарке Лугограда"
        await person.forward_post(words)
        assert (await person.wait_for()).text == say("error.sources_closed")
        await person.send_document("a.txt", f"{words}\n\n{words}".encode())
        assert (await person.wait_for()).text == say("error.sources_closed")
        assert say("topic.none") in (await ask(person, "тапиры")).text
        await admin.forward_post(words)
        await admin.wait_for()
        assert words in (await ask(person, "тапиры")).text


async def test_a_chat_keeps_only_so_much_of_what_it_sent(
    bots: Bots, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent, "MOST_SENT", 1)
    full = say("error.too_many_articles", most=1)
    async with bots(private_sources=OPEN) as bot:
        person, other, admin = await bot.person(), await bot.person(), await bot.admin()
        for who, answer in ((person, full), (admin, None)):
            await who.forward_post("Тапиры родились в зоопарке Лугограда", message_id=1)
            await who.wait_for()
            await who.forward_post("Моржи приплыли к берегам Лугограда", message_id=2)
            told = (await who.wait_for()).text
            assert told == answer or (answer is None and "Моржи" in told)
        await person.send_document("a.txt", "Ежи проснулись\n\nЕжи проснулись рано.".encode())
        assert (await person.wait_for()).text == full
        page = bot.feeds.put_body(f"<html><title>Ежи</title><p>{'Ежи и мыши. ' * 60}", "text/html")
        await ask(person, page)
        assert (await person.press("📄")).text == full
        await other.forward_post("Ежи проснулись сегодня рано утром")
        assert "Ежи" in (await other.wait_for()).text, "what others keep is theirs"


async def test_parts_of_a_long_text_are_all_kept(shared: Running) -> None:
    """Telegram cuts it into messages of one second, and says no number of a person's."""
    person = await shared.person()
    origin = {"type": "hidden_user", "sender_user_name": "Никто"}
    parts = ("Нарвалы приплыли к северным берегам", "Выхухоли строят дома у тихой реки")
    for part in parts:
        await person.forward_post(part, **origin)
        assert part in (await person.wait_for()).text
    for part in parts:
        assert part in (await ask(person, part.split()[0])).text


async def test_pictures_of_an_album_without_words_are_passed_over(shared: Running) -> None:
    person = await shared.person()
    await person.forward_post("Окапи родился в зоопарке Лугограда", media_group_id="7")
    assert "Окапи" in (await person.wait_for()).text
    before = len(await person.from_bot())
    for _ in range(2):
        await person.forward_post("", media_group_id="7")
    await shared.settled()
    assert len(await person.from_bot()) == before


async def test_an_album_without_any_words_is_answered_once(shared: Running) -> None:
    person = await shared.person()
    for album in ("8", "9"):
        for _ in range(3):
            await person.forward_post("", media_group_id=album)
    await shared.settled()
    assert [m.text for m in await person.from_bot()] == [say("error.no_words")] * 2


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_names_that_strangers_chose_are_shown_as_one_line_of_text(
    shared: Running, code: str
) -> None:
    person = await shared.person(code)
    odd, plain = "Зоо\u202eпарк\nснова", "Зоопарк снова"
    await person.forward_post("Ленивцы висят в зоопарке Лугограда", channel=odd, username="zoo_l")
    answer = await person.wait_for()
    assert f"({plain})" in answer.text
    assert answer.labels == [f"📣 {plain}"]
    await person.send_document("../../\u202etxt.exe", b"")
    assert "\u202e" not in (await person.wait_for()).text


@pytest.mark.parametrize(
    "words", ["{url}", "Баобабы зацвели {url}", "Баобабы\nзацвели\n{url}\n", "{URL}"]
)
async def test_shared_link_is_looked_at_with_the_words_that_came_along(
    shared: Running, words: str
) -> None:
    person = await shared.person()
    body = (
        f"<html><title>Баобабы</title><body><p>{'Баобабы зацвели у нас. ' * 30}</p></body></html>"
    )
    url = shared.feeds.put_body(body, "text/html")
    text = words.format(url=url, URL=url.replace("http", "HTTP"))
    assert (await ask(person, text)).labels == ["📄 Баобабы"]


@pytest.mark.parametrize("words", ["{url} и ещё {url}", "что такое {url} вообще"])
async def test_words_around_links_are_a_search(shared: Running, words: str) -> None:
    person, url = await shared.person(), shared.feeds.put_body(b"")
    assert (await ask(person, words.format(url=url))).text.startswith("🔎")
    assert shared.feeds.seen(url) == []


async def test_long_list_is_taken_whole(bots: Bots) -> None:
    async with bots(empty=True) as bot:
        admin = await bot.admin()
        outlines = "".join(f'<outline xmlUrl="https://a.invalid/{n}"/>' for n in range(5_000))
        await admin.send_document("o", f"<opml><body>{outlines}</body></opml>".encode())
        assert (await admin.wait_for()).text == say("sources.bulk_added", 5_000)
