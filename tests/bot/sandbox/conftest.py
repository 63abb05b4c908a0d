"""A sandbox on loopback, a real aiogram Bot that talks to it, and persons who act in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer

from bot.sandbox.client import Member, SandboxClient
from bot.sandbox.server import Sandbox, run_sandbox
from bot.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def move_clock(clock: Clock) -> Callable[[float], None]:
    """Move the world's clock on by seconds."""
    return clock.move


@pytest.fixture
def world(clock: Clock) -> World:
    return World(now=clock, rates=None)


@pytest.fixture
async def sandbox(world: World) -> AsyncIterator[Sandbox]:
    async with run_sandbox(world=world, webhook_retry_seconds=0.01) as running:
        yield running


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.url))
    yield Bot(sandbox.token, session=session)
    if session._session is not None:
        # `session.close()` would sleep a quarter of a second for TLS that is not here.
        await session._session.close()


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[SandboxClient]:
    async with SandboxClient(sandbox.url) as running:
        yield running


@pytest.fixture
async def anna(client: SandboxClient) -> Member:
    """Anna, who has started the bot; the update is still pending."""
    person = await client.person(1001)
    await person.say("/start")
    return person
