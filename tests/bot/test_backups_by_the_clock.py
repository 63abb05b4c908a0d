"""Backups made by the clock: when the newest is old enough, kept few, told of when they fail."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.backups import Backups
from bot.i18n import language
from storage.backups import back_up, backups_in, folder_of, made_at, name_of
from tests.bot.living import START, Running, ask, eventually

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")


def backups_of(bot: Running, **settings: object) -> Backups:
    """Looked at by the test alone."""
    changed = bot.settings.model_copy(update={"backup_hours": 24, **settings})
    return Backups(replace(bot.context, settings=changed))


def made(bot: Running) -> list[datetime | None]:
    path = bot.settings.database_path
    return [made_at(backup) for backup in backups_in(folder_of(path), path)][::-1]


async def test_a_backup_is_made_when_the_newest_is_old_enough_and_few_are_kept(bots: Bots) -> None:
    async with bots(empty=True) as bot:
        backups = backups_of(bot, backups_kept=2)
        await backups.look()
        await backups.look()
        assert made(bot) == [START]
        bot.clock.move(hours=23, minutes=59)
        await backups_of(bot, backups_kept=2).look()  # as after a restart
        assert made(bot) == [START]
        for _ in range(3):
            bot.clock.move(hours=24)
            await backups.look()
        last = bot.clock().replace(second=0)
        assert made(bot) == [last - timedelta(hours=24), last]


async def test_a_backup_of_a_time_to_come_is_neither_waited_for_nor_kept(bots: Bots) -> None:
    async with bots(empty=True) as bot:
        path = bot.settings.database_path
        ahead = START + timedelta(days=400)
        back_up(path, folder_of(path) / name_of(path, ahead))
        await backups_of(bot, backups_kept=1).look()
        assert made(bot) == [START]


async def test_a_backup_that_fails_is_told_once_and_tried_again_later(
    bots: Bots, tmp_path: Path
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    async with bots(empty=True) as bot:
        admin = await bot.admin()
        await ask(admin, "/id")
        backups = backups_of(bot, backup_dir=blocked)
        for _ in range(3):
            await backups.look()
            bot.clock.move(minutes=1)
        told = language("ru").say("alarm.backup_failed", folder=str(blocked))
        await admin.wait_for(lambda m: m.text == told)
        blocked.unlink()
        await backups.look()
        assert not blocked.exists()
        bot.clock.move(hours=1)
        await backups.look()
        assert len(list(blocked.iterdir())) == 1
        assert [m.text for m in await admin.from_bot()].count(told) == 1


async def test_the_running_bot_backs_up_by_itself(bots: Bots) -> None:
    async with bots(backup_hours=24) as bot:
        path = bot.settings.database_path
        await eventually(lambda: asyncio.sleep(0, made(bot)), "a backup")
        newest = backups_in(folder_of(path), path)[0]
        with closing(sqlite3.connect(newest)) as copy:
            row = await bot.context.db.fetch_one("SELECT count(*) AS found FROM article")
            assert row is not None
            assert copy.execute("SELECT count(*) FROM article").fetchone()[0] == row["found"] > 0
