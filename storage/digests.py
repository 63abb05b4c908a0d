"""Digests as they were made: one a slot, written with their messages and what they tell."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from digests.models import ArticleId, ChatId, DigestId, Reason, StoryId
from storage.database import Database, Transaction
from storage.instants import from_seconds, to_seconds
from storage.schedules import Move, move_in

NO_SCOPES: Final[Mapping[ChatId, tuple[str, ...]]] = {}


@dataclass(frozen=True, slots=True)
class Told:
    """A story a digest tells, by which article and in which of its messages."""

    story: StoryId
    article: ArticleId
    part: int
    reason: Reason | None = None  # None: an update
    page: int = 1  # of its message; 0: an update, which has no pages


@dataclass(frozen=True, slots=True)
class Slot:
    """What makes a digest unique in its chat, and the schedules that move on with it."""

    name: str
    moves: tuple[Move, ...] = ()  # empty: asked for by hand


@dataclass(frozen=True, slots=True)
class Publication:
    """A digest as it is written; `messages` empty: nothing to tell, and silence."""

    chat: ChatId
    slot: Slot
    since: datetime
    messages: Sequence[str]
    told: Sequence[Told]
    more_pages: Sequence[str] = ()  # of the last message, which shows the first
    scope: Sequence[str] = ()  # the topics it was limited to; empty: to none


async def window_starts(
    db: Database,
    chats: Sequence[ChatId],
    now: datetime,
    scopes: Mapping[ChatId, Sequence[str]] = NO_SCOPES,
) -> dict[ChatId, datetime]:
    """The end of the last digest that reached each chat or told it nothing, if there is one; of
    those limited to some topics only of one in the same scope.

    One made later than `now`, by a clock that was wrong, does not count.
    """
    asked = [[chat, scope_json(scopes.get(chat, ()))] for chat in chats]
    rows = await db.fetch_all(
        """
        SELECT digest.chat_id, max(digest.made_at) AS made_at
        FROM json_each(:asked) AS asked
        JOIN digest ON digest.chat_id = json_extract(asked.value, '$[0]')
        WHERE digest.made_at <= :now AND digest.state <> 'failed'
          AND (digest.scope IS NULL OR digest.scope = json_extract(asked.value, '$[1]'))
        GROUP BY digest.chat_id
        """,
        {"asked": json.dumps(asked), "now": to_seconds(now)},
    )
    return {ChatId(row["chat_id"]): from_seconds(row["made_at"]) for row in rows}


def scope_json(topics: Sequence[str]) -> str | None:
    """None: no limit."""
    return json.dumps(topics, ensure_ascii=False) if topics else None


async def told_among(
    db: Database, chats: Sequence[ChatId], stories: Sequence[StoryId]
) -> dict[ChatId, frozenset[StoryId]]:
    """Which of these stories each chat was told, where it was told any."""
    rows = await db.fetch_all(
        """
        SELECT DISTINCT told.chat_id, told.story_id
        FROM told JOIN digest ON digest.id = told.digest_id
        WHERE told.chat_id IN (SELECT value FROM json_each(:chats))
          AND told.story_id IN (SELECT value FROM json_each(:stories))
          AND digest.state <> 'failed'
        """,
        {"chats": json.dumps(list(chats)), "stories": json.dumps(list(stories))},
    )
    found: defaultdict[ChatId, set[StoryId]] = defaultdict(set)
    for row in rows:
        found[ChatId(row["chat_id"])].add(StoryId(row["story_id"]))
    return {chat: frozenset(told) for chat, told in found.items()}


@dataclass(frozen=True, slots=True)
class Before:
    """When a chat was last told of a story, and by which message."""

    story: StoryId
    told: datetime
    message_id: int | None  # None: not sent yet, or told by a digest without messages


async def moved_since(
    db: Database, chats: Sequence[ChatId], oldest: datetime, latest: datetime
) -> dict[ChatId, tuple[Before, ...]]:
    """The stories each chat was told, for the last time between these instants, that have had
    reports since."""
    rows = await db.fetch_all(
        """
        WITH last AS (
            SELECT digest.chat_id, told.story_id, max(digest.made_at) AS made_at,
                   delivery.message_id
            FROM digest JOIN told ON told.digest_id = digest.id
            LEFT JOIN delivery ON delivery.digest_id = digest.id AND delivery.part = told.part
            WHERE digest.chat_id IN (SELECT value FROM json_each(:chats))
              AND digest.made_at >= :oldest AND digest.state <> 'failed'
            GROUP BY digest.chat_id, told.story_id)
        SELECT chat_id, story_id, made_at, message_id FROM last
        WHERE made_at <= :latest AND EXISTS (
            SELECT 1 FROM article
            WHERE article.story_id = last.story_id AND article.arrived_at > last.made_at)
        ORDER BY chat_id, story_id
        """,
        {
            "chats": json.dumps(list(chats)),
            "oldest": to_seconds(oldest),
            "latest": to_seconds(latest),
        },
    )
    found: defaultdict[ChatId, list[Before]] = defaultdict(list)
    for row in rows:
        told = from_seconds(row["made_at"])
        before = Before(StoryId(row["story_id"]), told, row["message_id"])
        found[ChatId(row["chat_id"])].append(before)
    return {chat: tuple(befores) for chat, befores in found.items()}


async def digest_state(db: Database, chat: ChatId, slot: str) -> str | None:
    """`empty`, `pending`, `delivered` or `failed`. None: the slot has no digest."""
    row = await db.fetch_one(
        "SELECT state FROM digest WHERE chat_id = :chat AND slot = :slot",
        {"chat": chat, "slot": slot},
    )
    return row["state"] if row else None


async def publish(
    db: Database,
    chat: ChatId,
    slot: Slot,
    since: datetime,
    made: datetime,
    messages: Sequence[str],
    told: Sequence[Told],
) -> DigestId | None:
    """Write one digest, as `publish_all`. None: the slot has its digest already."""
    (digest,) = await publish_all(db, made, [Publication(chat, slot, since, messages, told)])
    return digest


async def publish_all(
    db: Database, made: datetime, publications: Sequence[Publication]
) -> list[DigestId | None]:
    """Write digests, their messages into the outbox, what they tell, and their schedules' next
    times, in one transaction. None: the slot has its digest already, and only the schedule moves
    on, or the chat erased itself meanwhile.
    """
    async with db.write() as tx:
        await move_in(tx, [move for one in publications for move in one.slot.moves])
        rows = await tx.fetch_all(
            """
            INSERT OR IGNORE INTO digest (chat_id, slot, since_at, made_at, state, scope)
            SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
                   json_extract(value, '$[2]'), :made, json_extract(value, '$[3]'),
                   json_extract(value, '$[4]')
            FROM json_each(:digests)
            WHERE json_extract(value, '$[0]') IN (SELECT chat_id FROM subscriber)
            RETURNING id, chat_id, slot
            """,
            {"made": to_seconds(made), "digests": json.dumps([_head(one) for one in publications])},
        )
        written = {(ChatId(row["chat_id"]), row["slot"]): DigestId(row["id"]) for row in rows}
        found = [written.pop((one.chat, one.slot.name), None) for one in publications]
        for number, one in zip(found, publications, strict=True):
            if number is not None:
                await write_parts(tx, number, made, one)
    return found


def _head(one: Publication) -> list[object]:
    state = "pending" if one.messages else "empty"
    return [one.chat, one.slot.name, to_seconds(one.since), state, scope_json(one.scope)]


async def write_parts(
    tx: Transaction, digest: DigestId, made: datetime, publication: Publication
) -> None:
    """A digest's messages into the outbox, its other pages, and what it tells."""
    chat, told = publication.chat, publication.told
    updates = sum(one.page == 0 for one in told)
    await tx.execute_all(
        """
        INSERT INTO delivery (chat_id, digest_id, part, content, due_at, created_at)
        VALUES (:chat, :digest, :part, :content, :made, :made)
        """,
        [
            {
                "chat": chat,
                "digest": digest,
                "part": part,
                "content": content,
                "made": to_seconds(made),
            }
            for part, content in enumerate(publication.messages, 1)
        ],
    )
    await tx.execute_all(
        "INSERT INTO digest_page (digest_id, page, content) VALUES (:digest, :page, :content)",
        [
            {"digest": digest, "page": page, "content": content}
            for page, content in enumerate(publication.more_pages, 2)
        ],
    )
    # Two stories may have become one since they were read.
    await tx.execute_all(
        """
        INSERT OR IGNORE INTO told (chat_id, story_id, article_id, digest_id, part, page, place,
                                    reason)
        VALUES (:chat, ifnull((SELECT story_id FROM article WHERE id = :article), :story),
                :article, :digest, :part, :page, :place, :reason)
        """,
        [
            {
                "chat": chat,
                "story": one.story,
                "article": one.article,
                "digest": digest,
                "part": one.part,
                "page": one.page,
                "place": place,
                "reason": _reason_json(one.reason),
            }
            for place, one in enumerate(told, -updates)
        ],
    )


@lru_cache(maxsize=1_000)  # thousands of chats are told for one reason
def _reason_json(reason: Reason | None) -> str | None:
    if reason is None:
        return None
    kept = {
        "topic": reason.topic,
        "hosts": reason.hosts,
        "newest": to_seconds(reason.newest),
        "terms": asdict(reason.terms),
    }
    return json.dumps(kept, ensure_ascii=False)
