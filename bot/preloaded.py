"""What the process reads that workers are forked from, by being imported there: all that jobs need.

What is loaded later takes memory in each worker of its own. It may start no thread.
"""

import gc

from pebble.pool import process  # noqa: F401

from bot import worker_side  # noqa: F401
from digests import breaking, composing, preparing, recap, snippets, spelling, timeline  # noqa: F401
from digests.text.words import analyzer

analyzer()
gc.freeze()  # a worker that collects garbage leaves these pages as they are, and so shared
