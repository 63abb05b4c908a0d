"""Subscriptions out of other bots' databases, whose schemas are theirs as of 2024."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from storage.errors import UnknownFormatError
from storage.foreign import Subscription, read_foreign
from tests.foreign import flowerss, rsstt

if TYPE_CHECKING:
    from pathlib import Path


def test_rss_to_telegram_bots_subscriptions_are_read(tmp_path: Path) -> None:
    found = read_foreign(rsstt(tmp_path / "db.sqlite3"))
    assert found.program == "RSS-to-Telegram-Bot"
    assert found.subscriptions == (
        Subscription(1000, "private", "https://a.example/rss", "А"),  # type: ignore[arg-type]
        Subscription(77, "private", "https://b.example/rss", "Б"),  # type: ignore[arg-type]
        Subscription(-100200, "channel", "https://a.example/rss", "А"),  # type: ignore[arg-type]
        Subscription(77, "private", "ftp://c.example/rss", "В"),  # type: ignore[arg-type]
    )
    assert found.lost == {
        "tags": 1,
        "intervals of their own": 1,
        "silent delivery": 1,
        "subscriptions that were switched off": 1,
        "subscriptions of banned users": 1,
    }


def test_flowerss_subscriptions_are_read(tmp_path: Path) -> None:
    found = read_foreign(flowerss(tmp_path / "data.db"))
    assert found.program == "flowerss-bot"
    assert [(one.chat, one.kind, one.address) for one in found.subscriptions] == [
        (1000, "private", "https://a.example/rss"),
        (-1001234567890, "supergroup", "https://b.example/rss"),
        (77, "private", "https://b.example/rss"),
    ]
    assert found.lost == {"tags": 1, "intervals of their own": 1, "ways of sending": 1}


def test_reading_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = rsstt(tmp_path / "db.sqlite3")
    before = path.read_bytes()
    read_foreign(path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["db.sqlite3"]


def test_other_databases_and_broken_ones_are_refused(tmp_path: Path) -> None:
    other, cut = tmp_path / "other.db", tmp_path / "cut.db"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE notes (words TEXT)")
    cut.write_bytes(rsstt(tmp_path / "whole.db").read_bytes()[:3_000])
    missing = tmp_path / "missing.db"
    for path in (other, cut, missing):
        with pytest.raises(UnknownFormatError):
            read_foreign(path)
    assert not missing.exists()


def test_database_of_an_older_version_without_a_column_is_refused(tmp_path: Path) -> None:
    path = flowerss(tmp_path / "data.db")
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE subscribes DROP COLUMN tag")
    with pytest.raises(UnknownFormatError):
        read_foreign(path)
