"""The command line. Heavy imports wait until a command runs, so `--help` answers at once."""

import sys
from datetime import datetime
from typing import Annotated, Any

import typer

from bot import __version__

app = typer.Typer(
    name="svodka",
    help="Svodka (сводка, digest): a Telegram bot that reads the news for its subscribers.",
    epilog="Settings come from SVODKA_… variables or .env; .env.example lists them all.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Places = Annotated[
    list[str] | None, typer.Argument(metavar="[PATH]…", help="Article files or folders of them.")
]


def run_command_line() -> None:
    from bot.redaction import guard_hooks, redacted
    from digests.errors import SvodkaError

    guard_hooks()
    try:
        app()
    except SvodkaError as error:
        typer.secho(redacted(_explained(error)), fg=typer.colors.RED, err=True)
        sys.exit(2)


def _explained(error: Any) -> str:  # noqa: ANN401 - a SvodkaError; importing it here costs time
    from bot.errors import SettingsError
    from bot.i18n import language

    if isinstance(error, SettingsError):
        return str(error)
    spoken = language("en")
    sentence = (
        spoken.say(error.code, None, **error.values)
        if spoken.has(error.code)
        else "That did not work."
    )
    return f"{sentence} [{error}]"


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"svodka {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
def run() -> None:
    """Serve Telegram with the token of SVODKA_BOT_TOKEN, until Ctrl-C."""
    import asyncio

    from bot.settings import load_settings

    settings = load_settings()
    settings.token()  # a wrong setting is told before the seconds that the rest takes to import

    from bot.logs import set_up_logs

    set_up_logs(settings.log_level, settings.log_format)
    _read_ahead()

    from bot.app import run as serve

    asyncio.run(serve(settings))


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Of the chat page; 0 takes any free one.")] = 8080,
) -> None:
    """Try everything without a token: the bot, invented news and a chat page in the browser."""
    import asyncio

    _read_ahead()

    from bot.demo import run_demo

    asyncio.run(run_demo(port))


def _read_ahead() -> None:
    """What worker processes need is read beside this process's imports."""
    from bot.workers import process_context

    process_context()


@app.command()
def ingest(
    places: Annotated[
        list[str],
        typer.Argument(metavar="PATH|URL…", help="Article files, folders, feed addresses."),
    ],
) -> None:
    """Take articles into the database, and say how many were new, known or rejected and why."""
    import asyncio

    from bot.settings import load_settings

    done = asyncio.run(_ingest(load_settings(), places))
    _report(done)
    if done.rejected and done.is_empty:
        raise typer.Exit(1)


async def _ingest(settings: Any, places: list[str]) -> Any:  # noqa: ANN401 - imported late
    from pathlib import Path

    from rich.console import Console
    from rich.progress import Progress

    from bot.core import open_core
    from bot.offline import files_below, ingest

    total = sum(len(files_below(Path(place))) if "://" not in place else 1 for place in places)
    async with open_core(settings, settings.database_path) as core:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            bar = progress.add_task("ingest", total=total)
            return await ingest(core, places, lambda count: progress.advance(bar, count))


def _report(done: Any) -> None:  # noqa: ANN401 - imported late
    from bot.i18n import language

    added = done.added
    typer.echo(
        f"{added.new} new, {added.changed} changed, {added.known} known, "
        f"{len(done.rejected)} rejected"
        + (f"; {done.sources} new sources, read once the bot runs" if done.sources else "")
    )
    for rejection in done.rejected:
        typer.echo(f"  {rejection.name}: {language('en').say(rejection.code)}", err=True)


@app.command(name="import")
def import_(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH]…",
            help="OPML files, databases of RSS-to-Telegram-Bot or flowerss-bot (SQLite).",
        ),
    ] = None,
    starter: Annotated[
        str | None, typer.Option(help="The list that ships with Svodka: `ru` or `en`.")
    ] = None,
) -> None:
    """Take over subscriptions: the feeds of lists and of administrators become everybody's,
    other chats' their own. Says what could not be carried over.
    """
    import asyncio

    from bot.settings import load_settings
    from bot.starters import STARTERS

    if starter is not None and starter not in STARTERS:
        raise typer.BadParameter(f"{starter!r} is neither ru nor en", param_hint="--starter")
    if not paths and starter is None:
        raise typer.BadParameter("name a file, or a starter list", param_hint="PATH")
    for line in asyncio.run(_import(load_settings(), paths or [], starter)):
        typer.echo(line)


async def _import(settings: Any, paths: list[str], starter: str | None) -> list[str]:  # noqa: ANN401
    from pathlib import Path

    from bot.core import open_core
    from bot.importing import import_file, import_starter

    lines = []
    async with open_core(settings, settings.database_path) as core:
        if starter:
            lines += (await import_starter(core, starter)).lines(f"starter list {starter}")
        for path in paths:
            lines += (await import_file(core, Path(path))).lines(path)
    return lines


@app.command()
def export(
    path: Annotated[
        str | None, typer.Argument(metavar="[PATH]", help="A new file; else standard output.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="`opml` or `json`.")] = "opml",
) -> None:
    """Write the sources that everybody reads as OPML or JSON."""
    import asyncio
    from pathlib import Path

    from bot.settings import load_settings

    if form not in {"opml", "json"}:
        raise typer.BadParameter(f"{form!r} is neither opml nor json", param_hint="--format")
    data = asyncio.run(_export(load_settings(), form))
    if path is None:
        typer.echo(data.decode(), nl=False)
        return
    try:
        with Path(path).open("xb") as file:
            file.write(data)
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint="PATH") from error


async def _export(settings: Any, form: str) -> bytes:  # noqa: ANN401 - imported late
    from bot.exporting import as_json, as_opml, exported
    from digests.models import NOBODY
    from storage.database import open_database

    async with open_database(settings.database_path) as db:
        found = await exported(db, NOBODY)
    return as_opml(found) if form == "opml" else await as_json(found)


@app.command()
def preview(
    places: Places = None,
    topic: Annotated[
        list[str] | None, typer.Option("--topic", help="A topic to follow; may be repeated.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="`ru` or `en`.")] = None,
    at: Annotated[
        str | None, typer.Option(metavar="ISO-TIME", help="As if it were then: 2026-11-23T09:00.")
    ] = None,
) -> None:
    """Print the digest of the given articles, or of the database, as plain text.

    For given paths its time is 09:00 of the day after the newest article, unless --at says
    otherwise; for the database it is now.
    """
    import asyncio

    from bot.i18n import LANGUAGES
    from bot.i18n import language as spoken_in
    from bot.settings import load_settings

    settings = load_settings()
    code = language or settings.default_language
    if code not in LANGUAGES:
        raise typer.BadParameter(
            f"{code!r} is none of {', '.join(LANGUAGES)}", param_hint="--language"
        )
    wanted = _moment(at, settings)

    from bot.offline import described, opened
    from bot.offline import preview as make

    async def printed() -> str:
        async with opened(settings, places or []) as (core, done):
            if places:
                _warn(done)
                if done.rejected and not done.added.new:
                    raise typer.Exit(1)
            moment = wanted or (None if places else core.now())
            digest, _ = await make(core, topic or [], moment)
            return described(digest, spoken_in(code), settings)

    typer.echo(asyncio.run(printed()), nl=False)


def _moment(at: str | None, settings: Any) -> datetime | None:  # noqa: ANN401 - imported late
    """A time without an offset is local to the default zone."""
    from datetime import UTC

    if at is None:
        return None
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise typer.BadParameter(
            f"{at!r} is no ISO time such as 2026-11-23T09:00", param_hint="--at"
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=settings.zone)).astimezone(UTC)


def _warn(done: Any) -> None:  # noqa: ANN401 - imported late
    from bot.i18n import language

    for rejection in done.rejected:
        typer.echo(f"{rejection.name}: {language('en').say(rejection.code)}", err=True)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="Words in any form: «безопасность ИИ».")],
    places: Places = None,
) -> None:
    """Look for stories in the given articles, or in the database. Nothing found: exit status 1."""
    import asyncio

    from bot.offline import find, opened
    from bot.settings import load_settings

    settings = load_settings()

    async def found() -> list[str]:
        async with opened(settings, places or []) as (core, done):
            if places:
                _warn(done)
            return [
                f"{story.newest.astimezone(settings.zone):%Y-%m-%d %H:%M}  {story.lead.title}\n"
                f"    {story.lead.link or story.lead.path}"
                for story in await find(core, query)
            ]

    lines = asyncio.run(found())
    typer.echo("\n".join(lines) if lines else f"Nothing found for {query!r}.")
    if not lines:
        raise typer.Exit(1)


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Look for what is wrong: settings, token, database, clock, zones, disk, sources, backlog.

    Changes nothing. Exit status: 0 all is fine, 1 something wants attention, 2 something is broken.
    """
    import asyncio
    from datetime import UTC

    from bot.doctor import findings
    from bot.doctor.looking import examine

    found = asyncio.run(examine(datetime.now(UTC)))
    typer.echo(findings.as_json(found) if as_json else findings.as_text(found))
    raise typer.Exit(findings.STATUSES[findings.worst(found)])


@app.command()
def backup(
    path: Annotated[
        str | None,
        typer.Argument(metavar="[PATH]", help="A new file, or a folder; else the usual folder."),
    ] = None,
) -> None:
    """Copy the database, while the bot runs too, and check the copy."""
    from datetime import UTC
    from pathlib import Path

    from bot.settings import load_settings
    from storage.backups import back_up, name_of

    settings = load_settings()
    database = settings.database_path
    target = Path(path) if path else settings.backup_folder
    if path is None or target.is_dir():
        target = target / name_of(database, datetime.now(UTC))
    _describe("backed up to", back_up(database, target))


@app.command()
def restore(
    backup: Annotated[str, typer.Argument(metavar="BACKUP", help="A file that `backup` made.")],
) -> None:
    """Put a backup in the database's place; what was there is kept under another name.

    The bot must be stopped.
    """
    from datetime import UTC
    from pathlib import Path

    from bot.settings import load_settings
    from storage.backups import restore as bring_back
    from storage.locking import hold_lock

    database = load_settings().database_path
    with hold_lock(database):
        restored, kept = bring_back(Path(backup), database, datetime.now(UTC))
    _describe("restored to", restored)
    if kept:
        typer.echo(f"what was there is kept as {kept}")


def _describe(done: str, backup: Any) -> None:  # noqa: ANN401 - imported late
    rows = backup.rows
    typer.echo(
        f"{done} {backup.path}: schema {backup.schema}, {rows.get('article', 0)} articles, "
        f"{rows.get('subscriber', 0)} subscribers, {rows.get('digest', 0)} digests, "
        f"{backup.size / 1e6:.1f} MB, read back without a fault"
    )
