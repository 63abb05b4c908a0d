"""The one client for everything foreign: guarded, bounded, polite.

Whom it may connect to is `guard`'s. The body is streamed under a cap on decoded bytes (a 1 GB gzip
bomb costs 2 MB this way) and a total time-out (a slow drip never trips a read time-out). Redirects
are followed here and not by the library, so that each hop is judged and waits for its host's turn.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

import aiohttp
from yarl import URL

from bot import __version__
from bot.errors import BadLinkError, FetchError
from bot.guard import AllowedHosts, PrivateAddressError, checked_url, guarded_socket

TOTAL_SECONDS: Final = 20
MOST_BODY_BYTES: Final = 5 * 1024 * 1024
CHUNK_BYTES: Final = 64 * 1024
MOST_HEADER_BYTES: Final = 16 * 1024  # a line; at most MOST_HEADERS of them
MOST_HEADERS: Final = 100
MOST_REDIRECTS: Final = 5
CONNECTIONS_A_HOST: Final = 2
MOST_CONNECTIONS: Final = 64
LONGEST_WAIT: Final = timedelta(hours=24)  # that a site may ask for
MOST_LINK_LETTERS: Final = 2_000

_PERMANENT: Final = frozenset({301, 308})
_REDIRECTS: Final = _PERMANENT | {302, 303, 307}
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a site answered. `body` None: not modified since."""

    url: str  # after redirects
    body: bytes | None
    content_type: str | None = None  # None: not said
    etag: str | None = None
    last_modified: str | None = None
    max_age: timedelta | None = None  # fresh for so long; None: not said
    moved: str | None = None  # None: asked for at its lasting address; else that address


class Turns:
    """Whoever speaks to a host waits for a turn: nobody gets more than two at a time."""

    def __init__(self) -> None:
        self._hosts: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    def of(self, url: str) -> asyncio.Semaphore:
        host = urlsplit(url).netloc
        turn = self._hosts.get(host)
        if turn is None:
            turn = self._hosts[host] = asyncio.Semaphore(CONNECTIONS_A_HOST)
        return turn


class Fetcher:
    """`guarded` connects to the public internet only, `trusted` anywhere: for `allowed` hosts."""

    def __init__(
        self,
        guarded: aiohttp.ClientSession,
        trusted: aiohttp.ClientSession,
        allowed: AllowedHosts,
    ) -> None:
        self._guarded = guarded
        self._trusted = trusted
        self._allowed = allowed
        self._turns = Turns()

    async def fetch(
        self, url: str, *, etag: str | None = None, last_modified: str | None = None
    ) -> Fetched:
        """Get a document, or learn that it has not changed.

        Raises FetchError with `reason` (http_404, timeout, too_large, headers, redirects,
        connection; private, port, scheme, userinfo, address when the guard refuses) and, when the
        site asked for patience, `retry_after` as timedelta.
        """
        conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in conditions.items() if value}
        here, moved = checked_url(url, self._allowed), None
        is_lasting = True  # every redirect so far was a permanent one
        left = float(TOTAL_SECONDS)
        for _ in range(MOST_REDIRECTS + 1):
            async with self._turns.of(str(here)):
                start = time.monotonic()
                answer = await self._ask(here, headers, left)
                left -= time.monotonic() - start
            if isinstance(answer, Fetched):
                return replace(answer, moved=moved)
            status, target = answer
            is_lasting = is_lasting and status in _PERMANENT
            here = self._next(here, target)
            moved = str(here) if is_lasting else moved
        raise FetchError(url=url, reason="redirects")

    def _next(self, here: URL, target: str) -> URL:
        try:
            return checked_url(here.join(URL(target)), self._allowed)
        except ValueError as error:
            raise FetchError(url=str(here), reason="redirects") from error

    async def _ask(
        self, url: URL, headers: dict[str, str], seconds: float
    ) -> Fetched | tuple[int, str]:
        """One request: what was answered, or the status and target of a redirect."""
        session = self._trusted if self._allowed.has(url) else self._guarded
        try:
            async with (
                asyncio.timeout(seconds),
                session.get(url, headers=headers, allow_redirects=False) as answer,
            ):
                target = answer.headers.get("Location")
                if answer.status in _REDIRECTS and target:
                    return answer.status, target
                return await _read(answer, str(url))
        except TimeoutError as error:
            raise FetchError(url=str(url), reason="timeout") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            cause = type(error).__name__
            raise FetchError(url=str(url), reason=_reason(error), cause=cause) from error


async def _read(answer: aiohttp.ClientResponse, url: str) -> Fetched:
    fetched = Fetched(
        url,
        None,
        etag=_sayable(answer.headers.get("ETag")),
        last_modified=_sayable(answer.headers.get("Last-Modified")),
        max_age=_max_age(answer),
    )
    if answer.status == 304:
        return fetched
    if answer.status != 200:
        wait = _retry_after(answer.headers.get("Retry-After"))
        raise FetchError(url=url, reason=f"http_{answer.status}", retry_after=wait)
    body = bytearray()
    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            raise FetchError(url=url, reason="too_large")
    return replace(
        fetched, body=bytes(body), content_type=_sayable(answer.headers.get("Content-Type"))
    )


def _sayable(value: str | None) -> str | None:
    """A header that can be kept and sent back; None for bytes that are no text."""
    try:
        (value or "").encode()
    except UnicodeEncodeError:
        return None
    return value


def _reason(error: Exception) -> str:
    if isinstance(getattr(error, "os_error", error), PrivateAddressError):
        return "private"
    if isinstance(error, aiohttp.ClientResponseError) and error.status == 400:
        return "headers"  # the library's own verdict on an answer it could not read
    if isinstance(error, aiohttp.InvalidURL):
        return "address"
    return "connection"


def _retry_after(value: str | None) -> timedelta | None:
    """Seconds or a date (RFC 9110, 10.2.3). None: not said, or not readable."""
    if not value:
        return None
    if value.strip().isdecimal():
        wait = timedelta(seconds=min(int(value.strip()[:10]), int(LONGEST_WAIT.total_seconds())))
    else:
        try:
            wait = parsedate_to_datetime(value) - datetime.now(UTC)
        except (ValueError, TypeError, OverflowError):
            return None
    return max(timedelta(0), min(wait, LONGEST_WAIT))


def _max_age(answer: aiohttp.ClientResponse) -> timedelta | None:
    """How long the answer stays fresh (RFC 9111, 5.2.2.1), less the time it lay in caches."""
    found = _MAX_AGE.search(answer.headers.get("Cache-Control", ""))
    if not found:
        return None
    age = answer.headers.get("Age", "").strip()[:10]
    seconds = int(found[1]) - (int(age) if age.isdecimal() else 0)
    return max(timedelta(0), min(timedelta(seconds=seconds), LONGEST_WAIT))


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
async def open_fetcher(allowed: AllowedHosts) -> AsyncIterator[Fetcher]:
    async with (
        _session(
            aiohttp.TCPConnector(limit=MOST_CONNECTIONS, socket_factory=guarded_socket)
        ) as guarded,
        _session(aiohttp.TCPConnector(limit=MOST_CONNECTIONS)) as trusted,
    ):
        yield Fetcher(guarded, trusted, allowed)


def _session(connector: aiohttp.TCPConnector) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        headers={"User-Agent": f"Svodka/{__version__} (news digest bot)"},
        trust_env=False,  # a proxy would connect where we may not
        cookie_jar=aiohttp.DummyCookieJar(),
        max_line_size=MOST_HEADER_BYTES,
        max_field_size=MOST_HEADER_BYTES,
        max_headers=MOST_HEADERS,
    )
