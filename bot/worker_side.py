"""What runs inside a worker process, around the function that was asked for. It must stay light:
every worker imports it.
"""

import contextlib
import ctypes
import gc
import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from bot.errors import WorkerError
from digests.errors import SvodkaError

OUT_OF_MEMORY: Final = 77  # exit status
PR_SET_PDEATHSIG: Final = 1
TRIMMED_FROM_MEGABYTES: Final = 110  # with what is shared; a worker that knows its words has 90
CYCLES_SOUGHT_AFTER: Final = 10_000  # new objects; an article makes thousands, without cycles


def set_up_worker(megabytes: int, nice: int, is_forked: bool) -> None:
    """Before its first job: bounds on what it takes of the machine."""
    if is_forked:
        _end_with_parent()
    os.nice(nice)
    gc.set_threshold(CYCLES_SOUGHT_AFTER)
    # numpy's OpenBLAS, which the chart loads, takes 40 MB and a thread for each core there is:
    # beyond 24 cores that is more than a worker may have, and we multiply no matrices with it.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    limit_memory(megabytes)


def _end_with_parent() -> None:
    """Without what it was forked from nobody would end a worker that takes too long."""
    with contextlib.suppress(OSError, AttributeError):  # Linux alone knows how
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == 1:  # it ended before that
            os._exit(1)


def limit_memory(megabytes: int) -> None:
    """From now on this process gets a MemoryError where its data would grow beyond that.

    Data, not address space: the allocator reserves 64 MB of the latter for a thread it serves.
    """
    size = megabytes * 1024 * 1024
    with contextlib.suppress(OSError, ValueError):  # some systems know no such limit
        resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def call(aliases: str, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
    """What `function` returns or raises; errors that are not ours become WorkerError, since
    foreign bytes make parsers raise anything, and not everything can be sent to another process.

    `aliases`: the operator's own, which may have changed since this process began.
    """
    try:
        _use(aliases)
        result = function(*args, **kwargs)
        _give_back()
        return result  # noqa: TRY300 - giving back may run out of memory too
    except SvodkaError:
        raise
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # a fresh process takes over; this one's heap stays torn
    except Exception as error:
        raise WorkerError(job=function.__name__, reason=type(error).__name__) from error


def _use(aliases: str) -> None:
    if aliases != _used[0]:
        from digests.text.keys import use_aliases  # noqa: PLC0415 - most workers never need it

        use_aliases(aliases)
        _used[0] = aliases


_used: Final = [""]


def get_ready() -> None:
    """A job that has a process started, and the dictionary read that nearly all jobs need."""
    from digests.text.words import analyzer  # noqa: PLC0415 - 0.2 s that nobody waits for here

    analyzer()


def _give_back() -> None:
    """Return to the system what a large document needed: glibc would keep it for the next one."""
    with contextlib.suppress(OSError, AttributeError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        if pages * resource.getpagesize() > TRIMMED_FROM_MEGABYTES * 1024 * 1024:
            ctypes.CDLL(None).malloc_trim(0)
