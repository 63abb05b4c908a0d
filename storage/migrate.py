"""Numbered migrations, each applied once in a transaction of its own; a newer schema is refused.

A migration is never edited after release: what it did stands in files we do not own.
"""

import sqlite3
from importlib import resources
from typing import Final

from storage.errors import ForeignDatabaseError, NewerSchemaError

APPLICATION_ID: Final = 0x53564F44  # "SVOD", in the file's header


def migrations() -> list[tuple[int, str]]:
    """(number, SQL), in order."""
    folder = resources.files("storage").joinpath("migrations")
    files = sorted(item.name for item in folder.iterdir() if item.name.endswith(".sql"))
    return [(int(name[:4]), folder.joinpath(name).read_text(encoding="utf-8")) for name in files]


def newest_schema() -> int:
    return migrations()[-1][0]


def _refuse_foreign(connection: sqlite3.Connection) -> None:
    """Raises ForeignDatabaseError for another program's file."""
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and application != APPLICATION_ID:
        raise ForeignDatabaseError(application=application)


def migrate(connection: sqlite3.Connection) -> int:
    """Bring the schema up to date; the number of migrations applied.

    `connection` is in autocommit mode. Raises NewerSchemaError and ForeignDatabaseError, having
    changed nothing.
    """
    _refuse_foreign(connection)
    known = migrations()
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    newest = known[-1][0]
    if version > newest:
        raise NewerSchemaError(schema=version, known=newest)
    pending = [(number, sql) for number, sql in known if number > version]
    for number, sql in pending:
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\n"
            f"PRAGMA application_id = {APPLICATION_ID};\nCOMMIT;"
        )
    return len(pending)
