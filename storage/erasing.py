"""A chat leaves, and nothing of it stays: neither in a row nor in the bytes of the file.

`erase_chat` takes the rows: the chat's own sources with their articles in steps, then in one
transaction all that names it. Whoever breaks off begins again with the update that asks.

What deleting leaves behind, the full-text index's old segments and the pages in the log, goes in
`wipe`; it is owed until it was done, so a crash between them is mended after the start. Freed bytes
are zeroed as they are freed: every connection has `secure_delete` on, and a file written before it
had is rewritten once (`storage/database.py`).
"""

import json
import re
from collections.abc import Sequence
from typing import Final

from digests.models import Access, ChatId, SourceId
from storage.database import Database, Transaction
from storage.kept import tables_of_chats
from storage.sources import remove_source

OWED: Final = "wipe"  # name of the stored value: how often it was asked for
UPDATES: Final = "incoming_update"  # their numbers stay, so that none is handled again
MERGE_PAGES: Final = 100  # a step of the full-text index; others write between two
MERGE_STEPS: Final = 10_000


async def erase_chat(db: Database, chat: ChatId, update: int, admins: Sequence[ChatId]) -> None:
    """Everything of the chat, what waits to be sent to it or handled for it, and what `admins`
    were told of it; `update`, the one that asks, stays until it is handled (`forget_update`).

    Whoever was refused stays refused: of them the number alone is kept, with that word.
    """
    values: dict[str, object] = {
        "chat": chat,
        "update": update,
        "refused": Access.REFUSED,
        "admins": json.dumps(list(admins)),
    }
    for source in await _own_sources(db, chat):
        await remove_source(db, source)
    async with db.write() as tx:
        kept = await tx.fetch_one(
            """
            SELECT kind, language, zone, created_at FROM subscriber
            WHERE chat_id = :chat AND access = :refused
            """,
            values,
        )
        for table in await tables_of_chats(tx):  # what belongs to the subscriber goes with it
            if table != UPDATES:
                await tx.execute(f'DELETE FROM "{table}" WHERE chat_id = :chat', values)  # noqa: S608
        await _erase_mentions(tx, values)
        if kept:
            await tx.execute(
                """
                INSERT INTO subscriber (chat_id, kind, language, zone, reads, access, created_at)
                VALUES (:chat, :kind, :language, :zone, :language, :refused, :created_at)
                """,
                values | dict(kept),
            )
        await _owe_wiping(tx)


async def forget_update(tx: Transaction, update: int) -> None:
    """Its number stays, so that it is not handled again when it is delivered again."""
    await tx.execute(
        """
        UPDATE incoming_update SET chat_id = NULL, lane = 0, kind = NULL, body = NULL
        WHERE id = :id
        """,
        {"id": update},
    )
    await _owe_wiping(tx)


async def wipe(db: Database) -> bool:
    """Rewrite and cut off what holds bytes of rows that are gone. False: nothing was owed, or
    somebody reads what must go and it is still owed."""
    owed = await db.fetch_one("SELECT value FROM state WHERE name = :name", {"name": OWED})
    if owed is None:
        return False
    await _merge_index(db)
    if not await db.cut_log():
        return False
    async with db.write() as tx:
        await tx.execute(
            "DELETE FROM state WHERE name = :name AND value = :value",
            {"name": OWED, "value": owed["value"]},
        )
    return True


async def _own_sources(db: Database, chat: ChatId) -> list[SourceId]:
    rows = await db.fetch_all(
        "SELECT id FROM source WHERE owner_chat_id = :chat ORDER BY id", {"chat": chat}
    )
    return [SourceId(row["id"]) for row in rows]


async def _erase_mentions(tx: Transaction, values: dict[str, object]) -> None:
    """Where the chat is named elsewhere: its updates, an administrator's words and notices."""
    await tx.execute(
        """
        UPDATE incoming_update
        SET chat_id = NULL, lane = 0, kind = NULL, body = NULL,
            handled_at = ifnull(handled_at, received_at)
        WHERE (chat_id = :chat OR lane = :chat) AND id <> :update
        """,
        values,
    )
    await tx.execute("DELETE FROM broadcast WHERE author = :chat", values)
    await tx.execute(
        """
        UPDATE broadcast SET last_chat_id =
            (SELECT max(chat_id) FROM subscriber WHERE chat_id < :chat)
        WHERE last_chat_id = :chat
        """,
        values,
    )
    named = re.compile(rf"(?<!\d){re.escape(str(values['chat']))}(?!\d)")
    notices = await tx.fetch_all(
        """
        SELECT id, content FROM delivery
        WHERE digest_id IS NULL AND instr(content, CAST(:chat AS TEXT))
          AND chat_id IN (SELECT value FROM json_each(:admins))
        """,
        values,
    )
    await tx.execute_all(
        "DELETE FROM delivery WHERE id = :id",
        [{"id": row["id"]} for row in notices if named.search(row["content"])],
    )


async def _merge_index(db: Database) -> None:
    """Into one segment, as `optimize` does, but in steps: deleted words go where all are merged."""
    pages = -MERGE_PAGES  # negative: whatever the segments' sizes are
    for _ in range(MERGE_STEPS):
        async with db.write() as tx:
            before = tx.total_changes
            await tx.execute(
                "INSERT INTO article_search (article_search, rank) VALUES ('merge', :pages)",
                {"pages": pages},
            )
            if tx.total_changes - before < 2:
                return
        pages = MERGE_PAGES


async def _owe_wiping(tx: Transaction) -> None:
    await tx.execute(
        """
        INSERT INTO state (name, value) VALUES (:name, '1')
        ON CONFLICT (name) DO UPDATE SET value = value + 1
        """,
        {"name": OWED},
    )
