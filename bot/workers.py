"""Worker processes: computing of more than a few milliseconds, and anything that reads foreign
bytes, runs here and can be killed.

Never threads: five queries beside one busy thread take 110 ms at p95, beside a busy process
0.5 ms. Workers import `digests` only (see `bot.__main__`).
"""

import asyncio
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as WorkTimeoutError
from contextlib import contextmanager
from typing import Final, ParamSpec, TypeVar

from pebble import ProcessExpired, ProcessPool

from bot.errors import WorkerError

JOB_SECONDS: Final = 10.0
JOBS_BEFORE_RENEWAL: Final = 2_000  # a long-lived worker never keeps more than it needs

P = ParamSpec("P")
R = TypeVar("R")


class Workers:
    def __init__(self, pool: ProcessPool) -> None:
        self._pool = pool

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call a function of `digests` in a worker.

        Raises what it raises, and WorkerError when it dies or takes over `JOB_SECONDS`.
        """
        future = self._pool.schedule(function, args=args, kwargs=kwargs, timeout=JOB_SECONDS)
        try:
            result: R = await asyncio.wrap_future(future)
        except (WorkTimeoutError, ProcessExpired) as error:
            raise WorkerError(job=function.__name__, reason=type(error).__name__) from error
        return result


@contextmanager
def start_workers(count: int = 1) -> Iterator[Workers]:
    pool = ProcessPool(
        max_workers=count,
        max_tasks=JOBS_BEFORE_RENEWAL,
        context=multiprocessing.get_context("spawn"),
    )
    try:
        yield Workers(pool)
    finally:
        pool.stop()  # type: ignore[no-untyped-call]
        pool.join()
