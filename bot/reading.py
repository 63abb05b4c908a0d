"""What a poll reads: a feed, or a channel's preview pages back to the post seen last; fetched here,
parsed and prepared in a worker.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bot.context import Core
from bot.errors import FetchError
from bot.fetching import Fetched
from bot.pages import with_pages
from digests.models import SourceId, SourceKind
from digests.preparing import Batch, prepare_channel, prepare_feed
from storage.boilerplate import boilerplate_of
from storage.sources import Polling

BYTES_A_SECOND: Final = 100_000  # what a large document waits longer for than a small one
MOST_CHANNEL_PAGES: Final = 5  # a hundred posts: what was missed before them stays unread


@dataclass(frozen=True, slots=True)
class Reading:
    fetched: Fetched
    batch: Batch | None  # None: not modified since


async def read_source(core: Core, polling: Polling, *, whole: bool = False) -> Reading:
    """`whole`: with articles so old that they were forgotten, if they ever were here.

    Raises FetchError, NotAFeedError, NoChannelError, WorkerError.
    """
    source = polling.source
    if source.kind is SourceKind.CHANNEL:
        fetched, batch = await read_channel(core, source.address, source.id, polling.last_post)
        return Reading(fetched, batch if whole else _recent(core, batch))
    fetched = await core.fetcher.fetch(
        source.address, etag=polling.etag, last_modified=polling.last_modified
    )
    if fetched.body is None:
        return Reading(fetched, None)
    batch = await read_feed(core, fetched, source.id, polling.pages, whole=whole)
    return Reading(fetched, batch)


async def read_feed(
    core: Core,
    fetched: Fetched,
    source: SourceId | None = None,
    pages: str = "auto",
    *,
    whole: bool = True,
) -> Batch:
    """`source` None: it is new, so nothing was learned of it."""
    known = await _boilerplate(core, source)
    body = fetched.body or b""
    batch = await core.parsers.run_in_turn(
        len(body) / BYTES_A_SECOND,
        prepare_feed,
        body,
        fetched.content_type,
        fetched.url,
        core.now(),
        core.settings.zone,
        known,
    )
    batch = batch if whole else _recent(core, batch)
    return await with_pages(core, batch, source, pages, known)


async def read_channel(
    core: Core, address: str, source: SourceId | None = None, last: int | None = None
) -> tuple[Fetched, Batch]:
    """The newest page, and older ones back to the post `last`. `last` None: the newest only."""
    known = await _boilerplate(core, source)
    fetched = await core.fetcher.fetch(address)
    batch = await _channel_page(core, fetched, known)
    newest = batch
    for _ in range(MOST_CHANNEL_PAGES - 1):
        if last is None or batch.posts is None or batch.posts[0] <= last + 1:
            break
        older = await core.fetcher.fetch(f"{address}?before={batch.posts[0]}")
        page = await _channel_page(core, older, known)
        if page.posts is None or page.posts[0] >= batch.posts[0]:
            break
        batch = replace(
            batch,
            prepared=(*page.prepared, *batch.prepared),
            dates=(*page.dates, *batch.dates),
            posts=(page.posts[0], batch.posts[1]),
        )
    return fetched, replace(batch, title=newest.title)


async def _channel_page(core: Core, fetched: Fetched, boilerplate: frozenset[str]) -> Batch:
    if fetched.body is None:
        raise FetchError(url=fetched.url, reason="http_304")
    return await core.parsers.run_in_turn(
        len(fetched.body) / BYTES_A_SECOND,
        prepare_channel,
        fetched.body,
        fetched.url,
        core.now(),
        core.settings.zone,
        boilerplate,
    )


async def _boilerplate(core: Core, source: SourceId | None) -> frozenset[str]:
    return await boilerplate_of(core.db, source) if source else frozenset()


def _recent(core: Core, batch: Batch) -> Batch:
    """Without what is old enough to have been forgotten: it would come back as new."""
    oldest = core.now() - timedelta(days=core.settings.keep_days)
    return replace(batch, prepared=tuple(one for one in batch.prepared if one.published >= oldest))
