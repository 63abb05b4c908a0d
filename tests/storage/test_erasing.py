"""Whoever erases themselves is in no row and in no byte of the file; nobody else loses anything."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from digests.models import Access, ChatId, DeliveryId
from storage import digests, erasing, outbox, schedules, sources, subscribers, updates
from storage.backups import back_up
from storage.database import Database, open_database
from storage.digests import Publication, Slot, Told
from storage.erasing import erase_chat, wipe
from storage.updates import StoredUpdate
from tests.factories import NOW, prepared, store, store_chat, store_source, unlike_others
from tests.storage.planting import (
    OF_NO_CHAT,
    Planter,
    bytes_of,
    mentions,
    opened,
    tables_of,
    tables_of_chats,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from storage.database import Transaction

CHAT, OTHER, ADMIN = ChatId(700_100_200), ChatId(700_100_201), ChatId(42)
WORD, OTHERS = "zqxjkcanary", "zqyjkneighbour"
ASKING = 900


def an_update(number: int, chat: int, *, body: str = WORD, lane: int | None = None) -> StoredUpdate:
    return StoredUpdate(
        number, ChatId(chat), chat if lane is None else lane, "words", NOW, NOW, body
    )


async def erased(db: Database, chat: ChatId = CHAT) -> None:
    """As the bot does it: erase, answer, mark the update, and wipe at the next tick."""
    await updates.store_updates(db, [an_update(ASKING, chat)])
    await erase_chat(db, chat, ASKING, [ADMIN])
    await updates.mark_handled(db, ASKING, NOW, {chat: None}, erased=True)
    assert await wipe(db)
    assert not await wipe(db)


async def test_every_table_holds_something_of_a_chat_or_is_known_not_to(db: Database) -> None:
    with opened(db.path) as connection:
        assert tables_of_chats(connection) | OF_NO_CHAT.keys() == tables_of(connection)
        assert not tables_of_chats(connection) & OF_NO_CHAT.keys()


async def test_of_every_text_a_chat_can_fill_no_byte_is_left(db: Database) -> None:
    with opened(db.path) as connection:
        planters = [Planter(connection, CHAT, WORD), Planter(connection, OTHER, OTHERS)]
        for planter in planters:
            for table in sorted(tables_of_chats(connection)):
                planter.plant(table)
        columns = planters[0].columns
        assert {"topic.words", "delivery.content", "incoming_update.body"} < set(columns)
        assert len(columns) > 40
        assert {name.split(".")[0] for name in mentions(connection, CHAT)} > {"subscriber", "told"}
        neighbours = sorted(mentions(connection, OTHER))
        for column in columns:
            assert f"{WORD}{column}".replace("_", "").replace(".", "").encode() in bytes_of(db.path)
        await erased(db)
        assert bytes_of(db.path).count(WORD.encode()) == 0
        assert list(mentions(connection, CHAT)) == []
        assert sorted(mentions(connection, OTHER)) == neighbours
        for column in planters[1].columns:
            assert (f"{OTHERS}{column}".replace("_", "").replace(".", "")).encode() in bytes_of(
                db.path
            ), column


async def test_nothing_is_left_of_what_was_changed_and_removed_before(db: Database) -> None:
    chat = await store_chat(db, CHAT, title=WORD)
    await store_chat(db, OTHER)
    for number in range(200):
        await subscribers.add_topic(db, chat, f"{WORD} {number}", NOW)
        for topic in (await subscribers.topics_of(db, chat))[:-5]:
            await subscribers.remove_topic(db, chat, topic.id)
        body = json.dumps({"text": WORD * (number % 40 * 20)})
        await updates.store_updates(db, [an_update(number, chat, body=body)])
        await updates.store_updates(db, [an_update(10_000 + number, OTHER, body="x" * 900)])
        await updates.mark_handled(db, number, NOW, {chat: WORD})
        if number % 3 == 0:
            await outbox.add_notice(db, chat, body, NOW)
    await erased(db)
    assert bytes_of(db.path).count(WORD.encode()) == 0


async def test_words_of_own_articles_leave_the_index_too(db: Database) -> None:
    chat = await store_chat(db, CHAT)
    shared, own = await store_source(db), await store_source(db, "https://a.example/f", owner=chat)
    for number in range(40):
        await store(db, shared, prepared(f"Новый мост открыли {number}", guid=f"s{number}"))
        await store(db, own, prepared(f"{WORD} {WORD}{number} открыт", guid=f"o{number}"))
    assert WORD.encode() in bytes_of(db.path)
    await erased(db)
    assert bytes_of(db.path).count(WORD.encode()) == 0
    rows = await db.fetch_all("SELECT rowid FROM article_search WHERE article_search MATCH 'мост'")
    assert len(rows) == 40


async def test_own_articles_go_in_steps_and_others_write_between_them(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "ARTICLES_A_BATCH", 5)
    chat = await store_chat(db, CHAT)
    own = await store_source(db, "https://a.example/f", owner=chat)
    await store(db, own, *(prepared(f"{WORD}{n} открыт", guid=f"o{n}") for n in range(12)))
    left: list[int] = []
    write = Database.write

    @asynccontextmanager
    async def counting(self: Database) -> AsyncIterator[Transaction]:
        async with write(self) as tx:
            yield tx
            row = await tx.fetch_one("SELECT count(*) AS articles FROM article")
            left.append(row["articles"] if row else 0)

    monkeypatch.setattr(Database, "write", counting)
    await erase_chat(db, chat, ASKING, [])
    assert list(dict.fromkeys(left)) == [12, 7, 2, 0]


async def test_erasing_that_breaks_off_half_way_is_finished_when_done_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> None:
        raise RuntimeError

    chat = await store_chat(db, CHAT, title=WORD)
    own = await store_source(db, "https://a.example/f", owner=chat)
    await store(db, own, prepared(f"{WORD} открыт", text=f"{WORD} {unlike_others(1, 30)}"))
    await subscribers.add_topic(db, chat, WORD, NOW)
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_erase_mentions", crash)
        with pytest.raises(RuntimeError):
            await erase_chat(db, chat, ASKING, [])
    assert await subscribers.find_subscriber(db, chat), "that is where it broke off"
    await erased(db)
    assert await subscribers.find_subscriber(db, chat) is None
    assert bytes_of(db.path).count(WORD.encode()) == 0


async def test_updates_under_way_are_nobodys_and_are_not_handled_again(db: Database) -> None:
    await store_chat(db, CHAT)
    waiting = [an_update(1, CHAT), an_update(2, -5, lane=CHAT), an_update(3, OTHER)]
    await updates.store_updates(db, waiting)
    await erased(db)
    await updates.store_updates(db, waiting)  # as Telegram may bring them again
    assert [one.id for one in await updates.first_of_lanes(db, [], 9)] == [3]


async def test_until_its_update_is_marked_a_crash_finds_it_to_be_done_again(db: Database) -> None:
    await store_chat(db, CHAT)
    await updates.store_updates(db, [an_update(ASKING, CHAT)])
    await erase_chat(db, CHAT, ASKING, [])
    assert [one.id for one in await updates.first_of_lanes(db, [], 9)] == [ASKING]
    await store_chat(db, CHAT)  # the press introduces itself again
    await erase_chat(db, CHAT, ASKING, [])
    await updates.mark_handled(db, ASKING, NOW, {}, erased=True)
    assert not await updates.first_of_lanes(db, [], 9)
    assert await subscribers.find_subscriber(db, CHAT) is None


async def test_what_is_on_its_way_to_the_chat_is_not_sent(db: Database) -> None:
    await store_chat(db, CHAT)
    await outbox.add_notice(db, CHAT, "{}", NOW)
    (claimed,) = await outbox.claim(db, NOW, 9)
    await erased(db)
    assert not await outbox.mark_sending(db, claimed.id)
    await outbox.mark_sent(db, claimed.id, 5)  # it was out already
    await outbox.put_back(db, claimed.id, NOW, "x")
    assert await outbox.count_by_state(db) == {}


async def test_a_digest_made_meanwhile_is_not_kept(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, prepared())
    await store_chat(db, CHAT)
    other = await store_chat(db, OTHER)
    await erased(db)
    told = [Told(1, 1, 1)]
    slot = Slot("a")
    written = await digests.publish_all(
        db, NOW, [Publication(chat, slot, NOW, ["{}"], told) for chat in (CHAT, other)]
    )
    assert written[0] is None
    assert written[1] is not None
    assert await outbox.count_by_state(db) == {"waiting": 1}


async def test_administrators_keep_no_notice_of_the_chat(db: Database) -> None:
    await store_chat(db, CHAT, title=WORD)
    for content in (f"просится {WORD}, {CHAT}", f"не {CHAT}0", "другое"):
        await outbox.add_notice(db, ADMIN, content, NOW)
    await outbox.add_notice(db, OTHER, f"чужое {CHAT}", NOW)
    await erased(db)
    rows = await db.fetch_all("SELECT content FROM delivery ORDER BY id")
    assert [row["content"] for row in rows] == [f"не {CHAT}0", "другое", f"чужое {CHAT}"]
    assert bytes_of(db.path).count(WORD.encode()) == 0


async def test_a_broadcast_goes_on_behind_the_chat_before(db: Database) -> None:
    for chat in (CHAT - 1, CHAT, OTHER):
        await store_chat(db, chat)
    async with db.write() as tx:
        for number, author in ((1, ADMIN), (2, CHAT)):
            await tx.execute(
                """
                INSERT INTO broadcast (id, author, content, created_at, last_chat_id)
                VALUES (:id, :author, 'x', 1, :last)
                """,
                {"id": number, "author": author, "last": CHAT},
            )
    await erased(db)
    rows = await db.fetch_all("SELECT id, last_chat_id FROM broadcast")
    assert [tuple(row) for row in rows] == [(1, CHAT - 1)]


async def test_whoever_was_refused_stays_refused_and_nothing_else(db: Database) -> None:
    chat = await store_chat(db, CHAT, title=WORD)
    await subscribers.add_topic(db, chat, WORD, NOW)
    await subscribers.set_access(db, chat, Access.REFUSED)
    await erased(db)
    found = await subscribers.find_subscriber(db, chat)
    assert found is not None
    assert (found.access, found.title) == (Access.REFUSED, "")
    assert bytes_of(db.path).count(WORD.encode()) == 0
    assert await schedules.schedules_of(db, chat) == []


async def test_wiping_waits_for_whoever_reads_the_log(db: Database) -> None:
    await store_chat(db, CHAT, title=WORD)
    with opened(db.path) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM subscriber").fetchone()
        await erase_chat(db, CHAT, ASKING, [])
        assert not await wipe(db)
        assert WORD.encode() in bytes_of(db.path)
        reader.execute("COMMIT")
    assert await wipe(db)
    assert bytes_of(db.path).count(WORD.encode()) == 0


async def test_a_file_that_deleted_before_it_wiped_is_rewritten_once(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    async with open_database(path) as db:
        await store_chat(db, CHAT)
        async with db.write() as tx:
            await tx.execute("INSERT INTO state (name, value) VALUES ('rewrite', '1')")
    with opened(path) as old:
        old.execute("PRAGMA secure_delete = 0")
        old.execute("INSERT INTO incoming_update (id, body, received_at) VALUES (1, ?, 1)",
                    (WORD * 900,))  # fmt: skip
        old.execute("UPDATE incoming_update SET body = NULL")
    assert WORD.encode() in bytes_of(path)
    async with open_database(path) as db:
        assert await subscribers.find_subscriber(db, CHAT) is not None
    assert bytes_of(path).count(WORD.encode()) == 0
    copy = back_up(path, tmp_path / "copy.sqlite")
    assert copy.path.read_bytes().count(WORD.encode()) == 0


async def test_the_erased_do_not_fail_what_was_under_way(db: Database) -> None:
    await erased(db)
    assert not await outbox.mark_failed(db, DeliveryId(1), "bad_request")
    await subscribers.mark_unreachable(db, CHAT, NOW)
    with opened(db.path) as connection:
        assert list(mentions(connection, CHAT)) == []
