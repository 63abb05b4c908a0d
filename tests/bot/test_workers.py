"""Work in other processes: bounded in time and memory, and one job's end is no other's."""

from __future__ import annotations

import asyncio
import errno
import multiprocessing
import operator
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from multiprocessing import forkserver
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from bot import workers
from bot.errors import WorkerError
from bot.workers import Workers, start_workers
from digests.errors import NotAFeedError
from digests.preparing import prepare_feed
from digests.recap import draw
from tests.bot.living import bare_environment, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pebble import ProcessPool

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FEED = b"<rss><channel><title>T</title><item><title>News of the day</title></item></channel></rss>"


ROOT = Path(__file__).parents[2]
LOSING = """
import asyncio, operator, os, signal, time
from multiprocessing.forkserver import _forkserver
from pathlib import Path
from bot.errors import WorkerError
from bot.workers import start_workers

async def another(pool, first):
    while True:
        found = await pool.run(os.getpid)
        if found != first:
            return found

async def end_of(process):
    status = Path(f"/proc/{process}/stat")
    while status.exists() and ") Z " not in status.read_text():
        await asyncio.sleep(0.01)

async def reason(job):
    try:
        await job
    except WorkerError as error:
        return error.values["reason"]

async def lose():
    with start_workers(cores=1) as one, start_workers(cores=1) as other:
        first, second = await one.run(os.getpid), await other.run(os.getpid)
        server = await one.run(os.getppid)
        assert server == await other.run(os.getppid) != os.getpid()
        long = asyncio.create_task(other.run(time.sleep, 60))
        await asyncio.sleep(0.1)
        os.kill(server, signal.SIGKILL)
        assert await reason(long) == "died"
        await end_of(second)
        third = await another(one, first)
        await end_of(first)
        assert await one.run_in_turn(0, os.getpid) == third
        other.start()
        await another(other, second)
        assert await one.run(os.getppid) == await other.run(os.getppid) != server
        print("forked again")

        os.unlink(_forkserver._forkserver_address)
        os.kill(third, signal.SIGKILL)
        await another(one, third)
        assert await one.run(os.getppid) == os.getpid()
        assert await one.run_in_turn(0, operator.mul, 2, 4) == 8
        print("by itself", *one.kills, *other.kills)

if __name__ == "__main__":
    asyncio.run(lose())
"""
WHO_WORKS = "sleep 0.05; echo $PPID"


@pytest.fixture
def pool() -> Iterator[Workers]:
    with start_workers(seconds=2.0, cores=1) as started:
        yield started


@pytest.fixture
def helped() -> Iterator[Workers]:
    with start_workers(seconds=2.0, cores=2) as started:
        yield started


async def who_work(workers: Workers, jobs: int) -> set[str]:
    """The processes that do so many jobs, all wanted at once."""
    wanted = (workers.run_in_turn(0, subprocess.getoutput, WHO_WORKS) for _ in range(jobs))
    return set(await asyncio.gather(*wanted))


def alive(processes: set[str]) -> set[str]:
    return processes & {str(child.pid) for child in multiprocessing.active_children()}


async def left(processes: set[str], own: set[str]) -> bool:
    return alive(processes) == own


async def reason(pool: Workers, function: object, *args: object, in_turn: bool = False) -> object:
    run = partial(pool.run_in_turn, 0) if in_turn else pool.run
    with pytest.raises(WorkerError) as raised:
        await run(function, *args)  # type: ignore[arg-type]
    return raised.value.values["reason"]


async def test_what_takes_too_long_or_too_much_ends_and_what_waits_behind_it_is_done(
    pool: Workers,
) -> None:
    async with asyncio.TaskGroup() as group:
        slow = group.create_task(reason(pool, time.sleep, 60))
        large = group.create_task(reason(pool, bytearray, 400 * 1024 * 1024))
        killed = group.create_task(reason(pool, signal.raise_signal, signal.SIGKILL))
        odd = group.create_task(reason(pool, etree.fromstring, b"<a"))
        good = [group.create_task(pool.run(operator.mul, 2, number)) for number in range(20)]
    assert [one.result() for one in good] == [2 * number for number in range(20)]
    assert slow.result() == "too_slow"
    assert large.result() == "died"
    assert killed.result() == "died"
    assert odd.result() == "XMLSyntaxError", "which no process can send to another"


async def another(pool: Workers, first: int) -> int | None:
    """The process that works, if it is not the first and one does."""
    with suppress(WorkerError):
        found = await pool.run(os.getpid)
        return found if found != first else None
    return None


async def test_a_process_that_is_killed_while_it_rests_is_replaced(pool: Workers) -> None:
    first = await pool.run(os.getpid)
    os.kill(first, signal.SIGKILL)
    second = await eventually(partial(another, pool, first), "another process")
    assert await pool.run_in_turn(0, os.getpid) == second
    assert await pool.run_in_turn(0, operator.mul, 2, 4) == 8


def test_what_processes_are_forked_from_may_die(tmp_path: Path) -> None:
    """In a program of its own, as every pool of this one would suffer; and in a folder with modules
    of our names, which a fork server would take for ours."""
    for name in ("bot", "digests"):
        (tmp_path / "here" / name).mkdir(parents=True)
        (tmp_path / "here" / name / "__init__.py").write_text("raise SystemExit('not ours')")
    script = tmp_path / "work.py"
    script.write_text(LOSING)
    done = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path / "here",
        env=bare_environment() | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    said = [line for line in done.stdout.splitlines() if "[warning" not in line]
    assert said == ["forked again", "by itself died"], done.stderr


async def test_processes_share_what_is_read_once(pool: Workers, helped: Workers) -> None:
    server = await pool.run(os.getppid)
    assert server == await helped.run(os.getppid) != os.getpid()
    rolled = await pool.run(Path("/proc/self/smaps_rollup").read_text)
    private = int(rolled.partition("Private_Dirty:")[2].split()[0])
    assert private < 15_000, "kB; a process that reads all itself has 35 MB"


async def test_where_nothing_can_be_forked_from_each_process_starts_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(forkserver, "ensure_running", failing)
    monkeypatch.setattr(workers, "_alone", threading.Event())
    with start_workers() as alone:
        assert await alone.run(os.getppid) == os.getpid()


async def test_a_job_that_a_breaking_pool_forgot_is_done_by_the_next(
    pool: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came when the pool had told all it knew of that they are lost."""
    await pool.run(operator.mul, 2, 4)
    broken = pool._pool
    monkeypatch.setattr(broken, "schedule", forgetful(broken))
    assert await pool.run(operator.mul, 2, 5) == 10
    assert pool._pool is not broken


def forgetful(pool: ProcessPool) -> Callable[..., Future[int]]:
    def forget(*_: object, **__: object) -> Future[int]:
        pool.stop()  # type: ignore[no-untyped-call]
        return Future()

    return forget


async def test_who_costs_little_goes_before_who_costs_much(pool: Workers) -> None:
    done: list[str] = []

    async def work(name: str, cost: float) -> None:
        await pool.run_in_turn(cost, operator.mul, 2, 1)
        done.append(name)

    async with asyncio.TaskGroup() as group:
        for name, cost in (("first", 50), ("giant", 50), ("large", 5), ("small", 0), ("tiny", 0)):
            group.create_task(work(name, cost))
    assert done == ["first", "small", "tiny", "large", "giant"]


async def test_turn_of_who_gave_up_goes_to_the_next(pool: Workers) -> None:
    first = asyncio.ensure_future(pool.run_in_turn(0, time.sleep, 0.2))
    await asyncio.sleep(0)
    leaving = asyncio.ensure_future(pool.run_in_turn(0, operator.mul, 2, 1))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await pool.run_in_turn(0, operator.mul, 2, 4) == 8
    await first
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert await pool.run_in_turn(0, operator.mul, 2, 5) == 10


async def test_turn_of_a_job_that_fails_goes_to_the_next(pool: Workers) -> None:
    for _ in range(2):
        with pytest.raises(WorkerError):
            await pool.run_in_turn(0, etree.fromstring, b"<a")
    assert await pool.run_in_turn(0, operator.mul, 2, 4) == 8


async def test_where_many_wait_a_second_process_helps_until_nobody_needs_it(
    helped: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.workers.HELPER_SECONDS", 0.3)
    assert len(await who_work(helped, 4)) == 1, "few wait"
    for _ in range(2):
        own = await who_work(helped, 1)
        both = await who_work(helped, 30)
        assert len(both) == 2
        assert own < both
        assert await who_work(helped, 1) == own, "the helper stands back"
        assert alive(both) == both
        await eventually(partial(left, both, own), "the helper leaves")


async def test_who_is_needed_does_not_leave(
    helped: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.workers.HELPER_SECONDS", 0.3)
    both = await who_work(helped, 30)
    for _ in range(3):
        await asyncio.sleep(0.2)
        assert await who_work(helped, 2) == both


async def test_helper_that_cannot_be_started_costs_no_job_and_is_called_again(
    helped: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = 0

    def failing(_: Workers, __: object) -> None:
        nonlocal calls
        calls += 1
        raise OSError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr(Workers, "_start", failing)
        for _ in range(2):
            assert len(await who_work(helped, 20)) == 1
    assert calls >= 2
    assert len(await who_work(helped, 30)) == 2


async def test_helper_that_breaks_costs_no_job_and_is_replaced(helped: Workers) -> None:
    before = await who_work(helped, 30)
    assert helped._helper is not None
    helped._helper.stop()  # type: ignore[no-untyped-call]
    assert len(await who_work(helped, 30)) <= 2
    after = await who_work(helped, 30)
    assert len(before) == len(after) == 2
    assert len(before & after) == 1


async def test_one_core_has_no_helper(pool: Workers) -> None:
    assert len(await who_work(pool, 20)) == 1


async def test_what_a_helper_dies_of_is_no_others(helped: Workers) -> None:
    async def job(number: int) -> object:
        if number % 5 == 4:
            return await reason(helped, os._exit, 1, in_turn=True)
        return await helped.run_in_turn(0, subprocess.getoutput, "sleep 0.02; echo done")

    results = await asyncio.gather(*(job(number) for number in range(30)))
    assert results == ["died" if number % 5 == 4 else "done" for number in range(30)]
    assert helped.kills["died"] == 6


async def test_parsers_and_their_errors_fit_under_the_limit(pool: Workers) -> None:
    batch = await pool.run(prepare_feed, FEED, None, "https://a.example/", NOW, UTC)
    assert [article.title for article in batch.prepared] == ["News of the day"]
    with pytest.raises(NotAFeedError) as refused:
        await pool.run(prepare_feed, b"<html>", None, "https://a.example/", NOW, UTC)
    assert refused.value.values["reason"] == "html"


async def test_chart_starts_no_thread_for_each_core(pool: Workers) -> None:
    """OpenBLAS would, at 40 MB each: on a large machine more than a worker may have."""

    async def threads() -> int:
        status = await pool.run(Path("/proc/self/status").read_text)
        return int(status.partition("Threads:")[2].split()[0])

    before = await threads()
    assert await pool.run(draw, "О чём писали", [("пожар", 7), ("ставка ЦБ", 4)])
    assert await threads() == before
    assert await pool.run(os.getenv, "OPENBLAS_NUM_THREADS")
