"""Puts a row of a chat into every table that can hold one, with a word of its own in every text.

What there is to fill is read from the schema, so that a new table or column cannot be forgotten.
"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 1_795_000_000
CHAT_COLUMNS = frozenset(
    {"chat_id", "user_id", "owner_chat_id", "author", "last_chat_id", "lane", "acts_for"}
)
# What triggers read: JSON of pairs, and packed numbers of four bytes each.
WEIGHED = {("article_sketch", "heavy"), ("article_sketch", "bridges")}
NUMBERS_LETTERS = 80
# Tables that hold nothing a subscriber can fill, and why.
OF_NO_CHAT = {
    "story": "a number and an instant",
    "apart": "pairs of stories, by an administrator",
    "key_count": "words of shared articles only; what is somebody's own is not counted",
    "state": "the bot's own values",
    "sqlite_sequence": "SQLite's own",
}


@dataclass
class Planter:
    """Plants for one chat; `word` is in every text it plants, with the column's name behind it."""

    connection: sqlite3.Connection
    chat: int
    word: str
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)  # where the word is now, as table.column

    def plant(self, table: str) -> dict[str, Any]:
        """A row of the table and of all it refers to, once."""
        if table not in self.rows:
            self.rows[table] = {}
            links = self._links(table)
            values = {
                column["name"]: self._value(table, column, links)
                for column in columns_of(self.connection, table)
                if not (column["name"] == "id" and column["type"] == "INTEGER")
            }
            names = ", ".join(values)
            marks = ", ".join(f":{name}" for name in values)
            sql = f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING *"  # noqa: S608
            self.rows[table] = dict(self.connection.execute(sql, values).fetchone())
        return self.rows[table]

    def _links(self, table: str) -> dict[str, tuple[str, str]]:
        rows = self.connection.execute(f"PRAGMA foreign_key_list({table})").fetchall()
        links = {row["from"]: (row["table"], row["to"]) for row in rows if row["table"] != table}
        tables = tables_of(self.connection)
        for column in columns_of(self.connection, table):
            parent = column["name"].removesuffix("_id")
            if column["name"].endswith("_id") and parent in tables and parent != table:
                links.setdefault(column["name"], (parent, "id"))
        return links

    def _value(self, table: str, column: sqlite3.Row, links: dict[str, tuple[str, str]]) -> Any:
        name, kind = column["name"], column["type"]
        if name in CHAT_COLUMNS:
            if table != "subscriber":
                self.plant("subscriber")
            return self.chat
        if name in links:
            parent, key = links[name]
            return self.plant(parent)[key]
        if kind in {"TEXT", "BLOB"}:
            return self._text(table, name, kind)
        if name.endswith(("_at", "_until")):
            return SECONDS
        return None if name == "copy_of" else self.chat % 1_000

    def _text(self, table: str, name: str, kind: str) -> str | bytes:
        if allowed := allowed_of(self.connection, table, name):
            return allowed[0]
        if table in OF_NO_CHAT:
            return "x"
        self.columns.append(f"{table}.{name}")
        word = f"{self.word} {self.word}{table}{name}".replace("_", "")
        if (table, name) in WEIGHED:
            word = json.dumps([[word, 1.0]])
        return word if kind == "TEXT" else word.encode().ljust(NUMBERS_LETTERS)


def tables_of(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
    )
    return {row["name"] for row in rows} - {"sqlite_schema"}


def columns_of(connection: sqlite3.Connection, table: str) -> list[sqlite3.Row]:
    return connection.execute(f"PRAGMA table_info({table})").fetchall()


def allowed_of(connection: sqlite3.Connection, table: str, column: str) -> list[str]:
    """The values that a CHECK of the column lets in; empty: any."""
    (sql,) = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    found = re.search(rf"CHECK\s*\(\s*{column}\s+IN\s*\(([^)]*)\)", sql)
    return re.findall(r"'([^']*)'", found[1]) if found else []


def tables_of_chats(connection: sqlite3.Connection) -> set[str]:
    """Those with a column that names a chat, or a row, of a table that has one."""
    tables = tables_of(connection) - OF_NO_CHAT.keys()
    planter = Planter(connection, 1, "")
    found = {
        table
        for table in tables
        if CHAT_COLUMNS & {column["name"] for column in columns_of(connection, table)}
    }
    while more := {
        table
        for table in tables - found
        if found & {parent for parent, _ in planter._links(table).values()}
    }:
        found |= more
    return found


def opened(path: Path) -> closing[sqlite3.Connection]:
    connection = sqlite3.connect(path, isolation_level=None, timeout=5)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = 1")
    connection.execute("PRAGMA secure_delete = 1")
    return closing(connection)


def bytes_of(path: Path) -> bytes:
    """The file and its log, as a thief would read them."""
    log = path.with_name(path.name + "-wal")
    return path.read_bytes() + (log.read_bytes() if log.exists() else b"")


def mentions(connection: sqlite3.Connection, chat: int) -> Iterator[str]:
    """Where a row holds the number of the chat, as table.column."""
    number = re.compile(rf"(?<!\d){re.escape(str(chat))}(?!\d)")
    for table in tables_of(connection):
        for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608
            for name in row.keys():  # noqa: SIM118 - a row iterates its values
                if row[name] == chat or (isinstance(row[name], str) and number.search(row[name])):
                    yield f"{table}.{name}"
