"""The bot's own web server: for whoever watches it, and for Telegram where a webhook is set."""

import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Final

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bot import readiness
from bot.context import Context
from bot.errors import SettingsError
from bot.metrics import Reading
from storage.figures import read_figures

log = structlog.get_logger()

MOST_BODY_BYTES: Final = 2 * 1024 * 1024
SHUTDOWN_SECONDS: Final = 3.0
UNAVAILABLE: Final = 503

Answer = Callable[[web.Request], Awaitable[web.Response]]


class Watching:
    """`/healthz`: the process is alive. `/readyz`: it does its work. `/metrics`: how much."""

    def __init__(self, context: Context, intervals: dict[str, float]) -> None:
        """`intervals`: the ticks that should beat, each with its seconds."""
        self._context = context
        self._intervals = intervals

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/healthz", self.alive),
            web.get("/readyz", self.ready),
            web.get("/metrics", self.metrics),
        ]

    async def alive(self, _: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def ready(self, _: web.Request) -> web.Response:
        parts = await readiness.look(self._context, self._intervals)
        good = all(part.ready for part in parts)
        told = {"ready": good, "parts": [asdict(part) for part in parts]}
        return web.json_response(told, status=200 if good else UNAVAILABLE)

    async def metrics(self, _: web.Request) -> web.Response:
        context = self._context
        now = context.now()
        reading = Reading(
            await read_figures(context.db, now),
            now,
            context.pulse.ages,
            {"computing": context.workers.kills, "parsing": context.parsers.kills},
        )
        body = context.metrics.exposition(reading)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


@asynccontextmanager
async def serving(address: tuple[str, int], routes: Iterable[web.RouteDef]) -> AsyncIterator[str]:
    """Serve until the block ends; the base URL. Raises SettingsError when it cannot listen."""
    host, port = address
    app = web.Application(client_max_size=MOST_BODY_BYTES)
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise SettingsError(
                f"SVODKA_HTTP_LISTEN: cannot listen on {host}:{port} "
                f"({errno.errorcode.get(error.errno or 0, error.strerror)})."
            ) from error
        taken = runner.addresses[0][1]
        log.info("listening", host=host, port=taken)
        yield f"http://{host}:{taken}"
    finally:
        await runner.cleanup()
