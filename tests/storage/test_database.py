"""The file: what is refused is left as it was, what fails is rolled back."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from storage.backups import back_up, folder_of, name_of
from storage.database import Database, Statements, open_database
from storage.errors import (
    BusyDatabaseError,
    DamagedDatabaseError,
    DiskFullError,
    ForeignDatabaseError,
    NewerSchemaError,
)
from storage.migrate import APPLICATION_ID, migrations
from storage.outbox import recover
from storage.state import read_state, write_state
from storage.updates import first_of_lanes
from tests.factories import NOW


async def opens(path: Path) -> None:
    async with open_database(path):
        pass


async def test_what_was_written_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "below" / "svodka.sqlite"
    async with open_database(path) as db:
        await write_state(db, "a", "1")
        await write_state(db, "a", "2")
    async with open_database(path) as db:
        assert await read_state(db, "a") == "2"
        assert await read_state(db, "b") is None


async def test_the_file_says_whose_it_is_and_how_new(tmp_path: Path) -> None:
    await opens(tmp_path / "db")
    file = sqlite3.connect(tmp_path / "db")
    assert file.execute("PRAGMA user_version").fetchone()[0] == migrations()[-1][0]
    assert file.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    assert file.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    file.close()


async def test_a_newer_schema_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "db"
    file = sqlite3.connect(path)
    file.executescript(
        "CREATE TABLE tomorrow (a); PRAGMA user_version = 9000;"
        f"PRAGMA application_id = {APPLICATION_ID};"
    )
    file.close()
    before = path.read_bytes()
    with pytest.raises(NewerSchemaError) as refused:
        await opens(path)
    assert refused.value.values["schema"] == 9000
    assert path.read_bytes() == before


async def test_a_file_of_another_program_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "db"
    file = sqlite3.connect(path)
    file.execute("CREATE TABLE theirs (a)")
    file.close()
    before = path.read_bytes()
    with pytest.raises(ForeignDatabaseError):
        await opens(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["text", "garbled", "cut", "headless", "emptied"])
async def test_a_damaged_file_is_refused_untouched_with_the_command_that_helps(
    tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "db"
    async with open_database(path) as db:
        for number in range(200):
            await write_state(db, f"name {number}", "value" * 100)
    backup = back_up(path, folder_of(path) / name_of(path, NOW)).path
    content = bytearray(path.read_bytes())
    if damage == "text":
        content = bytearray("Это не база данных. ".encode() * 500)
    elif damage == "garbled":
        content[4096 * 2 :] = b"\xa5" * (len(content) - 4096 * 2)
    elif damage == "cut":
        content = content[: len(content) // 2]
    elif damage == "headless":
        content[:100] = bytes(100)
    else:
        content.clear()
    path.write_bytes(content)
    with pytest.raises(DamagedDatabaseError) as refused:
        await opens(path)
    assert path.read_bytes() == content
    assert refused.value.values["backup"] == str(backup)
    assert sorted(tmp_path.iterdir()) == [path, backup.parent]


async def test_a_damaged_file_with_an_open_log_keeps_both(tmp_path: Path) -> None:
    path = tmp_path / "db"
    async with open_database(path) as db:
        await write_state(db, "a", "1")
        content, journal = path.read_bytes(), path.with_name("db-wal").read_bytes()
    damaged = tmp_path / "crashed"
    damaged.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))
    log = damaged.with_name("crashed-wal")
    log.write_bytes(journal[: len(journal) // 2])
    before = damaged.read_bytes(), log.read_bytes()
    with pytest.raises(DamagedDatabaseError):
        await opens(damaged)
    assert (damaged.read_bytes(), log.read_bytes()) == before


async def test_an_empty_file_without_backups_becomes_a_database(tmp_path: Path) -> None:
    (tmp_path / "db").touch()
    await opens(tmp_path / "db")


# --- no room ---------------------------------------------------------------------------------


async def fill(db: Database) -> None:
    """Leave the file no page to grow by, as a full disk would."""
    row = await db.fetch_one("PRAGMA page_count")
    assert row is not None
    await limit_pages(db, row[0])
    with pytest.raises(DiskFullError):
        await write_state(db, "filler", "x" * 10_000_000)


async def limit_pages(db: Database, pages: int) -> None:
    await db._writer.execute_fetchall(f"PRAGMA max_page_count = {pages}")


async def test_a_full_disk_keeps_nothing_of_the_transaction_and_lets_read(db: Database) -> None:
    await write_state(db, "a", "1")
    assert not db.is_full
    await fill(db)
    assert db.is_full
    assert await read_state(db, "a") == "1"
    assert await read_state(db, "filler") is None
    assert not await db.has_room()
    assert db.is_full


async def test_room_is_found_again_by_trying(db: Database) -> None:
    await fill(db)
    await limit_pages(db, 1_000_000)
    assert await db.has_room()
    assert not db.is_full
    await write_state(db, "filler", "x" * 10_000)
    assert await read_state(db, "room") is None


async def test_a_file_held_by_another_process_is_waited_for(db: Database) -> None:
    other = sqlite3.connect(db.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.ensure_future(write_state(db, "a", "1"))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    other.execute("COMMIT")
    other.close()
    await waiting
    assert await read_state(db, "a") == "1"


async def test_a_file_held_for_too_long_is_told_as_busy(db: Database) -> None:
    await db._writer.execute_fetchall("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(db.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyDatabaseError):
        await write_state(db, "a", "1")
    other.close()
    await write_state(db, "a", "2")
    assert await read_state(db, "a") == "2"


# --- transactions ----------------------------------------------------------------------------


async def test_an_error_inside_a_transaction_undoes_all_of_it(db: Database) -> None:
    async def write_twice() -> None:
        async with db.write() as tx:
            for _ in range(2):
                await tx.execute("INSERT INTO state (name, value) VALUES ('a', 'x')")

    with pytest.raises(sqlite3.IntegrityError):
        await write_twice()
    assert await read_state(db, "a") is None
    await write_state(db, "a", "1")


async def test_a_commit_that_fails_leaves_the_writer_usable(db: Database) -> None:
    async def write_for_nobody() -> None:
        async with db.write() as tx:
            await tx.execute("PRAGMA defer_foreign_keys = 1")
            await tx.execute(
                "INSERT INTO topic (chat_id, words, folded, created_at) VALUES (1, 'a', 'a', 0)"
            )

    with pytest.raises(sqlite3.IntegrityError):
        await write_for_nobody()
    await write_state(db, "a", "1")
    assert await db.fetch_all("SELECT id FROM topic") == []


@pytest.mark.parametrize("turns", range(12))
async def test_a_write_cancelled_anywhere_leaves_the_writer_usable(
    db: Database, turns: int
) -> None:
    async with asyncio.TaskGroup() as group:
        writing = group.create_task(write_state(db, "cancelled", "1"))
        for _ in range(turns):
            await asyncio.sleep(0)
        writing.cancel()
    await write_state(db, "after", "1")
    assert await read_state(db, "after") == "1"


async def test_writes_wait_for_each_other(db: Database) -> None:
    async def count() -> None:
        async with db.write() as tx:
            row = await tx.fetch_one("SELECT count(*) AS n FROM state")
            name = {"name": f"n{row['n'] if row else 0}"}
            await tx.execute("INSERT INTO state (name, value) VALUES (:name, '')", name)

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(count())
    assert len(await db.fetch_all("SELECT name FROM state")) == 20


async def test_readers_cannot_write(db: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await db.fetch_all("INSERT INTO state (name, value) VALUES ('a', 'b')")
    await write_state(db, "a", "1")


async def test_messages_and_updates_of_before_the_ledger_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "db"
    file = sqlite3.connect(path, isolation_level=None)
    for number, sql in migrations():
        if number < 5:
            file.executescript(sql)
    file.executescript(f"PRAGMA user_version = 4; PRAGMA application_id = {APPLICATION_ID};")
    for number, state in enumerate(("waiting", "claimed", "sending", "sent", "failed"), 1):
        file.execute(
            "INSERT INTO delivery VALUES (?, 7, NULL, 1, '{}', ?, 2, 3, 4, 5, 'error', 6)",
            (number, state),
        )
    file.execute("INSERT INTO incoming_update VALUES (9, 7, '{}', 1, NULL)")
    before = file.execute("SELECT * FROM delivery").fetchall()
    file.close()
    async with open_database(path) as db:
        assert [tuple(row) for row in await db.fetch_all("SELECT * FROM delivery")] == before
        assert [one.lane for one in await first_of_lanes(db, [], 9)] == [7]
        assert await recover(db, hold=True) == 1


async def test_what_fails_among_many_statements_undoes_all_of_them(db: Database) -> None:
    def fill(inside: Statements) -> None:
        inside.execute("INSERT INTO state (name, value) VALUES ('a', '1')")
        assert inside.fetch_one("SELECT value FROM state WHERE name = 'a'") is not None
        inside.execute("INSERT INTO state (name, value) VALUES ('a', '2')")

    with pytest.raises(sqlite3.IntegrityError):
        async with db.write() as tx:
            await tx.run(fill)
    assert await read_state(db, "a") is None
    async with db.write() as tx:  # and the writer is free again
        await tx.run(lambda inside: inside.execute("INSERT INTO state VALUES ('a', '3')"))
    assert await read_state(db, "a") == "3"


async def test_many_reads_in_one_cannot_write(db: Database) -> None:
    await write_state(db, "a", "1")
    rows = await db.read(lambda inside: inside.fetch_all("SELECT value FROM state"))
    assert "1" in [row["value"] for row in rows]
    with pytest.raises(sqlite3.OperationalError):
        await db.read(lambda inside: inside.execute("DELETE FROM state"))
