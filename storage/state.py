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
