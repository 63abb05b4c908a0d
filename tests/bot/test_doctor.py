"""`svodka doctor` finds what an operator would have to guess, and touches nothing."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aiogram.types import User

from bot.doctor import machine
from bot.doctor.findings import Finding, State, as_text, worst
from bot.doctor.looking import examine
from bot.doctor.machine import (
    look_at_disk,
    look_at_libraries,
    look_at_places,
    look_at_settings,
    look_at_zones,
    version_of,
)
from bot.doctor.service import (
    look_at_backups,
    look_at_clock,
    look_at_file,
    look_at_inline,
    look_at_token,
)
from bot.sandbox.server import run_sandbox
from bot.settings import Settings, load_settings
from digests.models import SourceKind
from storage.backups import back_up, name_of
from storage.database import open_database
from storage.outbox import add_notice
from storage.sources import add_source, park_source, record_failure
from storage.subscribers import add_subscriber
from tests.bot.test_cli import place, run_process, svodka

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.bot.test_cli import Done

__all__ = ["place", "svodka"]
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
Usage = namedtuple("Usage", "total used free")  # noqa: PYI024 - as shutil's
GOOD = "aiogram", "aiohttp", "apscheduler", "pydantic"


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings but those a test makes."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SVODKA_{name.upper()}", raising=False)


@pytest.fixture
async def file(tmp_path: Path) -> Path:
    path = tmp_path / "svodka.sqlite"
    async with open_database(path) as db:
        await add_subscriber(db, 7, "private", "Анна", "ru", "Europe/Moscow", NOW)
    return path


def only(found: Iterable[Finding], look: str) -> list[Finding]:
    return [finding for finding in found if finding.look == look]


def test_new_installation_is_told_what_is_missing(svodka: Callable[..., Done]) -> None:
    done = svodka("doctor")
    assert done.returncode == 1
    assert "! settings: SVODKA_ADMINS is empty" in done.stdout
    assert "→ get one from @BotFather" in done.stdout
    assert "the first start makes it" in done.stdout
    assert "Traceback" not in done.stderr


def test_wrong_settings_are_each_a_problem(svodka: Callable[..., Done]) -> None:
    env = {"SVODKA_ACCESS": "everybody", "SVODKA_POLL_INTERVAL": "1"}
    done = svodka("doctor", "--json", env=env)
    assert done.returncode == 2
    told = json.loads(done.stdout)
    wrong = [one for one in told["findings"] if one["look"] == "settings"]
    assert told["state"] == "problem"
    assert [one["state"] for one in wrong] == ["problem", "problem"]
    assert "SVODKA_ACCESS" in wrong[0]["found"] + wrong[1]["found"]
    assert all(one["advice"] for one in wrong)


def test_everything_fine_is_status_0(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process of its own, beside a Bot API that answers."""

    async def examined() -> str:
        async with run_sandbox() as sandbox, open_database(tmp_path / "svodka.sqlite") as db:
            await add_source(db, SourceKind.FEED, "https://a.example/rss", "Сад", NOW)
            place_of_copies = load_settings(database_url=f"sqlite:///{db.path}").backup_folder
            await asyncio.to_thread(
                back_up, db.path, place_of_copies / name_of(db.path, datetime.now(UTC))
            )
            env = {
                "SVODKA_BOT_TOKEN": sandbox.token,
                "SVODKA_TELEGRAM_API_URL": sandbox.url,
                "SVODKA_ADMINS": "1000",
            }
            done = await asyncio.to_thread(run_process, tmp_path, "doctor", env=env)
            assert sandbox.token not in done.stdout + done.stderr
            assert done.returncode == 0, done.stdout
            return done.stdout

    told = asyncio.run(examined())
    for line in (
        "✓ token: the bot is @",
        "✓ inline: @",
        "✓ clock: ",
        "✓ database: ",
        "✓ sources: 1 healthy",
    ):
        assert line in told
    assert "✗" not in told


async def test_token_that_cannot_be_asked_is_a_problem_and_stays_secret() -> None:
    token = "123456789:AAaabbccddeeffgghhiijjkkllmmnnoopp1"
    settings = load_settings(bot_token=token, telegram_api_url="http://127.0.0.1:9")
    (finding,) = [one async for one in look_at_token(settings)]
    assert finding.state is State.PROBLEM
    assert "SVODKA_TELEGRAM_API_URL" in finding.advice
    assert token not in as_text([finding])


async def test_unknown_token_is_a_problem() -> None:
    async with run_sandbox() as sandbox:
        unknown = {"bot_token": "1:wrong", "telegram_api_url": sandbox.url}
        (finding,) = [one async for one in look_at_token(load_settings(**unknown))]
        assert finding.state is State.PROBLEM


def test_inline_mode_that_is_off_is_told_and_is_no_fault() -> None:
    of_the_bot = {"id": 7, "is_bot": True, "first_name": "Сводка", "username": "svodka_bot"}
    off = look_at_inline(User(**of_the_bot, supports_inline_queries=False))
    assert off.state is State.FINE
    assert off.found.startswith("off")
    assert "/setinline" in as_text([off])
    on = look_at_inline(User(**of_the_bot, supports_inline_queries=True))
    assert (on.state, on.advice) == (State.FINE, "")


@pytest.mark.parametrize(
    ("off", "state"),
    [(2, State.FINE), (-90, State.WARNING), (3600, State.PROBLEM)],
)
async def test_clock_is_compared_with_telegrams(off: float, state: State) -> None:
    async with run_sandbox() as sandbox:
        settings = load_settings(telegram_api_url=sandbox.url)
        finding = await look_at_clock(settings, datetime.now(UTC) + timedelta(seconds=off))
    assert finding.state is state
    assert bool(finding.advice) == (state is not State.FINE)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.write_bytes(b"no database" * 1000), "restore"),
        (lambda path: _set(path, "application_id = 5"), "SVODKA_DATABASE_URL"),
        (lambda path: _set(path, "user_version = 9999"), "pgrade"),
    ],
)
async def test_file_that_cannot_be_used_is_told_and_left_as_it_is(
    file: Path, spoil: Callable[[Path], object], words: str
) -> None:
    for side in ("-wal", "-shm"):
        file.with_name(file.name + side).unlink(missing_ok=True)
    spoil(file)
    before = file.read_bytes()
    finding, readable = look_at_file(load_settings(database_url=f"sqlite:///{file}"))
    assert not readable
    assert finding.state is State.PROBLEM
    assert words in finding.advice
    assert file.read_bytes() == before


def _set(path: Path, pragma: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute(f"PRAGMA {pragma}")
    connection.close()


async def test_damage_is_told_in_words_with_the_backup_that_helps(file: Path) -> None:
    settings = load_settings(database_url=f"sqlite:///{file}")
    file.write_bytes(b"no database" * 1000)
    finding, _ = look_at_file(settings)
    assert f"{file} is damaged (" in finding.found
    assert "PATH-OF-A-BACKUP" in finding.advice
    assert "error." not in finding.found + finding.advice


async def test_without_sources_addsource_is_advised(file: Path) -> None:
    (finding,) = only(await examine(NOW), "sources")
    assert (finding.state, finding.found) == (State.WARNING, "none yet")
    assert "/addsource" in finding.advice


def test_places_that_cannot_be_used_are_each_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").touch()
    (tmp_path / "svodka.sqlite").touch()
    settings = load_settings(backup_dir=tmp_path / "a file", articles_dir=tmp_path / "new" / "one")
    (blocked,) = look_at_places(settings)
    assert blocked.state is State.PROBLEM
    assert "a file where a folder should be" in blocked.found
    assert "SVODKA_BACKUP_DIR" in blocked.advice
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = list(look_at_places(load_settings(database_url="sqlite:///svodka.sqlite")))
    assert {finding.state for finding in found} == {State.PROBLEM}
    assert found[0].found == f"{tmp_path} cannot be written here"
    assert "chown svodka.sqlite*" in found[-1].advice


def test_words_of_your_own_that_cannot_be_read_are_a_problem(tmp_path: Path) -> None:
    settings = load_settings(aliases_file=tmp_path / "none.txt", admins=(5,))
    (finding,) = [one for one in look_at_settings(settings) if one.state is State.PROBLEM]
    assert "SVODKA_ALIASES_FILE: cannot read" in finding.found


def test_extra_that_is_on_and_not_there_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(semantic="on", admins=(5,))
    for there in (True, False):
        monkeypatch.setattr(machine, "is_installed", lambda there=there: there)
        found = [one for one in look_at_settings(settings) if "SVODKA_SEMANTIC" in one.found]
        assert [one.state for one in found] == ([] if there else [State.PROBLEM])


async def test_older_schema_is_not_migrated_by_looking(file: Path) -> None:
    _set(file, "user_version = 1")
    found = only(await examine(NOW), "database")
    assert "brings schema 1 to" in found[0].found
    assert sqlite3.connect(file).execute("PRAGMA user_version").fetchone()[0] == 1


async def test_failing_and_parked_sources_are_named(file: Path) -> None:
    async with open_database(file) as db:
        sick, _ = await add_source(db, SourceKind.FEED, "https://a.example/rss", "Сад", NOW)
        dead, _ = await add_source(db, SourceKind.FEED, "https://b.example/rss", "Лес", NOW)
        await record_failure(db, sick.id, NOW, "timeout")
        await park_source(db, dead.id, NOW, "http_410", [])
    (finding,) = only(await examine(NOW), "sources")
    assert finding.state is State.WARNING
    assert "1 failing, 1 parked" in finding.found
    assert "Лес: http_410" in finding.found
    assert "Сад: timeout, 1×" in finding.found


async def test_backups_missing_late_and_recent(file: Path) -> None:
    settings = load_settings(database_url=f"sqlite:///{file}")
    assert "none in" in look_at_backups(settings, NOW).found
    back_up(file, settings.backup_folder / name_of(file, NOW))
    assert look_at_backups(settings, NOW + timedelta(hours=30)).state is State.FINE
    late = look_at_backups(settings, NOW + timedelta(hours=60))
    assert late.state is State.WARNING
    assert "60 hours old" in late.found
    file.write_bytes(b"damaged" * 999)
    damaged, _ = look_at_file(settings)
    assert f"svodka restore {settings.backup_folder}" in damaged.advice
    never = load_settings(database_url=f"sqlite:///{file}", backup_hours=0)
    assert look_at_backups(never, NOW).state is State.WARNING


async def test_messages_that_wait_for_long_are_a_backlog(file: Path) -> None:
    async with open_database(file) as db:
        await add_notice(db, 7, "{}", NOW - timedelta(hours=2))
        await add_notice(db, 8, "{}", NOW - timedelta(days=9))  # nobody we know
    (finding,) = only(await examine(NOW), "deliveries")
    assert finding.state is State.WARNING
    assert "2 wait, the oldest for 120 minutes" in finding.found
    assert not only(await examine(NOW - timedelta(hours=2)), "deliveries")


@pytest.mark.parametrize(
    ("free", "state"),
    [(10**10, State.FINE), (200 * 10**6, State.WARNING), (10**6, State.PROBLEM)],
)
def test_little_room_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, state: State
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**11, 0, free))
    assert [one.state for one in look_at_disk(tmp_path / "deep" / "x.sqlite")] == [state]


def test_unknown_and_old_zones_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    (lost,) = only(look_at_zones(settings, ["Mars/Olympus"], NOW), "zones")
    assert lost.state is State.PROBLEM
    assert "Mars/Olympus" in lost.found
    monkeypatch.setattr(machine, "zone_data", lambda: ("2019a", "the system's"))
    (old,) = look_at_zones(settings, [], NOW)
    assert old.state is State.WARNING


@pytest.mark.parametrize(
    ("wrong", "sqlite", "named"),
    [
        ({"pydantic": "2.14.0"}, "3.53.0", "pydantic 2.14.0 is refused"),
        ({"aiohttp": "3.13.3"}, "3.53.0", "CVE-2026-22815"),
        ({"apscheduler": "4.0.0a6"}, "3.53.0", "another interface"),
        ({}, "3.36.0", "lacks"),
        ({}, "3.52.0", "withdrawn"),
    ],
)
def test_versions_with_known_trouble_are_named(
    wrong: dict[str, str], sqlite: str, named: str
) -> None:
    good = dict(zip(GOOD, ("3.31.0", "3.14.5", "3.11.3", "2.13.5"), strict=True))
    troubles = list(look_at_libraries((good | wrong).__getitem__, sqlite))
    assert worst(troubles) is State.PROBLEM
    assert any(named in one.found for one in troubles)
    assert len(list(look_at_libraries(good.__getitem__, "3.53.0"))) == 1


def test_what_is_installed_here_has_no_known_trouble() -> None:
    assert worst(look_at_libraries()) is State.FINE


def test_version_ends_where_numbers_end() -> None:
    assert version_of("4.0.0a6") == (4, 0)
    assert version_of("2026.6") == (2026, 6)


def test_secret_that_others_can_read_is_told(tmp_path: Path, svodka: Callable[..., Done]) -> None:
    (tmp_path / ".env").write_text("SVODKA_ADMINS=5\n", encoding="utf-8")
    (tmp_path / ".env").chmod(0o644)
    assert "chmod 600 .env" in svodka("doctor").stdout
    (tmp_path / ".env").chmod(0o600)
    assert "chmod" not in svodka("doctor").stdout
