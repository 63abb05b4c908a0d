"""What was found at an address somebody gave, behind the buttons that add it, and what waits for
an administrator's word."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NewType

from digests.models import ChatId, Found, SourceKind
from storage.database import Database, Transaction
from storage.instants import to_seconds
from storage.outbox import queue_notice
from storage.sources import VISIBLE

OfferId = NewType("OfferId", int)


@dataclass(frozen=True, slots=True)
class Offer:
    id: OfferId
    batch: OfferId  # those found together share it
    chat: ChatId  # to whom it was made
    found: Found


async def make_offers(
    db: Database,
    chat: ChatId,
    found: Sequence[Found],
    now: datetime,
    *,
    asked: bool = False,
    notices: Callable[
        [OfferId, Sequence[Found]], Iterable[tuple[ChatId, str]]
    ] = lambda _batch, _new: (),
) -> list[Offer]:
    """Keep what was found, as one batch; made again, they are the same offers.

    `asked`: it waits for an administrator's word, and what waits already stays in its batch, so
    that a word is only ever said to what its question showed. `notices` of a batch are queued if
    any of it is new, of what is new.
    """
    async with db.write() as tx:
        new = []
        for one in found:
            values = _values(chat, one, asked=asked) | {"now": to_seconds(now)}
            is_new = await tx.execute(
                """
                INSERT OR IGNORE INTO offer (batch, chat_id, kind, address, title, asked,
                                             created_at)
                VALUES (0, :chat, :kind, :address, :title, :asked, :now)
                """,
                values,
            )
            new += [one] if is_new else []
        offers = [await _offer_at(tx, chat, one, asked=asked) for one in found]
        joined = [one for one in offers if one.batch == 0] if asked else offers
        batch = min((offer.id for offer in joined), default=offers[0].batch)
        for offer in joined:
            await tx.execute(
                "UPDATE offer SET batch = :batch WHERE id = :id", {"batch": batch, "id": offer.id}
            )
        if new:
            for told, content in notices(batch, new):
                await queue_notice(tx, told, content, now)
    return [replace(offer, batch=(asked and offer.batch) or batch) for offer in offers]


def _values(chat: ChatId, found: Found, *, asked: bool) -> dict[str, object]:
    return {
        "chat": chat,
        "kind": found.kind,
        "address": found.address,
        "title": found.title,
        "asked": int(asked),
    }


async def _offer_at(tx: Transaction, chat: ChatId, found: Found, *, asked: bool) -> Offer:
    row = await tx.fetch_one(
        f"{_SELECT} WHERE chat_id = :chat AND asked = :asked AND kind = :kind "
        "AND address = :address",
        _values(chat, found, asked=asked),
    )
    if row is None:
        raise LookupError(found.address)
    return _offer_of(row)


async def offers_to(db: Database, chat: ChatId, batch: int, *, fresh: bool = False) -> list[Offer]:
    """A batch that was made to this chat. `fresh`: without what it can read by now."""
    rows = await db.fetch_all(
        f"""
        {_SELECT} WHERE batch = :batch AND chat_id = :chat AND asked = 0 AND NOT (
            :fresh AND EXISTS (
                SELECT 1 FROM source
                WHERE source.kind = offer.kind AND source.address = offer.address
                  AND {VISIBLE}))
        ORDER BY id
        """,  # noqa: S608 - constants
        {"batch": batch, "chat": chat, "fresh": int(fresh)},
    )
    return [_offer_of(row) for row in rows]


async def asked_offers(db: Database, batch: int) -> list[Offer]:
    """A batch that waits for an administrator's word."""
    rows = await db.fetch_all(
        f"{_SELECT} WHERE batch = :batch AND asked = 1 ORDER BY id", {"batch": batch}
    )
    return [_offer_of(row) for row in rows]


async def count_asked(db: Database, chat: ChatId) -> int:
    row = await db.fetch_one(
        "SELECT count(*) AS offers FROM offer WHERE chat_id = :chat AND asked = 1", {"chat": chat}
    )
    return int(row["offers"]) if row else 0


async def close_request(
    db: Database,
    offers: Sequence[Offer],
    notices: Iterable[tuple[ChatId, str]],
    now: datetime,
) -> bool:
    """The word is said, and those who asked are told. False: it was said before."""
    async with db.write() as tx:
        closed = 0
        for offer in offers:
            closed += await tx.execute("DELETE FROM offer WHERE id = :id", {"id": offer.id})
        if closed:
            for told, content in notices:
                await queue_notice(tx, told, content, now)
    return bool(closed)


async def forget_offers(db: Database, before: datetime) -> int:
    async with db.write() as tx:
        return await tx.execute(
            "DELETE FROM offer WHERE created_at < :before", {"before": to_seconds(before)}
        )


_SELECT = "SELECT id, batch, chat_id, kind, address, title FROM offer"


def _offer_of(row: sqlite3.Row) -> Offer:
    return Offer(
        OfferId(row["id"]),
        OfferId(row["batch"]),
        ChatId(row["chat_id"]),
        Found(SourceKind(row["kind"]), row["address"], row["title"]),
    )
