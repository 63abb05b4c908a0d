"""Full text where a feed carries only teasers: a few article pages a poll, each fetched and read
on its own. Whatever goes wrong with a page, its teaser stays.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import Final

import structlog

from bot.context import Core
from digests.errors import SvodkaError
from digests.models import PreparedArticle, SourceId
from digests.preparing import Batch, prepare_page
from storage import articles

log = structlog.get_logger()

MOST_PAGES: Final = 10  # a poll, the newest; two at a time from one host, as for everything
PAGES_SECONDS: Final = 15.0
PAGE_SECONDS: Final = 1.0  # what a page waits longer for than a small feed
TEASER_WORDS: Final = 40
FEWEST_TEASERS: Final = 5  # fewer articles say nothing of a feed's habits


def carries_teasers(prepared: Sequence[PreparedArticle]) -> bool:
    lengths = [len(article.text.split()) for article in prepared]
    return len(lengths) >= FEWEST_TEASERS and median(lengths) < TEASER_WORDS


async def with_pages(
    core: Core, batch: Batch, source: SourceId | None, pages: str, boilerplate: frozenset[str]
) -> Batch:
    """The batch, its new articles with their pages' text. `pages`: `on`, `off`, or `auto` for
    feeds of teasers; `source` None: all of them are new."""
    if pages == "off" or (pages == "auto" and not carries_teasers(batch.prepared)):
        return batch
    wanted = [article for article in batch.prepared if article.link]
    if source is not None:
        wanted = await articles.without_pages(core.db, source, wanted)
    wanted = sorted(wanted, key=lambda article: article.published, reverse=True)[:MOST_PAGES]
    whole: dict[str, PreparedArticle] = {}
    try:
        async with asyncio.timeout(PAGES_SECONDS), asyncio.TaskGroup() as group:
            for article in wanted:
                group.create_task(_look_up(core, source, article, boilerplate, whole))
    except TimeoutError:
        log.info("pages_slow", source=source, wanted=len(wanted), read=len(whole))
    return replace(
        batch, prepared=tuple(whole.get(article.guid, article) for article in batch.prepared)
    )


async def _look_up(
    core: Core,
    source: SourceId | None,
    article: PreparedArticle,
    boilerplate: frozenset[str],
    whole: dict[str, PreparedArticle],
) -> None:
    try:
        fetched = await core.fetcher.fetch(article.link or "")
        found = await core.parsers.run_in_turn(
            PAGE_SECONDS,
            prepare_page,
            article,
            fetched.body or b"",
            fetched.content_type,
            fetched.url,
            core.now(),
            core.settings.zone,
            boilerplate,
        )
    except SvodkaError as error:
        log.info("page_failed", source=source, cause=error.cause)
    else:
        if found:
            whole[article.guid] = found
