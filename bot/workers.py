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
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as WorkTimeoutError
from contextlib import contextmanager
from typing import Final, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from bot.errors import WorkerError
from bot.worker_side import call, nothing, set_up_worker

JOB_SECONDS: Final = 10.0
JOB_MEGABYTES: Final = 224  # of data; with 20 MB of program text that is 256 at most
COMPUTING_MEGABYTES: Final = 1_024  # for our own: a digest's stories come to some megabytes
JOBS_BEFORE_RENEWAL: Final = 2_000  # a long-lived worker never keeps more than it needs

P = ParamSpec("P")
R = TypeVar("R")


class Workers:
    def __init__(self, pool: ProcessPool, count: int, seconds: float) -> None:
        self._pool = pool
        self.kills: Counter[str] = Counter()  # by reason: too_slow, died
        self.aliases = ""  # the operator's own, sent along with each job
        self._seconds = seconds
        self._free = count  # processes that nobody who takes turns is using
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def start(self) -> None:
        """Start the processes now: that holds up an event loop for 0.1 s, so before it matters."""
        self._pool.schedule(call, args=("", nothing))

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function of `digests` in a worker.

        Raises the errors of ours that it raises, and WorkerError with `reason` for any other, when
        the worker dies (`died`, out of memory as a rule) or takes too long (`too_slow`).
        Other calls that wait for the pool are not affected.
        """
        future = self._pool.schedule(
            call, args=(self.aliases, function, *args), kwargs=kwargs, timeout=self._seconds
        )
        try:
            result: R = await asyncio.wrap_future(future)
        except WorkTimeoutError as error:
            raise self._killed(function, "too_slow") from error
        except ProcessExpired as error:
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
        loop = asyncio.get_running_loop()
        if self._free:
            self._free -= 1
        else:
            turn: asyncio.Future[None] = loop.create_future()
            place = (loop.time() + cost_seconds, next(self._numbers), turn)
            heapq.heappush(self._waiting, place)
            try:
                await turn
            except asyncio.CancelledError:
                if not turn.cancelled():
                    self._pass_on()
                raise
        try:
            return await self.run(function, *args, **kwargs)
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


@contextmanager
def start_workers(
    count: int = 1, *, seconds: float = JOB_SECONDS, megabytes: int = JOB_MEGABYTES
) -> Iterator[Workers]:
    """Processes that start with the pool's first job; what a job may take."""
    pool = ProcessPool(
        max_workers=count,
        max_tasks=JOBS_BEFORE_RENEWAL,
        initializer=set_up_worker,
        initargs=(megabytes,),
        context=multiprocessing.get_context("spawn"),
    )
    try:
        yield Workers(pool, count, seconds)
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
