"""Delivers updates to the bot's webhook as Telegram does: in order, one at a time, until a 2xx.

A method named in the answer's body is carried out, as the Bot API allows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NoReturn

import aiohttp

from bot.sandbox.bot_api import carry_out

if TYPE_CHECKING:
    from bot.sandbox.model import Json
    from bot.sandbox.updates import Webhook
    from bot.sandbox.world import World

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
TIMEOUT_SECONDS = 10
IDLE_SECONDS = 3600


async def deliver_for_ever(world: World, retry_seconds: float) -> NoReturn:
    """Send what is pending, and wait `retry_seconds` after each failure."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        while True:
            hook = world.updates.webhook
            pending = world.updates.pending() if hook is not None else []
            if hook is None or not pending:
                await world.updates.signal.wait(IDLE_SECONDS)
            elif await _deliver(session, world, hook, pending[0]):
                world.updates.drop(pending[0])
            else:
                await world.updates.signal.wait(retry_seconds)


async def _deliver(
    session: aiohttp.ClientSession, world: World, hook: Webhook, update: Json
) -> bool:
    headers = {SECRET_HEADER: hook.secret_token} if hook.secret_token else {}
    try:
        async with session.post(hook.url, json=update, headers=headers) as response:
            body = await response.text()
            if response.ok:
                await _carry_out_answer(world, response.content_type, body)
                return True
            problem = f"Wrong response from the webhook: {response.status} {response.reason}"
    except (aiohttp.ClientError, TimeoutError) as error:
        problem = f"Connection failed: {type(error).__name__}"
    hook.last_error_date = int(world.now().timestamp())
    hook.last_error_message = problem
    return False


async def _carry_out_answer(world: World, content_type: str, body: str) -> None:
    if content_type != "application/json":
        return
    try:
        parameters = json.loads(body)
    except ValueError:
        return
    if isinstance(parameters, dict) and "method" in parameters:
        name = str(parameters.pop("method"))
        world.requests[name.lower()] += 1
        await carry_out(world, name, parameters, {})
