"""In how many articles a key stands, for its weight. What is somebody's own is not counted.

The words of one article stand on fifty pages of `key_count`: they are counted in memory, in
`fresh_count`, and written to the file when they are a twentieth of all, at the latest after
`MOST_PENDING` articles. A crash forgets those: a word that came with them is taken for new again.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from storage.instants import from_seconds, to_seconds

if TYPE_CHECKING:
    from storage.database import Database, Statements

MOST_PENDING: Final = 500  # articles
PENDING_SHARE: Final = 20  # so many times as many are written
ALL: Final = ""  # the key that every article has
COUNTED: Final = "articles_counted"  # name of a stored value, as the next
HALVED: Final = "counts_halved_at"
COUNTS_HALVED: Final = timedelta(days=20)  # what is counted is 29 days old on average
FREQUENT_KEYS: Final = 3_000  # beyond them a key is rare whatever its count


def add_counts(
    tx: "Statements", keys: Mapping[str, int], articles: int
) -> tuple[dict[str, int], int]:
    """So many more articles, and how many of them have each key; `counts_of` these keys then."""
    counts = {**keys, ALL: articles}
    tx.execute(  # RETURNING leaves out what it updates in a temporary table before SQLite 3.40.1
        """
        INSERT INTO fresh_count SELECT key, value FROM json_each(:counts)
        WHERE true  -- or "ON" would belong to a join
        ON CONFLICT (key) DO UPDATE SET articles = articles + excluded.articles
        """,
        {"counts": json.dumps(counts, ensure_ascii=False)},
    )
    found = counts_of(tx, counts)
    pending = tx.fetch_one("SELECT articles FROM fresh_count WHERE key = :all", {"all": ALL})
    if pending and pending["articles"] >= min(MOST_PENDING, _written(tx) / PENDING_SHARE):
        write_counts(tx)
    return found


def write_counts(tx: "Statements") -> None:
    """Write what is counted in memory."""
    tx.execute(
        """
        INSERT INTO state (name, value) SELECT :counted, articles FROM fresh_count WHERE key = :all
        ON CONFLICT (name) DO UPDATE SET value = value + excluded.value
        """,
        {"counted": COUNTED, "all": ALL},
    )
    tx.execute(
        """
        INSERT INTO key_count SELECT key, articles FROM fresh_count WHERE key <> :all
        ON CONFLICT (key) DO UPDATE SET articles = articles + excluded.articles
        """,
        {"all": ALL},
    )
    tx.execute("DELETE FROM fresh_count")


def counts_of(tx: "Statements", keys: Iterable[str]) -> tuple[dict[str, int], int]:
    """In how many articles each of the keys stands, and of how many articles."""
    row = tx.fetch_one(  # one JSON text: a row for each of thousands takes twice as long
        """
        SELECT json_group_object(
            wanted.value, ifnull(key_count.articles, 0) + ifnull(fresh_count.articles, 0)) AS counts
        FROM json_each(:keys) AS wanted
        LEFT JOIN key_count ON key_count.key = wanted.value
        LEFT JOIN fresh_count ON fresh_count.key = wanted.value
        """,
        {"keys": json.dumps(sorted({*keys, ALL}), ensure_ascii=False)},
    )
    counts: dict[str, int] = json.loads(row["counts"]) if row else {}
    return counts, counts.pop(ALL) + _written(tx)


def _written(tx: "Statements") -> int:
    total = tx.fetch_one("SELECT value FROM state WHERE name = :counted", {"counted": COUNTED})
    return int(total["value"]) if total else 0


async def frequent_keys(db: "Database") -> tuple[dict[str, int], int]:
    """In how many articles the commonest keys stand, and of how many articles."""
    rows = await db.fetch_all(
        "SELECT key, articles FROM key_count ORDER BY articles DESC LIMIT :limit",
        {"limit": FREQUENT_KEYS},
    )
    return {row["key"]: row["articles"] for row in rows}, await db.read(_written)


async def forget_counts(db: "Database", now: datetime) -> bool:
    """Halve the frequencies of keys every `COUNTS_HALVED`: they tell of about a month then, and
    words that came once go. False: not yet."""
    values = {"halved": HALVED, "counted": COUNTED, "now": to_seconds(now)}
    async with db.write() as tx:
        await tx.run(write_counts)
        last = await tx.fetch_one("SELECT value FROM state WHERE name = :halved", values)
        if last and now - from_seconds(int(last["value"])) < COUNTS_HALVED:
            return False
        await tx.execute(
            """
            INSERT INTO state (name, value) VALUES (:halved, :now)
            ON CONFLICT (name) DO UPDATE SET value = :now
            """,
            values,
        )
        if last is None:
            return False
        await tx.execute("DELETE FROM key_count WHERE articles < 2")
        await tx.execute("UPDATE key_count SET articles = articles / 2")
        await tx.execute("UPDATE state SET value = value / 2 WHERE name = :counted", values)
    return True
