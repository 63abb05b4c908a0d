"""Copies of the file: made while the bot writes, checked before they count, brought back whole.

A backup is one file without a log beside it. It is written under another name and renamed once
it was read back: what is called a backup is one. These functions wait for the disk; the bot runs
them beside its loop.
"""

import glob
import os
import re
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import quote

from storage.checking import (
    BUSY_SECONDS,
    INSTRUCTIONS_A_LOOK,
    Checked,
    check_file,
    count_rows,
    is_damage,
)
from storage.errors import (
    BackupInterruptedError,
    DamagedBackupError,
    DamagedDatabaseError,
    NoSuchBackupError,
    UnusableDatabaseError,
)

PAGES_A_STEP: Final = 2_048  # 8 MB: how soon a stop is heard
STAMP: Final = "%Y%m%dT%H%M%SZ"
STAMPED: Final = re.compile(r"\d{8}T\d{6}Z")
NAME: Final = re.compile(r"-(?P<stamp>\d{8}T\d{6}Z)\.sqlite$")
SIDES: Final = ("-wal", "-shm", "-journal")

Stopped = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Backup:
    path: Path
    schema: int
    rows: dict[str, int]  # by table
    size: int  # bytes


def folder_of(database: Path) -> Path:
    """Where a database's backups are unless a setting says otherwise."""
    return database.with_name(f"{database.stem}-backups")


def name_of(database: Path, now: datetime) -> str:
    return f"{database.stem}-{now:{STAMP}}.sqlite"


def schema_backup(folder: Path, database: Path, schema: int) -> Path:
    """A name for the file as it is before a migration from `schema`."""
    return _free(folder / f"{database.stem}-schema-{schema:04}.sqlite")


def _free(path: Path) -> Path:
    """The name itself, or with the first number that makes it one not taken."""
    number, wanted = 1, path
    while path.exists():
        number += 1
        path = wanted.with_name(f"{wanted.stem}-{number}{wanted.suffix}")
    return path


def made_at(backup: Path) -> datetime | None:
    """None: its name is not of our giving."""
    match = NAME.search(backup.name)
    return match and datetime.strptime(match["stamp"], STAMP).replace(tzinfo=UTC)


def backups_in(folder: Path, database: Path) -> list[Path]:
    """The backups made by the clock, newest first."""
    pattern = re.compile(re.escape(database.stem) + NAME.pattern)
    found = [path for path in folder.glob("*.sqlite") if pattern.fullmatch(path.name)]
    return sorted(found, key=lambda path: path.name, reverse=True)


def newest_backup(folder: Path, database: Path) -> Path | None:
    """Of all, those made before a migration included. None: there is none."""
    found = folder.glob(f"{glob.escape(database.stem)}-*.sqlite")
    return max(found, key=lambda path: path.stat().st_mtime_ns, default=None)


def forget_backups(folder: Path, database: Path, kept: int, now: datetime) -> list[Path]:
    """Remove all but the newest; of a time to come, by a clock that was wrong, first."""
    found = backups_in(folder, database)
    believed = [path for path in found if (made_at(path) or now) <= now]
    gone = [path for path in found if path not in believed[:kept]]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def expire_copies(folder: Path, database: Path, days: int, now: datetime) -> list[Path]:
    """Remove every copy of the file older than that: by the clock, by hand under a name of our
    giving, before a migration, before a restore, or begun and never finished."""
    stem = glob.escape(database.stem)
    copies = [
        *folder.glob(f"{stem}-*.sqlite"),
        *folder.glob(f".{stem}-*.sqlite.*"),
        *database.parent.glob(f"{stem}.before-restore-*.sqlite*"),
    ]
    gone = [path for path in copies if now - _copied_at(path, now) > timedelta(days=days)]
    for path in gone:
        path.unlink(missing_ok=True)
    return gone


def _copied_at(copy: Path, now: datetime) -> datetime:
    """As its name says, unless the clock was wrong then."""
    stamp = STAMPED.search(copy.name)
    named = datetime.strptime(stamp[0], STAMP).replace(tzinfo=UTC) if stamp else None
    if named and named <= now:
        return named
    return datetime.fromtimestamp(copy.stat().st_mtime, UTC)


def back_up(database: Path, target: Path, stopped: Stopped = lambda: False) -> Backup:
    """Copy the file as it is at one instant, whoever writes meanwhile, and read the copy back.

    Raises UnusableDatabaseError when `target` exists or cannot be written, DamagedDatabaseError
    when the file is damaged or the copy is not what it was, BackupInterruptedError once
    `stopped` says so.
    """
    if target.exists():
        raise UnusableDatabaseError(path=str(target), cause="there is a file of this name")
    # Two at once, the bot's and the operator's, write drafts of their own.
    draft = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)
        rows = _copy(database, draft, stopped)
        checked = _read_back(draft, rows, stopped)
        draft.replace(target)
        _settle(target.parent)
    except (OSError, sqlite3.DatabaseError) as error:
        if stopped():
            raise BackupInterruptedError from error
        if isinstance(error, sqlite3.DatabaseError) and is_damage(error):
            raise DamagedDatabaseError(path=str(database), found=str(error)) from error
        raise UnusableDatabaseError(path=str(target), cause=str(error)) from error
    finally:
        for side in ("", *SIDES):
            with suppress(OSError):
                draft.with_name(draft.name + side).unlink(missing_ok=True)
    return Backup(target, checked.schema, rows, target.stat().st_size)


def _copy(database: Path, draft: Path, stopped: Stopped) -> dict[str, int]:
    def look(_status: int, _remaining: int, _total: int) -> None:
        if stopped():
            raise BackupInterruptedError

    with (
        closing(_open_existing(database)) as source,
        closing(sqlite3.connect(draft, isolation_level=None)) as copy,
    ):
        source.set_progress_handler(stopped, INSTRUCTIONS_A_LOOK)
        source.execute("BEGIN")  # one instant for the counts and all steps of the copy
        rows = count_rows(source)
        source.backup(copy, pages=PAGES_A_STEP, progress=look)
        copy.execute("PRAGMA journal_mode = DELETE")
    return rows


def _open_existing(database: Path) -> sqlite3.Connection:
    uri = f"file:{quote(str(database.resolve()))}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def _read_back(draft: Path, rows: dict[str, int], stopped: Stopped) -> Checked:
    checked = check_file(draft, thoroughly=True, stopped=stopped)
    if checked.rows != rows:
        raise DamagedDatabaseError(path=str(draft), found="rows are missing in the copy")
    with draft.open("rb") as opened:
        os.fsync(opened.fileno())
    return checked


def _settle(folder: Path) -> None:
    """A rename is on the disk once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def restore(backup: Path, database: Path, now: datetime) -> tuple[Backup, Path | None]:
    """Put a backup in the file's place; what was there is kept under the returned name.

    The caller holds the lock. Raises NoSuchBackupError, DamagedBackupError,
    ForeignDatabaseError, NewerSchemaError, UnusableDatabaseError; the file then stays as it was.
    """
    if not backup.is_file() or not backup.stat().st_size:
        raise NoSuchBackupError(path=str(backup))
    try:
        check_file(backup, thoroughly=True)
    except DamagedDatabaseError as error:
        raise DamagedBackupError(path=str(backup), found=error.values["found"]) from error
    draft = database.with_name(f".{database.name}.restoring")
    draft.unlink(missing_ok=True)
    restored = back_up(backup, draft)
    kept = _put_aside(database, now)
    draft.replace(database)
    _settle(database.parent)
    return Backup(database, restored.schema, restored.rows, restored.size), kept


def _put_aside(database: Path, now: datetime) -> Path | None:
    """With its log, so that nothing committed is lost. None: there was nothing."""
    if not database.exists():
        return None
    kept = _free(database.with_name(f"{database.stem}.before-restore-{now:{STAMP}}.sqlite"))
    for side in SIDES:
        beside = database.with_name(database.name + side)
        if beside.exists():
            beside.replace(kept.with_name(kept.name + side))
    database.replace(kept)
    return kept
