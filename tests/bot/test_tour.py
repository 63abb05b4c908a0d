"""A walk through every flow as a new user, in the chat page at a phone's width: `make tour` keeps
what it sees as the pictures of docs/tour.md."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from PIL import Image
from playwright.async_api import expect

from bot.i18n import language
from tests.bot.living import ADMIN, START, ask
from tests.bot.test_page import CHROMIUM, browser, say  # noqa: F401 - a fixture
from tests.previews import Channel, Post

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from playwright.async_api import Browser, Locator, Page

    from bot.i18n import Language
    from tests.bot.living import Running

    Walk = Callable[..., Awaitable["Walker"]]

PHONE = {"width": 390, "height": 780}
COLORS = 64  # of a kept picture: 45 KB each, 52 with twice as many
pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: `make browser` installs it"),
]


@dataclass
class Walker:
    """Somebody at the page."""

    page: Page
    spoken: Language
    name: str  # of the walk's pictures
    folder: Path | None  # None: pictures are not kept

    async def say(self, text: str, answer: str) -> None:
        await say(self.page, text)
        await self.sees(answer)

    async def press(self, label: str, answer: str | None = None, *, exact: bool = False) -> None:
        """The newest button of this label; then the answer, or a button it brings, is seen."""
        await self.button(label, exact=exact).click()
        if answer is not None:
            await self.sees(answer)

    def button(self, label: str, *, exact: bool = False) -> Locator:
        return self.page.locator("#log").get_by_role("button", name=label, exact=exact).last

    async def sees(self, words: str) -> None:
        """In a message or on a button."""
        said = self.page.locator("#log .bubble").filter(has_text=words)
        await expect(said.or_(self.button(words)).last).to_be_visible()

    async def picture(self, what: str, top: str | None = None) -> None:
        """Of the end of the page, or from the last message with the words `top` on."""
        await self.page.mouse.move(0, 0)  # nothing is underlined under it
        await self.page.evaluate("document.querySelector('#scroll').scrollTo(0, 1e6)")
        await self.page.wait_for_timeout(150)  # buttons come back from being pressed
        await expect(self.page.locator("#toast")).to_be_hidden(timeout=8_000)
        if top:
            shown = self.page.locator("#log .bubble").filter(has_text=top).last
            await shown.evaluate("node => node.scrollIntoView()")
            await self.page.wait_for_timeout(150)
        seen = await self.page.screenshot()
        if self.folder:
            with Image.open(io.BytesIO(seen)) as picture:
                few = picture.convert("RGB").quantize(COLORS)
                few.save(self.folder / f"{self.name}-{what}.png", optimize=True)


@pytest_asyncio.fixture(loop_scope="session")
async def walk(
    browser: Browser,  # noqa: F811
    running: Running,
    pytestconfig: pytest.Config,
) -> AsyncIterator[Walk]:
    folder = pytestconfig.getoption("tour")
    contexts, errors = [], []

    async def begin(
        name: str,
        code: str = "ru",
        *,
        dark: bool = False,
        is_new: bool = False,
        person: int | None = None,
        chat: int = 0,
    ) -> Walker:
        number = person or (await running.person(code)).person_id
        if not person and not is_new:
            await ask(await running.client.person(number), "/id")
        context = await browser.new_context(
            bypass_csp=True,
            viewport=PHONE,
            device_scale_factor=1.5,
            color_scheme="dark" if dark else "light",
            locale=code,
        )
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        place = f"&chat={chat}" if chat else ""
        await page.goto(f"{running.sandbox.page_url}?person={number}{place}")
        return Walker(page, language(code), name, folder)

    yield begin
    for context in contexts:
        await context.close()
    assert not errors


@pytest.mark.parametrize("code", ["ru", "en"])
async def test_first_minute(walk: Walk, code: str) -> None:
    me = await walk(f"start-{code}", code, dark=code == "en", is_new=True)
    spoken = me.spoken
    await me.page.locator("#wide").click()
    await me.sees(spoken.say("start.welcome")[:40])
    await me.picture("topics")
    await me.press("пожар" if code == "ru" else "energy")
    await me.press(spoken.say("menu.next"), spoken.say("start.hour")[:30])
    await me.press("08:00", spoken.say("start.zone", at="08:00")[:20])
    await me.press("Москва" if code == "ru" else "Moscow", "🗞")
    await me.picture("digest", top="🗞")


async def test_digest_and_its_menu(walk: Walk, running: Running) -> None:
    person = await running.subscribed("пожар", "ставка ЦБ", "безопасность ИИ")
    me = await walk("digest", dark=True, person=person.person_id)
    running.clock.move(hours=3, seconds=1)
    await me.sees("🗞")
    await me.press("1", exact=True, answer=me.spoken.say("item.back"))
    await me.picture("item")
    await me.press(me.spoken.say("item.more"))
    await me.press("🔖", me.spoken.say("item.back"))
    await me.picture("voted")
    await me.press(me.spoken.say("item.why"))
    why = me.page.get_by_role("dialog")
    await expect(why).to_contain_text("пожар")
    await me.picture("why")
    await why.get_by_role("button").click()
    await me.say("/taste", me.spoken.say("taste.reset"))
    await me.picture("taste")
    await me.say("/saved", me.spoken.say("saved.heading"))
    await me.picture("saved")


async def test_what_moved_on(walk: Walk, running: Running) -> None:
    person = await running.subscribed("Заозёрск")
    me = await walk("update", dark=True, person=person.person_id)
    first = (
        "Под Заозёрском загорелся склад зерна",
        (
            "Склад зерна загорелся под Заозёрском, сообщили спасатели области. "
            "Площадь пожара оценили в 40 квадратных метров."
        ),
        START - timedelta(hours=1),
    )
    second = (
        "Пожар на складе зерна под Заозёрском охватил 900 метров",
        (
            "Пожар на складе зерна под Заозёрском охватил 900 квадратных метров. "
            "Из посёлка Каменка вывезли 214 человек, сообщил глава района Кирилл Жданов."
        ),
        START + timedelta(hours=23),
    )
    url = running.feeds.put_feed(first, title="Заозёрские вести")
    await ask(await running.admin(), f"/addsource {url}")
    running.clock.now = START + timedelta(hours=3)
    await running.wait_digests(person, 1)
    running.clock.now = START + timedelta(hours=24)
    running.feeds.replace(url, second, first, title="Заозёрские вести")
    running.clock.move(hours=1)
    await running.settled()
    running.clock.now = START + timedelta(hours=27)
    await me.sees("↻")
    await me.picture("reply")


async def test_asking(walk: Walk) -> None:
    me = await walk("ask")
    await me.say("/latest", me.spoken.say("stories.latest"))
    await me.picture("latest")
    await me.say("пажар за неделю", me.spoken.say("stories.meant"))
    await me.picture("meant")
    await me.say("/search безопасность ИИ", "🔎")
    await me.picture("search")
    await me.press("1", exact=True, answer=me.spoken.say("story.back"))
    await me.picture("story")
    await me.page.locator("#text").press_sequentially("@svodka_bot пожар")
    await expect(me.page.locator("#menu li").first).to_contain_text("ожар")
    await me.picture("inline")


async def test_when_and_what(walk: Walk, running: Running) -> None:
    person = await running.subscribed("пожар", "космос", "ИИ", "ставка ЦБ")
    me = await walk("settings", person=person.person_id)
    await me.say("/schedule", "15:00")
    await me.picture("schedule")
    await me.say("/settings", "Темы:")
    await me.picture("page")
    await me.say("/topics", "космос")
    await me.picture("topics")
    await me.say("/recap", me.spoken.say("recap.ask", at="10:00"))
    await expect(me.page.locator("#log img.photo").last).to_be_visible()
    await me.picture("recap", top="🗓")
    await me.say("/privacy", "7 дней")
    await me.picture("privacy")
    await me.say("/delete_me", me.spoken.say("erase.yes"))
    await me.picture("delete")


async def test_some_of_it_in_english(walk: Walk, running: Running) -> None:
    person = await running.subscribed("wildfire", "AI safety", "energy", language="en")
    me = await walk("english", "en", dark=True, person=person.person_id)
    await me.say("/help", "/latest")
    await me.picture("help", top="I send")
    await me.say("/settings", "Topics:")
    await me.picture("settings")
    await me.say("/search AI safety", "🔎")
    await me.press(me.spoken.say("story.more_on_it"), me.spoken.say("story.back"))
    await me.picture("story")


async def test_sources(walk: Walk, running: Running) -> None:
    feeds = running.feeds
    posts = [
        Post(1, "Тапиры родились в зоопарке утром.\n\nОба детёныша здоровы, говорит смотритель.")
    ]
    channel = Channel("lugograd_today", "Лугоград сегодня", posts)
    feeds.put_channel(channel)
    await ask(await running.admin(), "/id")
    me = await walk("sources", person=ADMIN)
    await me.say("/addsource @lugograd_today", "Лугоград сегодня")
    await me.say("/sources", "Лугоград сегодня")
    await me.picture("list")
    await me.press("1", exact=True, answer=me.spoken.say("source.mute"))
    await me.picture("one")
    await me.say("/admin", "🛠")
    await me.picture("admin")


async def test_group(walk: Walk, running: Running) -> None:
    boss = await running.person()
    group = await running.group(boss, "Отдел новостей", kind="supergroup")
    me = await walk("group", person=boss.person_id, chat=group.chat_id)
    await me.picture("greeting")


async def test_forum(walk: Walk, running: Running) -> None:
    """Set up in one topic, read there, moved to another by a button, opened in private."""
    boss, guest = await running.person(), await running.person()
    group = await running.group(
        boss, "Дежурная смена", {guest.person_id: "member"}, kind="supergroup"
    )
    await group.open_topic("Новости")
    chat = await group.open_topic("Курилка")
    me = await walk("forum", dark=True, person=boss.person_id, chat=group.chat_id)
    say, tab = me.spoken.say, me.page.get_by_role("tab")
    await expect(tab).to_have_text(["Общая", "Новости", "Курилка"])
    await tab.first.press("ArrowRight")
    await expect(tab.nth(1)).to_be_focused()
    await expect(tab.nth(1)).to_have_attribute("aria-selected", "true")
    await me.say("/start", say("start.topics")[:20])
    await me.press("пожар", "✓ пожар")
    await me.press(say("menu.next"), "09:00")
    await me.press("09:00", "Москва")
    await me.press("Москва", "🗞")
    await me.picture("digest", top="🗞")
    await group.member(guest).in_topic(chat).say("Кто на смене?")
    await expect(tab.nth(2)).to_contain_text("1")
    await tab.nth(2).click()
    await expect(tab.nth(2)).to_have_text("Курилка")
    await expect(me.page.locator("#log .bubble").filter(has_text="🗞")).to_be_hidden()
    await me.say("/settings", say("settings.place_elsewhere"))
    await me.picture("settings")
    await me.press(say("settings.here"), say("settings.place_here"))
    await tab.nth(1).click()
    await me.say("/settings", say("settings.place_elsewhere"))
    await me.page.get_by_role("link", name=say("settings.place_elsewhere")).last.click()
    await expect(tab.nth(2)).to_have_attribute("aria-selected", "true")
    await tab.nth(1).click()
    await me.page.get_by_role("link", name="📖").click()
    await expect(me.page.locator("#title")).to_have_text("Сводка")
    await me.press("1", exact=True, answer=say("item.back"))
    await me.picture("opened")
    await me.page.set_viewport_size({"width": 320, "height": 640})
    wide = await me.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide == 0
