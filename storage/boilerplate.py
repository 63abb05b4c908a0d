"""What is remembered of each source's lines: one row a source, rewritten when articles come."""

import json
from collections.abc import Sequence

from digests.boilerplate import Seen, learn, learned
from digests.models import PreparedArticle, SourceId
from storage.database import Database, Statements


async def boilerplate_of(db: Database, source: SourceId) -> frozenset[str]:
    """Keys of the lines that are the source's, not its articles'."""
    row = await db.fetch_one(
        "SELECT seen FROM source_lines WHERE source_id = :source", {"source": source}
    )
    return learned(_seen(row["seen"])) if row else frozenset()


def learn_lines(tx: Statements, source: SourceId, articles: Sequence[PreparedArticle]) -> None:
    """Remember the lines of new articles."""
    if not articles:
        return
    row = tx.fetch_one(
        "SELECT seen FROM source_lines WHERE source_id = :source", {"source": source}
    )
    seen = learn(
        _seen(row["seen"]) if row else {},
        ((article.published, article.lines) for article in articles),
    )
    tx.execute(
        """
        INSERT INTO source_lines (source_id, seen) VALUES (:source, :seen)
        ON CONFLICT (source_id) DO UPDATE SET seen = excluded.seen
        """,
        {"source": source, "seen": json.dumps(seen)},
    )


def _seen(kept: str) -> Seen:
    return {key: tuple(days) for key, days in json.loads(kept).items()}
