"""The file: one writer connection, two readers, transactions.

Writes are `BEGIN IMMEDIATE` (a deferred transaction that upgrades fails at once with
BUSY_SNAPSHOT whatever the time-out) and nothing is awaited on the network inside one. Readers are
`query_only`; two of them cut queueing behind a slow query, more do not raise throughput.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiosqlite

from storage.errors import DamagedDatabaseError, OldSqliteError, UnusableDatabaseError
from storage.migrate import migrate

READERS: Final = 2
BUSY_SECONDS: Final = 8.0
OLDEST_SQLITE: Final = (3, 37, 0)

Parameters = Mapping[str, Any]
NOTHING: Final[Parameters] = {}


class Transaction:
    """Statements inside one write transaction."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def execute(self, sql: str, parameters: Parameters = NOTHING) -> int:
        """Run one statement; the number of rows it changed."""
        cursor = await self._connection.execute(sql, parameters)
        count = cursor.rowcount
        await cursor.close()
        return count

    async def insert(self, sql: str, parameters: Parameters = NOTHING) -> int | None:
        """Run one INSERT; the new row's id, None where OR IGNORE kept it out."""
        cursor = await self._connection.execute(sql, parameters)
        row = cursor.lastrowid if cursor.rowcount > 0 else None
        await cursor.close()
        return row

    async def execute_all(self, sql: str, rows: Iterable[Parameters]) -> None:
        cursor = await self._connection.executemany(sql, rows)
        await cursor.close()

    async def fetch_all(self, sql: str, parameters: Parameters = NOTHING) -> list[sqlite3.Row]:
        return list(await self._connection.execute_fetchall(sql, parameters))

    async def fetch_one(self, sql: str, parameters: Parameters = NOTHING) -> sqlite3.Row | None:
        rows = await self.fetch_all(sql, parameters)
        return rows[0] if rows else None


class Database:
    """Made by `open_database` only."""

    def __init__(
        self, path: Path, writer: aiosqlite.Connection, readers: list[aiosqlite.Connection]
    ) -> None:
        self.path = path
        self._writer = writer
        self._writing = asyncio.Lock()
        self._readers: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()
        for reader in readers:
            self._readers.put_nowait(reader)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """One transaction: committed at the end of the block, rolled back on any error in it."""
        async with self._writing:
            try:
                # Cancelled while it waits, BEGIN still happens in its thread; a COMMIT may fail.
                await self._writer.execute("BEGIN IMMEDIATE")
                yield Transaction(self._writer)
                await self._writer.commit()
            except BaseException:
                await self._writer.rollback()
                raise

    async def fetch_all(self, sql: str, parameters: Parameters = NOTHING) -> list[sqlite3.Row]:
        reader = await self._readers.get()
        try:
            return list(await reader.execute_fetchall(sql, parameters))
        finally:
            self._readers.put_nowait(reader)

    async def fetch_one(self, sql: str, parameters: Parameters = NOTHING) -> sqlite3.Row | None:
        rows = await self.fetch_all(sql, parameters)
        return rows[0] if rows else None


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[Database]:
    """Open the file, made and migrated as needed.

    Raises OldSqliteError, NewerSchemaError, ForeignDatabaseError, UnusableDatabaseError, and
    DamagedDatabaseError when the file is not a sound database; a damaged file is left as it
    is, never made anew.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise OldSqliteError(version=sqlite3.sqlite_version)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _prepare(path)
    except (OSError, sqlite3.OperationalError) as error:
        raise UnusableDatabaseError(path=str(path), cause=str(error)) from error
    async with AsyncExitStack() as stack:
        writer = await stack.enter_async_context(_connect(path))
        readers = [await stack.enter_async_context(_connect(path)) for _ in range(READERS)]
        for reader in readers:
            await reader.execute("PRAGMA query_only = 1")
        yield Database(path, writer, readers)


def _prepare(path: Path) -> None:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        check = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if check != "ok":
            raise DamagedDatabaseError(path=str(path), found=check)
        migrate(connection)
        connection.execute(
            "PRAGMA journal_mode = WAL"
        )  # after a newer schema was refused untouched
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise
        raise DamagedDatabaseError(path=str(path), found=str(error)) from error
    finally:
        connection.close()


@asynccontextmanager
async def _connect(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    async with aiosqlite.connect(path, timeout=BUSY_SECONDS, isolation_level=None) as connection:
        connection.row_factory = sqlite3.Row
        await connection.execute("PRAGMA foreign_keys = 1")
        await connection.execute("PRAGMA synchronous = FULL")
        yield connection
