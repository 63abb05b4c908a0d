"""What a new article is held against, found by its words: indices in memory of the articles that
are not yet forgotten, twice clustering's window.

The file keeps these articles' sketches and shingles. Which of them have a key or a shingle is
looked up in temporary tables of the connection that writes (`fresh.sql`): in the file their fifty
rows an article stood on a page each, and were most of what a transaction wrote. Triggers keep them
true in the very transaction that adds, moves or removes an article; after a start they are made
from the file.
"""

import json
import sqlite3
from datetime import datetime
from importlib import resources
from typing import TYPE_CHECKING, Final

from digests.clustering import indexed_keys
from digests.sketches import mark
from storage.instants import to_seconds
from storage.packing import unpacked

if TYPE_CHECKING:
    from storage.database import Database, Statements

STEP_ARTICLES: Final = 500  # at once; commands that write wait for no more than that
BEYOND_ALL: Final = 2**63 - 1


def attach(connection: sqlite3.Connection) -> None:
    """Make the tables, empty, for the connection that writes."""
    connection.create_function("keys_of_sketch", 3, _keys_of_sketch, deterministic=True)
    connection.create_function("numbers", 1, _numbers, deterministic=True)
    connection.execute("PRAGMA temp_store = MEMORY")
    schema = resources.files("storage").joinpath("fresh.sql").read_text(encoding="utf-8")
    connection.executescript(schema)


def _keys_of_sketch(language: str, heavy: str, bridges: str | None) -> str:
    found_by = indexed_keys(language, json.loads(heavy), json.loads(bridges or "[]"))
    return json.dumps(list(set(map(mark, found_by))))


def _numbers(column: bytes) -> str:
    return json.dumps(list(unpacked(column)))


def fill_some(tx: "Statements") -> bool:
    """Take in some of what the file holds; whether that was all."""
    filled = tx.fetch_one("SELECT beyond FROM fresh_filled WHERE beyond IS NOT NULL")
    if filled is None:
        return True
    values = {"first": filled["beyond"], "step": STEP_ARTICLES}
    row = tx.fetch_one(
        """
        SELECT article_id FROM article_sketch WHERE article_id >= :first
        ORDER BY article_id LIMIT 1 OFFSET :step
        """,
        values,
    )
    values["beyond"] = row["article_id"] if row else BEYOND_ALL
    tx.execute(
        """
        INSERT INTO fresh_member SELECT * FROM fresh_member_of
        WHERE article_id >= :first AND article_id < :beyond
        """,
        values,
    )
    for table in ("fresh_key", "fresh_shingle"):
        tx.execute(
            f"""
            INSERT INTO {table} SELECT key, ' ' || article_id || ' ' FROM {table}_of
            WHERE article_id >= :first AND article_id < :beyond ORDER BY article_id
            ON CONFLICT (key) DO UPDATE SET articles = articles || excluded.articles
            """,  # noqa: S608 - constants
            values,
        )
    tx.execute(
        "UPDATE fresh_filled SET beyond = :beyond", {"beyond": row["article_id"] if row else None}
    )
    return row is None


async def forget_before(db: "Database", table: str, before: datetime) -> int:
    """Drop what `table`, of sketches or of shingles, holds of articles published before that."""
    dropped = 0
    while True:
        async with db.write() as tx:
            rows = await tx.execute(
                f"""
                DELETE FROM {table} WHERE article_id IN (
                    SELECT article_id FROM {table} WHERE published_at < :before LIMIT :step)
                """,  # noqa: S608 - a constant
                {"before": to_seconds(before), "step": STEP_ARTICLES},
            )
        dropped += rows
        if rows < STEP_ARTICLES:
            return dropped
