"""The documents: what is sent, and what should become of it."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SHARED: Final = Path(__file__).parents[2] / "shared" / "data" / "feeds"
REFUSED: Final = frozenset({"reject", "parse_zero_entries"})


@dataclass(frozen=True, slots=True)
class Document:
    name: str
    data: bytes
    least: int  # entries; 0: nothing may be stored
    kind: str  # what it is counted as
    content_type: str | None = None  # None: the server says none
    titles: tuple[str, ...] = ()  # what they must be; empty: whatever they are
    is_russian: bool = False  # its titles must read as Russian


def collected() -> Iterator[Document]:
    """The feeds of the development data, where they are."""
    if not SHARED.is_dir():
        return
    with (SHARED / "index.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield _document(row)


def _document(row: dict[str, str]) -> Document:
    headers = json.loads(row["http_headers"] or "{}")
    types = {name.lower(): value for name, value in headers.items()}
    refused = row["class"] in REFUSED
    return Document(
        row["path"],
        (SHARED / row["path"]).read_bytes(),
        0 if refused else int(row["json_items"] or row["min_entries"]),
        "JSON Feed" if row["json_items"] else row["class"],
        types.get("content-type"),
        is_russian=row["path"].startswith("13_"),
    )
