"""Runs every benchmark and prints its table."""

import asyncio

from rich.console import Console
from rich.table import Table

from benchmarks import footprint, latency


async def main() -> None:
    console = Console(width=110)
    for benchmark in (footprint, latency):
        table = Table(title=benchmark.TITLE, title_justify="left")
        for column in benchmark.COLUMNS:
            table.add_column(column, justify="right" if column != benchmark.COLUMNS[0] else "left")
        for row in await benchmark.measure():
            table.add_row(*row)
        console.print(table)


if __name__ == "__main__":
    asyncio.run(main())
