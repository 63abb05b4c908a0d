"""The roots that shared articles are made of, for spelling; nobody's own articles are counted.
Those that just came are in memory still."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from storage.counts import counts_of
from storage.database import Database

MOST_NEAR: Final = 2_000  # roots with one beginning: what they cost is bounded
LENGTHENED: Final = 2  # letters, by two slips
NEAR: Final = """
    SELECT key, articles FROM {}
    WHERE key >= :beginning AND key < :beyond AND length(key) BETWEEN :least AND :most
    LIMIT :limit
    """


async def known_roots(db: Database, roots: Iterable[str]) -> dict[str, int]:
    """Those that are known, and in how many articles they stand."""
    wanted = sorted(set(roots))
    counts, _ = await db.peek(lambda inside: counts_of(inside, wanted))
    return {root: articles for root, articles in counts.items() if articles}


async def near_roots(db: Database, beginning: str, letters: int) -> dict[str, int]:
    """Known roots with this beginning and about so many letters."""
    values = {
        "beginning": beginning,
        "beyond": beginning[:-1] + chr(ord(beginning[-1]) + 1),
        "least": letters - LENGTHENED,
        "most": letters + LENGTHENED,
        "limit": MOST_NEAR,
    }
    written = await db.fetch_all(NEAR.format("key_count"), values)
    fresh = await db.peek(lambda inside: inside.fetch_all(NEAR.format("fresh_count"), values))
    found: Counter[str] = Counter()
    for rows in (written, fresh):
        found.update({row["key"]: row["articles"] for row in rows})
    return found
