"""What `/export` gives: all that the file holds of a chat, and nothing of anybody else."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from bot.exporting import Exported, as_json
from digests.models import ChatId, SourceKind
from storage.kept import ROWS_A_STEP, all_kept, in_steps, tables_of_chats
from storage.sources import add_source
from tests.factories import NOW, prepared, store, store_chat
from tests.storage.planting import Planter, opened
from tests.storage.planting import tables_of_chats as all_tables

if TYPE_CHECKING:
    from storage.database import Database

CHAT, OTHER = ChatId(700_100_200), ChatId(700_100_201)


async def test_every_text_of_every_table_that_names_the_chat_is_exported(db: Database) -> None:
    with opened(db.path) as connection:
        planters = [Planter(connection, CHAT, "canary"), Planter(connection, OTHER, "neighbour")]
        for planter in planters:
            for table in sorted(all_tables(connection)):
                planter.plant(table)
    kept = await all_kept(db, CHAT)
    named = await tables_of_chats(db)
    assert named[0] == "subscriber"
    assert set(named) <= kept.keys()
    for table in named:
        found = json.dumps(kept[table])
        for column in planters[0].columns:
            if column.split(".")[0] == table and column != "incoming_update.body":
                assert f"canary{column}".replace("_", "").replace(".", "") in found, column
    assert "neighbour" not in json.dumps(kept)
    assert str(OTHER) not in json.dumps(kept)


async def test_instants_are_dates_and_json_is_what_it_holds(db: Database) -> None:
    chat = await store_chat(db, CHAT)
    async with db.write() as tx:
        await tx.execute(
            """
            INSERT INTO delivery (chat_id, part, content, due_at, created_at)
            VALUES (:chat, 1, '{"text": "Привет"}', 0, 0)
            """,
            {"chat": chat},
        )
    kept = await all_kept(db, chat)
    assert kept["subscriber"][0]["created_at"] == NOW.isoformat()
    assert kept["delivery"][0]["content"] == {"text": "Привет"}


async def test_what_somebody_sent_is_given_back_with_its_text(db: Database) -> None:
    chat = await store_chat(db, CHAT)
    sent, _ = await add_source(db, SourceKind.SENT, "links", "Присланное", NOW, owner=chat)
    feed, _ = await add_source(db, SourceKind.FEED, "https://a.example/f", "А", NOW, owner=chat)
    await store(db, sent, prepared("Своя заметка о мосте", text="Текст заметки о новом мосте."))
    await store(db, feed, prepared("Статья издания", text="Издание отвечает за свои тексты само."))
    (found,) = (await all_kept(db, chat))["articles_sent"]
    assert found["title"] == "Своя заметка о мосте"
    assert "заметки" in found["text"]


async def test_others_run_while_thousands_of_rows_are_made_readable() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(others())
        assert await in_steps(range(1_000), str) == [str(number) for number in range(1_000)]
        assert turns >= 1_000 // ROWS_A_STEP
        turns = 0
        rows = [{"text": f"сообщение {number}"} for number in range(1_000)]
        given = json.loads(await as_json(Exported([], ["ИИ"], kept={"delivery": rows, "vote": []})))
        assert turns >= 1_000 // ROWS_A_STEP
        assert given["kept"] == {"delivery": rows, "vote": []}
        assert (given["svodka"], given["sources"], given["topics"]) == (1, [], ["ИИ"])
        task.cancel()
