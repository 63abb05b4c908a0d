"""Worker processes: computing of more than a few milliseconds, and anything that reads foreign
bytes, runs here and can be killed.

Never threads: five queries beside one busy thread take 110 ms at p95, beside a busy process
0.5 ms. Workers import `digests` only (see `bot.__main__`). Foreign bytes have a pool of their own,
so that a digest somebody waits for never stands behind a bomb.
"""

import asyncio
import heapq
import itertools
import multiprocessing
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as WorkTimeoutError
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

import structlog
from pebble import ProcessExpired, ProcessPool

from bot.errors import WorkerError
from bot.worker_side import call, get_ready, set_up_worker

log = structlog.get_logger()

JOB_SECONDS: Final = 10.0
JOB_MEGABYTES: Final = 224  # of data; with 20 MB of program text that is 256 at most
COMPUTING_MEGABYTES: Final = 1_024  # for our own: a digest's stories come to some megabytes
CROWD: Final = 4  # jobs that wait for their turn
HELPER_SECONDS: Final = 60.0  # without work
HELPER_NICE: Final = 10  # it takes what others leave of the cores
JOBS_BEFORE_RENEWAL: Final = 2_000  # a long-lived worker never keeps more than it needs

P = ParamSpec("P")
R = TypeVar("R")


class Workers:
    """A pool of processes, and a helper: one more process for as long as a crowd waits for its
    turn, where the machine has a core for it."""

    def __init__(
        self, make_pool: Callable[[int, int], ProcessPool], count: int, seconds: float, cores: int
    ) -> None:
        self._make_pool = make_pool
        self._count = count
        self._pool = make_pool(count, 0)
        self._stopped = False
        self.kills: Counter[str] = Counter()  # by reason: too_slow, died
        self.aliases = ""  # the operator's own, sent along with each job
        self._seconds = seconds
        # Of each process that nobody who takes turns is using, its pool; the last is used next.
        self._free = [self._pool] * count
        self._waiting: list[tuple[float, int, asyncio.Future[ProcessPool]]] = []
        self._numbers = itertools.count()
        self._may_call = cores > 1
        self._helper: ProcessPool | None = None
        self._calling: asyncio.Task[None] | None = None
        self._leaving: asyncio.TimerHandle | None = None
        self._starting = threading.Lock()

    def start(self) -> None:
        """Start the processes now: that holds up an event loop for as long as what they are forked
        from still reads, so before it matters."""
        self._sound_pool().schedule(call, args=("", get_ready))

    def stop(self) -> None:
        self._stopped = True
        with self._starting:
            for pool in filter(None, (self._helper, self._pool)):
                pool.stop()  # type: ignore[no-untyped-call]
                pool.join()

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function of `digests` in a worker.

        Raises the errors of ours that it raises, and WorkerError with `reason` for any other, when
        the worker dies (`died`, out of memory as a rule) or takes too long (`too_slow`).
        Other calls that wait for the pool are not affected.
        """
        return await self._run(self._sound_pool(), function, *args, **kwargs)

    def _sound_pool(self) -> ProcessPool:
        """A pool breaks when its process is killed while it rests, or none can be started."""
        if not (self._pool.active or self._stopped):
            log.warning("workers_broke")
            _end(self._pool)
            self._pool = self._make_pool(self._count, 0)
        return self._pool

    async def _run(
        self, pool: ProcessPool, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        try:
            future = pool.schedule(
                call, args=(self.aliases, function, *args), kwargs=kwargs, timeout=self._seconds
            )
        except RuntimeError as error:  # it broke this moment, or the bot stops
            raise self._killed(function, "died") from error
        try:
            result: R = await asyncio.wrap_future(future)
        except WorkTimeoutError as error:
            raise self._killed(function, "too_slow") from error
        except (ProcessExpired, BrokenProcessPool) as error:
            raise self._killed(function, "died") from error
        return result

    def _killed(self, function: Callable[..., object], reason: str) -> WorkerError:
        self.kills[reason] += 1
        return WorkerError(job=function.__name__, reason=reason)

    async def run_in_turn(
        self, cost_seconds: float, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """As `run`, but whoever costs little goes before who costs much: each waits as if it had
        come so many seconds later. Nobody waits for ever, and a crowd of giants holds up no dwarf.
        """
        pool = await self._turn(cost_seconds)
        try:
            sound = pool if pool is self._helper and pool.active else self._sound_pool()
            return await self._run(sound, function, *args, **kwargs)
        finally:
            self._pass_on(pool)

    async def _turn(self, cost_seconds: float) -> ProcessPool:
        if self._free:
            return self._taken(self._free.pop())
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[ProcessPool] = loop.create_future()
        heapq.heappush(self._waiting, (loop.time() + cost_seconds, next(self._numbers), turn))
        if self._may_call and self._helper is None and len(self._waiting) >= CROWD:
            self._helper = self._make_pool(1, HELPER_NICE)
            self._calling = loop.create_task(self._call(self._helper))
        try:
            return self._taken(await turn)
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on(turn.result())
            raise

    def _taken(self, pool: ProcessPool) -> ProcessPool:
        if pool is self._helper and self._leaving:
            self._leaving.cancel()
        return pool

    def _pass_on(self, pool: ProcessPool) -> None:
        """To who is next; else it stands free, and a helper leaves after a while. A helper that
        cannot be started again, as without memory for a process, goes at once."""
        if pool is not self._helper:
            pool = self._pool  # which may have been replaced meanwhile
        elif not pool.active:
            self._send_away(pool)
            return
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(pool)
                return
        if pool is not self._helper:
            self._free.append(pool)
            return
        self._free.insert(0, pool)
        self._leaving = asyncio.get_running_loop().call_later(HELPER_SECONDS, self._send_away, pool)

    async def _call(self, helper: ProcessPool) -> None:
        try:
            await asyncio.to_thread(self._start, helper)
        except (OSError, RuntimeError) as error:
            log.warning("no helper", error=str(error))
            self._send_away(helper)
        else:
            self._pass_on(helper)

    def _start(self, helper: ProcessPool) -> None:
        with self._starting:
            helper.schedule(call, args=("", get_ready))

    def _send_away(self, helper: ProcessPool) -> None:
        if helper in self._free:
            self._free.remove(helper)
        self._helper = None
        _end(helper)


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    asyncio.get_running_loop().run_in_executor(None, pool.join)


@cache
def process_context() -> BaseContext:
    """How processes are made: forked from one that does nothing but read what all of them need,
    once, in half a second that nobody who asks early waits for. A new one works after some 10 ms
    and shares what it does not change. Where no such process can be had, each starts by itself."""
    try:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["bot.preloaded"])
        with _same_modules():
            forkserver.ensure_running()
    except (OSError, ValueError) as error:  # no room for its socket; a system without
        log.warning("no_fork_server", cause=str(error))
        return multiprocessing.get_context("spawn")
    return context


@contextmanager
def _same_modules() -> Iterator[None]:
    """A Python process started meanwhile finds the modules that this one finds, and none of those
    that lie about in the working directory, as a fork server otherwise would."""
    before = os.environ.copy()
    os.environ["PYTHONPATH"] = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        for name in ("PYTHONPATH", "PYTHONSAFEPATH"):
            os.environ.pop(name)
            if name in before:
                os.environ[name] = before[name]


@contextmanager
def start_workers(
    count: int = 1,
    *,
    seconds: float = JOB_SECONDS,
    megabytes: int = JOB_MEGABYTES,
    cores: int | None = None,
) -> Iterator[Workers]:
    """Processes that start with the pool's first job; what a job may take. `cores` None:
    those this process may run on."""
    if cores is None:
        cores = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1

    def make_pool(count: int, nice: int) -> ProcessPool:
        return ProcessPool(
            max_workers=count,
            max_tasks=JOBS_BEFORE_RENEWAL,
            initializer=set_up_worker,
            initargs=(megabytes, nice),
            context=process_context(),
        )

    workers = Workers(make_pool, count, seconds, cores)
    try:
        yield workers
    finally:
        workers.stop()
