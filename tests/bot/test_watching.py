"""What is served to whoever watches the bot, and that it goes red for each part that is broken."""

from __future__ import annotations

import asyncio
import os
import socket
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families
from structlog.contextvars import get_contextvars

from bot import __version__, app, readiness
from bot.errors import SettingsError, WorkerError
from bot.handlers import stories
from bot.settings import load_settings
from tests.bot.living import Running, ask, eventually

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.context import Context
    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest_asyncio.fixture(loop_scope="session")
async def watched(bots: Bots) -> AsyncIterator[Running]:
    async with bots(http_listen=f"127.0.0.1:{free_port()}") as bot:
        yield bot


async def get(bot: Running, path: str) -> tuple[int, str]:
    address = f"http://{bot.settings.http_listen}{path}"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        return answer.status, await answer.text()


async def parts(bot: Running) -> dict[str, bool]:
    """What /readyz says of each part; its status must agree."""
    address = f"http://{bot.settings.http_listen}/readyz"
    async with aiohttp.ClientSession() as session, session.get(address) as answer:
        told = await answer.json()
    assert answer.status == (200 if told["ready"] else 503)
    found = {part["name"]: part["ready"] for part in told["parts"]}
    assert told["ready"] == all(found.values())
    return found


async def samples(bot: Running) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by name and label values."""
    status, text = await get(bot, "/metrics")
    assert status == 200
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_bot_that_works_is_alive_and_ready(watched: Running) -> None:
    assert await get(watched, "/healthz") == (200, "ok\n")
    assert await parts(watched) == {
        "database": True,
        "telegram": True,
        "scheduler": True,
        "backlog": True,
    }
    assert (await get(watched, "/"))[0] == 404


async def test_readiness_goes_red_while_the_database_does_not_answer(
    watched: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "DATABASE_SECONDS", 0.1)
    readers = watched.context.db._readers
    taken = [await readers.get(), await readers.get()]
    assert (await parts(watched))["database"] is False
    assert (await get(watched, "/healthz"))[0] == 200, "alive, though it can do nothing"
    for reader in taken:
        readers.put_nowait(reader)
    assert (await parts(watched))["database"] is True


async def test_readiness_goes_red_while_the_disk_is_full(
    watched: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def no_room() -> bool:
        return False

    db = watched.context.db
    monkeypatch.setattr(db, "has_room", no_room)
    monkeypatch.setattr(db, "is_full", True)
    found = await parts(watched)
    assert [name for name, ready in found.items() if not ready] == ["database"]


async def test_readiness_goes_red_while_telegram_is_silent(watched: Running) -> None:
    faults = watched.sandbox.world.faults
    await ask(await watched.person(), "/id")
    await watched.settled()  # nothing but a long poll is under way
    faults.order("server_error", method="getMe", times=None)
    watched.context.pulse._heard -= 320

    async def only_telegram() -> bool:
        return [name for name, ready in (await parts(watched)).items() if not ready] == ["telegram"]

    await eventually(only_telegram, "red for Telegram alone")
    faults.clear()

    async def green() -> bool:
        return all((await parts(watched)).values())

    await eventually(green, "green again")


async def test_readiness_goes_red_when_a_tick_fails(
    watched: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = asyncio.Event()
    publish = app.publish_due_digests

    async def failing(context: Context) -> int:
        if context is not watched.context:  # other bots of this session go on
            return await publish(context)
        failed.set()
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(app, "publish_due_digests", failing)
        await failed.wait()
        watched.context.pulse._beats["publish_digests"] -= 320
        failed.clear()
        await failed.wait()  # once more: that is no good tick
        red = [name for name, ready in (await parts(watched)).items() if not ready]
        assert red == ["scheduler"]
        assert '"no good tick of publish_digests"' in (await get(watched, "/readyz"))[1]

    async def green() -> bool:
        return all((await parts(watched)).values())

    await eventually(green, "green again")


async def test_readiness_goes_red_when_messages_wait_for_long(watched: Running) -> None:
    person = await watched.subscribed("пожар")
    faults = watched.sandbox.world.faults
    faults.order("server_error", method="sendMessage", times=None)
    watched.clock.move(hours=4)

    async def waiting() -> bool:
        return (await samples(watched))["svodka_outbox", ("waiting",)] > 0

    await eventually(waiting, "a digest in the outbox")
    assert (await parts(watched))["backlog"] is True
    watched.clock.move(minutes=16)
    assert (await parts(watched))["backlog"] is False
    assert (await samples(watched))["svodka_waiting_seconds", ("messages",)] >= 900
    faults.clear()

    async def sent() -> bool:
        watched.clock.move(minutes=1)  # an attempt that was under way may be refused yet
        return bool(await watched.digests(person))

    await eventually(sent, "the digest")

    async def green() -> bool:
        return (await parts(watched))["backlog"]

    await eventually(green, "green once it is sent")


async def test_metrics_count_what_was_done(watched: Running) -> None:
    person = await watched.person()
    await ask(person, "/latest")
    await ask(person, f"/latest@{watched.context.username} 3")
    await ask(person, "/nonsense")
    await ask(person, "пожар")
    await watched.settled()
    found = await samples(watched)
    assert found["svodka_updates_total", ("message", "done")] == 4
    assert found["svodka_command_seconds_count", ("latest",)] == 2
    assert found["svodka_command_seconds_count", ("unknown",)] == 1
    assert found["svodka_command_seconds_count", ("words",)] == 1
    assert found["svodka_articles_total", ()] > 50
    assert found["svodka_stories_total", ()] > 10
    assert found["svodka_sources", ("healthy",)] > 3
    assert found["svodka_subscribers", ("silent",)] == 1
    assert found["svodka_telegram_requests_total", ("ok",)] >= 4
    assert ("svodka_worker_kills_total", ("parsing", "died")) in found
    assert found["svodka_info", (__version__,)] == 1


async def test_deliveries_are_counted_by_outcome(watched: Running) -> None:
    faults = watched.sandbox.world.faults
    person = await watched.subscribed("пожар")
    faults.order("server_error", method="sendMessage", times=1)
    watched.clock.move(hours=4)

    async def failed() -> bool:
        found = await samples(watched)
        return found.get(("svodka_deliveries_total", ("error",)), 0) == 1

    await eventually(failed, "a failed attempt")
    watched.clock.move(minutes=1)
    await watched.wait_digests(person, 1)
    await watched.settled()
    found = await samples(watched)
    assert found["svodka_deliveries_total", ("sent",)] >= 1
    assert found["svodka_digests_total", ("told",)] == 1
    assert found["svodka_digest_late_seconds_sum", ()] == 3600, "it was due three hours from START"


async def test_worker_that_is_killed_is_counted(watched: Running) -> None:
    before = dict(watched.context.parsers.kills)
    with pytest.raises(WorkerError):
        await watched.context.parsers.run(os._exit, 1)
    kills = await samples(watched)
    told = kills["svodka_worker_kills_total", ("parsing", "died")]
    assert told == before.get("died", 0) + 1


async def test_nothing_is_served_by_default(running: Running) -> None:
    assert running.settings.http_address is None


@pytest.mark.parametrize("wrong", ["8080", "localhost:", ":8080", "127.0.0.1:http", "h:99999"])
async def test_address_to_listen_on_is_checked(wrong: str) -> None:
    with pytest.raises(SettingsError, match="SVODKA_HTTP_LISTEN"):
        load_settings(_env_file=None, http_listen=wrong)


async def test_address_that_is_taken_stops_the_start_with_a_sentence(bots: Bots) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SettingsError, match="SVODKA_HTTP_LISTEN: cannot listen"):
            async with bots(http_listen=listen):
                pass


async def test_handler_is_called_with_the_ids_bound_for_its_log_lines(
    watched: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []
    listed = stories.listed

    async def noted(*given: Any) -> Any:
        seen.append(get_contextvars())
        return await listed(*given)

    monkeypatch.setattr(stories, "listed", noted)
    person = await watched.person()
    await ask(person, "/latest")
    assert seen[0]["chat"] == person.chat_id
    assert seen[0]["update"] >= 100_000_001
