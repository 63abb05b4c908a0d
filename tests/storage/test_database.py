"""The file: what is refused is left as it was, what fails is rolled back."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from storage.database import Database, open_database
from storage.errors import DamagedDatabaseError, ForeignDatabaseError, NewerSchemaError
from storage.migrate import APPLICATION_ID, migrations
from storage.outbox import recover
from storage.state import read_state, write_state
from storage.updates import first_of_lanes


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


@pytest.mark.parametrize("damage", ["text", "garbled", "cut"])
async def test_a_damaged_file_is_refused_untouched(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "db"
    async with open_database(path) as db:
        for number in range(200):
            await write_state(db, f"name {number}", "value" * 100)
    content = bytearray(path.read_bytes())
    if damage == "text":
        content = bytearray("Это не база данных. ".encode() * 500)
    elif damage == "garbled":
        content[4096 * 2 :] = b"\xa5" * (len(content) - 4096 * 2)
    else:
        content = content[: len(content) // 2]
    path.write_bytes(content)
    with pytest.raises(DamagedDatabaseError):
        await opens(path)
    assert path.read_bytes() == content


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
