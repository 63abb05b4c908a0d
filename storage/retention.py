"""Forgetting by age: articles with their keys and what the full-text index knows of them, whole
stories at a time, never one that clustering may still join or whose telling is still remembered.
"""

import json
from datetime import datetime, timedelta
from typing import Final

from storage.database import Database
from storage.instants import to_seconds

STORIES_A_BATCH: Final = 200  # a transaction's; commands that write wait for no more than that
MERGED_PAGES: Final = 200
TOLD_REMEMBERED: Final = timedelta(days=14)


async def forget_articles(db: Database, before: datetime, now: datetime) -> int:
    """Drop the stories whose articles were all published and stored before `before`; how many
    articles that were, at most a batch of stories. Zero: nothing is left to forget."""
    async with db.write() as tx:
        rows = await tx.fetch_all(
            """
            SELECT DISTINCT story_id FROM article WHERE published_at < :before
              AND NOT EXISTS (
                  SELECT 1 FROM article AS other WHERE other.story_id = article.story_id
                    AND (other.published_at >= :before
                         OR ifnull(other.stored_at, other.arrived_at) >= :before))
              AND NOT EXISTS (
                  SELECT 1 FROM article AS other JOIN article_sketch ON article_id = other.id
                  WHERE other.story_id = article.story_id)
              AND NOT EXISTS (
                  SELECT 1 FROM told JOIN digest ON digest.id = told.digest_id
                  WHERE told.story_id = article.story_id AND digest.made_at >= :recent)
            LIMIT :limit
            """,
            {
                "before": to_seconds(before),
                "recent": to_seconds(now - TOLD_REMEMBERED),
                "limit": STORIES_A_BATCH,
            },
        )
        stories = {"stories": json.dumps([row["story_id"] for row in rows])}
        # Undated articles count from when they were fetched: still listed, they would look new.
        await tx.execute(
            """
            INSERT OR IGNORE INTO forgotten (source_id, guid)
            SELECT source_id, guid FROM article WHERE published_at = arrived_at
              AND story_id IN (SELECT value FROM json_each(:stories))
            """,
            stories,
        )
        dropped = await tx.execute(
            "DELETE FROM article WHERE story_id IN (SELECT value FROM json_each(:stories))",
            stories,
        )
        await tx.execute(
            "DELETE FROM story WHERE id IN (SELECT value FROM json_each(:stories))", stories
        )
        if dropped:  # what was deleted leaves the index as its segments are merged
            await tx.execute(
                "INSERT INTO article_search (article_search, rank) VALUES ('merge', :pages)",
                {"pages": MERGED_PAGES},
            )
    return dropped
