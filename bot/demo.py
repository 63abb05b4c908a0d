"""The whole loop without a token: sandbox, newsroom and the real bot, watched in a browser."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import typer

from bot.app import run, stop_on_signals
from bot.context import Context, utc_now
from bot.logs import set_up_logs
from bot.newsroom.articles import load_newsroom
from bot.newsroom.publishing import write_files
from bot.newsroom.server import run_newsroom
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox, run_sandbox
from bot.settings import AccessPolicy, load_settings
from digests.models import SourceKind
from storage.sources import add_source

HOST: Final = "127.0.0.1"
ANNA: Final = 1001
BEN: Final = 1002
ADMIN: Final = 1000
FORUM: Final = "Дежурная смена"
FORUM_TOPICS: Final = ("Новости", "Курилка")
ANNAS_TOPICS: Final = ("безопасность ИИ", "ставка ЦБ", "пожар")
POLLING: Final = {"poll_interval": 15, "poll_longest": 15}  # seconds; news comes every minute
WRITE_SECONDS: Final = 5
DIGEST_AFTER: Final = timedelta(seconds=50)  # rounded up to the minute
ZONE: Final = "Europe/Moscow"
UPDATE_WAIT: Final = timedelta(seconds=10)  # hours, outside of the demo


async def run_demo(port: int) -> None:
    """Until Ctrl-C. Everything it keeps is thrown away then."""
    set_up_logs("WARNING", "human")
    stop = stop_on_signals()
    start = utc_now()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="svodka-demo-")))
        sandbox = await stack.enter_async_context(run_sandbox(HOST, port))
        newsroom = await stack.enter_async_context(run_newsroom(start, utc_now))
        settings = load_settings(
            _env_file=None,
            bot_token=sandbox.token,
            bot_token_file=None,
            telegram_api_url=sandbox.url,
            database_url=f"sqlite:///{folder / 'svodka.sqlite'}",
            admins=(ADMIN,),
            access=AccessPolicy.OPEN,
            default_language="ru",
            default_timezone=ZONE,
            articles_dir=folder / "Битовка",
            **POLLING,
            allowed_hosts=(f"{HOST}:*",),
        )
        ready: asyncio.Future[Context] = asyncio.get_running_loop().create_future()
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(
                run(settings, stop=stop, ready=ready.set_result, update_wait=UPDATE_WAIT)
            )
            writing = group.create_task(_write_files(folder / "Битовка", start))
            showing = group.create_task(_show(ready, sandbox, dict(newsroom.feed_urls)))
            await serving
            writing.cancel()
            showing.cancel()


async def _write_files(folder: Path, start: datetime) -> None:
    """The outlet that publishes files writes them as their hour comes."""
    while True:
        write_files(folder, start, utc_now())
        await asyncio.sleep(WRITE_SECONDS)


async def _show(ready: "asyncio.Future[Context]", sandbox: Sandbox, feeds: dict[str, str]) -> None:
    """Add the newsroom's feeds, let Анна subscribe as anybody would, and say where to look."""
    context = await ready
    for outlet in load_newsroom().outlets:
        if outlet.id in feeds:
            await add_source(
                context.db,
                SourceKind.FEED,
                feeds[outlet.id],
                outlet.name,
                utc_now(),
                weight=outlet.weight,
            )
    due = _next_minute(datetime.now(UTC) + DIGEST_AFTER).astimezone(ZoneInfo(ZONE))
    async with SandboxClient(sandbox.url) as client:
        anna = await client.person(ANNA)
        for command in (f"/schedule {due:%H:%M}", *(f"/subscribe {t}" for t in ANNAS_TOPICS)):
            await anna.say(command)
            await anna.wait_for(lambda message: message.from_bot, what="an answer")
        members = {ADMIN: "administrator", BEN: "member"}
        forum = await client.group(anna, FORUM, members, kind="supergroup")
        for topic in FORUM_TOPICS:
            await forum.open_topic(topic)
    typer.echo(
        f"""
  Svodka is running. Open the chat page:  {sandbox.page_url}

  Анна gets her scheduled digest at {due:%H:%M} Moscow time, within two minutes.
  Write as anybody: /start, /latest, /topic ставка ЦБ, or just a word. News keeps coming for four
  minutes: ask for /digest again then, and see how the fire went on. Ctrl-C stops.
  «{FORUM}» is a group with topics: have a digest in one of them by the buttons there.
"""
    )


def _next_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
