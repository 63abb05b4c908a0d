"""What people set about a source: its weight, whether its pages are read, who wants none of it."""

import json
from collections import defaultdict
from collections.abc import Sequence

from digests.models import ChatId, SourceId
from storage.database import Database


async def set_weight(db: Database, source: SourceId, weight: float) -> None:
    async with db.write() as tx:
        await tx.execute(
            "UPDATE source SET weight = :weight WHERE id = :id", {"id": source, "weight": weight}
        )


async def set_pages(db: Database, source: SourceId, pages: str) -> None:
    """`auto`, `on` or `off`: whether articles are read from their pages."""
    async with db.write() as tx:
        await tx.execute(
            "UPDATE source SET pages = :pages WHERE id = :id", {"id": source, "pages": pages}
        )


async def mute_source(db: Database, chat: ChatId, source: SourceId, *, muted: bool) -> None:
    """Leave a source out of a chat's digests, or take it in again."""
    values = {"chat": chat, "source": source}
    async with db.write() as tx:
        if muted:
            await tx.execute(
                """
                INSERT OR IGNORE INTO source_mute (chat_id, source_id) VALUES (:chat, :source)
                """,
                values,
            )
        else:
            await tx.execute(
                "DELETE FROM source_mute WHERE chat_id = :chat AND source_id = :source", values
            )


async def muted_sources(db: Database, chats: Sequence[ChatId]) -> dict[ChatId, frozenset[SourceId]]:
    """What each of these chats wants nothing of; those that mute nothing are left out."""
    rows = await db.fetch_all(
        """
        SELECT chat_id, source_id FROM source_mute
        WHERE chat_id IN (SELECT value FROM json_each(:chats))
        """,
        {"chats": json.dumps(list(chats))},
    )
    muted: defaultdict[ChatId, set[SourceId]] = defaultdict(set)
    for row in rows:
        muted[ChatId(row["chat_id"])].add(SourceId(row["source_id"]))
    return {chat: frozenset(found) for chat, found in muted.items()}
