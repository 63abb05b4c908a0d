"""What can be seen here without database or network: settings, rights, zones, disk, libraries."""

import importlib.metadata
import os
import platform
import shutil
import sqlite3
import stat
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from bot.aliases import read_aliases
from bot.doctor.findings import Finding, State, fine, problem, warning
from bot.errors import SettingsError
from bot.settings import AccessPolicy, Settings
from digests.embedding import is_installed
from storage.database import OLDEST_SQLITE

LEAST_FREE_BYTES: Final = 64 * 1024 * 1024
COMFORTABLE_BYTES: Final = 512 * 1024 * 1024
COPIES: Final = 2  # of the database that should fit: a backup, and its own growth
OLD_ZONES_YEARS: Final = 2

Version = tuple[int, ...]


def look_at_settings(settings: Settings) -> Iterator[Finding]:
    look = "settings"
    if not settings.admins:
        yield warning(
            look,
            "SVODKA_ADMINS is empty: nobody can add sources, let people in or be alerted",
            "send your bot /id and put the number into SVODKA_ADMINS",
        )
    elif settings.access is AccessPolicy.OPEN:
        yield fine(look, f"administrators: {len(settings.admins)}; anybody may use the bot")
    else:
        yield fine(look, f"administrators: {len(settings.admins)}; access by {settings.access}")
    try:
        read_aliases(settings)
    except SettingsError as error:
        yield problem(look, str(error), "correct the path, or empty the setting")
    if settings.semantic == "on" and not is_installed():
        found = "SVODKA_SEMANTIC is on, but the extra is not installed"
        yield problem(look, found, "make semantic, or set SVODKA_SEMANTIC=off")
    for name, path in (("the token file", settings.bot_token_file), (".env", Path(".env"))):
        if path and path.is_file() and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            yield warning(
                "secrets",
                f"{name} ({path}) can be read by others on this machine",
                f"chmod 600 {path}",
            )


def look_at_zones(settings: Settings, used: list[str], now: datetime) -> Iterator[Finding]:
    """`used`: the zones of subscribers."""
    look = "zones"
    unknown = [name for name in {settings.default_timezone, *used} if not _is_zone(name)]
    if unknown:
        yield problem(
            look,
            f"no data for {', '.join(sorted(unknown))}",
            "pip install --upgrade tzdata, or update the system's zone data",
        )
    version, where = zone_data()
    year = int(version[:4]) if version[:4].isdigit() else 0
    if now.year - year >= OLD_ZONES_YEARS:
        yield warning(
            look,
            f"zone data of {version or 'unknown age'} ({where}): rules change every year",
            "update the system's tzdata, or remove it so that the Python package is used",
        )
    elif not unknown:
        yield fine(look, f"data of {version} ({where}), default {settings.default_timezone}")


def zone_data() -> tuple[str, str]:
    """The version in use and where it is: the system's comes before the package's."""
    for folder in map(Path, zoneinfo.TZPATH):
        listing = folder / "tzdata.zi"
        if listing.is_file():
            with listing.open(encoding="utf-8", errors="replace") as lines:
                first = lines.readline()
            return first.removeprefix("# version").strip(), "the system's"
        if (folder / "UTC").is_file():
            return "", "the system's"
    return importlib.metadata.version("tzdata"), "the package's"


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def look_at_places(settings: Settings) -> Iterator[Finding]:
    """Whether whoever asks may write where the bot writes; folders that lack are made by it."""
    look, database = "places", settings.database_path
    places = {"SVODKA_DATABASE_URL": database.parent, "SVODKA_BACKUP_DIR": settings.backup_folder}
    if settings.articles_dir:
        places["SVODKA_ARTICLES_DIR"] = settings.articles_dir
    for name, folder in places.items():
        there = _nearest(folder)
        if not there.is_dir():
            advice = f"name a folder in {name}, or move the file away"
            yield problem(look, f"{there} is a file where a folder should be", advice)
        elif not os.access(there, os.W_OK | os.X_OK):
            advice = f"chown it to whom the bot runs as, or name another one in {name}"
            yield problem(look, f"{there} cannot be written here", advice)
    if database.exists() and not os.access(database, os.R_OK | os.W_OK):
        advice = f"chown {database}* to whom the bot runs as"
        yield problem(look, f"{database} cannot be written by whoever asks this", advice)


def _nearest(place: Path) -> Path:
    """The place, or of the folders above it the first that exists."""
    place = place.absolute()
    while not place.exists():
        place = place.parent
    return place


def look_at_disk(database: Path) -> Iterator[Finding]:
    folder = _nearest(database.parent)
    free = shutil.disk_usage(folder).free
    size = database.stat().st_size if database.exists() else 0
    told = f"{_megabytes(free)} free, the database takes {_megabytes(size)}"
    if free < LEAST_FREE_BYTES:
        yield problem("disk", told, f"free some room in {folder}, or move the database")
    elif free < max(COMFORTABLE_BYTES, COPIES * size):
        yield warning("disk", told, f"soon too little for a backup beside it: see {folder}")
    else:
        yield fine("disk", told)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is known to go wrong with some versions of a library."""

    library: str
    since: Version  # (): from the first on
    before: Version  # the first without the trouble; (): there is none yet
    what: str
    advice: str
    state: State = State.PROBLEM


LOCKED: Final = "install from requirements.lock: make .venv/.run"
TROUBLES: Final = (
    Trouble("sqlite", (), OLDEST_SQLITE, "lacks what the schema needs", "use a newer system"),
    Trouble(
        "sqlite",
        (3, 7),
        (3, 51, 3),
        "may damage a file that two processes write at the same instant (its WAL-reset bug)",
        "nothing to do while only the bot writes; stop it for `svodka ingest`",
        State.FINE,
    ),
    Trouble("sqlite", (3, 52), (3, 52, 1), "was withdrawn by its authors", "use another version"),
    Trouble("pydantic", (2, 14), (), "is refused by aiogram 3.31", LOCKED),
    Trouble("aiohttp", (3, 15), (), "is refused by aiogram 3.31", LOCKED),
    Trouble(
        "aiohttp",
        (),
        (3, 13, 4),
        "keeps whatever a server sends as trailers in memory (CVE-2026-22815)",
        LOCKED,
    ),
    Trouble("apscheduler", (4,), (), "has another interface", LOCKED),
)


def look_at_libraries(
    installed: Callable[[str], str] = importlib.metadata.version,
    sqlite: str = sqlite3.sqlite_version,
) -> Iterator[Finding]:
    look = "libraries"
    versions = {name: installed(name) for name in ("aiogram", "aiohttp", "apscheduler", "pydantic")}
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    yield fine(look, f"Python {platform.python_version()}, SQLite {sqlite}, {told}")
    for trouble in TROUBLES:
        version = (versions | {"sqlite": sqlite})[trouble.library]
        number = version_of(version)
        if trouble.since <= number and (not trouble.before or number < trouble.before):
            found = f"{trouble.library} {version} {trouble.what}"
            yield Finding(look, trouble.state, found, trouble.advice)


def version_of(text: str) -> Version:
    """`3.14.5` → (3, 14, 5); what follows a part that is no number does not count."""
    parts = []
    for part in text.split("."):
        if not part.isdigit():
            break
        parts.append(int(part))
    return tuple(parts)
