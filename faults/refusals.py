"""Chats that refuse a broadcast, each in its way, among chats that take it."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from bot.sandbox.model import Chat
from bot.sandbox.people import migrate, say, unblock
from bot.sandbox.server import run_sandbox
from bot.sandbox.world import Group, World
from faults.judging import compared, introduce, people, queue, rows, unsent
from faults.process import Bot, bot_of
from faults.table import Plan, Row

ALLOWED_A_SECOND: Final = 30.0
SHARE_TO_REACH: Final = 0.8
REST_SECONDS: Final = 300
FIRST_GROUP: Final = -5_001
PARTS: Final = ("one", "two")
BAD_ENTITIES: Final = [{"type": "text_link", "offset": 0, "length": 2, "url": "tg://user?id=x"}]


@dataclass(frozen=True, slots=True)
class Refusing:
    blocked: list[int]
    missing: dict[int, Chat]
    closed: list[int]
    migrated: list[int]
    unparsed: list[int]

    @property
    def away(self) -> list[int]:
        """Those that take nothing until they return."""
        return [*self.blocked, *self.missing, *self.closed]


async def run(plan: Plan) -> list[Row]:
    healthy, each = (40, 2) if plan.short else (400, 10)
    folder = plan.scratch("refusals")
    world = World(people=people(healthy + 4 * each), groups=[])
    groups = [FIRST_GROUP - number for number in range(each)]
    for group in groups:
        world.add_group(Group("Group", {next(iter(world.people)): "creator"}, id=group))
    chats = list(world.people)
    plan.random("refusals").shuffle(chats)
    async with run_sandbox(world=world) as sandbox, bot_of(sandbox, folder) as bot:
        await introduce(bot.database, [*chats, *groups])
        refusing = refuse(world, chats, groups, each)
        await fill(bot, chats, groups, refusing)
        well = [chat for chat in chats if chat not in refusing.away]
        await bot.start()
        rate = await until_all_have(world, well)
        waiting = rows(bot.database, "SELECT chat_id FROM delivery WHERE state = 'waiting'")
        kept = sum(row["chat_id"] in refusing.away for row in waiting)
        come_back(world, refusing)
        async with asyncio.timeout(REST_SECONDS):
            while unsent(bot.database):
                await asyncio.sleep(0.2)
        await bot.stop()
    return [judged(bot, world, refusing, rate, kept, each)]


def refuse(world: World, chats: list[int], groups: list[int], each: int) -> Refusing:
    blocked, missing, closed, unparsed = (chats[n * each : (n + 1) * each] for n in range(4))
    for chat in blocked:
        world.people[chat].blocked = True
    gone = {chat: world.chats.pop(chat) for chat in missing}
    for chat in closed:
        world.faults.order(
            "refused", method="sendMessage", chat_id=chat, times=None, status=400,
            text="Bad Request: TOPIC_CLOSED",
        )  # fmt: skip
    migrated = [migrate(world, group).id for group in groups]
    world.updates.drop_all()  # the refusal alone tells that they moved
    return Refusing(blocked, gone, closed, migrated, unparsed)


async def fill(bot: Bot, chats: list[int], groups: list[int], refusing: Refusing) -> None:
    """Two messages to everybody; to some with entities that Telegram does not take."""
    plain = [chat for chat in (*chats, *groups) if chat not in refusing.unparsed]
    for part in PARTS:
        await queue(bot.database, [(chat, f"{part} to {chat}") for chat in plain])
        texts = [(chat, f"{part} to {chat}") for chat in refusing.unparsed]
        await queue(bot.database, texts, entities=BAD_ENTITIES)


async def until_all_have(world: World, well: list[int]) -> float:
    """Requests a second until every chat that takes messages has all of them."""
    start = 0.0
    wanted = {(chat, f"{part} to {chat}") for chat in well for part in PARTS}
    async with asyncio.timeout(REST_SECONDS):
        while wanted - {(entry["chat_id"], entry["text"]) for entry in world.ledger}:
            start = start or (time.monotonic() if world.ledger else 0.0)
            await asyncio.sleep(0.1)
    return world.requests["sendmessage"] / (time.monotonic() - start)


def come_back(world: World, refusing: Refusing) -> None:
    world.faults.clear()
    world.chats.update(refusing.missing)
    for chat in refusing.blocked:
        unblock(world, chat)
    for chat in (*refusing.missing, *refusing.closed):
        say(world, chat, chat, "/id")


def judged(bot: Bot, world: World, refusing: Refusing, rate: float, kept: int, each: int) -> Row:
    arrived, share = compared(bot.database, world), rate / ALLOWED_A_SECOND
    moved = [
        [entry["text"].split()[0] for entry in world.ledger if entry["chat_id"] == chat]
        for chat in refusing.migrated
    ]
    return Row(
        "403, chat not found, topic closed, migrated, entities refused, among "
        f"{len(world.people) - 4 * each} chats that take all",
        5 * each,
        "0 lost, 0 duplicates; kept until the chat returns; once in the new chat; plain text; "
        "nobody else delayed",
        f"{arrived.lost} lost, {arrived.doubled} duplicates; {kept} of {6 * each} kept; "
        f"{moved.count(list(PARTS))} of {each} groups have each message once; the others at "
        f"{share:.0%} of the rate",
        ok=(
            arrived.lost == arrived.doubled == 0
            and kept == len(PARTS) * len(refusing.away)
            and moved == [list(PARTS)] * each
            and share >= SHARE_TO_REACH
        ),
    )
