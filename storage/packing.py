"""Sets of 32-bit numbers as the bytes of a column."""

import json
from array import array
from collections.abc import Iterable

from digests.sketches import mark


def packed(numbers: Iterable[int]) -> bytes:
    return array("I", sorted(numbers)).tobytes()


def unpacked(column: bytes) -> frozenset[int]:
    return frozenset(array("I", column))


def packed_marks(keys: str) -> bytes:
    """The marks of space-joined keys."""
    return packed(map(mark, set(keys.split())))


def packed_numbers(listed: str) -> bytes:
    """The numbers of a JSON list."""
    return packed(json.loads(listed))
