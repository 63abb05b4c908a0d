"""What the indices of clustering hold of articles, `sketch_key` and `shingle`: a key and the
article it leads to. No index finds their rows by article or by age; they are found by reading,
while others write, and taken by key in steps.
"""

from typing import Final

from storage.database import Database, Parameters

ROWS_A_BATCH: Final = 500
KEYS: Final = {"sketch_key": "key", "shingle": "hash"}  # of each table, what it is looked up by


async def forget_words(db: Database, table: str, condition: str, values: Parameters) -> None:
    """Drop the rows of `table` for which `condition`, SQL over its columns, holds. A row for which
    it holds once must not be one to keep later."""
    key = KEYS[table]
    rows = await db.fetch_all(
        f"""
        SELECT {key} AS key, published_at AS published, article_id AS article FROM {table}
        WHERE {condition}
        """,  # noqa: S608 - constants
        values,
    )
    for start in range(0, len(rows), ROWS_A_BATCH):
        async with db.write() as tx:
            await tx.execute_all(
                f"""
                DELETE FROM {table}
                WHERE {key} = :key AND published_at = :published AND article_id = :article
                """,  # noqa: S608 - constants
                [dict(row) for row in rows[start : start + ROWS_A_BATCH]],
            )
