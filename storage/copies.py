"""Which article a new one repeats: by its first words, by its address, by much of its text.

An article is compared with what everybody who may see it may see: a shared one with shared ones,
an owned one with shared ones and its owner's. The index of shingles (`storage.fresh`) is read
inside clustering's window only and forgotten behind it, so the cost of an article does not grow
with history.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from digests.clustering import WINDOW
from digests.dedup import copied
from digests.models import (
    ArticleId,
    ChatId,
    PreparedArticle,
    Shingles,
    Source,
    SourceId,
    StoryId,
    outlet_of,
)
from storage.database import Database, Statements
from storage.fresh import forget_before
from storage.instants import from_seconds, to_seconds
from storage.packing import packed, unpacked

MOST_HITS: Final = 20  # articles one shingle leads to, the newest: it may be a footer's
HITS_READ: Final = 200  # the last to come, among which those are sought
COMPARED: Final = 8  # articles whose texts are compared, those hit most
TOLD_COLUMNS: Final = (
    "article.id, article.copy_of, article.story_id, article.published_at, article.link, "
    "article.source_id, source.owner_chat_id"
)


@dataclass(frozen=True, slots=True)
class Told:
    """An article that another may repeat."""

    id: ArticleId
    original: ArticleId  # itself, or the article it repeats
    story: StoryId
    published: datetime
    link: str | None  # None: no public address
    source: SourceId
    owner: ChatId | None  # None: shared with everybody


@dataclass(frozen=True, slots=True)
class Repeated:
    """What an article repeats."""

    story: StoryId
    original: ArticleId | None  # None: it is the original, or only stands on the same page
    instead_of: ArticleId | None = None  # what came in first, published later; None: nothing


class Copies:
    """The originals of one batch's articles; articles of the batch count for those after them."""

    def __init__(self, tx: Statements, source: Source) -> None:
        self._tx = tx
        self._source = source
        self._by_words: dict[str, Told] = {}
        self._by_url: dict[str, Told] = {}
        self._by_shingle: defaultdict[int, list[ArticleId]] = defaultdict(list)
        self._texts: dict[ArticleId, tuple[Told, frozenset[int]]] = {}
        self._added: list[tuple[ArticleId, PreparedArticle]] = []
        self._taken: dict[ArticleId, ArticleId] = {}

    def look_up(self, batch: Sequence[PreparedArticle]) -> None:
        self._find_exact(batch)
        self._find_shingles(batch)
        near = {number for article in batch for number in self._hit_most(article.shingles)}
        self._read_texts(near)

    def _find_exact(self, batch: Sequence[PreparedArticle]) -> None:
        rows = self._tx.fetch_all(
            f"""
            SELECT {TOLD_COLUMNS}, article.fingerprint, NULL AS url
            FROM article JOIN source ON source.id = article.source_id
            WHERE article.fingerprint IN (SELECT value FROM json_each(:fingerprints))
              AND (source.owner_chat_id IS NULL OR source.owner_chat_id = :owner)
            UNION ALL
            SELECT {TOLD_COLUMNS}, NULL, article.url
            FROM article JOIN source ON source.id = article.source_id
            WHERE article.url IN (SELECT value FROM json_each(:urls))
              AND (source.owner_chat_id IS NULL OR source.owner_chat_id = :owner)
            """,  # noqa: S608 - constants
            {
                "fingerprints": json.dumps([article.fingerprint for article in batch]),
                "urls": json.dumps([article.url for article in batch if article.url]),
                "owner": self._source.owner,
            },
        )
        for row in sorted(rows, key=lambda row: int(row["id"])):
            known = self._by_words if row["fingerprint"] else self._by_url
            known.setdefault(row["fingerprint"] or row["url"], _told_of(row))

    def _find_shingles(self, batch: Sequence[PreparedArticle]) -> None:
        rows = self._tx.fetch_all(
            """
            SELECT key, articles FROM fresh_shingle
            WHERE key IN (SELECT value FROM json_each(:hashes))
            """,
            {"hashes": json.dumps(list({h for a in batch for h in a.shingles.indexed}))},
        )
        hits = {row["key"]: row["articles"].rsplit(None, HITS_READ)[-HITS_READ:] for row in rows}
        published = [article.published for article in batch]
        times = self._published(
            {number for numbers in hits.values() for number in numbers},
            min(published) - WINDOW,
            max(published) + WINDOW,
        )
        for hash_, numbers in hits.items():
            inside = sorted((times[n], int(n)) for n in numbers if n in times)
            self._by_shingle[hash_] = [ArticleId(n) for _, n in reversed(inside[-MOST_HITS:])]

    def _published(
        self, articles: Iterable[str], earliest: datetime, latest: datetime
    ) -> dict[str, int]:
        """When those of the articles that were published then were."""
        rows = self._tx.fetch_all(
            """
            SELECT article_id, published_at FROM fresh_member
            WHERE article_id IN (SELECT CAST(value AS INTEGER) FROM json_each(:articles))
              AND published_at BETWEEN :earliest AND :latest
            """,
            {
                "articles": json.dumps(list(articles)),
                "earliest": to_seconds(earliest),
                "latest": to_seconds(latest),
            },
        )
        return {str(row["article_id"]): row["published_at"] for row in rows}

    def _read_texts(self, articles: Iterable[ArticleId]) -> None:
        rows = self._tx.fetch_all(
            f"""
            SELECT {TOLD_COLUMNS}, article_shingles.hashes
            FROM article_shingles JOIN article ON article.id = article_shingles.article_id
            JOIN source ON source.id = article.source_id
            WHERE article_shingles.article_id IN (SELECT value FROM json_each(:articles))
              AND (source.owner_chat_id IS NULL OR source.owner_chat_id = :owner)
            """,  # noqa: S608 - constants
            {"articles": json.dumps(list(articles)), "owner": self._source.owner},
        )
        for row in rows:
            self._texts[ArticleId(row["id"])] = (_told_of(row), unpacked(row["hashes"]))

    def _hit_most(self, shingles: Shingles) -> list[ArticleId]:
        hits = Counter(
            number
            for hash_ in sorted(shingles.indexed)  # a set's own order differs between processes
            for number in self._by_shingle.get(hash_, ())
        )
        return [number for number, _ in hits.most_common(COMPARED)]

    def repeated_by(self, article: PreparedArticle) -> Repeated | None:
        """None: the article is a text of its own."""
        page = self._by_url.get(article.url or "")
        found = self._by_words.get(article.fingerprint)
        if found is None and page is not None and page.source != self._source.id:
            found = page
        found = found or self._near(article)
        if found is None:
            # Two entries of one source with one address are two (a live page's anchors).
            return Repeated(page.story, None) if page else None
        if self._goes_before(article, found):
            return Repeated(found.story, None, instead_of=found.id)
        return Repeated(found.story, self._taken.get(found.original, found.original))

    def _near(self, article: PreparedArticle) -> Told | None:
        """The text with most in common.

        An outlet that repeats itself follows its own story up: what is new in that counts.
        """
        scored: list[tuple[float, int, Told]] = []
        for number in self._hit_most(article.shingles):
            told, hashes = self._texts.get(number, (None, frozenset()))
            if told is None or abs(article.published - told.published) > WINDOW:
                continue
            if article.link and told.link and outlet_of(article.link) == outlet_of(told.link):
                continue
            pair = (hashes, article.shingles.hashes)
            score = copied(*(pair if told.published <= article.published else reversed(pair)))
            if score:
                scored.append((score, -number, told))
        return max(scored)[2] if scored else None

    def _goes_before(self, article: PreparedArticle, found: Told) -> bool:
        """Whether what came in first was published later, and its readers may see this one."""
        seen = self._source.owner is None or self._source.owner == found.owner
        is_original = found.original == found.id and found.id not in self._taken
        return seen and is_original and article.published < found.published

    def add(
        self,
        number: ArticleId,
        article: PreparedArticle,
        story: StoryId,
        repeated: Repeated | None,
    ) -> None:
        """Articles after it may repeat this one."""
        original = (repeated and repeated.original) or number
        source = self._source
        told = Told(
            number, original, story, article.published, article.link, source.id, source.owner
        )
        if repeated and repeated.instead_of:
            self._taken[repeated.instead_of] = number
        self._by_words.setdefault(article.fingerprint, told)
        if article.url:
            self._by_url.setdefault(article.url, told)
        self._texts[number] = (told, article.shingles.hashes)
        for hash_ in article.shingles.indexed:
            self._by_shingle[hash_].append(number)
        self._added.append((number, article))

    def remember(self) -> None:
        """Write the shingles of the batch, and whom its articles go before; these must be stored
        by now."""
        self._tx.execute_all(
            """
            INSERT INTO article_shingles (article_id, published_at, hashes, indexed)
            VALUES (:id, :published, :hashes, :indexed)
            """,
            [
                {
                    "id": number,
                    "published": to_seconds(article.published),
                    "hashes": packed(article.shingles.hashes),
                    "indexed": packed(article.shingles.indexed),
                }
                for number, article in self._added
                if article.shingles.indexed
            ],
        )
        self._tx.execute_all(
            "UPDATE article SET copy_of = :original WHERE id = :copy OR copy_of = :copy",
            [{"original": original, "copy": copy} for copy, original in self._taken.items()],
        )


def _told_of(row: sqlite3.Row) -> Told:
    return Told(
        ArticleId(row["id"]),
        ArticleId(row["copy_of"] or row["id"]),
        StoryId(row["story_id"]),
        from_seconds(row["published_at"]),
        row["link"],
        SourceId(row["source_id"]),
        row["owner_chat_id"],
    )


async def forget_shingles(db: Database, now: datetime) -> int:
    """Drop what no new article can repeat any more."""
    return await forget_before(db, "article_shingles", now - 2 * WINDOW)
