"""What somebody means by an address: a feed, a site with feeds, a list of feeds, a channel, one
article. Everything is fetched by the guarded client and parsed in a worker.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from yarl import URL

from bot.context import Core
from bot.errors import FetchError, PrivateChannelError
from bot.fetching import Fetched, checked_link
from bot.gathering import found_in, preview_of
from bot.reading import read_channel
from digests.errors import NotAFeedError, SvodkaError
from digests.models import Found, SourceKind
from digests.sources.channel import channel_name, is_telegram
from digests.sources.document import COMMON_PATHS, Document, read_document
from digests.sources.opml import Outline

GUESS_SECONDS: Final = 30.0
MOST_OFFERED: Final = 2_000  # of a list at an address; as a file it is taken whole


@dataclass(frozen=True, slots=True)
class Discovery:
    found: tuple[Found, ...]
    is_exact: bool  # the address is itself the one source found: there is nothing to choose
    fetched: Fetched | None = None  # None: what was found is fetched when it is added
    listed: int = 0  # feeds in the list at the address, of which MOST_OFFERED were found


async def discover(core: Core, words: str) -> Discovery:
    """Raises BadLinkError, PrivateChannelError, FetchError, NotAFeedError, NotOpmlError,
    NoChannelError, WorkerError."""
    if name := channel_name(words):
        address = preview_of(core, name)
        _, batch = await read_channel(core, address)
        found = Found(SourceKind.CHANNEL, address, batch.title or f"@{name}")
        return Discovery((found,), is_exact=True)
    if is_telegram(words):
        raise PrivateChannelError
    link = checked_link(words)
    fetched = await core.fetcher.fetch(link)
    document = await _document(core, fetched)
    if document.feed is not None:
        address = fetched.moved or link
        feed = Found(SourceKind.FEED, address, document.feed or address)
        return Discovery((feed,), is_exact=True, fetched=fetched)
    feeds = document.outlines[:MOST_OFFERED] or document.links or await _guessed(core, fetched.url)
    found_all = [found_in(core, outline) for outline in feeds]
    if document.article:
        found_all.append(Found(SourceKind.SENT, fetched.url, document.article.title))
    if not found_all:
        raise NotAFeedError(url=link)
    return Discovery(tuple(found_all), is_exact=False, listed=len(document.outlines))


async def _document(core: Core, fetched: Fetched) -> Document:
    if fetched.body is None:
        raise FetchError(url=fetched.url, reason="http_304")
    return await core.parsers.run(read_document, fetched.body, fetched.content_type, fetched.url)


async def _guessed(core: Core, url: str) -> list[Outline]:
    """The first feed at one of the common paths, for a page that names none."""
    try:
        async with asyncio.timeout(GUESS_SECONDS):
            for path in COMMON_PATHS:
                address = str(URL(url).origin().join(URL(path)))
                try:
                    document = await _document(core, await core.fetcher.fetch(address))
                except SvodkaError:
                    continue
                if document.feed is not None:
                    return [Outline(document.feed or address, address)]
    except TimeoutError:
        pass
    return []
