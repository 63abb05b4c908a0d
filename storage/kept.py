"""Everything the file holds of one chat, for it to take away. The tables are found by the schema:
a new one is in it by itself, as it is in what erasing takes (`storage/erasing.py`)."""

import asyncio
import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

from digests.models import ChatId, SourceKind
from storage.database import Database, Transaction
from storage.instants import from_seconds

Row = dict[str, Any]
T = TypeVar("T")
R = TypeVar("R")
ROWS_A_STEP: Final = 10  # some 2 ms, of messages as long as they may be; others run between two
INSTANTS: Final = ("_at", "_until")
# Of updates neither the text, which is kept only until they are handled, nor whose lane they are
# in: in a group that is another person's number.
LEFT_OUT: Final = frozenset({("incoming_update", "body"), ("incoming_update", "lane")})


async def tables_of_chats(reading: Database | Transaction) -> list[str]:
    """Every table with a column that names a chat, the subscriber's own first."""
    rows = await reading.fetch_all(
        """
        SELECT list.name FROM pragma_table_list AS list, pragma_table_info(list.name) AS info
        WHERE list.schema = 'main' AND list.type = 'table' AND info.name = 'chat_id'
        ORDER BY list.name <> 'subscriber', list.name
        """
    )
    return [row["name"] for row in rows]


async def all_kept(db: Database, chat: ChatId) -> dict[str, list[Row]]:
    """The rows that name the chat, by table, and what it was told or sent in words."""
    kept: dict[str, list[Row]] = {}
    for table in await tables_of_chats(db):
        rows = await db.fetch_all(
            f'SELECT * FROM "{table}" WHERE chat_id = :chat',  # noqa: S608 - a name of the schema
            {"chat": chat},
        )
        if rows:
            names = [name for name in rows[0].keys() if (table, name) not in LEFT_OUT]  # noqa: SIM118
            kept[table] = await in_steps(rows, partial(_row, names=names))
    return kept | await _in_words(db, chat)


async def in_steps(items: Iterable[T], of: Callable[[T], R]) -> list[R]:
    """`of` each, in steps: thousands of rows at once would hold up everybody."""
    made: list[R] = []
    for item in items:
        made.append(of(item))
        if len(made) % ROWS_A_STEP == 0:
            await asyncio.sleep(0)
    return made


async def _in_words(db: Database, chat: ChatId) -> dict[str, list[Row]]:
    told = await db.fetch_all(
        """
        SELECT digest.made_at, article.title, article.link
        FROM told JOIN digest ON digest.id = told.digest_id
        JOIN article ON article.id = told.article_id
        WHERE told.chat_id = :chat ORDER BY digest.made_at, told.place
        """,
        {"chat": chat},
    )
    sent = await db.fetch_all(
        """
        SELECT source.kind, article.title, article.link, article.published_at, article.text
        FROM article JOIN source ON source.id = article.source_id
        WHERE source.owner_chat_id = :chat
          AND source.kind IN (SELECT value FROM json_each(:kinds)) ORDER BY article.id
        """,
        {"chat": chat, "kinds": json.dumps([SourceKind.SENT, SourceKind.FILES])},
    )
    return {"stories_told": await _rows(told), "articles_sent": await _rows(sent)}


async def _rows(found: Sequence[Any]) -> list[Row]:
    names = found[0].keys() if found else ()
    return await in_steps(found, partial(_row, names=names))


def _row(row: Any, names: Iterable[str]) -> Row:  # noqa: ANN401 - of whatever columns
    return {name: _readable(name, row[name]) for name in names}


def _readable(name: str, value: object) -> object:
    """Instants as people write them, and JSON as what it holds."""
    if name.endswith(INSTANTS) and isinstance(value, int):
        return from_seconds(value).isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
