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
TRIES: Final = 2  # of a job that nobody began
WATCH_SECONDS: Final = 1.0
CANNOT_START: Final = (OSError, EOFError, RuntimeError)  # as processes and pebble say it
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
        self._mending = asyncio.Lock()

    def start(self) -> None:
        """Start the processes now: that holds up an event loop for as long as what they are forked
        from still reads, so before it matters."""
        if not _works(self._pool):
            self._mend()
        self._pool.schedule(call, args=("", get_ready))

    def stop(self) -> None:
        with self._starting:
            self._stopped = True
            for pool in filter(None, (self._helper, self._pool)):
                pool.stop()  # type: ignore[no-untyped-call]
                pool.join()

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function of `digests` in a worker.

        Raises the errors of ours that it raises, and WorkerError with `reason` for any other, when
        the worker dies (`died`, out of memory as a rule) or takes too long (`too_slow`).
        Other calls that wait for the pool are not affected.
        """
        return await self._run(None, function, *args, **kwargs)

    async def _run(
        self,
        helper: ProcessPool | None,
        function: Callable[P, R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        for _ in range(TRIES):
            pool = helper if helper and _works(helper) else await self._sound_pool()
            try:
                return await self._run_once(pool, function, *args, **kwargs)
            except BrokenProcessPool:
                log.warning("worker_lost", job=function.__name__)
        raise self._killed(function, "died")

    async def _run_once(
        self, pool: ProcessPool, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Raises BrokenProcessPool too: the pool broke before anybody began."""
        try:
            future = pool.schedule(
                call, args=(self.aliases, function, *args), kwargs=kwargs, timeout=self._seconds
            )
        except RuntimeError as error:
            raise BrokenProcessPool from error
        result: asyncio.Future[R] = asyncio.wrap_future(future)
        try:
            # A job that comes while a pool breaks is forgotten by it.
            while not (await asyncio.wait({result}, timeout=WATCH_SECONDS))[0]:
                if not pool.active:
                    raise BrokenProcessPool
            return result.result()
        except WorkTimeoutError as error:
            raise self._killed(function, "too_slow") from error
        except ProcessExpired as error:
            raise self._killed(function, "died") from error
        finally:
            result.cancel()

    async def _sound_pool(self) -> ProcessPool:
        """A pool breaks when its process is killed while it rests, or none can be started."""
        async with self._mending:
            if not (self._stopped or _works(self._pool)):
                log.warning("workers_broke")
                await asyncio.to_thread(self._mend)
            return self._pool

    def _mend(self) -> None:
        """Start another pool instead; if its processes cannot be forked, they start by
        themselves from now on."""
        with self._starting:
            if self._stopped:
                return
            _end(self._pool)
            self._pool = self._make_pool(self._count, 0)
            if not _works(self._pool):
                stop_forking("no process starts")
                _end(self._pool)
                self._pool = self._make_pool(self._count, 0)

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
            helper = pool if pool is self._helper else None
            return await self._run(helper, function, *args, **kwargs)
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
        elif not _works(pool):
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
        except CANNOT_START as error:
            log.warning("no_helper", cause=str(error))
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


def _works(pool: ProcessPool) -> bool:
    """Whether it takes jobs; a new one is started by that."""
    try:
        return bool(pool.active)
    except CANNOT_START:
        return False


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    threading.Thread(target=pool.join, daemon=True).start()


def process_context() -> BaseContext:
    """How processes are made: forked from one that does nothing but read what all of them need,
    once, in half a second that nobody who asks early waits for. A new one works after some 10 ms
    and shares what it does not change. Where that fails, each starts by itself."""
    if not _alone.is_set():
        try:
            context = multiprocessing.get_context("forkserver")
            context.set_forkserver_preload(["bot.preloaded"])
            _show_our_modules()
            forkserver.ensure_running()
        except (OSError, ValueError) as error:  # no room for its socket; a system without
            stop_forking(str(error))
        else:
            return context
    return multiprocessing.get_context("spawn")


_alone: Final = threading.Event()


def stop_forking(cause: str) -> None:
    """From now on each process starts by itself."""
    log.warning("no_fork_server", cause=cause)
    _alone.set()


def _show_our_modules() -> None:
    """A Python process that this one starts finds the same modules as this one, and none of those
    that lie about in the working directory, where a fork server would look first."""
    os.environ["PYTHONPATH"] = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    os.environ["PYTHONSAFEPATH"] = "1"


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
        context = process_context()
        is_forked = context.get_start_method() == "forkserver"
        return ProcessPool(
            max_workers=count,
            max_tasks=JOBS_BEFORE_RENEWAL,
            initializer=set_up_worker,
            initargs=(megabytes, nice, is_forked),
            context=context,
        )

    workers = Workers(make_pool, count, seconds, cores)
    try:
        yield workers
    finally:
        workers.stop()
