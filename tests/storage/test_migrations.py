"""Every schema that was ever released opens with the newest program, with all its rows."""

from __future__ import annotations

import re
import sqlite3
from array import array
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from digests.models import ChatId
from digests.sketches import mark
from digests.topics import parse_query
from storage import database, migrate, outbox, schedules, search, sources, subscribers, updates
from storage.backups import folder_of
from storage.database import open_database
from storage.errors import UnusableDatabaseError
from storage.instants import from_seconds
from storage.migrate import migrations
from storage.packing import packed

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = sorted(Path(__file__).with_name("golden").glob("*.sql"))
NOW = from_seconds(1795420000)
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(params=GOLDEN, ids=[path.stem for path in GOLDEN])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "svodka.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(request.param.read_text("utf-8"))
    return path


def rows_of(path: Path) -> Rows:
    """Of every table but those that belong to the full-text index."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        tables = connection.execute(
            "SELECT name FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        return {
            row["name"]: [dict(one) for one in connection.execute(f"SELECT * FROM {row['name']}")]  # noqa: S608
            for row in tables
        }


def columns_of(path: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        return set(
            connection.execute(
                "SELECT m.name, c.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c"
            )
        )


async def opened(path: Path) -> None:
    async with open_database(path):
        pass


def test_there_is_a_golden_database_with_a_row_in_every_table(old: Path) -> None:
    assert all(rows_of(old).values())


async def test_rows_of_an_old_schema_are_kept_to_the_last_value(old: Path) -> None:
    before = rows_of(old)
    await opened(old)
    after = rows_of(old)
    for row in before["article_sketch"]:
        row["marks"] = packed(map(mark, row.pop("seen").split()))
    del before["sketch_key"]  # made from the sketches in memory
    for table, rows in before.items():
        kept = [{name: row[name] for name in rows[0]} for row in after[table]]
        assert kept == rows, table


async def test_an_old_schema_becomes_what_a_new_file_has(old: Path, tmp_path: Path) -> None:
    await opened(old)
    await opened(tmp_path / "new.sqlite")
    assert columns_of(old) == columns_of(tmp_path / "new.sqlite")


async def test_an_old_file_is_read_by_every_part_of_the_program(old: Path) -> None:
    async with open_database(old) as db:
        anna = await subscribers.find_subscriber(db, ChatId(1001))
        assert anna is not None
        assert (anna.title, anna.quiet) == ("Анна", None)
        due = await schedules.due_chats(db, NOW, 9)
        assert [one.subscriber.chat_id for one in due] == [1001]
        assert await search.find_stories(db, ChatId(1001), parse_query("мост"), 9) == [1]
        assert len(await sources.visible_sources(db, ChatId(1001))) == 3
        assert len(await sources.visible_sources(db, ChatId(1002))) == 2
        waiting = await updates.first_of_lanes(db, [], 9)
        assert [one.id for one in waiting] == [9002, 9003]
        assert sum((await outbox.count_by_state(db)).values()) == 5


async def test_before_a_migration_the_file_is_backed_up_as_it_was(old: Path) -> None:
    before = rows_of(old)
    await opened(old)
    await opened(old)
    (backup,) = folder_of(old).iterdir()
    assert rows_of(backup) == before


async def test_a_new_file_needs_no_backup(tmp_path: Path) -> None:
    await opened(tmp_path / "svodka.sqlite")
    assert not folder_of(tmp_path / "svodka.sqlite").exists()


async def test_a_migration_that_fails_half_way_leaves_the_schema_before_it(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = migrations()[-1][0]
    broken = (
        *migrations(),
        (last + 1, "CREATE TABLE one (a);"),
        (last + 2, "CREATE TABLE two (a); UPDATE subscriber SET title = ''; SELECT nonsense;"),
    )
    monkeypatch.setattr(migrate, "migrations", lambda: broken)
    before = rows_of(old)
    with pytest.raises(UnusableDatabaseError, match="nonsense"):
        await opened(old)
    after = rows_of(old)
    assert "one" in after
    assert "two" not in after
    titles = [row["title"] for row in before["subscriber"]]
    assert [row["title"] for row in after["subscriber"]] == titles
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == last + 1


async def test_without_room_for_the_backup_nothing_is_migrated(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = old.read_bytes()

    def refuse(*_: object) -> None:
        raise UnusableDatabaseError(cause="no room")

    monkeypatch.setattr(database, "back_up", refuse)
    with pytest.raises(UnusableDatabaseError):
        await opened(old)
    assert old.read_bytes() == before


async def test_no_index_is_lost_where_its_table_is_built_anew(tmp_path: Path) -> None:
    made: set[str] = set()
    for _, sql in migrations():
        for verb, name in re.findall(r"(CREATE|DROP)(?: UNIQUE)? INDEX (?:IF \w+ \w+ )?(\w+)", sql):
            made = made | {name} if verb == "CREATE" else made - {name}
    async with open_database(tmp_path / "new.sqlite") as db:
        rows = await db.fetch_all("SELECT name FROM sqlite_master WHERE type = 'index'")
    assert made <= {row["name"] for row in rows}


def test_no_two_migrations_have_one_number() -> None:
    numbers = [number for number, _ in migrations()]
    assert numbers == sorted(set(numbers))


async def test_shingles_by_which_texts_were_found_stand_with_their_articles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "filled.sqlite"
    before = [(number, sql) for number, sql in migrations() if number < 30]
    with monkeypatch.context() as patch, closing(sqlite3.connect(path)) as connection:
        patch.setattr(migrate, "migrations", lambda: before)
        connection.isolation_level = None
        migrate.migrate(connection)
        connection.executescript(
            """
            INSERT INTO source (id, kind, address, title, created_at, next_poll_at)
            VALUES (1, 'feed', 'https://a.example/', 'a', 0, 0);
            INSERT INTO story (id, opened_at) VALUES (1, 0);
            INSERT INTO article (id, source_id, story_id, guid, fingerprint, title, text, language,
                                 published_at, arrived_at, summary)
            SELECT value, 1, 1, value, value, 'T', 'T', 'ru', 0, 0, '[]'
            FROM json_each('[1, 2, 3]');
            INSERT INTO article_shingles (article_id, published_at, hashes)
            SELECT id, 0, x'0100000007000000' FROM article;
            INSERT INTO shingle (hash, published_at, article_id)
            VALUES (7, 0, 2), (4294967295, 0, 1), (7, 0, 1);
            """
        )
    await opened(path)
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT article_id, indexed FROM article_shingles ORDER BY 1")
        found = {article: sorted(array("I", indexed)) for article, indexed in rows}
    assert found == {1: [7, 4294967295], 2: [7], 3: []}
