"""Looks at a file without touching it: whether it is sound, ours, not newer than the program.

Read-only, and where no log lies beside it immutable, so that a refused file keeps every byte.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from storage.errors import DamagedDatabaseError, ForeignDatabaseError, NewerSchemaError
from storage.migrate import APPLICATION_ID, newest_schema

BUSY_SECONDS: Final = 8.0
INSTRUCTIONS_A_LOOK: Final = 100_000


@dataclass(frozen=True, slots=True)
class Checked:
    schema: int  # 0: an empty file
    rows: dict[str, int]  # by table; empty when they were not counted


def check_file(
    path: Path,
    *,
    thoroughly: bool = False,
    empty: bool = True,
    stopped: Callable[[], bool] = lambda: False,
) -> Checked:
    """Read every page; `thoroughly` also every index entry, and count the rows. `empty` says
    whether a file of no bytes is a database that is still to be made. Once `stopped` says so it
    ends with an OperationalError.

    Raises DamagedDatabaseError, ForeignDatabaseError, NewerSchemaError, having changed nothing.
    """
    if not empty and not path.stat().st_size:
        raise DamagedDatabaseError(path=str(path), found="the file is empty")
    try:
        with open_untouched(path) as connection:
            connection.set_progress_handler(stopped, INSTRUCTIONS_A_LOOK)
            schema = known_schema(connection)
            check = "integrity_check(1)" if thoroughly else "quick_check(1)"
            found = connection.execute(f"PRAGMA {check}").fetchone()[0]
            if found != "ok":
                raise DamagedDatabaseError(path=str(path), found=found)
            return Checked(schema, count_rows(connection) if thoroughly else {})
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and not is_damage(error):
            raise
        raise DamagedDatabaseError(path=str(path), found=str(error)) from error


def is_damage(error: sqlite3.Error) -> bool:
    """A cut header or a page that lies about itself may come as an operational error too."""
    return error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


@contextmanager
def open_untouched(path: Path) -> Iterator[sqlite3.Connection]:
    mode = "immutable=1"
    if path.with_name(f"{path.name}-wal").exists():
        mode = "mode=ro"
    elif path.with_name(f"{path.name}-journal").exists():
        mode = "mode=rw"  # what a crash left half done is rolled back first
    uri = f"file:{quote(str(path.resolve()))}?{mode}"
    with closing(
        sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    ) as connection:
        yield connection


def known_schema(connection: sqlite3.Connection) -> int:
    """Raises ForeignDatabaseError, NewerSchemaError."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and application != APPLICATION_ID:
        raise ForeignDatabaseError(application=application)
    schema = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if schema > newest_schema():
        raise NewerSchemaError(schema=schema, known=newest_schema())
    return schema


def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """Of every table but those that belong to the full-text index."""
    tables = connection.execute(
        """
        SELECT name FROM pragma_table_list
        WHERE type = 'table' AND schema = 'main' AND name NOT LIKE 'sqlite_%'
        """
    ).fetchall()
    return {
        name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
        for (name,) in tables
    }
