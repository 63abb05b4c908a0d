"""The one client for everything foreign: polite, bounded, and the place where it will be guarded.

The body is streamed under a cap on decoded bytes (a 1 GB gzip bomb costs 2 MB this way) and a
total time-out (a slow drip never trips a read time-out).
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from bot import __version__
from bot.errors import BadLinkError, FetchError

TOTAL_SECONDS: Final = 20
MOST_BODY_BYTES: Final = 5 * 1024 * 1024
CHUNK_BYTES: Final = 64 * 1024
MOST_REDIRECTS: Final = 5
CONNECTIONS_A_HOST: Final = 2
MOST_CONNECTIONS: Final = 16
LONGEST_RETRY_AFTER: Final = timedelta(hours=24)
MOST_LINK_LETTERS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a site answered. `body` None: not modified since."""

    url: str  # after redirects
    body: bytes | None
    content_type: str | None  # None: not said
    etag: str | None
    last_modified: str | None


class Fetcher:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._hosts: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(CONNECTIONS_A_HOST)
        )

    async def fetch(
        self, url: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        """Get a document, or learn that it has not changed.

        Raises FetchError with `reason` (http_404, timeout, too_large, connection, …) and, when
        the site asked for patience, `retry_after` as timedelta.
        """
        headers = {}
        if etag:
            headers["If-None-Match"] = etag
        if last_modified:
            headers["If-Modified-Since"] = last_modified
        host = urlsplit(url).netloc
        try:
            async with self._hosts[host], asyncio.timeout(TOTAL_SECONDS):
                return await self._get(url, headers)
        except TimeoutError as error:
            raise FetchError(url=url, reason="timeout") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise FetchError(url=url, reason="connection", cause=type(error).__name__) from error

    async def _get(self, url: str, headers: dict[str, str]) -> Fetched:
        async with self._session.get(
            url,
            headers=headers,
            max_redirects=MOST_REDIRECTS + 1,  # aiohttp refuses the last it counts to
            allow_redirects=True,
        ) as answer:
            if answer.status == 304:
                return Fetched(str(answer.url), None, None, None, None)
            if answer.status != 200:
                raise FetchError(
                    url=url,
                    reason=f"http_{answer.status}",
                    retry_after=_retry_after(answer.headers.get("Retry-After")),
                )
            body = bytearray()
            async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                body += chunk
                if len(body) > MOST_BODY_BYTES:
                    raise FetchError(url=url, reason="too_large")
            return Fetched(
                str(answer.url),
                bytes(body),
                answer.headers.get("Content-Type"),
                answer.headers.get("ETag"),
                answer.headers.get("Last-Modified"),
            )


def _retry_after(value: str | None) -> timedelta | None:
    """Seconds or a date (RFC 9110, 10.2.3). None: not said, or not readable."""
    if not value:
        return None
    if value.strip().isdigit():
        wait = timedelta(seconds=min(int(value), int(LONGEST_RETRY_AFTER.total_seconds())))
    else:
        try:
            wait = parsedate_to_datetime(value) - datetime.now(UTC)
        except (ValueError, TypeError):
            return None
    return max(timedelta(0), min(wait, LONGEST_RETRY_AFTER))


def checked_link(text: str) -> str:
    """A link somebody typed: http or https, with a host, without credentials.

    Raises BadLinkError.
    """
    link = text.strip()
    if "://" not in link and "." in link.split("/")[0]:
        link = f"https://{link}"
    try:
        parts = urlsplit(link)
        host = parts.hostname
        _ = parts.port
    except ValueError as error:
        raise BadLinkError(link=text[:80]) from error
    good = parts.scheme in {"http", "https"} and host and not parts.username
    if not good or len(link) > MOST_LINK_LETTERS or any(letter.isspace() for letter in link):
        raise BadLinkError(link=text[:80])
    return link


@asynccontextmanager
async def open_fetcher() -> AsyncIterator[Fetcher]:
    connector = aiohttp.TCPConnector(limit=MOST_CONNECTIONS)
    async with aiohttp.ClientSession(
        connector=connector,
        headers={"User-Agent": f"Svodka/{__version__} (news digest bot)"},
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        yield Fetcher(session)
