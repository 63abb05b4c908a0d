"""Updates that Telegram brings by itself: checked, stored, and only then answered with 200.

The server listens on loopback, behind a proxy that holds the certificate. Whoever does not know
the secret is told nothing; what could not be stored is refused, so that Telegram brings it again.
"""

import hmac
import json
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
from aiogram.exceptions import TelegramBadRequest
from aiohttp import web

from bot.context import Context
from bot.errors import SettingsError
from bot.intake import AnswerUnsaved, Inbox, described, store
from digests.errors import SvodkaError

log = structlog.get_logger()

SECRET_HEADER: Final = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
CONNECTIONS: Final = 8  # at once: storing an update takes a millisecond


class Receiver:
    """Takes the place of polling."""

    def __init__(self, context: Context, inbox: Inbox, answer_unsaved: AnswerUnsaved) -> None:
        self._context = context
        self._secret = context.settings.secret()
        self._inbox = inbox
        self._answer_unsaved = answer_unsaved
        inbox.caught_up.set()  # what waits at Telegram comes when it comes

    def route(self) -> web.RouteDef:
        return web.post(path_of(self._context.settings.webhook_url), self.receive)

    async def receive(self, request: web.Request) -> web.Response:
        told = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(told.encode(), self._secret.encode()):
            log.warning("webhook_refused", remote=request.remote)
            return web.Response(status=401)
        raw = parsed(await request.read())
        if raw is None:
            log.warning("webhook_malformed")
            return web.Response(status=400)
        try:
            arrived = described(raw, self._context.now())
            await store(self._context, self._inbox, self._answer_unsaved, [arrived])
        except SvodkaError as error:
            log.warning("webhook_not_stored", update=raw["update_id"], cause=str(error))
            return web.Response(status=503)
        return web.Response()


def parsed(body: bytes) -> dict[str, Any] | None:
    """None: it is no update."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
        return None
    return raw


def path_of(url: str) -> str:
    return urlsplit(url).path or "/"


async def set_webhook(context: Context, allowed: list[str]) -> None:
    """From now on Telegram brings updates, those that wait there first.

    Raises SettingsError: Telegram refuses the address.
    """
    try:
        await context.bot.set_webhook(
            context.settings.webhook_url,
            secret_token=context.settings.secret(),
            allowed_updates=allowed,
            max_connections=CONNECTIONS,
        )
    except TelegramBadRequest as error:
        raise SettingsError(f"SVODKA_WEBHOOK_URL: Telegram says: {error.message}.") from error
