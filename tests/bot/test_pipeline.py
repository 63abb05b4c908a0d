"""What is gathered for a digest."""

from pathlib import Path

import pytest

from bot.app import make_folder
from bot.core import open_core
from bot.errors import SettingsError
from bot.pipeline import SeenFiles, add_files, gather_material
from bot.settings import load_settings
from digests.models import ChatId
from storage.database import Database
from tests.factories import NOW, hours, prepared, store, store_source

NOBODY = ChatId(0)


async def test_what_was_being_fetched_during_the_last_digest_is_in_the_next(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, prepared(), arrived=NOW - hours(0.02))
    material, _ = await gather_material(db, NOBODY, [], NOW, NOW + hours(24))
    assert [one.story.lead.guid for one in material] == [prepared().guid]


async def test_what_arrived_well_before_the_window_is_not(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, prepared(), arrived=NOW - hours(1))
    assert (await gather_material(db, NOBODY, [], NOW, NOW + hours(24)))[0] == []


async def test_a_preview_of_the_past_does_not_tell_the_future(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, prepared(), arrived=None)
    long_ago = NOW - hours(2000)
    assert (await gather_material(db, NOBODY, [], long_ago - hours(24), long_ago))[0] == []


def test_a_file_is_unread_until_it_was_taken_in_and_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("date 2026-11-23 Title")
    seen = SeenFiles({})
    assert [found for found, _ in seen.unread(tmp_path)] == [path]
    assert [found for found, _ in seen.unread(tmp_path)] == [path], "nobody took it in yet"
    seen.versions.update(seen.unread(tmp_path))
    assert seen.unread(tmp_path) == []
    path.write_text("date 2026-11-23 Another title")
    assert [found for found, _ in seen.unread(tmp_path)] == [path]


async def test_a_link_to_a_file_elsewhere_is_read_where_it_stands(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "watched", tmp_path / "elsewhere.txt"
    folder.mkdir()
    elsewhere.write_text("date 2026-11-20 Мост открыт\n\nНовый мост открыли для машин в пятницу.\n")
    (folder / "link.txt").symlink_to(elsewhere)
    settings = load_settings(_env_file=None)
    async with open_core(settings, tmp_path / "db.sqlite") as core:
        added, rejected = await add_files(core, folder, [folder / "link.txt"])
        row = await core.db.fetch_one("SELECT guid FROM article")
    assert (added.new, rejected) == (1, ())
    assert row is not None
    assert row["guid"] == "link.txt"


def test_a_watched_folder_that_cannot_be_made_is_told_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="SVODKA_ARTICLES_DIR"):
        make_folder(tmp_path / "file" / "below")
