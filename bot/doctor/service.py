"""The database as it lies there, and Telegram as it answers."""

import email.utils
import sqlite3
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import aiohttp
from aiogram.types import User

from bot.doctor.findings import Finding, State, fine, problem, warning
from bot.errors import SettingsError, TelegramUnreachableError
from bot.settings import Settings
from bot.telegram import check_token
from storage.backups import backups_in, made_at, newest_backup
from storage.checking import check_file
from storage.database import Database
from storage.errors import (
    DamagedDatabaseError,
    DatabaseError,
    ForeignDatabaseError,
    NewerSchemaError,
)
from storage.figures import Figures, ailing_sources
from storage.migrate import newest_schema

LATE: Final = timedelta(minutes=15)
MISSED_BACKUPS: Final = 2
SKEW_NOTICED: Final = timedelta(seconds=30)
SKEW_TOO_LARGE: Final = timedelta(minutes=5)
DATE_SECONDS: Final = 15
SOURCES_NAMED: Final = 5
ADVICE: Final[dict[type[DatabaseError], str]] = {
    DamagedDatabaseError: "stop the bot, then bring a backup back: {restore}",
    ForeignDatabaseError: "name another file in SVODKA_DATABASE_URL",
    NewerSchemaError: "upgrade Svodka, or with the bot stopped: {restore}",
}


async def look_at_token(settings: Settings) -> AsyncIterator[Finding]:
    """And at what @BotFather was told about the bot."""
    if settings.bot_token is None and settings.bot_token_file is None:
        yield warning(
            "token",
            "none is set; `svodka demo` works without, `svodka run` does not",
            "get one from @BotFather and put it into SVODKA_BOT_TOKEN",
        )
        return
    try:
        bot = await check_token(settings)
    except SettingsError as error:
        yield problem("token", str(error), "correct the setting that is named")
    except TelegramUnreachableError as error:
        yield problem(
            "token",
            f"{settings.telegram_api_url} does not answer ({error.values['cause']})",
            "check the network, a proxy or firewall, and SVODKA_TELEGRAM_API_URL",
        )
    else:
        yield fine("token", f"the bot is @{bot.username}")
        yield look_at_inline(bot)


def look_at_inline(bot: User) -> Finding:
    """It is for each operator to want: off is no fault."""
    if bot.supports_inline_queries:
        return fine("inline", f"@{bot.username} and words offer stories in any chat")
    return Finding(
        "inline",
        State.FINE,
        "off: in other chats the bot offers nothing",
        "if it should, send /setinline to @BotFather",
    )


async def look_at_clock(settings: Settings, now: datetime) -> Finding:
    """Against the Date header of the Bot API's server, which is right to a second."""
    timeout = aiohttp.ClientTimeout(total=DATE_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.head(settings.telegram_api_url, allow_redirects=False) as answer,
        ):
            said = answer.headers.get("Date", "")
            theirs = email.utils.parsedate_to_datetime(said).astimezone(UTC)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return warning(
            "clock",
            f"could not be compared with Telegram's ({type(error).__name__})",
            "if the token's line is fine, ignore this; else check the network first",
        )
    skew = abs(theirs - now)
    told = f"{skew.total_seconds():.0f} s from Telegram's"
    if skew <= SKEW_NOTICED:
        return fine("clock", told)
    advice = "turn on time synchronisation: timedatectl set-ntp true"
    return (problem if skew > SKEW_TOO_LARGE else warning)("clock", told, advice)


def look_at_file(settings: Settings) -> tuple[Finding, bool]:
    """Without touching it; and whether it can be read further: sound and of this schema."""
    look, path, newest = "database", settings.database_path, newest_schema()
    if not path.exists():
        return fine(look, f"{path} is not there yet; the first start makes it"), False
    try:
        checked = check_file(path, empty=False)
    except DatabaseError as error:
        return problem(look, _told(error, path), _advice(error, settings)), False
    except (OSError, sqlite3.Error) as error:
        found = f"{path} cannot be read ({error})"
        return problem(look, found, "check the rights of the file and its folder"), False
    if checked.schema < newest:
        found = f"{path} is sound; the next start brings schema {checked.schema} to {newest}"
        return fine(look, found), False
    return fine(look, f"{path} is sound, schema {checked.schema}"), True


def _told(error: DatabaseError, path: Path) -> str:
    match error:
        case DamagedDatabaseError():
            return f"{path} is damaged ({error.values['found']})"
        case NewerSchemaError():
            schema, known = error.values["schema"], error.values["known"]
            return f"{path} was written by a newer Svodka (schema {schema}, this one knows {known})"
        case _:
            return f"{path} belongs to another program"


def _advice(error: DatabaseError, settings: Settings) -> str:
    newest = newest_backup(settings.backup_folder, settings.database_path)
    restore = f"svodka restore {newest}" if newest else "svodka restore PATH-OF-A-BACKUP"
    return ADVICE[type(error)].format(restore=restore)


def look_at_backups(settings: Settings, now: datetime) -> Finding:
    folder, path = settings.backup_folder, settings.database_path
    if not settings.backup_hours:
        return warning("backups", "SVODKA_BACKUP_HOURS is 0: none are made", "set it to 24")
    made = [at for one in backups_in(folder, path) if (at := made_at(one)) and at <= now]
    if not made:
        return warning("backups", f"none in {folder} yet", "svodka backup makes one at once")
    age = now - max(made)
    told = f"{len(made)} in {folder}, the newest {age.total_seconds() / 3600:.0f} hours old"
    if age > MISSED_BACKUPS * timedelta(hours=settings.backup_hours):
        return warning("backups", told, "is the bot running? Its log says backup_failed and why")
    return fine("backups", told)


async def look_at_sources(db: Database, figures: Figures) -> AsyncIterator[Finding]:
    states = figures.sources
    if not sum(states.values()):
        yield warning("sources", "none yet", "send the bot /addsource and a feed's address")
        return
    told = ", ".join(f"{count} {state}" for state, count in states.items() if count)
    if not states["failing"] and not states["parked"]:
        yield fine("sources", told)
        return
    ailing = await ailing_sources(db, SOURCES_NAMED)
    names = "; ".join(f"{one.title}: {one.error}, {one.failures}×" for one in ailing)
    advice = "look at their addresses in a browser; /sources retries, /removesource removes"
    yield warning("sources", f"{told} ({names})", advice)


def look_at_backlog(figures: Figures, now: datetime) -> Iterator[Finding]:
    waiting = sum(figures.outbox.values())
    late = {
        "deliveries": figures.outbox_since,
        "digests": figures.digests_due_since,
        "updates": figures.updates_since,
    }
    counts = {
        "deliveries": waiting,
        "digests": figures.digests_due,
        "updates": figures.updates_open,
    }
    behind = [name for name, since in late.items() if since and now - since > LATE]
    for name in behind:
        minutes = (now - (late[name] or now)).total_seconds() // 60
        yield warning(
            name,
            f"{counts[name]} wait, the oldest for {minutes:.0f} minutes",
            "is the bot running? If it is, its log says what it waits for",
        )
    if figures.outbox.get("held"):
        count = figures.outbox["held"]
        yield warning("held", f"{count} messages may have arrived", "/held lets you decide")
    if not behind:
        yield fine("backlog", ", ".join(f"{count} {name}" for name, count in counts.items()))
