"""How the bot starts beside others, and how it ends: with what was begun finished."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from bot import app, intake, stopping
from bot.errors import SettingsError
from bot.i18n import language
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import Sandbox, run_sandbox
from bot.sandbox.world import World
from faults.process import Bot, bot_of
from storage.errors import DatabaseInUseError
from tests.bot.living import ADMIN, Running, ask, eventually
from tests.bot.test_faults import met, notices, read, struck

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="session")
say = language("ru").say


# --- a second one ----------------------------------------------------------------------------


async def test_a_second_bot_on_one_database_is_refused_and_the_first_goes_on(
    running: Running,
) -> None:
    with pytest.raises(DatabaseInUseError):
        await app.run(running.settings, now=running.clock, stop=asyncio.Event())
    person = await met(running)
    assert str(person.chat_id) in (await ask(person, "/id")).text


async def test_the_lock_ends_with_the_bot(running: Running) -> None:
    await running.stop()
    await running.start()
    await running.kill()
    await running.start()


async def test_beside_a_second_poller_polling_stops_after_a_while_and_sending_goes_on(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "RIVAL_SECONDS", 0.3)
    monkeypatch.setattr(intake, "LONGEST_PAUSE_SECONDS", 0.05)
    admin, person = await running.admin(), await met(running)
    await ask(admin, "/id")
    world, stop = running.sandbox.world, asyncio.Event()

    async def rival() -> None:
        while not stop.is_set():
            world.updates._poller += 1
            world.updates.signal.notify()
            await asyncio.sleep(0.02)

    competing = asyncio.ensure_future(rival())
    told = await admin.wait_for(lambda m: m.text == say("alarm.polling_stopped"))
    stop.set()
    await competing
    before = world.updates._poller
    await notices(running, person, "идёт")
    await person.wait_for(lambda m: m.text == "идёт")
    await person.say("/id")
    await running.settled_sending()
    assert world.updates._poller == before, "it polls no more"
    assert [m.text for m in await admin.from_bot()].count(told.text) == 1


async def test_a_rival_that_leaves_in_time_stops_nothing(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "LONGEST_PAUSE_SECONDS", 0.05)
    person, world = await met(running), running.sandbox.world
    for _ in range(10):
        world.updates._poller += 1
        world.updates.signal.notify()
        await asyncio.sleep(0.02)
    assert str(person.chat_id) in (await ask(person, "/id")).text


async def test_a_token_revoked_while_running_ends_the_bot_with_a_sentence(
    running: Running,
) -> None:
    person = await met(running)
    revoked, running.sandbox.world.token = running.sandbox.world.token, "1:AAbbccddeeff" + "g" * 23
    await person.say("/id")
    error = await running.ended()
    assert isinstance(error, SettingsError)
    assert "SVODKA_BOT_TOKEN" in str(error)
    assert revoked not in repr(error)


# --- an end ----------------------------------------------------------------------------------


async def test_a_stop_ends_an_opening_that_waits_for_telegram(running: Running) -> None:
    await running.stop()
    await running.client.order_fault("slow", method="getMe", seconds=30, times=None)
    stop = asyncio.Event()
    opening = asyncio.ensure_future(app.run(running.settings, now=running.clock, stop=stop))

    async def is_asked() -> bool:
        return any(fault["struck"] for fault in await running.client.faults())

    await eventually(is_asked, "getMe")
    stop.set()
    async with asyncio.timeout(5):
        await opening
    await running.client.clear_faults()
    await running.start()


async def test_a_stop_lets_a_command_be_answered_first(running: Running) -> None:
    person = await met(running)
    await running.client.order_fault(
        "slow", method="sendMessage", chat_id=person.chat_id, seconds=0.5
    )
    await person.say("/subscribe мост")
    await struck(running)
    await running.stop()
    answers = [text for text in await read(person) if "мост" in text]
    assert len(answers) == 1
    await running.start()
    await running.settled()
    assert [text for text in await read(person) if "мост" in text] == answers


async def test_work_that_never_ends_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "STOP_SECONDS", 0.05)
    work = asyncio.ensure_future(stopping.uninterrupted(asyncio.sleep(60)))
    await asyncio.sleep(0)
    work.cancel()
    async with asyncio.timeout(5):
        with pytest.raises(asyncio.CancelledError):
            await work


# --- the process -----------------------------------------------------------------------------


@pytest_asyncio.fixture(loop_scope="session")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with run_sandbox(world=World(rates=None)) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def bot(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[Bot]:
    async with bot_of(sandbox, tmp_path, admins=str(ADMIN), backup_hours="0") as one:
        yield one


async def test_sigterm_finishes_what_is_in_flight_and_the_next_start_sends_nothing_again(
    bot: Bot, sandbox: Sandbox
) -> None:
    async with SandboxClient(sandbox.url) as client:
        await bot.start()
        person = await client.person(7001, language_code="ru")
        await ask(person, "/schedule 9:00")
        await client.order_fault("slow", method="sendMessage", chat_id=7001, seconds=3)
        await person.say("/topics")

        async def is_struck() -> bool:
            return all(fault["struck"] for fault in await client.faults())

        await eventually(is_struck, "the slow answer")
        status, said = await bot.told("run")
        assert status == 2
        assert language("en").say("error.database_in_use") in said
        begun = time.monotonic()
        assert await bot.stop() == 0
        assert time.monotonic() - begun < 10
        answers = [m.text for m in await person.from_bot()]
        assert answers[-1] == say("topics.empty")
        sandbox.world.token = "7:" + "Z" * 35
        status, said = await bot.told("run")
        assert status == 2
        assert "SVODKA_BOT_TOKEN" in said
        assert bot._environment["SVODKA_BOT_TOKEN"] not in said
        assert "Traceback" not in said


async def test_sigterm_during_the_start_is_heard(bot: Bot, sandbox: Sandbox) -> None:
    async with SandboxClient(sandbox.url) as client:
        await client.order_fault("slow", method="getMe", seconds=60, times=None)
        process: Any = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=bot._environment
        )

        async def is_struck() -> bool:
            return any(fault["struck"] for fault in await client.faults())

        await eventually(is_struck, "the start", 30)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await process.wait() == 0
