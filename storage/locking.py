"""One bot a file: a lock on a side file that ends with the process that holds it, however it ends.

Two bots on one database would each hand out the other's leases. The command line reads and adds
articles beside a running bot without it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from storage.errors import DatabaseInUseError, UnusableDatabaseError


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Held while the context is open. Raises DatabaseInUseError, UnusableDatabaseError."""
    side = path.with_name(f"{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        opened = side.open("a+b", buffering=0)
    except OSError as error:
        raise UnusableDatabaseError(path=str(side), cause=str(error)) from error
    with opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            opened.seek(0)
            held_by = opened.read(20).strip().decode("ascii", "replace")
            raise DatabaseInUseError(path=str(path), process=held_by) from None
        with suppress(OSError):  # no room: the number only helps who looks for the holder
            opened.truncate(0)
            opened.write(str(os.getpid()).encode())
        yield
