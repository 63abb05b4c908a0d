"""When chats are sent their digests: what is due, and how it moves on."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from digests.models import ChatId, Quiet, ScheduleId, Subscriber, Topic, TopicId
from digests.schedules import Timing
from storage.database import Database, Transaction
from storage.instants import from_seconds, to_seconds
from storage.subscribers import SUBSCRIBER_COLUMNS, subscriber_of

MOVE: Final = "UPDATE schedule SET next_due_at = :next WHERE id = :id AND next_due_at = :due"

SCHEDULE_COLUMNS: Final = (
    "schedule.id AS schedule_id, schedule.at, schedule.days, schedule.every, schedule.next_due_at, "
    "(SELECT json_group_array(topic.words) FROM schedule_topic "
    "JOIN topic ON topic.id = schedule_topic.topic_id "
    "WHERE schedule_topic.schedule_id = schedule.id) AS topics"
)


@dataclass(frozen=True, slots=True)
class Schedule:
    id: ScheduleId
    timing: Timing
    next_due: datetime | None  # None: the chat is not subscribed
    topics: tuple[Topic, ...] = ()  # its own; empty: all of the chat's


@dataclass(frozen=True, slots=True)
class DueSchedule:
    """A schedule whose time has come."""

    id: ScheduleId
    timing: Timing
    since: datetime
    topics: tuple[str, ...] = ()  # its own; empty: all of the chat's


@dataclass(frozen=True, slots=True)
class DueChat:
    """A chat with all its schedules that are due: they are one digest."""

    subscriber: Subscriber
    schedules: tuple[DueSchedule, ...]  # longest due first

    @property
    def topics(self) -> tuple[str, ...]:
        """What its digest is limited to; empty: to nothing, as one of the schedules is not."""
        if not all(one.topics for one in self.schedules):
            return ()
        return tuple(sorted({words for one in self.schedules for words in one.topics}))


@dataclass(frozen=True, slots=True)
class Move:
    """A schedule's step from one due instant to another."""

    schedule: ScheduleId
    due: datetime
    next_due: datetime


def _timing(row: sqlite3.Row) -> Timing:
    return Timing(time.fromisoformat(row["at"]), row["days"], row["every"])


def _due_schedule(row: sqlite3.Row) -> DueSchedule:
    return DueSchedule(
        ScheduleId(row["schedule_id"]),
        _timing(row),
        from_seconds(row["next_due_at"]),
        tuple(json.loads(row["topics"])),
    )


async def schedules_of(db: Database, chat: ChatId) -> list[Schedule]:
    """Earliest in the day first; empty: the chat never chose one."""
    rows = await db.fetch_all(
        """
        SELECT id, at, days, every, next_due_at FROM schedule WHERE chat_id = :chat
        ORDER BY every, at, id
        """,
        {"chat": chat},
    )
    topics = await _topics_of(db, chat)
    return [
        Schedule(
            number := ScheduleId(row["id"]),
            _timing(row),
            from_seconds(row["next_due_at"]),
            tuple(topics[number]),
        )
        for row in rows
    ]


async def _topics_of(db: Database, chat: ChatId) -> dict[ScheduleId, list[Topic]]:
    rows = await db.fetch_all(
        """
        SELECT schedule_topic.schedule_id, topic.id, topic.words
        FROM topic JOIN schedule_topic ON schedule_topic.topic_id = topic.id
        WHERE topic.chat_id = :chat ORDER BY topic.id
        """,
        {"chat": chat},
    )
    found: defaultdict[ScheduleId, list[Topic]] = defaultdict(list)
    for row in rows:
        found[ScheduleId(row["schedule_id"])].append(Topic(TopicId(row["id"]), row["words"]))
    return found


async def set_topic(
    db: Database, chat: ChatId, schedule: ScheduleId, topic: TopicId, *, wanted: bool
) -> None:
    """Give a time a topic of its own, or take it away; what is not the chat's stays as it is."""
    values = {"chat": chat, "schedule": schedule, "topic": topic}
    async with db.write() as tx:
        if wanted:
            await tx.execute(
                """
                INSERT OR IGNORE INTO schedule_topic (schedule_id, topic_id)
                SELECT schedule.id, topic.id FROM schedule JOIN topic USING (chat_id)
                WHERE schedule.id = :schedule AND topic.id = :topic AND chat_id = :chat
                """,
                values,
            )
        else:
            await tx.execute(
                """
                DELETE FROM schedule_topic WHERE topic_id = :topic AND schedule_id = (
                    SELECT id FROM schedule WHERE id = :schedule AND chat_id = :chat)
                """,
                values,
            )


async def clear_topics(db: Database, chat: ChatId, schedule: ScheduleId) -> None:
    """Make a time about all that the chat follows."""
    async with db.write() as tx:
        await tx.execute(
            """
            DELETE FROM schedule_topic WHERE schedule_id = (
                SELECT id FROM schedule WHERE id = :schedule AND chat_id = :chat)
            """,
            {"chat": chat, "schedule": schedule},
        )


async def set_schedules(
    db: Database,
    chat: ChatId,
    timings: Sequence[tuple[Timing, datetime | None]],
    zone: str,
    quiet: Quiet | None,
) -> None:
    """All of a chat's times with when each is due next, its zone and its quiet hours together.

    Next due None keeps the chat unsubscribed. A time that stays keeps its id, so that its slot of
    today stays the same.
    """
    async with db.write() as tx:
        await tx.execute(
            """
            UPDATE subscriber SET zone = :zone, quiet = :quiet, subscribed = :subscribed
            WHERE chat_id = :chat
            """,
            {
                "chat": chat,
                "zone": zone,
                "quiet": f"{quiet.start:%H:%M}-{quiet.end:%H:%M}" if quiet else None,
                "subscribed": int(any(due is not None for _, due in timings)),
            },
        )
        rows = await tx.fetch_all(
            "SELECT id, at, every FROM schedule WHERE chat_id = :chat ORDER BY id", {"chat": chat}
        )
        known = {(row["at"], row["every"]): row["id"] for row in rows}
        if len(known) == len(timings) == 1:  # the one time there is moves, with its topics
            known = {(f"{timings[0][0].at:%H:%M}", timings[0][0].every): rows[0]["id"]}
        for timing, due in timings:
            number = known.pop((f"{timing.at:%H:%M}", timing.every), None)
            await _write_schedule(tx, chat, number, timing, due)
        for number in known.values():
            await tx.execute("DELETE FROM schedule WHERE id = :id", {"id": number})


async def _write_schedule(
    tx: Transaction, chat: ChatId, number: int | None, timing: Timing, next_due: datetime | None
) -> None:
    await tx.execute(
        """
        INSERT INTO schedule (id, chat_id, at, days, every, next_due_at)
        VALUES (:id, :chat, :at, :days, :every, :due)
        ON CONFLICT (id) DO UPDATE SET at = excluded.at, days = excluded.days,
            every = excluded.every, next_due_at = excluded.next_due_at
        """,
        {
            "id": number,
            "chat": chat,
            "at": f"{timing.at:%H:%M}",
            "days": timing.days,
            "every": timing.every,
            "due": to_seconds(next_due),
        },
    )


async def unsubscribe(db: Database, chat: ChatId) -> None:
    """No more scheduled digests; topics and times are kept for a return."""
    async with db.write() as tx:
        await tx.execute(
            "UPDATE subscriber SET subscribed = 0 WHERE chat_id = :chat", {"chat": chat}
        )
        await tx.execute(
            "UPDATE schedule SET next_due_at = NULL WHERE chat_id = :chat", {"chat": chat}
        )


async def due_chats(
    db: Database, now: datetime, limit: int, without: Sequence[ChatId] = ()
) -> list[DueChat]:
    """Chats that can be written to and whose time has come, longest due first, at most `limit`;
    those in `without` are passed over."""
    rows = await db.fetch_all(
        f"""
        SELECT {SCHEDULE_COLUMNS}, {SUBSCRIBER_COLUMNS}
        FROM schedule JOIN subscriber ON subscriber.chat_id = schedule.chat_id
        WHERE schedule.next_due_at <= :now AND schedule.chat_id IN (
            SELECT due.chat_id FROM schedule AS due
            JOIN subscriber ON subscriber.chat_id = due.chat_id
            WHERE due.next_due_at <= :now AND subscriber.unreachable_at IS NULL
              AND due.chat_id NOT IN (SELECT value FROM json_each(:without))
            ORDER BY due.next_due_at LIMIT :limit)
        ORDER BY schedule.next_due_at, schedule.id
        """,  # noqa: S608 - a constant
        {"now": to_seconds(now), "limit": limit, "without": json.dumps(list(without))},
    )
    chats: dict[int, list[sqlite3.Row]] = {}
    for row in rows:
        chats.setdefault(row["chat_id"], []).append(row)
    return [
        DueChat(
            subscriber_of(some[0]),
            tuple(_due_schedule(row) for row in some),
        )
        for some in chats.values()
    ]


async def waiting_schedules(
    db: Database, now: datetime, after: ScheduleId, limit: int
) -> list[tuple[DueSchedule, Subscriber]]:
    """Schedules that wait for a later instant, by id from `after` on, with their chats."""
    rows = await db.fetch_all(
        f"""
        SELECT {SCHEDULE_COLUMNS}, {SUBSCRIBER_COLUMNS}
        FROM schedule JOIN subscriber ON subscriber.chat_id = schedule.chat_id
        WHERE schedule.id > :after AND schedule.next_due_at > :now
        ORDER BY schedule.id LIMIT :limit
        """,  # noqa: S608 - a constant
        {"now": to_seconds(now), "after": after, "limit": limit},
    )
    return [(_due_schedule(row), subscriber_of(row)) for row in rows]


async def move(db: Database, moves: Sequence[Move]) -> int:
    """Move on without a digest; how many moved: others were changed meanwhile, or their chat
    left."""
    async with db.write() as tx:
        return sum([await tx.execute(MOVE, _step(one)) for one in moves])


async def move_in(tx: Transaction, moves: Iterable[Move]) -> None:
    await tx.execute_all(MOVE, [_step(one) for one in moves])


def _step(move: Move) -> dict[str, int]:
    return {
        "id": move.schedule,
        "due": to_seconds(move.due),
        "next": to_seconds(move.next_due),
    }
