"""The one place that wires: opens what the settings name, starts the long tasks, stops them."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import structlog
from aiogram import Dispatcher

from bot.alerts import WATCH_SECONDS, Alerts
from bot.aliases import reload_aliases
from bot.backups import LOOK_SECONDS, Backups
from bot.breaking import send_alerts
from bot.broadcasting import spread_broadcasts
from bot.clock import ClockWatch
from bot.commands import register_commands, register_descriptions
from bot.context import Clock, Context, utc_now
from bot.core import open_core, warm_up
from bot.delivery import Courier
from bot.disk import DiskWatch
from bot.errors import SettingsError
from bot.files import SeenFiles, read_folder
from bot.floods import Floods
from bot.gathering import Refresher
from bot.handlers import routers
from bot.intake import AnswerUnsaved, Inbox, Intake
from bot.metrics import Metrics
from bot.middlewares import Acting, Introduction, PressAnswer, Rights
from bot.observing import ObservedRequests, ObservedUpdates, measure_lag
from bot.patience import Patience
from bot.pipeline import forget_old, publish_due_digests
from bot.pulse import Pulse, Ticks
from bot.rate_limits import RateLimits
from bot.readiness import PROBE_AFTER_SECONDS, probe
from bot.recapping import publish_due_recaps
from bot.reminding import send_reminders
from bot.scheduler import ticking
from bot.settings import Settings
from bot.stopping import unless_stopped
from bot.telegram import make_bot, username_of
from bot.updates import Handling
from bot.web import Watching, serving
from bot.webhook import Receiver, set_webhook
from digests.sources.channel import PUBLIC_SITE
from digests.updates import LEAST_WAIT
from storage.erasing import wipe
from storage.locking import hold_lock

log = structlog.get_logger()

TICK_SECONDS: Final = 1.0
FORGET_SECONDS: Final = 3600.0
DISK_SECONDS: Final = 5.0
REMIND_SECONDS: Final = 5.0
RECAP_SECONDS: Final = 10.0
WIPE_SECONDS: Final = 5.0
BREAKING_SECONDS: Final = 30.0
# What a channel is set up by, in the private chat of its administrator.
MENUS: Final = frozenset(
    {"starting", "topics", "schedule", "hours", "settings", "privacy", "words"}
)


@asynccontextmanager
async def open_context(
    settings: Settings,
    token: str,
    *,
    now: Clock = utc_now,
    update_wait: timedelta = LEAST_WAIT,
    telegram_site: str = PUBLIC_SITE,
) -> AsyncIterator[tuple[Context, Courier]]:
    """Everything the bot works with, closed in reverse.

    Raises SettingsError when Telegram does not know the token, and DatabaseError, also when
    another bot works with the file.
    """
    limits = RateLimits(time.monotonic)
    async with AsyncExitStack() as stack:
        stack.enter_context(hold_lock(settings.database_path))
        core = await stack.enter_async_context(
            open_core(settings, settings.database_path, now=now, telegram_site=telegram_site)
        )
        warm_up(core)
        bot = await stack.enter_async_context(make_bot(settings, token).context())
        floods, metrics, pulse = Floods(core.db, now), Metrics(), Pulse()
        await floods.load()
        bot.session.middleware(Patience(limits, floods, now))
        bot.session.middleware(ObservedRequests(metrics, pulse))
        username = await username_of(bot)
        context = Context(
            settings,
            core.db,
            core.workers,
            core.parsers,
            core.fetcher,
            now,
            bot,
            username,
            update_wait,
            embedding=core.embedding,
            metrics=metrics,
            pulse=pulse,
            telegram_site=core.telegram_site,
        )
        yield context, Courier(context, limits, floods)


def make_dispatcher(context: Context) -> Dispatcher:
    dispatcher = Dispatcher(context=context)
    dispatcher.update.outer_middleware(ObservedUpdates(context.metrics))
    introduction, rights = Introduction(), Rights()
    for observer in (dispatcher.message, dispatcher.callback_query):
        observer.outer_middleware(introduction)
    dispatcher.callback_query.outer_middleware(PressAnswer())
    dispatcher.include_routers(*routers())
    acting = Acting()
    for router in dispatcher.sub_routers:
        if router.name in MENUS:
            router.message.middleware(acting)
            router.callback_query.middleware(acting)
        router.message.middleware(rights)
        router.callback_query.middleware(rights)
    return dispatcher


async def run(
    settings: Settings,
    *,
    now: Clock = utc_now,
    stop: asyncio.Event | None = None,
    ready: Callable[[Context], Any] | None = None,
    tick_seconds: float = TICK_SECONDS,
    update_wait: timedelta = LEAST_WAIT,
    telegram_site: str = PUBLIC_SITE,
) -> None:
    """Serve until `stop` is set or a signal comes. `ready` is called once all is running.

    Raises SettingsError, DatabaseError.
    """
    token = settings.token()
    stop = stop or stop_on_signals()
    opening = open_context(
        settings, token, now=now, update_wait=update_wait, telegram_site=telegram_site
    )
    async with AsyncExitStack() as stack:
        # Telegram may be slow to answer, a large file to check: a stop need not wait for them.
        opened = await unless_stopped(stop, stack.enter_async_context(opening))
        if opened is None:
            return
        context, courier = opened
        try:
            await _serve(context, courier, stop, ready, tick_seconds)
        except* SettingsError as group:  # the token was revoked: one sentence, no traceback
            raise group.exceptions[0] from None


async def _serve(
    context: Context,
    courier: Courier,
    stop: asyncio.Event,
    ready: Callable[[Context], Any] | None,
    tick_seconds: float,
) -> None:
    dispatcher = make_dispatcher(context)
    await unless_stopped(stop, _introduce(context))
    inbox, ticks = Inbox(), _ticks(context, tick_seconds)
    handling = Handling(context, dispatcher, inbox)
    work = {
        "handling": handling.run(),
        "courier": courier.run(),
        "refresher": Refresher(context).run(tick_seconds),
        "lag": measure_lag(context.metrics),
    }
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        tasks = [group.create_task(task, name=name) for name, task in work.items()]
        await _serve_web(context, stack, ticks, inbox, handling.answer_unsaved)
        allowed = dispatcher.resolve_used_update_types()
        if context.settings.webhook_url:
            await unless_stopped(stop, set_webhook(context, allowed))
        else:
            await unless_stopped(stop, context.bot.delete_webhook())
            intake = Intake(context, allowed, inbox, handling.answer_unsaved)
            tasks.append(group.create_task(intake.run(), name="intake"))
        stack.enter_context(reloading(lambda: reload_aliases(context)))
        with ticking(context.pulse.beating(ticks)):
            log.info("started", bot=context.username, database=str(context.db.path))
            if ready:
                ready(context)
            waiting = group.create_task(stop.wait())
            await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in (waiting, *tasks):
            task.cancel()
    log.info("stopped")


def _ticks(context: Context, tick_seconds: float) -> Ticks:
    """What the clock does, and every how many seconds."""
    settings = context.settings
    ticks: Ticks = {
        "watch_disk": (DiskWatch(context).look, min(tick_seconds * 5, DISK_SECONDS)),
        "watch_clock": (ClockWatch(context).look, tick_seconds),
        "forget_old": (lambda: forget_old(context), FORGET_SECONDS),
        "wipe": (lambda: wipe(context.db), min(tick_seconds * 5, WIPE_SECONDS)),
        "publish_digests": (lambda: publish_due_digests(context), tick_seconds),
        "publish_recaps": (
            lambda: publish_due_recaps(context),
            min(tick_seconds * 5, RECAP_SECONDS),
        ),
        "spread_broadcasts": (lambda: spread_broadcasts(context), tick_seconds),
        "breaking": (lambda: send_alerts(context), min(tick_seconds * 30, BREAKING_SECONDS)),
        "remind": (lambda: send_reminders(context), min(tick_seconds * 5, REMIND_SECONDS)),
        "alert": (Alerts(context).look, min(WATCH_SECONDS, 60 * tick_seconds)),
        "probe_telegram": (lambda: probe(context), min(PROBE_AFTER_SECONDS, 30 * tick_seconds)),
        "back_up": (Backups(context).look, LOOK_SECONDS),
    }
    if settings.articles_dir:
        folder, seen = settings.articles_dir.resolve(), SeenFiles({})
        make_folder(folder)
        seconds = min(settings.poll_interval, 30) if tick_seconds >= 1 else tick_seconds
        ticks["read_folder"] = (lambda: read_folder(context, folder, seen), seconds)
    return ticks


async def _serve_web(
    context: Context,
    stack: AsyncExitStack,
    ticks: Ticks,
    inbox: Inbox,
    answer_unsaved: AnswerUnsaved,
) -> None:
    """Raises SettingsError when it cannot listen."""
    settings = context.settings
    if settings.http_address is None:
        return
    routes = Watching(context, {name: seconds for name, (_, seconds) in ticks.items()}).routes()
    if settings.webhook_url:
        routes.append(Receiver(context, inbox, answer_unsaved).route())
    await stack.enter_async_context(serving(settings.http_address, routes))


async def _introduce(context: Context) -> None:
    settings = context.settings
    await register_commands(context.bot, context.admin_chats, settings.default_language)
    await register_descriptions(context.bot, settings.default_language)


def make_folder(folder: Path) -> None:
    """Raises SettingsError when the watched folder cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError(
            f"SVODKA_ARTICLES_DIR: {folder} cannot be made or is no folder ({error.strerror})."
        ) from error


@contextmanager
def reloading(reload: Callable[[], None]) -> Iterator[None]:
    """Call it at every SIGHUP, as `systemctl reload` sends."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, reload)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGHUP)


def stop_on_signals() -> asyncio.Event:
    """Set by SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop
