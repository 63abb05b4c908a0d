"""All looks in order: what a later one needs, an earlier one has found."""

from contextlib import AsyncExitStack
from datetime import datetime

from bot.doctor.findings import Finding, problem
from bot.doctor.machine import (
    look_at_disk,
    look_at_libraries,
    look_at_places,
    look_at_settings,
    look_at_zones,
)
from bot.doctor.service import (
    look_at_backlog,
    look_at_backups,
    look_at_clock,
    look_at_file,
    look_at_sources,
    look_at_token,
)
from bot.errors import SettingsError
from bot.settings import Settings, load_settings
from storage.database import open_database
from storage.errors import DatabaseError
from storage.figures import read_figures, zones_in_use


async def examine(now: datetime) -> list[Finding]:
    """Everything that can be looked at; with wrong settings that is less."""
    try:
        settings = load_settings()
    except SettingsError as error:
        advice = "README.md and .env.example list every setting"
        wrong = [problem("settings", line, advice) for line in str(error).splitlines()]
        return [*wrong, *look_at_libraries()]
    found = [*look_at_settings(settings), *[one async for one in look_at_token(settings)]]
    found.append(await look_at_clock(settings, now))
    found += await _examine_database(settings, now)
    found += look_at_places(settings)
    return [*found, *look_at_disk(settings.database_path), *look_at_libraries()]


async def _examine_database(settings: Settings, now: datetime) -> list[Finding]:
    finding, readable = look_at_file(settings)
    found, zones = [finding], []
    async with AsyncExitStack() as stack:
        if readable:
            try:
                db = await stack.enter_async_context(open_database(settings.database_path))
                figures = await read_figures(db, now)
            except DatabaseError as error:
                advice = "see what is said of disk and places; else stop the bot and look once more"
                cause = error.values.get("cause", error)
                return [*found, problem("database", f"cannot be read: {cause}", advice)]
            zones = await zones_in_use(db)
            found += [one async for one in look_at_sources(db, figures)]
            found += look_at_backlog(figures, now)
            found.append(look_at_backups(settings, now))
    return [*found, *look_at_zones(settings, zones, now)]
