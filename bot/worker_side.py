"""What runs inside a worker process, around the function that was asked for. It must stay light:
every worker imports it.
"""

import contextlib
import os
import resource
from collections.abc import Callable
from typing import Any, Final

from bot.errors import WorkerError
from digests.errors import SvodkaError

OUT_OF_MEMORY: Final = 77  # exit status


def limit_memory(megabytes: int) -> None:
    """From now on this process gets a MemoryError where it would grow beyond that."""
    size = megabytes * 1024 * 1024
    with contextlib.suppress(OSError, ValueError):  # some systems know no such limit
        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
    """What `function` returns or raises; errors that are not ours become WorkerError, since
    foreign bytes make parsers raise anything, and not everything can be sent to another process.
    """
    try:
        return function(*args, **kwargs)
    except SvodkaError:
        raise
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # a fresh process takes over; this one's heap stays torn
    except Exception as error:
        raise WorkerError(job=function.__name__, reason=type(error).__name__) from error
