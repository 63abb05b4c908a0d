"""Backups: whole while the bot writes, checked, and brought back without losing what was there."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from storage.backups import (
    back_up,
    backups_in,
    folder_of,
    forget_backups,
    made_at,
    name_of,
    newest_backup,
    restore,
)
from storage.database import Database, open_database
from storage.errors import (
    BackupInterruptedError,
    DamagedBackupError,
    DamagedDatabaseError,
    DatabaseInUseError,
    ForeignDatabaseError,
    NewerSchemaError,
    NoSuchBackupError,
    UnusableDatabaseError,
)
from storage.locking import hold_lock
from storage.migrate import APPLICATION_ID, newest_schema
from storage.state import read_state, write_state
from tests.factories import NOW, store_chat

if TYPE_CHECKING:
    from pathlib import Path


def notes(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT name, value FROM state"))


async def test_a_backup_is_one_file_with_what_was_committed(db: Database, tmp_path: Path) -> None:
    await store_chat(db)
    await write_state(db, "a", "1")
    backup = back_up(db.path, tmp_path / "below" / "copy.sqlite")
    assert [path.name for path in backup.path.parent.iterdir()] == ["copy.sqlite"]
    assert notes(backup.path) == {"a": "1"}
    assert (backup.schema, backup.rows["subscriber"]) == (newest_schema(), 1)
    assert backup.size == backup.path.stat().st_size


async def test_a_backup_taken_while_the_bot_writes_is_of_one_instant(
    db: Database, tmp_path: Path
) -> None:
    await write_state(db, "big", "x" * 30_000_000)
    stop = asyncio.Event()

    async def write() -> int:
        count = 0
        while not stop.is_set():
            count += 1
            async with db.write() as tx:
                for half in ("left", "right"):
                    values = {"name": f"{half} {count}", "value": str(count)}
                    await tx.execute(
                        "INSERT INTO state (name, value) VALUES (:name, :value)", values
                    )
            await asyncio.sleep(0)
        return count

    writing = asyncio.ensure_future(write())
    backups = [
        await asyncio.to_thread(back_up, db.path, tmp_path / f"{number}.sqlite")
        for number in range(3)
    ]
    stop.set()
    assert await writing > 3
    for backup in backups:
        found = notes(backup.path)
        lefts = {name.split()[1] for name in found if name.startswith("left")}
        assert lefts == {name.split()[1] for name in found if name.startswith("right")}
        assert backup.rows["state"] == len(found)
        elsewhere = tmp_path / "elsewhere" / backup.path.name
        restored, _ = restore(backup.path, elsewhere, NOW)
        assert restored.rows == backup.rows
        assert notes(elsewhere) == found


async def test_no_file_is_overwritten_by_a_backup(db: Database, tmp_path: Path) -> None:
    target = tmp_path / "mine.sqlite"
    target.write_text("keep me")
    with pytest.raises(UnusableDatabaseError):
        back_up(db.path, target)
    assert target.read_text() == "keep me"


def test_what_does_not_exist_cannot_be_backed_up(tmp_path: Path) -> None:
    with pytest.raises(UnusableDatabaseError):
        back_up(tmp_path / "none.sqlite", tmp_path / "copy.sqlite")
    assert list(tmp_path.iterdir()) == []


async def test_a_backup_of_a_damaged_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "db.sqlite"
    async with open_database(path) as db:
        for number in range(300):
            await write_state(db, f"name {number}", "value" * 100)
    content = bytearray(path.read_bytes())
    content[-4096 * 20 :] = b"\xa5" * 4096 * 20
    path.write_bytes(content)
    with pytest.raises(DamagedDatabaseError):
        back_up(path, tmp_path / "copy.sqlite")
    assert [one.name for one in tmp_path.iterdir()] == ["db.sqlite"]


@pytest.mark.parametrize("looks", [1, 3, 8])
async def test_a_stop_ends_a_backup_wherever_it_is_and_leaves_nothing(
    db: Database, tmp_path: Path, looks: int
) -> None:
    async with db.write() as tx:
        row = "INSERT INTO state (name, value) VALUES (:name, :value)"
        value = "x" * 1_000
        await tx.execute_all(row, ({"name": f"{n}", "value": value} for n in range(30_000)))
    left = looks

    def stopped() -> bool:
        nonlocal left
        left -= 1
        return left <= 0

    with pytest.raises(BackupInterruptedError):
        back_up(db.path, tmp_path / "below" / "copy.sqlite", stopped)
    assert list((tmp_path / "below").iterdir()) == []


def test_backups_are_named_by_their_time_and_the_oldest_go(tmp_path: Path) -> None:
    database, folder = tmp_path / "svodka.sqlite", tmp_path
    names = [name_of(database, NOW + timedelta(days=day)) for day in (0, 1, 2, 3, 400)]
    for name in (*names, "svodka-schema-0001.sqlite", "mine.sqlite", "other-" + names[0]):
        (folder / name).touch()
    assert made_at(folder / names[0]) == NOW
    assert [path.name for path in backups_in(folder, database)] == names[::-1]
    gone = forget_backups(folder, database, 2, NOW + timedelta(days=4))
    assert {path.name for path in gone} == {names[0], names[1], names[4]}
    assert len(list(folder.iterdir())) == 5
    assert newest_backup(folder, database) is not None


# --- restoring -------------------------------------------------------------------------------


async def test_a_backup_is_brought_back_and_what_was_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "svodka.sqlite"
    async with open_database(path) as db:
        await write_state(db, "a", "1")
        backup = back_up(path, folder_of(path) / name_of(path, NOW))
        await write_state(db, "a", "2")
    restored, kept = restore(backup.path, path, NOW)
    assert kept is not None
    assert (notes(path), notes(kept)) == ({"a": "1"}, {"a": "2"})
    assert (restored.rows, restored.schema) == (backup.rows, backup.schema)
    assert backup.path.exists()
    async with open_database(path) as db:
        assert await read_state(db, "a") == "1"


async def test_what_only_the_log_holds_is_kept_too(tmp_path: Path) -> None:
    path = tmp_path / "svodka.sqlite"
    async with open_database(tmp_path / "running.sqlite") as db:
        backup = back_up(db.path, tmp_path / "copy.sqlite")
        await write_state(db, "a", "2")
        for side in ("", "-wal"):  # as a crash leaves them
            shutil.copyfile(f"{db.path}{side}", f"{path}{side}")
    _, kept = restore(backup.path, path, NOW)
    assert kept is not None
    assert (notes(path), notes(kept)) == ({}, {"a": "2"})


async def test_two_restores_keep_both_files(db: Database, tmp_path: Path) -> None:
    backup = back_up(db.path, tmp_path / "copy.sqlite")
    path = tmp_path / "other.sqlite"
    path.write_text("no database")
    kept = [restore(backup.path, path, NOW)[1] for _ in range(2)]
    assert len(set(kept)) == 2
    assert kept[0] is not None
    assert kept[0].read_text() == "no database"


async def test_where_nothing_was_nothing_is_kept(db: Database, tmp_path: Path) -> None:
    backup = back_up(db.path, tmp_path / "copy.sqlite")
    assert restore(backup.path, tmp_path / "new.sqlite", NOW)[1] is None


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("missing", NoSuchBackupError),
        ("empty", NoSuchBackupError),
        ("folder", NoSuchBackupError),
        ("damaged", DamagedBackupError),
        ("text", DamagedBackupError),
        ("foreign", ForeignDatabaseError),
        ("newer", NewerSchemaError),
    ],
)
async def test_what_is_no_good_backup_is_refused_and_the_file_stays(
    db: Database, tmp_path: Path, kind: str, error: type[Exception]
) -> None:
    for number in range(300):
        await write_state(db, f"name {number}", "value" * 100)
    backup = tmp_path / "copy.sqlite"
    back_up(db.path, backup)
    if kind == "missing":
        backup.unlink()
    elif kind in {"empty", "folder"}:
        backup.unlink()
        backup.mkdir() if kind == "folder" else backup.touch()
    elif kind == "damaged":
        content = backup.read_bytes()
        backup.write_bytes(content[:8192] + b"\xa5" * (len(content) - 8192))
    elif kind == "text":
        backup.write_text("not a database at all, " * 500)
    else:
        with closing(sqlite3.connect(backup)) as connection:
            schema, owner = (9000, APPLICATION_ID) if kind == "newer" else (1, 7)
            connection.execute(f"PRAGMA user_version = {schema}")
            connection.execute(f"PRAGMA application_id = {owner}")
    path = tmp_path / "file" / "svodka.sqlite"
    path.parent.mkdir()
    path.write_text("as it was")
    with pytest.raises(error):
        restore(backup, path, NOW)
    assert [one.name for one in path.parent.iterdir()] == ["svodka.sqlite"]
    assert path.read_text() == "as it was"


# --- one bot a file --------------------------------------------------------------------------


def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "below" / "svodka.sqlite"
    with hold_lock(path):
        with pytest.raises(DatabaseInUseError) as refused, hold_lock(path):
            pass
        assert int(str(refused.value.values["process"])) > 0
        with hold_lock(tmp_path / "other.sqlite"):
            pass
    with hold_lock(path):
        pass


def test_a_full_disk_keeps_nobody_from_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "svodka.sqlite"
    path.with_name("svodka.sqlite.lock").symlink_to("/dev/full")
    with hold_lock(path):
        pass
