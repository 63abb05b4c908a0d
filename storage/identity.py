"""Which entries of a document are articles the store has: by guid, else by address, else by words.

Publishers give the same item a new guid, move it to another address, or edit it; none of that is
news. And they give one address to many items, or one headline to every day's issue: those are.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Final

from digests.models import PreparedArticle, SourceId
from storage.database import Statements
from storage.instants import to_seconds

TELLING_LETTERS: Final = 100  # so much equal text is no coincidence
SAME_ISSUE_SECONDS: Final = 1800  # with less, only about the same time is


def known_articles(
    tx: Statements,
    source: SourceId,
    batch: Sequence[PreparedArticle],
    document: Collection[str],
) -> dict[str, sqlite3.Row]:
    """Guid in the batch → row (id, title, text, teaser) of the article it is; `document` are all
    guids of the document the batch is part of."""
    rows = tx.fetch_all(
        """
        SELECT id, guid, title, text, teaser FROM article
        WHERE source_id = :source AND guid IN (SELECT value FROM json_each(:guids))
        """,
        {"source": source, "guids": json.dumps([article.guid for article in batch])},
    )
    found = {row["guid"]: row for row in rows}
    strangers = [article for article in batch if article.guid not in found]
    return found | _under_other_guids(tx, source, strangers, document)


def _under_other_guids(
    tx: Statements,
    source: SourceId,
    strangers: Sequence[PreparedArticle],
    document: Collection[str],
) -> dict[str, sqlite3.Row]:
    rows = tx.fetch_all(
        """
        SELECT id, guid, url, fingerprint, title, text, teaser, published_at FROM article
        WHERE source_id = :source AND (
            url IN (SELECT value FROM json_each(:urls))
            OR fingerprint IN (SELECT value FROM json_each(:fingerprints)))
        """,
        {
            "source": source,
            "urls": json.dumps([article.url for article in strangers if article.url]),
            "fingerprints": json.dumps([article.fingerprint for article in strangers]),
        },
    )
    by_url = _by_address(strangers, rows, document)
    found = {}
    for article in strangers:
        row = _by_words(article, rows)
        if row is None or not _says_the_same(article, row):
            row = by_url.get(article.url)
        if row is not None:
            found[article.guid] = row
    return found


def _by_address(
    strangers: Sequence[PreparedArticle], rows: Sequence[sqlite3.Row], document: Collection[str]
) -> dict[str | None, sqlite3.Row]:
    """Rows by an address that is one article's own: neither two rows nor two entries have it, and
    the row stands under no other name in the same document (a live page's anchors)."""
    kept = Counter(row["url"] for row in rows)
    given = Counter(article.url for article in strangers)
    return {
        row["url"]: row
        for row in rows
        if row["url"]
        and kept[row["url"]] == 1
        and given[row["url"]] == 1
        and row["guid"] not in document
    }


def _by_words(article: PreparedArticle, rows: Sequence[sqlite3.Row]) -> sqlite3.Row | None:
    same = (row for row in rows if row["fingerprint"] == article.fingerprint)
    return min(same, key=lambda row: _apart(article, row), default=None)


def _says_the_same(article: PreparedArticle, row: sqlite3.Row) -> bool:
    """Equal words are the same article unless they are so few that every issue may have them."""
    return (
        len(article.text) >= TELLING_LETTERS
        or _apart(article, row) <= SAME_ISSUE_SECONDS
        or (article.url is not None and article.url == row["url"])
    )


def _apart(article: PreparedArticle, row: sqlite3.Row) -> int:
    return abs(to_seconds(article.published) - int(row["published_at"]))
