"""A loopback web server with the newsroom's feeds and article pages.

It answers as a careful publisher would: the right type and charset, strong ETag, Last-Modified
and 304, so that polite fetching can be watched in the demo. What is not due yet is not there.
"""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from bot.newsroom.articles import Outlet, load_newsroom
from bot.newsroom.publishing import content_type, render_feed, render_page

SHUTDOWN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class RunningNewsroom:
    """Where a running newsroom is found."""

    url: str
    feed_urls: Mapping[str, str]
    """Feed address by outlet id; outlets of text files have none."""


@asynccontextmanager
async def run_newsroom(
    start: datetime, now: Callable[[], datetime], host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[RunningNewsroom]:
    """Serve the newsroom that opened at `start` until the block ends; port 0 takes a free one."""
    runner = web.AppRunner(newsroom_app(start, now), shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield _running(f"http://{host}:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


def newsroom_app(start: datetime, now: Callable[[], datetime]) -> web.Application:
    """Return the application with its two routes: feeds and article pages."""

    async def feed(request: web.Request) -> web.StreamResponse:
        return _answer_feed(request, start, now())

    async def page(request: web.Request) -> web.StreamResponse:
        return _answer_page(request, start, now())

    app = web.Application()
    app.router.add_get("/{outlet}/feed.xml", feed)
    app.router.add_get("/{outlet}/{article}", page)
    return app


def _running(url: str) -> RunningNewsroom:
    outlets = (outlet for outlet in load_newsroom().outlets if outlet.kind == "feed")
    return RunningNewsroom(url, {outlet.id: f"{url}/{outlet.id}/feed.xml" for outlet in outlets})


def _answer_feed(request: web.Request, start: datetime, now: datetime) -> web.StreamResponse:
    outlet = _feed_outlet(request.match_info["outlet"])
    body = render_feed(outlet, start, now, base_url=str(request.url.origin()))
    due = load_newsroom().due(outlet.id, start, now)
    changed = (due[0].published(start) if due else start).astimezone(UTC).replace(microsecond=0)
    tag = hashlib.sha256(body).hexdigest()[:32]
    if _is_unchanged(request, tag, changed):
        response = web.Response(status=304)
    else:
        response = web.Response(
            body=body, content_type=content_type(outlet), charset=outlet.charset
        )
    response.etag = tag
    response.last_modified = changed
    return response


def _feed_outlet(outlet_id: str) -> Outlet:
    for outlet in load_newsroom().outlets:
        if outlet.id == outlet_id and outlet.kind == "feed":
            return outlet
    raise web.HTTPNotFound


def _is_unchanged(request: web.Request, tag: str, changed: datetime) -> bool:
    """Judge the conditions as RFC 9110, 13.2.2 orders them: If-None-Match beats the date."""
    if request.if_none_match is not None:
        return any(known.value in {tag, "*"} for known in request.if_none_match)
    since = request.if_modified_since
    return since is not None and changed <= since


def _answer_page(request: web.Request, start: datetime, now: datetime) -> web.StreamResponse:
    outlet_id, article_id = request.match_info["outlet"], request.match_info["article"]
    for article in load_newsroom().due(outlet_id, start, now):
        if article.id == article_id:
            return web.Response(text=render_page(article, start), content_type="text/html")
    raise web.HTTPNotFound
