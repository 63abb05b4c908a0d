"""A row of the table, and what every group of rows is given to make them."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Row:
    fault: str
    runs: int
    to_reach: str
    seen: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Plan:
    seed: int
    short: bool
    folder: Path  # for scratch files; thrown away afterwards

    def random(self, name: str) -> random.Random:
        """Each fault draws from a generator of its own: leaving one out changes no other."""
        return random.Random(f"{self.seed}/{name}")

    def scratch(self, name: str) -> Path:
        """A new folder."""
        made = self.folder / name
        made.mkdir(parents=True)
        return made


def drawn(rows: Iterable[Row]) -> Table:
    table = Table(title_justify="left", show_lines=True)
    for heading in ("fault", "runs", "to reach", "seen", ""):
        table.add_column(heading, justify="right" if heading == "runs" else "left")
    for row in rows:
        table.add_row(
            row.fault, str(row.runs), row.to_reach, row.seen, "ok" if row.ok else "NOT REACHED"
        )
    return table


def as_markdown(rows: Iterable[Row]) -> str:
    """As it stands in docs/reliability.md."""
    lines = ["| fault | runs | to reach | seen | |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.fault} | {row.runs} | {row.to_reach} | {row.seen} "
        f"| {'✓' if row.ok else 'not reached'} |"
        for row in rows
    ]
    return "\n".join(lines)
