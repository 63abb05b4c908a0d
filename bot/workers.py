"""Worker processes: computing of more than a few milliseconds, and anything that reads foreign
bytes, runs here and can be killed.

Never threads: five queries beside one busy thread take 110 ms at p95, beside a busy process
0.5 ms. Workers import `digests` only (see `bot.__main__`). Foreign bytes have a pool of their own,
so that a digest somebody waits for never stands behind a bomb.
"""

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as WorkTimeoutError
from contextlib import contextmanager
from typing import Final, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from bot.errors import WorkerError
from bot.worker_side import call, limit_memory

JOB_SECONDS: Final = 10.0
JOB_MEGABYTES: Final = 256
JOBS_BEFORE_RENEWAL: Final = 2_000  # a long-lived worker never keeps more than it needs

P = ParamSpec("P")
R = TypeVar("R")


class Workers:
    def __init__(self, pool: ProcessPool) -> None:
        self._pool = pool
        self.kills: Counter[str] = Counter()  # by reason: too_slow, died

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function of `digests` in a worker.

        Raises the errors of ours that it raises, and WorkerError with `reason` for any other, when
        the worker dies (`died`, out of memory as a rule) or takes over `JOB_SECONDS` (`too_slow`).
        Other calls that wait for the pool are not affected.
        """
        future = self._pool.schedule(
            call, args=(function, *args), kwargs=kwargs, timeout=JOB_SECONDS
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


@contextmanager
def start_workers(count: int = 1) -> Iterator[Workers]:
    """The pool's processes start with its first job."""
    pool = ProcessPool(
        max_workers=count,
        max_tasks=JOBS_BEFORE_RENEWAL,
        initializer=limit_memory,
        initargs=(JOB_MEGABYTES,),
        context=multiprocessing.get_context("spawn"),
    )
    try:
        yield Workers(pool)
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
