"""Forgetting by age.

Articles go with their keys and what the full-text index knows of them, whole stories at a time,
never one that clustering may still join or whose telling is still remembered. Digests go with their
messages, pages and what they told; of each chat those rows stay from which its next windows start.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from storage.breaking import ALERT
from storage.database import Database
from storage.instants import to_seconds

STORIES_A_BATCH: Final = 200  # a transaction's; commands that write wait for no more than that
DIGESTS_A_BATCH: Final = 100  # some 1,000 rows and their messages
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


async def forget_digests(db: Database, before: datetime, now: datetime) -> int:
    """Drop what digests made before `before` told and sent, in steps; how many digests that were.

    None goes that is still under way. Where no later one opens the same windows only the digest's
    own row stays, as long as that is so.
    """
    dropped, made, last = 0, 0, 0
    while True:
        rows = await db.fetch_all(
            """
            SELECT id, made_at, is_over FROM (
                SELECT id, made_at,
                       state = 'failed' OR ifnull(scope, '') = :alert OR EXISTS (
                           SELECT 1 FROM digest AS later
                           WHERE later.chat_id = digest.chat_id
                             AND later.made_at > digest.made_at AND later.made_at <= :now
                             AND later.state IN ('empty', 'delivered')
                             AND (later.scope IS NULL OR later.scope = digest.scope)) AS is_over
                FROM digest
                WHERE (made_at, id) > (:made, :last) AND made_at < :before AND state <> 'pending'
            ) AS old
            WHERE is_over
               OR EXISTS (SELECT 1 FROM told WHERE told.digest_id = old.id)
               OR EXISTS (SELECT 1 FROM delivery WHERE delivery.digest_id = old.id)
            ORDER BY made_at, id LIMIT :limit
            """,
            {
                "made": made,
                "last": last,
                "before": to_seconds(before),
                "now": to_seconds(now),
                "alert": ALERT,
                "limit": DIGESTS_A_BATCH,
            },
        )
        if not rows:
            return dropped
        made, last = rows[-1]["made_at"], rows[-1]["id"]
        await _drop(db, [row["id"] for row in rows], [row["id"] for row in rows if row["is_over"]])
        dropped += len(rows)


async def _drop(db: Database, emptied: Sequence[int], over: Sequence[int]) -> None:
    values = {"emptied": json.dumps(emptied), "over": json.dumps(over)}
    async with db.write() as tx:
        for table in ("told", "digest_page", "delivery"):
            await tx.execute(
                f"""
                DELETE FROM {table}
                WHERE digest_id IN (SELECT value FROM json_each(:emptied))
                """,  # noqa: S608 - constants
                values,
            )
        await tx.execute(
            "DELETE FROM digest WHERE id IN (SELECT value FROM json_each(:over))", values
        )
