"""What a chat reads, taken elsewhere: its feeds and channels as OPML, with its topics as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from digests.models import NOBODY, POLLED_KINDS, ChatId
from digests.sources.opml import Outline, write_opml
from storage import sources, subscribers
from storage.database import Database
from storage.sources import Health

TITLE: Final = "Svodka"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Exported:
    """Of sources only what has an address for others: no folders, nothing that was sent."""

    sources: Sequence[Health]
    topics: Sequence[str] = ()
    mutes: Sequence[str] = ()


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
    return Exported(found, [one.words for one in topics], [one.words for one in mutes])


def as_opml(export: Exported) -> bytes:
    outlines = (Outline(health.source.title, health.source.address) for health in export.sources)
    return write_opml(TITLE, outlines)


def as_json(export: Exported) -> bytes:
    document = {
        "svodka": VERSION,
        "sources": [_described(health) for health in export.sources],
        "topics": list(export.topics),
        "mutes": list(export.mutes),
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


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
