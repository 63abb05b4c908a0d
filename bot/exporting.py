"""What a chat reads, taken elsewhere: its feeds and channels as OPML, and as JSON with its topics
and everything else that is kept of it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from digests.models import NOBODY, POLLED_KINDS, ChatId
from digests.sources.opml import Outline, write_opml
from storage import sources, subscribers
from storage.database import Database
from storage.kept import Row, all_kept, in_steps
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


async def as_json(export: Exported) -> bytes:
    """A line a row: indenting everything takes ten times as long, and reads no better."""
    return "".join(await in_steps(_pieces(export), str)).encode()


def _pieces(export: Exported) -> Iterator[str]:
    listed: dict[str, Iterable[Any]] = {
        "sources": map(_described, export.sources),
        "topics": export.topics,
        "mutes": export.mutes,
    }
    yield f'{{\n"svodka": {VERSION},\n'
    yield from _members(listed)
    if export.kept:
        yield ',\n"kept": {\n'
        yield from _members(export.kept)
        yield "\n}"
    yield "\n}\n"


def _members(listed: Mapping[str, Iterable[Any]]) -> Iterator[str]:
    for place, (name, rows) in enumerate(listed.items()):
        yield (",\n" if place else "") + f'"{name}": ['
        for number, row in enumerate(rows):
            yield ("," if number else "") + "\n  " + json.dumps(row, ensure_ascii=False)
        yield "]"


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
