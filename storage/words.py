"""What the indices of clustering hold of articles, `sketch_key` and `shingle`: a key and the
article it leads to. No index finds their rows by article or by age; they are found by reading,
while others write, and taken by key in steps.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

from storage.database import Database, Parameters

ROWS_READ: Final = 20_000  # at once, some megabytes: after a long pause a million are to go
ROWS_A_BATCH: Final = 500
KEYS: Final = {"sketch_key": "key", "shingle": "hash"}  # of each table, what it is looked up by


async def forget_words(db: Database, table: str, condition: str, values: Parameters) -> None:
    """Drop the rows of `table` for which `condition`, SQL over its columns, holds. A row for which
    it holds once must not be one to keep later."""
    key = KEYS[table]
    while True:
        rows = await db.fetch_all(
            f"""
            SELECT {key} AS key, published_at AS published, article_id AS article FROM {table}
            WHERE {condition} LIMIT :rows
            """,  # noqa: S608 - constants
            {**values, "rows": ROWS_READ},
        )
        for start in range(0, len(rows), ROWS_A_BATCH):
            await _drop(db, table, rows[start : start + ROWS_A_BATCH])
        if len(rows) < ROWS_READ:
            return


async def _drop(db: Database, table: str, rows: Sequence[sqlite3.Row]) -> None:
    async with db.write() as tx:
        await tx.execute_all(
            f"""
            DELETE FROM {table}
            WHERE {KEYS[table]} = :key AND published_at = :published AND article_id = :article
            """,  # noqa: S608 - constants
            [dict(row) for row in rows],
        )
