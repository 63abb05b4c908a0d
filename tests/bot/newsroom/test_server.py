"""The newsroom's server is a polite publisher on loopback."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import aiohttp
import feedparser
import pytest
import pytest_asyncio

from bot.newsroom.articles import load_newsroom
from bot.newsroom.server import RunningNewsroom, run_newsroom

START = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
NEWSROOM = load_newsroom()


class Clock:
    """A clock the test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def running(clock: Clock) -> AsyncIterator[RunningNewsroom]:
    async with run_newsroom(START, clock) as found:
        yield found


@pytest_asyncio.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.asyncio
async def test_every_feed_is_served_with_its_type_and_charset(
    running: RunningNewsroom, http: aiohttp.ClientSession
) -> None:
    assert set(running.feed_urls) == {o.id for o in NEWSROOM.outlets if o.kind == "feed"}
    for outlet_id, url in running.feed_urls.items():
        outlet = NEWSROOM.outlet(outlet_id)
        async with http.get(url) as answer:
            text = (await answer.read()).decode(outlet.charset)
            kind = "atom" if outlet.format == "atom" else "rss"
            assert answer.content_type == f"application/{kind}+xml"
            assert answer.charset == outlet.charset
        assert (
            NEWSROOM.due(outlet_id, START, START)[0].title
            in feedparser.parse(text).entries[0].title
        )


@pytest.mark.asyncio
async def test_windows_1251_feed_decodes(
    running: RunningNewsroom, http: aiohttp.ClientSession
) -> None:
    async with http.get(running.feed_urls["mayak"]) as answer:
        body = await answer.read()

    assert "Северная магистраль" in body.decode("windows-1251")
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


@pytest.mark.asyncio
async def test_unchanged_feed_is_not_sent_again(
    running: RunningNewsroom, http: aiohttp.ClientSession
) -> None:
    url = running.feed_urls["vestnik"]
    async with http.get(url) as answer:
        etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]

    assert etag.startswith('"')
    for condition in ({"If-None-Match": etag}, {"If-Modified-Since": modified}):
        async with http.get(url, headers=condition) as answer:
            assert answer.status == 304
            assert answer.headers["ETag"] == etag
            assert await answer.read() == b""
    async with http.get(
        url, headers={"If-None-Match": '"old"', "If-Modified-Since": modified}
    ) as a:
        assert a.status == 200


@pytest.mark.asyncio
async def test_new_article_changes_the_feed_and_opens_its_page(
    running: RunningNewsroom, http: aiohttp.ClientSession, clock: Clock
) -> None:
    url, page = running.feed_urls["mayak"], f"{running.url}/mayak/fire-mayak-out"
    async with http.get(url) as answer:
        etag = answer.headers["ETag"]
    async with http.get(page) as answer:
        assert answer.status == 404

    clock.now += timedelta(minutes=2)

    async with http.get(url, headers={"If-None-Match": etag}) as answer:
        assert answer.status == 200
    async with http.get(page) as answer:
        assert answer.status == 200


@pytest.mark.asyncio
async def test_links_of_a_feed_lead_to_pages_with_the_text(
    running: RunningNewsroom, http: aiohttp.ClientSession
) -> None:
    async with http.get(running.feed_urls["harbour"]) as answer:
        entries = feedparser.parse(await answer.read()).entries

    for entry in entries:
        async with http.get(entry.link) as answer:
            html = await answer.text()
            article = NEWSROOM.article(entry.link.rsplit("/", 1)[1])
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert article.paragraphs[0].replace("&", "&amp;") in html


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["bitovka/feed.xml", "nobody/feed.xml", "mayak/zarya-vestnik"])
async def test_what_is_not_there_is_not_found(
    running: RunningNewsroom, http: aiohttp.ClientSession, path: str
) -> None:
    async with http.get(f"{running.url}/{path}") as answer:
        assert answer.status == 404
