"""What a chat reads, taken elsewhere: its feeds and channels as OPML, and as JSON with its topics
and everything else that is kept of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from digests.models import NOBODY, POLLED_KINDS, ChatId
from digests.sources.opml import Outline, write_opml
from storage import sources, subscribers
from storage.database import Database
from storage.kept import Row, all_kept
from storage.sources import Health

TITLE: Final = "Svodka"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Exported:
    """Of sources only what has an address for others: no folders, nothing that was sent."""

    sources: Sequence[Health]
    topics: Sequence[str] = ()
    mutes: Sequence[str] = ()
    kept: Mapping[str, Sequence[Row]] = field(default_factory=dict)  # by table


async def exported(db: Database, chat: ChatId) -> Exported:
    """What this chat may see, and nothing else."""
    found = [
        health
        for health in await sources.visible_sources(db, chat)
        if health.source.kind in POLLED_KINDS
    ]
    if chat == NOBODY:
        return Exported(found)
    topics = await subscribers.topics_of(db, chat)
    mutes = await subscribers.mutes_of(db, chat)
    kept = await all_kept(db, chat)
    return Exported(found, [one.words for one in topics], [one.words for one in mutes], kept)


def as_opml(export: Exported) -> bytes:
    outlines = (Outline(health.source.title, health.source.address) for health in export.sources)
    return write_opml(TITLE, outlines)


def as_json(export: Exported) -> bytes:
    """A line a row: indenting everything takes ten times as long, and reads no better."""
    kept = {table: _lines(rows) for table, rows in export.kept.items()}
    parts = {
        "svodka": str(VERSION),
        "sources": _lines([_described(health) for health in export.sources]),
        "topics": _lines(export.topics),
        "mutes": _lines(export.mutes),
    } | ({"kept": _members(kept)} if kept else {})
    return (_members(parts) + "\n").encode()


def _members(texts: Mapping[str, str]) -> str:
    return "{\n" + ",\n".join(f'"{name}": {text}' for name, text in texts.items()) + "\n}"


def _lines(rows: Sequence[Any]) -> str:
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    return "[" + ",\n  ".join(("", *lines))[1:] + "]"


def _described(health: Health) -> dict[str, Any]:
    source = health.source
    return {
        "kind": source.kind,
        "address": source.address,
        "title": source.title,
        "weight": source.weight,
        "shared": source.owner is None,
        "muted": health.muted,
        "pages": health.pages,
    }
