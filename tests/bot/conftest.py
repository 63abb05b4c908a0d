"""The bot at work on loopback: one for all conversations, or one a test for restarts and faults.

All of it lives on the session's event loop, so that servers outlive the test that asked first.
The pool of worker processes is shared too: starting one takes longer than most tests.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from bot import core, delivery, intake, pace, patience, rate_limits, updates
from bot.core import open_core
from bot.gathering import add_feed
from bot.newsroom.articles import load_newsroom
from bot.newsroom.server import run_newsroom
from bot.settings import load_settings
from bot.workers import COMPUTING_MEGABYTES, Workers, start_workers
from tests.bot.living import START, Clock, Feeds, Running, run_bot, run_feeds

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    Bots = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture(scope="session")
def shared_workers() -> Iterator[Workers]:
    with start_workers(megabytes=COMPUTING_MEGABYTES) as workers:
        yield workers


@pytest.fixture(scope="session")
def quick(shared_workers: Workers) -> Iterator[None]:
    """Shared workers, no idling where the clock is ours, no waiting for Telegram's rates."""

    @contextmanager
    def lent(_count: int = 1, **_limits: float) -> Iterator[Workers]:
        yield shared_workers

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(core, "start_workers", lent)
        patch.setattr(delivery, "IDLE_SECONDS", 0.02)
        patch.setattr(rate_limits, "CHAT_SECONDS", 0.0)
        patch.setattr(rate_limits, "GROUP_SECONDS", 0.0)
        patch.setattr(rate_limits, "BROADCAST_SHARE", 100.0)
        patch.setattr(intake, "FIRST_PAUSE_SECONDS", 0.02)
        patch.setattr(pace, "A_SECOND", 10_000.0)
        patch.setattr(patience, "RETRY_SECONDS", (0.01, 0.01))
        patch.setattr(updates, "FIRST_RETRY_SECONDS", 0.02)
        yield


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def feeds() -> AsyncIterator[Feeds]:
    async with run_feeds() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(quick: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """A database that holds the newsroom's feeds, as if they were read just before START."""
    path = tmp_path_factory.mktemp("template") / "svodka.sqlite"
    settings = load_settings(_env_file=None, poll_interval=86_400, allowed_hosts=("127.0.0.1:*",))
    clock = Clock(START)
    async with run_newsroom(START, clock) as newsroom:
        async with open_core(settings, path, now=clock) as opened:
            for outlet in load_newsroom().outlets:
                if outlet.id in newsroom.feed_urls:
                    await add_feed(opened, newsroom.feed_urls[outlet.id])
        yield path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared(
    template: Path, feeds: Feeds, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """One bot for every conversation that leaves clock and faults alone."""
    async with run_bot(tmp_path_factory.mktemp("shared"), feeds, template=template) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def running(template: Path, feeds: Feeds, tmp_path: Path) -> AsyncIterator[Running]:
    """A bot of one's own, with the newsroom's articles."""
    async with run_bot(tmp_path, feeds, template=template) as one:
        yield one


@pytest.fixture
def bots(template: Path, feeds: Feeds, tmp_path: Path) -> Bots:
    """Bots of other settings: each is a context to enter."""

    def make(*, empty: bool = False, **options: object) -> AbstractAsyncContextManager[Running]:
        return run_bot(tmp_path, feeds, template=None if empty else template, **options)

    return make
