"""Single values that must survive a restart."""

from storage.database import Database


async def read_state(db: Database, name: str) -> str | None:
    row = await db.fetch_one("SELECT value FROM state WHERE name = :name", {"name": name})
    return row["value"] if row else None


async def write_state(db: Database, name: str, value: str) -> None:
    async with db.write() as tx:
        await tx.execute(
            """
            INSERT INTO state (name, value) VALUES (:name, :value)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """,
            {"name": name, "value": value},
        )


async def replace_state(db: Database, name: str, old: str | None, new: str) -> bool:
    """Write a value if it still is the one that was read; of two who read the same, one does."""
    async with db.write() as tx:
        rows = await tx.execute(
            """
            INSERT INTO state (name, value) SELECT :name, :new
            WHERE (SELECT value FROM state WHERE name = :name) IS :old
            ON CONFLICT (name) DO UPDATE SET value = excluded.value
            """,
            {"name": name, "old": old, "new": new},
        )
    return rows > 0
