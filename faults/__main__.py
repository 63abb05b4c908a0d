"""Runs the groups of faults and prints their table; exit status 1 when a row was not reached."""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from rich.console import Console

from faults import backlog, building, canary, clocks, crashes, files, network, refusals
from faults.table import Plan, Row, as_markdown, drawn

Group = Callable[[Plan], Awaitable[list[Row]]]

GROUPS: Final[dict[str, Group]] = {
    "crashes": crashes.run,
    "building": building.run,
    "network": network.run,
    "refusals": refusals.run,
    "backlog": backlog.run,
    "clocks": clocks.run,
    "files": files.run,
    "canary": canary.run,
}


async def measure(plan: Plan, names: list[str], console: Console) -> list[Row]:
    rows = []
    for name in names:
        start = time.monotonic()
        found = await GROUPS[name](plan)
        console.print(f"{name}: {len(found)} rows in {time.monotonic() - start:.0f} s")
        rows += found
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--short", action="store_true", help="few runs of each: what CI runs")
    parser.add_argument("--seed", type=int, default=None, help="as printed by an earlier run")
    parser.add_argument("--markdown", action="store_true", help="print the table for the docs")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.groups) - set(GROUPS))
    if unknown:
        parser.error(f"no such group: {', '.join(unknown)}")
    seed = random.randrange(10**6) if arguments.seed is None else arguments.seed
    console = Console(width=120)
    console.print(f"seed {seed}{', short form' if arguments.short else ''}")
    with tempfile.TemporaryDirectory(prefix="svodka-faults-") as folder:
        plan = Plan(seed, arguments.short, Path(folder))
        rows = asyncio.run(measure(plan, arguments.groups or list(GROUPS), console))
    console.print(drawn(rows))
    if arguments.markdown:
        console.print(as_markdown(rows), soft_wrap=True, highlight=False)
    sys.exit(not all(row.ok for row in rows))


if __name__ == "__main__":
    main()
