"""Migrations: numbered SQL files, each applied once, in order, in a transaction of its own.

A migration is never edited after release: what it did stands in files we do not own.
"""

import sqlite3
from functools import cache
from importlib import resources
from typing import Final

from storage.packing import packed_marks, packed_numbers

APPLICATION_ID: Final = 0x53564F44  # "SVOD", in the file's header


@cache
def migrations() -> tuple[tuple[int, str], ...]:
    """(number, SQL), in order."""
    folder = resources.files("storage").joinpath("migrations")
    files = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return tuple(
        (int(name[:4]), folder.joinpath(name).read_text(encoding="utf-8")) for name in files
    )


def newest_schema() -> int:
    return migrations()[-1][0]


def migrate(connection: sqlite3.Connection) -> int:
    """Bring the schema up to date; the number of migrations applied.

    `connection` is in autocommit mode. A migration that fails leaves the file as the last one
    that succeeded left it.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.create_function("packed_marks", 1, packed_marks, deterministic=True)
    connection.create_function("packed_numbers", 1, packed_numbers, deterministic=True)
    pending = [(number, sql) for number, sql in migrations() if number > version]
    for number, sql in pending:
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\n"
                f"PRAGMA application_id = {APPLICATION_ID};\nCOMMIT;"
            )
        except sqlite3.Error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return len(pending)
