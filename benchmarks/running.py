"""Runs every benchmark and prints its table; `--large` searches among a million."""

import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog
from rich.console import Console
from rich.table import Table

from benchmarks import (
    footprint,
    ingesting,
    latency,
    parsing,
    publishing,
    resident,
    searching,
    storing,
    thousand,
)
from benchmarks.scale import DEFAULT, LARGE, TINY, Scale
from storage.database import open_database

SCALES: Final = {"--large": LARGE, "--tiny": TINY}
CONSOLE: Final = Console(width=120)


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left")
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position else "left")
    for row in rows:
        table.add_row(*row)
    CONSOLE.print(table)


async def measure(scale: Scale) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    started = time.perf_counter()
    if scale is not TINY:  # first, while this process is small: its memory is told
        show(thousand.TITLE, thousand.COLUMNS, await thousand.measure())
    show(ingesting.title(scale), ingesting.COLUMNS, await ingesting.measure(scale))
    await _with_a_filled_database(scale)
    show(publishing.title(scale), publishing.COLUMNS, await publishing.measure(scale))
    show(footprint.TITLE, footprint.COLUMNS, await footprint.measure())
    show(latency.TITLE, latency.COLUMNS, await latency.measure())
    show(parsing.TITLE, parsing.COLUMNS, await parsing.measure())
    CONSOLE.print(f"{time.perf_counter() - started:.0f} seconds")


async def _with_a_filled_database(scale: Scale) -> None:
    with tempfile.TemporaryDirectory(prefix="svodka-bench-") as folder:
        small, large = Path(folder) / "small.sqlite", Path(folder) / "large.sqlite"
        async with open_database(small) as db:
            await storing.fill(db, resident.SMALL)
        async with open_database(large) as db:
            costs = await storing.fill(db, scale.articles)
            show(storing.title(scale), storing.columns(scale), [storing.row(scale, costs)])
            await storing.repeat(db, scale.repeated)
            show(searching.title(scale), searching.COLUMNS, await searching.measure(db, scale))
        rows = await resident.measure(small, large, scale)
        show(resident.title(scale), resident.COLUMNS, rows)


def main() -> None:
    asyncio.run(measure(next((SCALES[a] for a in sys.argv[1:] if a in SCALES), DEFAULT)))
