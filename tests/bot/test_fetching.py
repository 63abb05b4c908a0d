"""Fetching is polite and bounded: conditions, size, time, redirects, patience."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from aiohttp import web

from bot import fetching
from bot.errors import BadLinkError, FetchError
from bot.fetching import Fetcher, checked_link, open_fetcher
from bot.guard import AllowedHosts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.bot.living import Feeds

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def fetcher() -> AsyncIterator[Fetcher]:
    async with open_fetcher(AllowedHosts.parse(["127.0.0.1:*"])) as opened:
        yield opened


async def refusal(fetcher: Fetcher, url: str) -> FetchError:
    with pytest.raises(FetchError) as refused:
        await fetcher.fetch(url)
    return refused.value


async def test_body_type_and_tags_are_returned(fetcher: Fetcher, feeds: Feeds) -> None:
    async def answer(_: web.Request) -> web.Response:
        headers = {"ETag": '"7"', "Last-Modified": "Mon, 23 Nov 2026 08:00:00 GMT"}
        return web.Response(body=b"abc", content_type="text/xml", headers=headers)

    url = feeds.put(answer)
    fetched = await fetcher.fetch(url)
    assert (fetched.url, fetched.body, fetched.content_type) == (url, b"abc", "text/xml")
    assert (fetched.etag, fetched.last_modified) == ('"7"', "Mon, 23 Nov 2026 08:00:00 GMT")


async def test_known_tags_are_sent_and_304_means_no_body(fetcher: Fetcher, feeds: Feeds) -> None:
    async def answer(request: web.Request) -> web.Response:
        good = request.headers.get("If-None-Match") == '"7"' and request.headers.get(
            "If-Modified-Since"
        )
        return web.Response(status=304 if good else 500)

    fetched = await fetcher.fetch(
        feeds.put(answer), etag='"7"', last_modified="Mon, 23 Nov 2026 08:00:00 GMT"
    )
    assert fetched.body is None


async def test_bot_says_who_it_is_and_keeps_no_cookies(fetcher: Fetcher, feeds: Feeds) -> None:
    async def answer(_: web.Request) -> web.Response:
        response = web.Response(text="x")
        response.set_cookie("who", "you")
        return response

    url = feeds.put(answer)
    for _ in range(2):
        await fetcher.fetch(url)
    for headers in feeds.seen(url):
        assert headers["User-Agent"].startswith("Svodka/")
        assert "Cookie" not in headers


@pytest.mark.parametrize("status", [400, 403, 404, 410, 429, 500, 503])
async def test_other_statuses_are_the_reason(fetcher: Fetcher, feeds: Feeds, status: int) -> None:
    error = await refusal(fetcher, feeds.put_body("x", status=status))
    assert error.values["reason"] == f"http_{status}"


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", timedelta(seconds=120)),
        ("99999999999", timedelta(hours=24)),
        ("-5", None),
        ("скоро".encode().decode("latin-1"), None),
        ("", None),
        ("Wed, 01 Jan 2020 00:00:00 GMT", timedelta(0)),
        ("Thu, 01 Jan 2099 00:00:00 GMT", timedelta(hours=24)),
    ],
)
async def test_site_that_asks_for_patience_gets_it(
    fetcher: Fetcher, feeds: Feeds, header: str, wait: timedelta | None
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=429, headers={"Retry-After": header})

    assert (await refusal(fetcher, feeds.put(answer))).values.get("retry_after") == wait


async def test_body_is_read_up_to_its_cap(
    fetcher: Fetcher, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_BODY_BYTES", 1_000)
    assert (await fetcher.fetch(feeds.put_body(b"x" * 1_000))).body == b"x" * 1_000
    error = await refusal(fetcher, feeds.put_body(b"x" * 1_001))
    assert error.values["reason"] == "too_large"


async def test_endless_body_is_cut_off_at_the_cap(
    fetcher: Fetcher, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_BODY_BYTES", 200_000)
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while sent < 50_000_000:
                await response.write(b"x" * 50_000)
                sent += 50_000
        except ConnectionError:
            pass
        return response

    assert (await refusal(fetcher, feeds.put(answer))).values["reason"] == "too_large"
    assert sent < 50_000_000


async def test_compressed_body_counts_by_what_it_unpacks_to(
    fetcher: Fetcher, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MOST_BODY_BYTES", 200_000)

    async def answer(_: web.Request) -> web.Response:
        response = web.Response(body=b"\0" * 20_000_000)
        response.enable_compression(web.ContentCoding.gzip)
        return response

    assert (await refusal(fetcher, feeds.put(answer))).values["reason"] == "too_large"


async def test_drip_ends_at_the_total_time_out(
    fetcher: Fetcher, feeds: Feeds, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "TOTAL_SECONDS", 0.2)

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x")
                await asyncio.sleep(0.02)
        except ConnectionError:
            return response

    async with asyncio.timeout(5):
        assert (await refusal(fetcher, feeds.put(answer))).values["reason"] == "timeout"


@pytest.mark.parametrize(("hops", "arrives"), [(1, True), (5, True), (6, False)])
async def test_redirects_are_followed_five_times(
    fetcher: Fetcher, feeds: Feeds, hops: int, arrives: bool
) -> None:
    url = end = feeds.put_body("here")
    for _ in range(hops):

        async def answer(_: web.Request, target: str = url) -> web.Response:
            raise web.HTTPFound(target)

        url = feeds.put(answer)
    if arrives:
        fetched = await fetcher.fetch(url)
        assert (fetched.url, fetched.body) == (end, b"here")
    else:
        assert (await refusal(fetcher, url)).values["reason"] == "redirects"


async def test_redirects_in_a_circle_end(fetcher: Fetcher, feeds: Feeds) -> None:
    async def answer(request: web.Request) -> web.Response:
        raise web.HTTPMovedPermanently(request.path)

    url = feeds.put(answer)
    assert (await refusal(fetcher, url)).values["reason"] == "redirects"
    assert len(feeds.seen(url)) == 6


@pytest.mark.parametrize(
    ("statuses", "lasting"),
    [((301,), 1), ((308, 301), 2), ((302, 301), 0), ((301, 307), 1), ((303,), 0)],
)
async def test_lasting_redirects_say_where_a_source_has_moved(
    fetcher: Fetcher, feeds: Feeds, statuses: tuple[int, ...], lasting: int
) -> None:
    urls = [feeds.put_body("here")]
    for status in reversed(statuses):

        async def answer(
            _: web.Request, status: int = status, target: str = urls[0]
        ) -> web.Response:
            return web.Response(status=status, headers={"Location": target})

        urls.insert(0, feeds.put(answer))
    fetched = await fetcher.fetch(urls[0])
    assert fetched.url == urls[-1]
    assert fetched.moved == (urls[lasting] if lasting else None)


@pytest.mark.parametrize(
    ("header", "age", "fresh"),
    [
        ("max-age=600", None, timedelta(seconds=600)),
        ("public, max-age=3600, must-revalidate", "600", timedelta(seconds=3000)),
        ("s-maxage=60", None, None),
        ("max-age=31536000", None, timedelta(hours=24)),
        ("max-age=5", "100", timedelta(0)),
        ("no-cache", None, None),
        ("max-age=soon", "x", None),
    ],
)
async def test_how_long_an_answer_is_fresh_is_heard(
    fetcher: Fetcher, feeds: Feeds, header: str, age: str | None, fresh: timedelta | None
) -> None:
    async def answer(_: web.Request) -> web.Response:
        headers = {"Cache-Control": header} | ({"Age": age} if age else {})
        return web.Response(text="x", headers=headers)

    assert (await fetcher.fetch(feeds.put(answer))).max_age == fresh


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("file:///etc/passwd", "scheme"),
        ("ftp://a.example/", "scheme"),
        ("gopher://127.0.0.1/x", "scheme"),
        ("http://", "redirects"),
        ("http://[", "redirects"),
        ("http://u:p@127.0.0.1/", "userinfo"),
        ("http://127.0.0.2/", "private"),
        ("//127.0.0.2/", "private"),
        ("http://127.0.0.2:22/", "port"),
        ("http://[::1]/", "private"),
    ],
)
async def test_redirect_to_where_nobody_may_go_fails(
    fetcher: Fetcher, feeds: Feeds, target: str, reason: str
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": target})

    assert (await refusal(fetcher, feeds.put(answer))).values["reason"] == reason


async def test_headers_without_end_are_refused(fetcher: Fetcher, feeds: Feeds) -> None:
    async def long(_: web.Request) -> web.Response:
        return web.Response(text="x", headers={"X-Long": "x" * 100_000})

    async def many(_: web.Request) -> web.Response:
        return web.Response(text="x", headers={f"X-{n}": "x" for n in range(5_000)})

    for handler in (long, many):
        assert (await refusal(fetcher, feeds.put(handler))).values["reason"] == "headers"


async def test_connection_that_breaks_is_an_error_of_ours(fetcher: Fetcher, feeds: Feeds) -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    assert (await refusal(fetcher, feeds.put(answer))).values["reason"] == "connection"


async def test_dead_port_is_an_error_of_ours(fetcher: Fetcher, unused_tcp_port: int) -> None:
    error = await refusal(fetcher, f"http://127.0.0.1:{unused_tcp_port}/")
    assert error.values["reason"] == "connection"


async def test_one_host_gets_two_requests_at_a_time(fetcher: Fetcher, feeds: Feeds) -> None:
    under_way, most = 0, 0

    async def answer(_: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return web.Response(text="x")

    url = feeds.put(answer)
    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(fetcher.fetch(url))
    assert most == 2


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        ("https://example.org/rss", "https://example.org/rss"),
        ("  http://example.org  ", "http://example.org"),
        ("example.org/feed.xml", "https://example.org/feed.xml"),
        ("https://пример.рф/лента", "https://пример.рф/лента"),
        ("http://127.0.0.1:8000/x", "http://127.0.0.1:8000/x"),
    ],
)
async def test_link_somebody_typed_is_made_whole(typed: str, link: str) -> None:
    assert checked_link(typed) == link


@pytest.mark.parametrize(
    "typed",
    ["", "rss", "ftp://example.org", "https://", "https://u:p@example.org", "http://[", "http://a:b",
     "https://example.org/a b", "javascript:alert(1)", "https://example.org/" + "x" * 2_000],
)  # fmt: skip
async def test_link_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(BadLinkError):
        checked_link(typed)
