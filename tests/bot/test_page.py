"""The chat page in headless Chromium, with the real bot behind it."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright, expect

from bot.i18n import language

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from playwright.async_api import Browser, Page

    from tests.bot.living import Running

CHROMIUM = shutil.which("chromium")
SWITCHES = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
ANNA = 1001
pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: `make browser` installs it"),
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield running
        await running.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_page(browser: Browser, shared: Running) -> AsyncIterator[Callable[..., Page]]:
    """Open the page as somebody, and fail on any error of its script."""
    contexts, errors = [], []

    async def make(person: int, *, start: bool = True, query: str = "", **options: object) -> Page:
        if start:
            known = await shared.client.person(person)
            await known.say("/id")
            await known.wait_for()
        context = await browser.new_context(bypass_csp=True, **options)
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(f"{shared.sandbox.page_url}?person={person}{query}")
        return page

    yield make
    for context in contexts:
        await context.close()
    assert not errors


async def say(page: Page, text: str) -> None:
    await page.locator("#text").fill(text)
    await page.locator("#text").press("Enter")


def newest(page: Page, words: str) -> object:
    return page.locator("#log .bubble").filter(has_text=words).last


async def test_person_starts_asks_presses_and_sees_the_message_change(
    shared: Running, open_page: Callable[..., Page]
) -> None:
    person = await shared.person()
    page = await open_page(person.person_id, start=False)
    await page.locator("#wide").click()
    await expect(newest(page, "Я читаю новости")).to_be_visible()
    await say(page, "/latest")
    answer = newest(page, "Последние новости")
    await expect(answer).to_be_visible()
    await expect(answer.locator("a").first).to_have_attribute("href", re.compile("^http"))
    before = await answer.inner_text()
    count = await page.locator("#log .bubble").count()
    await page.get_by_role("button", name="›").last.click()
    await expect(page.get_by_role("button", name="‹").last).to_be_visible()
    assert await newest(page, "Последние новости").inner_text() != before
    assert await page.locator("#log .bubble").count() == count, "edited in place"


async def test_answer_to_a_press_is_shown(shared: Running, open_page: Callable[..., Page]) -> None:
    person = await shared.person()
    page = await open_page(person.person_id)
    await say(page, "пожар")
    await page.get_by_role("button", name="Следить").click()
    words = language("ru").say("topics.added", words="пожар")
    await expect(page.locator("#toast")).to_contain_text(words)


async def test_details_of_a_digest_unfold(shared: Running, open_page: Callable[..., Page]) -> None:
    person = await shared.person()
    page = await open_page(person.person_id)
    await say(page, "/digest")
    fold = page.locator("#log blockquote.folds.can .fold").first
    await expect(fold).to_have_attribute("aria-expanded", "false")
    await fold.click()
    await expect(fold).to_have_attribute("aria-expanded", "true")


async def test_commands_are_listed_and_chosen_by_keyboard(
    shared: Running, open_page: Callable[..., Page]
) -> None:
    person = await shared.person("en")
    page = await open_page(person.person_id)
    await page.locator("#text").press_sequentially("/to")
    options = page.locator("#menu li")
    await expect(options).to_have_count(2)
    await page.locator("#text").press("ArrowDown")
    await page.locator("#text").press("ArrowDown")
    await page.locator("#text").press("Enter")
    await expect(newest(page, "No topics yet")).to_be_visible()


async def test_dark_theme_follows_the_system_and_its_button(
    shared: Running, open_page: Callable[..., Page]
) -> None:
    person = await shared.person()
    page = await open_page(person.person_id, color_scheme="dark")
    html = page.locator("html")
    await expect(html).to_have_attribute("data-theme", "dark")
    color = "getComputedStyle(document.querySelector('#foot')).backgroundColor"
    dark = await page.evaluate(color)
    await page.locator("#theme").click()
    await expect(html).to_have_attribute("data-theme", "light")
    assert await page.evaluate(color) != dark


@pytest.mark.parametrize("width", [400, 320])
async def test_phone_width_needs_no_sideways_scrolling(
    shared: Running, open_page: Callable[..., Page], width: int
) -> None:
    person = await shared.person()
    page = await open_page(person.person_id, viewport={"width": width, "height": 800})
    for command, words in (
        ("/latest", "Последние"),
        ("/settings", "Темы:"),
        ("/schedule", "время"),
    ):
        await say(page, command)
        await expect(newest(page, words)).to_be_visible()
    await say(page, "ж" * 300)
    await expect(newest(page, "🔎")).to_be_visible()
    wide = await page.evaluate(
        "[document.documentElement, document.querySelector('#scroll')]"
        ".map(node => node.scrollWidth - node.clientWidth)"
    )
    assert wide == [0, 0]


async def test_page_asks_nobody_but_the_sandbox(shared: Running, browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(f"{shared.sandbox.page_url}?person={ANNA}")
    await expect(page.locator("#title")).to_have_text("Сводка")
    await context.close()
    assert asked
    assert all(url.startswith(shared.sandbox.url) for url in asked)


@pytest.mark.parametrize("width", [400, 320])
async def test_inline_results_are_listed_while_typing_and_sent_by_a_tap(
    shared: Running, open_page: Callable[..., Page], width: int
) -> None:
    person = await shared.person()
    page = await open_page(person.person_id, viewport={"width": width, "height": 800})
    await page.locator("#text").press_sequentially("@svodka_bot ")
    options = page.locator("#menu li")
    await expect(options).to_have_count(11)  # ten, and the way to more
    await options.last.click()
    await expect(options.nth(15)).to_be_visible()
    await page.locator("#text").press_sequentially("пожар")
    await expect(options.first).to_contain_text("ожар")
    wide = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide == 0
    title = await options.first.locator("b").inner_text()
    await page.locator("#text").press("ArrowDown")
    await page.locator("#text").press("Enter")
    shown = newest(page, title[:30])
    await expect(shown).to_contain_text("через @svodka_bot")
    await expect(page.locator("#text")).to_have_value("")
    await expect(page.locator("#menu")).to_be_hidden()


async def test_inline_without_results_leads_to_the_bot(
    shared: Running, open_page: Callable[..., Page]
) -> None:
    person = await shared.person()
    page = await open_page(person.person_id)
    await page.locator("#text").press_sequentially("@svodka_bot абракадабра")
    await page.locator("#menu li").filter(has_text="Ничего не нашлось").click()
    await expect(newest(page, "Я читаю новости")).to_be_visible()
