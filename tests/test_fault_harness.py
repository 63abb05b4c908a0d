"""The short form of `make faults`, with a seed of its own each time."""

import random
from pathlib import Path

import pytest

from faults.__main__ import GROUPS
from faults.table import Plan

JUDGED_WITHOUT_A_CLOCK = ("building", "crashes", "canary")  # a busy machine changes no verdict


@pytest.mark.timeout(300)
@pytest.mark.parametrize("group", JUDGED_WITHOUT_A_CLOCK)
async def test_what_is_to_be_reached_under_faults_is_reached(group: str, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    rows = await GROUPS[group](Plan(seed, short=True, folder=tmp_path))
    assert rows
    for row in rows:
        assert row.ok, f"{row.fault}: {row.seen} (python -m faults {group} --short --seed {seed})"
