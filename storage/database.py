"""The file: one writer connection, two readers, transactions.

A file that is damaged, newer than the program or another program's is refused as it is, with the
command that helps. Before a migration there is a backup.

Writes are `BEGIN IMMEDIATE` (a deferred transaction that upgrades fails at once with
BUSY_SNAPSHOT whatever the time-out) and nothing is awaited on the network inside one. Readers are
`query_only`; two of them cut queueing behind a slow query, more do not raise throughput.
"""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import aiosqlite

from storage import counts, fresh
from storage.backups import back_up, folder_of, newest_backup, schema_backup
from storage.checking import BUSY_SECONDS, INSTRUCTIONS_A_LOOK, check_file
from storage.errors import (
    BusyDatabaseError,
    DamagedDatabaseError,
    DatabaseError,
    DiskFullError,
    NewerSchemaError,
    OldSqliteError,
    UnusableDatabaseError,
)
from storage.migrate import migrate, newest_schema

READERS: Final = 2
WRITER_CACHE_KIB: Final = 16_384  # indices of articles are written all over
PROBE_BYTES: Final = 256 * 1024
CUTTING_MS: Final = 100
REWRITING: Final = "rewrite"  # name of the stored value: pages hold what was deleted before
OLDEST_SQLITE: Final = (3, 37, 0)

# A write, the growth of the log's index, or a flush that the disk has no room for.
NO_ROOM: Final = frozenset((
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR_WRITE,
    sqlite3.SQLITE_IOERR_SHMSIZE,
    sqlite3.SQLITE_IOERR_FSYNC,
))  # fmt: skip

T = TypeVar("T")
Parameters = Mapping[str, Any]
NOTHING: Final[Parameters] = {}


class Statements:
    """Statements one after another, on the connection's own thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Parameters = NOTHING) -> int:
        """Run one statement; the number of rows it changed."""
        return self._connection.execute(sql, parameters).rowcount

    def insert(self, sql: str, parameters: Parameters = NOTHING) -> int | None:
        """Run one INSERT; the new row's id, None where OR IGNORE kept it out."""
        cursor = self._connection.execute(sql, parameters)
        return cursor.lastrowid if cursor.rowcount > 0 else None

    def execute_all(self, sql: str, rows: Sequence[Parameters]) -> None:
        self._connection.executemany(sql, rows)

    def fetch_all(self, sql: str, parameters: Parameters = NOTHING) -> list[sqlite3.Row]:
        return self._connection.execute(sql, parameters).fetchall()

    def fetch_one(self, sql: str, parameters: Parameters = NOTHING) -> sqlite3.Row | None:
        rows = self.fetch_all(sql, parameters)
        return rows[0] if rows else None


async def _run(connection: aiosqlite.Connection, work: Callable[[Statements], T]) -> T:
    # aiosqlite itself offers single statements only, each a hop to the thread and back.
    inside = Statements(connection._conn)  # noqa: SLF001
    result: T = await connection._execute(work, inside)  # type: ignore[no-untyped-call]  # noqa: SLF001
    return result


class Transaction:
    """Statements inside one write transaction."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def run(self, work: Callable[[Statements], T]) -> T:
        """Many statements in one hop to the connection's thread. What computes between them keeps
        the event loop waiting for the interpreter, so each stretch of it must be short."""
        return await _run(self._connection, work)

    async def execute(self, sql: str, parameters: Parameters = NOTHING) -> int:
        """Run one statement; the number of rows it changed."""
        return await self.run(lambda inside: inside.execute(sql, parameters))

    async def insert(self, sql: str, parameters: Parameters = NOTHING) -> int | None:
        """Run one INSERT; the new row's id, None where OR IGNORE kept it out."""
        return await self.run(lambda inside: inside.insert(sql, parameters))

    async def execute_all(self, sql: str, rows: Sequence[Parameters]) -> None:
        await self.run(lambda inside: inside.execute_all(sql, rows))

    @property
    def total_changes(self) -> int:
        """Rows changed since the file was opened."""
        return self._connection.total_changes

    async def fetch_all(self, sql: str, parameters: Parameters = NOTHING) -> list[sqlite3.Row]:
        return await self.run(lambda inside: inside.fetch_all(sql, parameters))

    async def fetch_one(self, sql: str, parameters: Parameters = NOTHING) -> sqlite3.Row | None:
        rows = await self.fetch_all(sql, parameters)
        return rows[0] if rows else None


class Database:
    """Made by `open_database` only."""

    def __init__(
        self, path: Path, writer: aiosqlite.Connection, readers: list[aiosqlite.Connection]
    ) -> None:
        self.path = path
        self.is_full = False  # since a write found no room, until `has_room` finds some
        self._writer = writer
        self._writing = asyncio.Lock()
        self._filling = asyncio.Lock()
        self._is_filled = False  # `fresh`, from the file
        self._readers: asyncio.Queue[aiosqlite.Connection] = asyncio.Queue()
        for reader in readers:
            self._readers.put_nowait(reader)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """One transaction: committed at the end of the block, rolled back on any error in it.

        Raises DiskFullError, BusyDatabaseError.
        """
        async with self._writing:
            try:
                # Cancelled while it waits, BEGIN still happens in its thread; a COMMIT may fail.
                await self._writer.execute("BEGIN IMMEDIATE")
                yield Transaction(self._writer)
                await self._writer.commit()
            except sqlite3.OperationalError as error:
                await self._writer.rollback()
                raise self._explained(error) from error
            except BaseException:
                await self._writer.rollback()
                raise

    def _explained(self, error: sqlite3.OperationalError) -> Exception:
        """What the operator can do something about; else the error itself."""
        if error.sqlite_errorcode in NO_ROOM:
            self.is_full = True
            return DiskFullError(path=str(self.path), cause=str(error))
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return BusyDatabaseError(path=str(self.path), cause=str(error))
        return error

    async def has_room(self) -> bool:
        """Whether something of some size can be written again."""
        try:
            async with self.write() as tx:
                values = {"name": "room", "value": "0" * PROBE_BYTES}
                await tx.execute("INSERT INTO state (name, value) VALUES (:name, :value)", values)
                await tx.execute("DELETE FROM state WHERE name = :name", values)
        except DatabaseError:
            return False
        self.is_full = False
        return True

    async def fill_fresh(self) -> None:
        """Make what new articles are held against, once after a start."""
        async with self._filling:
            while not self._is_filled:
                async with self.write() as tx:
                    is_filled = await tx.run(fresh.fill_some)
                self._is_filled = is_filled

    async def write_counts(self) -> None:
        """Before the file is closed; what is lost where it cannot be written matters little."""
        with suppress(DatabaseError, sqlite3.Error):
            if await self._writer.execute_fetchall("SELECT 1 FROM fresh_count LIMIT 1"):
                async with self.write() as tx:
                    await tx.run(counts.write_counts)

    async def cut_log(self) -> bool:
        """Move all of the log into the file and leave none of its bytes. False: somebody reads
        what it holds; waiting for them would hold up every write."""
        async with self._writing:
            await self._writer.execute(f"PRAGMA busy_timeout = {CUTTING_MS}")
            try:
                rows = await self._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.OperationalError as error:
                raise self._explained(error) from error
            finally:
                await self._writer.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        return not any(row[0] for row in rows)

    async def read(self, work: Callable[[Statements], T]) -> T:
        """Many reads in one hop; nothing can be written."""
        reader = await self._readers.get()
        try:
            return await _run(reader, work)
        finally:
            self._readers.put_nowait(reader)

    async def peek(self, work: Callable[[Statements], T]) -> T:
        """As `read`, on the connection that writes, which alone sees what is held in memory, even
        of a transaction under way; behind what it does just now, fifty articles at most."""
        return await _run(self._writer, work)

    async def fetch_all(self, sql: str, parameters: Parameters = NOTHING) -> list[sqlite3.Row]:
        return await self.read(lambda inside: inside.fetch_all(sql, parameters))

    async def fetch_one(self, sql: str, parameters: Parameters = NOTHING) -> sqlite3.Row | None:
        rows = await self.fetch_all(sql, parameters)
        return rows[0] if rows else None


@asynccontextmanager
async def open_database(path: Path, backups: Path | None = None) -> AsyncIterator[Database]:
    """Open the file, made and migrated as needed; `backups` None: they are beside it.

    Raises OldSqliteError, NewerSchemaError, ForeignDatabaseError, UnusableDatabaseError, and
    DamagedDatabaseError when the file is not a sound database. What is refused is left as it is,
    never made anew.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise OldSqliteError(version=sqlite3.sqlite_version)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        await _prepare_aside(path, backups or folder_of(path))
    except (OSError, sqlite3.OperationalError) as error:
        raise UnusableDatabaseError(path=str(path), cause=str(error)) from error
    async with AsyncExitStack() as stack:
        writer = await stack.enter_async_context(_connect(path))
        await writer.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
        await writer._execute(fresh.attach, writer._conn)  # type: ignore[no-untyped-call]  # noqa: SLF001
        readers = [await stack.enter_async_context(_connect(path)) for _ in range(READERS)]
        for reader in readers:
            await reader.execute("PRAGMA query_only = 1")
        database = Database(path, writer, readers)
        try:
            yield database
        finally:
            await database.write_counts()


async def _prepare_aside(path: Path, backups: Path) -> None:
    """A large file takes a while to check, and whoever waits may be told to stop meanwhile."""
    stopping = threading.Event()
    try:
        await asyncio.to_thread(_prepare, path, backups, stopping.is_set)
    finally:
        stopping.set()


def _prepare(path: Path, backups: Path, stopped: Callable[[], bool]) -> None:
    newest = newest_backup(backups, path)
    try:
        checked = check_file(path, empty=newest is None, stopped=stopped) if path.exists() else None
    except (DamagedDatabaseError, NewerSchemaError) as error:
        error.values["backup"] = str(newest or "BACKUP")
        raise
    if checked and 0 < checked.schema < newest_schema():
        back_up(path, schema_backup(backups, path, checked.schema), stopped)
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = 1")
        migrate(connection)
        _rewrite(connection, stopped)
        connection.execute("PRAGMA journal_mode = WAL")


def _rewrite(connection: sqlite3.Connection, stopped: Callable[[], bool]) -> None:
    """A file that deleted things before freed bytes were zeroed is written anew, once. Where there
    is no room for that, or somebody says stop, the next start tries again."""
    if not connection.execute("SELECT 1 FROM state WHERE name = ?", (REWRITING,)).fetchone():
        return
    try:
        connection.set_progress_handler(stopped, INSTRUCTIONS_A_LOOK)
        connection.execute("VACUUM")
    except sqlite3.OperationalError:
        return
    finally:
        connection.set_progress_handler(None, 0)
    connection.execute("DELETE FROM state WHERE name = ?", (REWRITING,))


@asynccontextmanager
async def _connect(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    async with aiosqlite.connect(path, timeout=BUSY_SECONDS, isolation_level=None) as connection:
        connection.row_factory = sqlite3.Row
        await connection.execute("PRAGMA foreign_keys = 1")
        await connection.execute("PRAGMA synchronous = FULL")
        await connection.execute("PRAGMA secure_delete = 1")  # what is erased is not in the file
        yield connection
