"""Single articles that come to the bot: pages people point to, posts they forward, posts of
channels whose administrator it is. What somebody sends who is no administrator of the bot belongs
to a source of their own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.context import Core
from bot.embedding import with_meaning
from bot.errors import FetchError, TooManyArticlesError
from bot.speaking import language_of
from digests.errors import ArticleRejectedError, NoWordsError
from digests.models import ChatId, Entry, Source, SourceKind
from digests.preparing import Batch, prepare_link, prepare_post
from storage import articles, sources
from storage.articles import Added

LINKS: Final = "links"
FORWARDS: Final = "forwards"
MOST_SENT: Final = 2_000  # articles a chat keeps of what it sent
TITLES: Final = {LINKS: "source.links", FORWARDS: "source.forwards"}


@dataclass(frozen=True, slots=True)
class Post:
    """A message as Telegram gave it to us."""

    text: str  # or the caption; empty: neither
    guid: str
    link: str | None  # None: not on a public channel
    published: datetime
    origin: str | None = None  # None: the source itself; else whose post it passes on


async def check_room(core: Core, owner: ChatId | None) -> None:
    """Raises TooManyArticlesError where a chat keeps as much of its own as it may."""
    if owner is not None and await articles.count_sent(core.db, owner) >= MOST_SENT:
        raise TooManyArticlesError(most=MOST_SENT)


async def add_link(core: Core, url: str, owner: ChatId | None) -> tuple[Source, Added]:
    """The article of a page. Raises FetchError, ArticleRejectedError, TooManyArticlesError,
    WorkerError."""
    await check_room(core, owner)
    fetched = await core.fetcher.fetch(url)
    if fetched.body is None:
        raise FetchError(url=url, reason="http_304")
    batch = await core.parsers.run(
        prepare_link,
        fetched.body,
        fetched.content_type,
        fetched.url,
        core.now(),
        core.settings.zone,
    )
    return await _add_sent(core, LINKS, batch, owner)


async def add_forwarded(core: Core, post: Post, owner: ChatId | None) -> tuple[Source, Added, str]:
    """A forwarded post, and its title. Raises NoWordsError,
    TooManyArticlesError."""
    await check_room(core, owner)
    batch = await _prepared(core, post)
    if not batch.prepared:
        raise NoWordsError(guid=post.guid)
    return *await _add_sent(core, FORWARDS, batch, owner), batch.prepared[0].title


async def add_post(core: Core, channel: ChatId, post: Post) -> Added:
    """A post of a channel, new or edited, for those who read the channel; silent about posts
    with nothing to read."""
    readers = await sources.sources_at(core.db, SourceKind.POSTS, str(channel))
    added = Added()
    if not readers:
        return added
    batch = await _prepared(core, post)
    for source in readers:
        prepared = await with_meaning(core, source, batch.prepared)
        added += await articles.add_articles(core.db, source, prepared, core.now())
        await sources.note_heard(core.db, source.id, core.now())
    return added


async def _prepared(core: Core, post: Post) -> Batch:
    return await core.parsers.run(
        prepare_post,
        post.text,
        Entry("", "", post.guid, post.link, post.published, origin=post.origin),
        core.now(),
        core.settings.zone,
    )


async def _add_sent(
    core: Core, address: str, batch: Batch, owner: ChatId | None
) -> tuple[Source, Added]:
    if not batch.prepared:
        raise ArticleRejectedError(source=address)
    title = (await language_of(core, owner)).say(TITLES[address])
    source, _ = await sources.add_source(
        core.db, SourceKind.SENT, address, title, core.now(), owner=owner
    )
    prepared = await with_meaning(core, source, batch.prepared)
    return source, await articles.add_articles(core.db, source, prepared, core.now())
