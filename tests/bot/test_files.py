"""Articles from a watched folder."""

from pathlib import Path

import pytest

from bot.app import make_folder
from bot.core import open_core
from bot.errors import SettingsError
from bot.files import SeenFiles, add_files
from bot.settings import load_settings


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
        taken = await add_files(core, folder, [folder / "link.txt"])
        row = await core.db.fetch_one("SELECT guid FROM article")
    assert (taken.added.new, taken.rejected) == (1, ())
    assert row is not None
    assert row["guid"] == "link.txt"


def test_a_watched_folder_that_cannot_be_made_is_told_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="SVODKA_ARTICLES_DIR"):
        make_folder(tmp_path / "file" / "below")
