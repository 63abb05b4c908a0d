"""The roots that shared articles are made of, for spelling; nobody's own articles are counted."""

import json
from collections.abc import Iterable
from typing import Final

from storage.database import Database

MOST_NEAR: Final = 2_000  # roots with one beginning: what they cost is bounded
LENGTHENED: Final = 2  # letters, by two slips


async def known_roots(db: Database, roots: Iterable[str]) -> dict[str, int]:
    """Those that are known, and in how many articles they stand."""
    rows = await db.fetch_all(
        "SELECT key, articles FROM key_count WHERE key IN (SELECT value FROM json_each(:roots))",
        {"roots": json.dumps(sorted(set(roots)))},
    )
    return {row["key"]: row["articles"] for row in rows}


async def near_roots(db: Database, beginning: str, letters: int) -> dict[str, int]:
    """Known roots with this beginning and about so many letters."""
    rows = await db.fetch_all(
        """
        SELECT key, articles FROM key_count
        WHERE key >= :beginning AND key < :beyond AND length(key) BETWEEN :least AND :most
        LIMIT :limit
        """,
        {
            "beginning": beginning,
            "beyond": beginning[:-1] + chr(ord(beginning[-1]) + 1),
            "least": letters - LENGTHENED,
            "most": letters + LENGTHENED,
            "limit": MOST_NEAR,
        },
    )
    return {row["key"]: row["articles"] for row in rows}
