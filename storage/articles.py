"""Articles and the stories they tell, as rows; every read takes the chat."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from digests.models import (
    Article,
    ArticleId,
    ChatId,
    Keys,
    Pick,
    PreparedArticle,
    Source,
    SourceId,
    StoryId,
)
from storage.boilerplate import learn_lines
from storage.copies import Copies
from storage.database import Database, Statements
from storage.identity import known_articles
from storage.instants import from_seconds, to_seconds
from storage.sources import SOURCE_COLUMNS, VISIBLE, source_of
from storage.stories import Stories

BATCH_ROWS: Final = 50  # a transaction's; commands that write wait for no more than that
ARTICLE_COLUMNS: Final = (
    "article.id, article.story_id, article.link, article.title, article.language, "
    "article.published_at, article.arrived_at, article.summary, article.guid, article.quote, "
    f"article.origin, article.copy_of, {SOURCE_COLUMNS}"
)


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a batch."""

    new: int = 0
    changed: int = 0  # known, with an edited title or text
    known: int = 0

    def __add__(self, other: "Added") -> "Added":
        return Added(self.new + other.new, self.changed + other.changed, self.known + other.known)


def article_of(row: sqlite3.Row) -> Article:
    return Article(
        ArticleId(row["id"]),
        StoryId(row["story_id"]),
        source_of(row),
        row["link"],
        row["title"],
        row["language"],
        from_seconds(row["published_at"]),
        from_seconds(row["arrived_at"]),
        tuple(Pick(text, position) for position, text in json.loads(row["summary"])),
        row["guid"],
        _pick(row["quote"]),
        row["copy_of"],
        row["origin"],
    )


def _pick(kept: str | None) -> Pick | None:
    if kept is None:
        return None
    position, text = json.loads(kept)
    return Pick(text, position)


@dataclass(frozen=True, slots=True)
class _Times:
    """Of a batch: when it arrived (None: when published), when it was stored (None: then)."""

    arrived: datetime | None
    stored: datetime | None


async def add_articles(
    db: Database,
    source: Source,
    prepared: Iterable[PreparedArticle],
    arrived: datetime | None,
    *,
    stored: datetime | None = None,
) -> Added:
    """Store a batch, each article once; the same input twice adds nothing.

    `arrived` None marks a source's first backlog: its articles arrived when they were published,
    so no running digest takes them for news. `stored` is from when on their age counts for being
    forgotten; None: from their arrival. Ids follow the time of publication in each batch.
    """
    # A feed may repeat a guid within one document: the first of them counts.
    unique = {article.guid: article for article in reversed(list(prepared))}
    gone = await _forgotten(db, source, unique)
    ordered = sorted(
        (one for one in unique.values() if one.guid not in gone),
        key=lambda article: article.published,
    )
    await db.fill_fresh()
    added = Added()
    for start in range(0, len(ordered), BATCH_ROWS):
        batch = ordered[start : start + BATCH_ROWS]
        async with db.write() as tx:
            add = partial(_add_batch, source, batch, unique.keys(), _Times(arrived, stored))
            added += await tx.run(add)
    return added


def _add_batch(
    source: Source,
    batch: Sequence[PreparedArticle],
    document: Collection[str],
    times: _Times,
    tx: Statements,
) -> Added:
    known = known_articles(tx, source.id, batch, document)
    fresh = [article for article in batch if article.guid not in known]
    changed = [
        (row["id"], article)
        for article in batch
        if (row := known.get(article.guid)) and _is_edited(article, row)
    ]
    _insert(tx, source, fresh, times)
    learn_lines(tx, source.id, fresh)
    _change(tx, changed)
    return Added(len(fresh), len(changed), len(batch) - len(fresh) - len(changed))


async def unknown(
    db: Database, source: Source, prepared: Sequence[PreparedArticle]
) -> list[PreparedArticle]:
    """Those of a batch that would be stored as new."""
    guids = [article.guid for article in prepared]
    known = await db.read(lambda inside: known_articles(inside, source.id, prepared, guids))
    return [article for article in prepared if article.guid not in known]


def _is_edited(article: PreparedArticle, row: sqlite3.Row) -> bool:
    if row["teaser"] is not None and article.teaser is None:
        return False  # it was read from its page; the source only has the teaser
    return (row["title"], row["text"]) != (article.title, article.text)


async def _forgotten(db: Database, source: Source, guids: Iterable[str]) -> frozenset[str]:
    """Which of these were forgotten by age: the source still lists them."""
    rows = await db.fetch_all(
        """
        SELECT guid FROM forgotten
        WHERE source_id = :source AND guid IN (SELECT value FROM json_each(:guids))
        """,
        {"source": source.id, "guids": json.dumps(list(guids))},
    )
    return frozenset(row["guid"] for row in rows)


async def without_pages(
    db: Database, source: SourceId, prepared: Sequence[PreparedArticle]
) -> list[PreparedArticle]:
    """Those whose text is worth looking up on their pages: new ones, and ones whose teaser was
    edited since."""
    rows = await db.fetch_all(
        """
        SELECT guid, teaser FROM article
        WHERE source_id = :source AND guid IN (SELECT value FROM json_each(:guids))
        """,
        {"source": source, "guids": json.dumps([article.guid for article in prepared])},
    )
    known = {row["guid"]: row["teaser"] for row in rows}
    return [
        article
        for article in prepared
        if article.guid not in known
        or (known[article.guid] is not None and known[article.guid] != article.fingerprint)
    ]


def _insert(
    tx: Statements, source: Source, batch: Sequence[PreparedArticle], times: _Times
) -> None:
    if not batch:
        return
    copies = Copies(tx, source)
    copies.look_up(batch)
    first = _last_id(tx, "article") + 1
    stories = Stories(tx, source.owner, _last_id(tx, "story") + 1)
    stories.count(batch)
    articles: list[dict[str, Any]] = []
    for number, article in enumerate(batch, first):
        repeated = copies.repeated_by(article)
        known = stories.current(repeated.story) if repeated else None
        story = stories.place(ArticleId(number), article, source.title, known)
        copies.add(ArticleId(number), article, story, repeated)
        original = repeated.original if repeated else None
        articles.append(_row(number, story, original, source, article, times))
    for row in articles:
        row["story"] = stories.current(row["story"])
    tx.execute_all(
        "INSERT INTO story (id, opened_at) VALUES (:id, :opened)",
        [{"id": story, "opened": to_seconds(opened)} for story, opened in stories.opened],
    )
    tx.execute_all(
        """
        INSERT INTO article (id, source_id, story_id, guid, url, link, fingerprint, title, text,
                             language, published_at, arrived_at, stored_at, summary, quote,
                             copy_of, origin, teaser)
        VALUES (:id, :source, :story, :guid, :url, :link, :fingerprint, :title, :text,
                :language, :published, :arrived, :stored, :summary, :quote,
                :copy_of, :origin, :teaser)
        """,
        articles,
    )
    tx.execute_all(
        """
        INSERT INTO article_keys (article_id, title, lead, body)
        VALUES (:id, :key_title, :key_lead, :key_body)
        """,
        articles,
    )
    stories.remember()
    copies.remember()


def _change(tx: Statements, changed: Sequence[tuple[int, PreparedArticle]]) -> None:
    """Take over an edit, and the address if it has a new one. The story, the time of publication
    and what was told stay."""
    rows = [
        _content(number, article) | {"url": article.url, "link": article.link}
        for number, article in changed
    ]
    tx.execute_all(
        """
        UPDATE article SET title = :title, text = :text, fingerprint = :fingerprint,
            language = :language, summary = :summary, quote = :quote,
            url = ifnull(:url, url), link = ifnull(:link, link), teaser = :teaser
        WHERE id = :id
        """,
        rows,
    )
    tx.execute_all(
        """
        UPDATE article_keys SET title = :key_title, lead = :key_lead, body = :key_body
        WHERE article_id = :id
        """,
        rows,
    )


def _last_id(tx: Statements, table: str) -> int:
    """The last id ever given: ids of removed articles are never given again."""
    row = tx.fetch_one("SELECT seq FROM sqlite_sequence WHERE name = :table", {"table": table})
    return int(row["seq"]) if row else 0


def _row(
    number: int,
    story: StoryId,
    original: ArticleId | None,
    source: Source,
    article: PreparedArticle,
    times: _Times,
) -> dict[str, Any]:
    return _content(number, article) | {
        "source": source.id,
        "story": story,
        "copy_of": original,
        "guid": article.guid,
        "url": article.url,
        "link": article.link,
        "published": to_seconds(article.published),
        "arrived": to_seconds(times.arrived or article.published),
        "stored": to_seconds(times.stored),
    }


def _content(number: int, article: PreparedArticle) -> dict[str, Any]:
    return {
        "id": number,
        "fingerprint": article.fingerprint,
        "title": article.title,
        "text": article.text,
        "language": article.language,
        "summary": json.dumps(
            [[pick.position, pick.text] for pick in article.summary], ensure_ascii=False
        ),
        "quote": article.quote
        and json.dumps([article.quote.position, article.quote.text], ensure_ascii=False),
        "origin": article.origin,
        "teaser": article.teaser,
        "key_title": article.keys.title,
        "key_lead": article.keys.lead,
        "key_body": article.keys.body,
    }


# --- reads -----------------------------------------------------------------------------------


async def members_of(db: Database, chat: ChatId, stories: Sequence[StoryId]) -> list[Article]:
    """The articles of these stories that the chat may see."""
    rows = await db.fetch_all(
        f"""
        SELECT {ARTICLE_COLUMNS} FROM article JOIN source ON source.id = article.source_id
        WHERE article.story_id IN (SELECT value FROM json_each(:stories)) AND {VISIBLE}
        """,  # noqa: S608 - constants
        {"stories": json.dumps(list(stories)), "chat": chat},
    )
    return [article_of(row) for row in rows]


async def latest_stories(db: Database, chat: ChatId, limit: int, offset: int = 0) -> list[StoryId]:
    """Newest first by the publication of their newest article; copies are no news."""
    wanted = limit + offset
    read = wanted * 4 + 20  # articles; more when a few stories hold most of them
    while True:
        rows = await db.fetch_all(
            f"""
            SELECT article.story_id FROM article JOIN source ON source.id = article.source_id
            WHERE {VISIBLE} AND article.copy_of IS NULL
            ORDER BY article.published_at DESC, article.id DESC LIMIT :rows
            """,  # noqa: S608 - a constant
            {"chat": chat, "rows": read},
        )
        stories = list(dict.fromkeys(StoryId(row["story_id"]) for row in rows))
        if len(stories) >= wanted or len(rows) < read:
            return stories[offset:wanted]
        read *= 4


async def stories_reported(db: Database, since: datetime) -> list[StoryId]:
    """Every story with an article that arrived after `since`, whoever may see it."""
    rows = await db.fetch_all(
        "SELECT DISTINCT story_id FROM article WHERE arrived_at > :since",
        {"since": to_seconds(since)},
    )
    return [StoryId(row["story_id"]) for row in rows]


async def stories_arrived(
    db: Database,
    chat: ChatId,
    since: datetime,
    oldest: datetime,
    limit: int,
    told: Collection[StoryId] = (),
) -> list[StoryId]:
    """Stories with an article, no copy, that arrived after `since` and is not older than `oldest`,
    the most covered first; those `told` are left out."""
    rows = await db.fetch_all(
        f"""
        SELECT article.story_id, count(DISTINCT article.source_id) AS sources,
               max(article.published_at) AS newest
        FROM article JOIN source ON source.id = article.source_id
        WHERE article.arrived_at > :since AND article.published_at >= :oldest AND {VISIBLE}
          AND article.story_id NOT IN (SELECT value FROM json_each(:told))
        GROUP BY article.story_id HAVING min(ifnull(article.copy_of, 0)) = 0
        ORDER BY sources DESC, newest DESC LIMIT :limit
        """,  # noqa: S608 - a constant
        {
            "chat": chat,
            "since": to_seconds(since),
            "oldest": to_seconds(oldest),
            "limit": limit,
            "told": json.dumps(list(told)),
        },
    )
    return [StoryId(row["story_id"]) for row in rows]


async def count_arrived(db: Database, chat: ChatId, since: datetime) -> tuple[int, int, int]:
    """(articles that arrived, sources they came from, sources failing) as the chat may see them."""
    row = await db.fetch_one(
        f"""
        SELECT
            (SELECT count(*) FROM article JOIN source ON source.id = article.source_id
             WHERE article.arrived_at > :since AND {VISIBLE}) AS articles,
            (SELECT count(*) FROM source WHERE {VISIBLE}) AS sources,
            (SELECT count(*) FROM source WHERE {VISIBLE} AND failures > 0) AS failing
        """,  # noqa: S608 - a constant
        {"chat": chat, "since": to_seconds(since)},
    )
    return (row["articles"], row["sources"], row["failing"]) if row else (0, 0, 0)


async def keys_of_articles(
    db: Database, chat: ChatId, articles: Sequence[ArticleId]
) -> dict[ArticleId, Keys]:
    rows = await db.fetch_all(
        f"""
        SELECT article_keys.article_id, article_keys.title, article_keys.lead, article_keys.body
        FROM article_keys JOIN article ON article.id = article_keys.article_id
        JOIN source ON source.id = article.source_id
        WHERE article_keys.article_id IN (SELECT value FROM json_each(:articles)) AND {VISIBLE}
        """,  # noqa: S608 - a constant
        {"articles": json.dumps(list(articles)), "chat": chat},
    )
    return {
        ArticleId(row["article_id"]): Keys(row["title"], row["lead"], row["body"]) for row in rows
    }


async def read_article(
    db: Database, chat: ChatId, article: ArticleId
) -> tuple[Article, str] | None:
    """An article with its text. None: there is none, or not for this chat."""
    row = await db.fetch_one(
        f"""
        SELECT {ARTICLE_COLUMNS}, article.text FROM article
        JOIN source ON source.id = article.source_id
        WHERE article.id = :article AND {VISIBLE}
        """,  # noqa: S608 - constants
        {"article": article, "chat": chat},
    )
    return (article_of(row), row["text"]) if row else None


async def count_articles(db: Database) -> int:
    row = await db.fetch_one("SELECT count(*) AS articles FROM article")
    return int(row["articles"]) if row else 0


async def count_sent(db: Database, chat: ChatId) -> int:
    """How many articles are kept that the chat sent itself: pages, posts, files."""
    row = await db.fetch_one(
        """
        SELECT count(*) AS articles FROM article
        WHERE source_id IN (SELECT id FROM source
                            WHERE owner_chat_id = :chat AND kind IN ('sent', 'files'))
        """,
        {"chat": chat},
    )
    return int(row["articles"]) if row else 0


async def newest_publication(db: Database) -> datetime | None:
    """None: there are no articles."""
    row = await db.fetch_one("SELECT max(published_at) AS newest FROM article")
    return from_seconds(row["newest"]) if row else None
