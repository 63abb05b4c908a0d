"""Prints the table of `make hostile` and says by its exit status whether every aim was reached.

`--long` fuzzes a hundred thousand inputs and lets slow servers take their whole time-out.
"""

import argparse
import asyncio
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from bot import fetching
from bot.workers import Workers, start_workers
from hostile import fuzzing, guarding, serving
from hostile.bombs import bomb_megabytes
from hostile.documents import SHARED, Document, collected
from hostile.generated import bombs, charsets, crowds, generated, oddities
from hostile.reading import Reading, read_all

LONG_INPUTS: Final = 100_000
SHORT_INPUTS: Final = 2_000
SHORT_TIMEOUT_SECONDS: Final = 3.0
MOST_SECONDS: Final = 11.0  # 10 and the time to kill
MOST_MEGABYTES: Final = 256.0
MOST_LAG: Final = 100.0
MOST_BOMB_MEGABYTES: Final = 32.0
MOST_DELAY: Final = 0.05
LEAST_READ: Final = 0.995
GOOD_SOURCES: Final = 40


@dataclass(frozen=True, slots=True)
class Row:
    figure: str
    result: str
    aim: str
    is_reached: bool


async def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m hostile", description=__doc__)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    chosen = parser.parse_args()
    with ExitStack() as stack:
        if not chosen.long:
            patched = patch.object(fetching, "TOTAL_SECONDS", SHORT_TIMEOUT_SECONDS)
            stack.enter_context(patched)
        workers = stack.enter_context(start_workers())
        workers.start()  # as the bot does before it serves
        rows = await _rows_of_guard()  # first: memory is measured while the process is small
        rows += await _rows_of_documents(workers)
        rows += await _rows_of_sources()
        inputs = LONG_INPUTS if chosen.long else SHORT_INPUTS
        rows.append(await _row_of_fuzz(workers, chosen.seed, inputs))
    _show(rows, "long" if chosen.long else "short", chosen.seed)
    return 0 if all(row.is_reached for row in rows) else 1


def _show(rows: list[Row], form: str, seed: int) -> None:
    title = f"make hostile, {form} form, seed {seed}, {datetime.now(UTC):%Y-%m-%d}"
    table = Table("figure", "result", "aim", "", title=title, title_justify="left")
    for row in rows:
        table.add_row(row.figure, row.result, row.aim, "✓" if row.is_reached else "✗ missed")
    console = Console(width=150)
    console.print(table)
    if not SHARED.is_dir():
        console.print("The development data is absent: its rows are left out.")


async def _rows_of_documents(workers: Workers) -> list[Row]:
    readings = await read_all(workers, [*collected(), *generated()])
    rows = [
        _share("parse and salvage classes that reach their least entries",
               readings, ("parse", "salvage"), LEAST_READ),
        _share("JSON Feeds that reach theirs", readings, ("JSON Feed",), 1.0),
        _share("reject and parse_zero_entries refused with a reason",
               readings, ("reject", "parse_zero_entries"), 1.0),
        _share("charset × declaration × header, titles exact", readings, ("charset matrix",), 1.0),
        _share("bombs, crowds and oddities as meant", readings, ("bomb", "crowd", "oddity"), 1.0),
    ]  # fmt: skip
    russian = [one for one in readings if one.document.is_russian]
    if russian:
        good = sum(one.is_readable and one.entries > 0 for one in russian)
        rows.append(
            Row("Russian feeds readable", f"{good} of {len(russian)}", "all", good == len(russian))
        )
    seconds = max(one.seconds for one in readings)
    size = max(one.megabytes or 0.0 for one in readings)
    killed = [one.document.name for one in readings if one.reason in {"too_slow", "died"}]
    slowest = f"{seconds:.1f} s" + (f" (killed: {', '.join(killed[:3])})" if killed else "")
    rows.append(Row("slowest file in the worker", slowest, "≤ 10 s", seconds <= MOST_SECONDS))
    rows.append(Row("largest worker", f"{size:.0f} MB", "≤ 256 MB", size <= MOST_MEGABYTES))
    return [row for row in rows if row.result]


def _share(figure: str, readings: list[Reading], kinds: tuple[str, ...], aim: float) -> Row:
    """A row with an empty result where there is nothing to judge."""
    mine = [one for one in readings if one.document.kind in kinds]
    good = sum(one.is_as_meant for one in mine)
    result = f"{good} of {len(mine)}" if mine else ""
    wrong = [one.document.name for one in mine if not one.is_as_meant]
    if wrong:
        result += f" (not {', '.join(wrong[:3])})"
    return Row(figure, result, f"≥ {aim:.1%}", not mine or good >= aim * len(mine))


async def _rows_of_guard() -> list[Row]:
    guarded = await guarding.try_all()
    size = await bomb_megabytes()
    return [
        Row(
            f"forbidden addresses, redirects and names ({guarded.tried})",
            f"{guarded.connections} connections, {len(guarded.answered)} answers",
            "0",
            not guarded.connections and not guarded.answered,
        ),
        Row("a 1 GB gzip bomb", f"+{size:.1f} MB", "≤ 32 MB", size <= MOST_BOMB_MEGABYTES),
    ]


async def _rows_of_sources() -> list[Row]:
    """From HTTP to the database: states, then how late ordinary sources are."""
    documents = [*collected(), *bombs(), *crowds(), *oddities(), *list(charsets())[::20]]
    everything = await serving.gather(documents, evil=True)
    wrong = serving.unmeant(everything, documents)
    good = serving.good_documents(GOOD_SOURCES)
    alone = _mean(await serving.gather(good, evil=False), good)
    beside = _mean(await serving.gather([*bombs(), *crowds(), *good], evil=True), good)
    delay = (beside - alone) / serving.INTERVAL_SECONDS
    shown = "; ".join(wrong[:3])
    return [
        Row(
            "event-loop lag of the bot meanwhile: p99, most",
            f"{everything.lag_p99:.0f} ms, {everything.lag_most:.0f} ms",
            "≤ 100 ms",
            everything.lag_most <= MOST_LAG,
        ),
        Row(
            f"sources whose state says what happened ({len(everything.states)})",
            f"{len(everything.states) - len(wrong)}" + (f" (not {shown})" if shown else ""),
            "all",
            not wrong,
        ),
        Row(
            f"{GOOD_SOURCES} ordinary sources read after: alone, beside hostile ones",
            f"{alone:.1f} s, {beside:.1f} s: {delay:.1%} of the interval",
            "< 5 %",
            delay < MOST_DELAY,
        ),
    ]


def _mean(gathered: serving.Gathered, documents: list[Document]) -> float:
    return sum(gathered.seconds[one.name] for one in documents) / len(documents)


async def _row_of_fuzz(workers: Workers, seed: int, count: int) -> Row:
    bases = [one.data for one in [*collected(), *list(charsets())[::7], *oddities()]]
    fuzzed = await fuzzing.fuzz(workers, bases, seed, count)
    for escaped in fuzzed.escaped[:5]:
        sys.stderr.write(escaped + "\n")
    return Row(
        f"mutated feeds ({fuzzed.inputs:,}; {fuzzed.read:,} gave entries), exceptions that escape",
        f"{len(fuzzed.escaped)}, slowest {fuzzed.slowest_seconds:.2f} s",
        "0",
        not fuzzed.escaped,
    )


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
