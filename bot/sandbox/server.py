"""Starts the sandbox: one aiohttp application with the Bot API, the persons' API and the page.

`run_sandbox` is what tests and the demo use; `create_app` is for those who have a runner already.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox import bot_api, person_api
from bot.sandbox.bot_api import WORLD
from bot.sandbox.people import PersonError
from bot.sandbox.webhook import deliver_for_ever
from bot.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from bot.sandbox.model import Json

MAX_BODY_BYTES = 60 * 1024 * 1024
SHUTDOWN_SECONDS = 1.0
WEBHOOK_RETRY_SECONDS = 1.0
PAGE_POLICY = (
    "default-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox."""

    url: str
    """Base for `TelegramAPIServer.from_base`, and for `SandboxClient`."""
    page_url: str
    world: World

    @property
    def token(self) -> str:
        return self.world.token


def create_app(
    world: World, *, webhook_retry_seconds: float = WEBHOOK_RETRY_SECONDS
) -> web.Application:
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[person_api.person_errors])
    app[WORLD] = world
    app.add_routes(bot_api.routes)
    app.add_routes(person_api.routes)
    app.router.add_get("/", show_page)

    async def deliver(_: web.Application) -> AsyncIterator[None]:
        # A task of this application alone: aiohttp starts and ends it.
        loop = asyncio.get_running_loop()
        task = loop.create_task(deliver_for_ever(world, webhook_retry_seconds))
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def wake_waiters(_: web.Application) -> None:
        world.updates.close()
        world.changed.notify()

    app.cleanup_ctx.append(deliver)
    app.on_shutdown.append(wake_waiters)
    return app


async def show_page(request: web.Request) -> web.Response:
    """Answer with the page; what it shows first is inside it, so it is complete when loaded."""
    page = resources.files("bot.sandbox").joinpath("page.html").read_text("utf-8")
    first = json.dumps(_first_sight(request.app[WORLD], request.query)).replace("<", "\\u003c")
    headers = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"}
    text = page.replace("/*first sight*/null", first)
    return web.Response(text=text, content_type="text/html", headers=headers)


def _first_sight(world: World, query: Mapping[str, str]) -> Json | None:
    """Return state and messages for the person and chat of the address, None when it names none."""
    try:
        person_id = int(query["person"])
        chat_id = int(query.get("chat", person_id))
        page = person_api.messages_shown(world, person_id, chat_id)
    except (KeyError, ValueError, PersonError):
        return None
    return {"state": person_api.state_shown(world, person_id), "chat": chat_id, "page": page}


@asynccontextmanager
async def run_sandbox(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    world: World | None = None,
    webhook_retry_seconds: float = WEBHOOK_RETRY_SECONDS,
) -> AsyncIterator[Sandbox]:
    """Serve a world until the block ends; port 0 takes a free one. Default is `World()`."""
    world = World() if world is None else world
    app = create_app(world, webhook_retry_seconds=webhook_retry_seconds)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        taken = runner.addresses[0][1]
        url = f"http://{host}:{taken}"
        yield Sandbox(url, f"{url}/", world)
    finally:
        await runner.cleanup()
