"""What the process reads that workers are forked from, by being imported there: all that jobs need.

What is loaded later takes memory in each worker of its own. It may start no thread.
"""

import signal

signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the bot, which ends the others

import gc  # noqa: E402

from pebble.pool import process  # noqa: E402, F401

from bot import worker_side  # noqa: E402, F401
from digests import (  # noqa: E402, F401
    breaking,
    composing,
    preparing,
    recap,
    snippets,
    spelling,
    timeline,
)
from digests.text.words import analyzer  # noqa: E402

analyzer()
gc.freeze()  # a worker that collects garbage leaves these pages as they are, and so shared
