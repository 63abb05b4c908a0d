"""Updates that piled up while the bot was down, and kill -9 while they are handled."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from bot.sandbox.people import say
from bot.sandbox.server import run_sandbox
from bot.sandbox.world import World
from faults.judging import one, people, rows
from faults.process import Bot, bot_of
from faults.table import Plan, Row

KILLS: Final = 10
REST_SECONDS: Final = 1_200
UPDATES_AT_ONCE: Final = 32  # as bot.updates promises
MEGABYTES: Final = 60.0
FLOOD: Final = 200
SYLLABLES: Final = ("ба", "ве", "ги", "до", "жу", "зы", "ка", "ле", "ми", "но")


@dataclass
class Asked:
    """What everybody asked for, and so what must be there in the end."""

    topics: dict[int, set[str]] = field(default_factory=dict)
    answers: int = 0
    updates: int = 0


@dataclass
class Drained:
    idle: float = 0.0
    most: float = 0.0
    handling: int = 0  # updates under way, over all kills
    seconds: float = 0.0


async def run(plan: Plan) -> list[Row]:
    return [await backlog(plan), await flood(plan)]


async def backlog(plan: Plan) -> Row:
    persons, kills = (30, 1) if plan.short else (1_000, KILLS)
    chance, folder = plan.random("backlog"), plan.scratch("backlog")
    world = World(people=people(persons), groups=[], rates=None)
    drained = Drained()
    async with run_sandbox(world=world) as sandbox, bot_of(sandbox, folder) as bot:
        await bot.start()
        drained.idle = await settled_memory(bot)
        await bot.stop()
        asked = pile_up(world, chance)
        start = time.monotonic()
        for number in range(1, kills + 1):
            await bot.start()
            await until_handled(bot, drained, asked.updates * number // (2 * kills))
            await bot.kill()
            query = "SELECT count(DISTINCT lane) FROM incoming_update WHERE handled_at IS NULL"
            drained.handling += min(UPDATES_AT_ONCE, int(one(bot.database, query)))
        await bot.start()
        await until_handled(bot, drained, asked.updates)
        drained.seconds = time.monotonic() - start
        await bot.stop()
    return judged(bot, world, asked, drained, kills)


def pile_up(world: World, chance: Random) -> Asked:
    """Ten commands from everybody, in any order; half of the people wrote 15 minutes ago."""
    asked, now = Asked(), datetime.now(UTC)
    turns = []
    for number, person in enumerate(world.people):
        words = ["".join(chance.choices(SYLLABLES, k=4)) for _ in range(5)]
        commands = [f"/subscribe {word}" for word in words]
        commands += [f"/unsubscribe {words[0]}", "/id", "/help", "/id", "/mute футбол"]
        asked.topics[person] = set(words[1:])
        asked.updates += len(commands)
        is_old = number % 2 == 1
        # Of the old ones the newest of each kind is answered.
        asked.answers += len({c.split()[0] for c in commands}) if is_old else len(commands)
        turns.append([(person, command, is_old) for command in commands])
    clock = world.now
    while turns:
        turn = chance.choice(turns)
        person, command, is_old = turn.pop(0)
        world.now = lambda is_old=is_old: now - timedelta(minutes=15) if is_old else now  # type: ignore[misc]
        say(world, person, person, command)
        if not turn:
            turns.remove(turn)
    world.now = clock
    world.ledger.clear()
    return asked


async def settled_memory(bot: Bot) -> float:
    await asyncio.sleep(3)
    return bot.megabytes


async def until_handled(bot: Bot, drained: Drained, count: int) -> None:
    query = "SELECT count(*) FROM incoming_update WHERE handled_at IS NOT NULL"
    async with asyncio.timeout(REST_SECONDS):
        while int(one(bot.database, query)) < count:
            drained.most = max(drained.most, bot.megabytes)
            await asyncio.sleep(0.1)


def judged(bot: Bot, world: World, asked: Asked, drained: Drained, kills: int) -> Row:
    kept: dict[int, set[str]] = {person: set() for person in asked.topics}
    for row in rows(bot.database, "SELECT chat_id, words FROM topic"):
        kept[row["chat_id"]].add(row["words"])
    mutes = int(one(bot.database, "SELECT count(*) FROM mute"))
    wrong = sum(kept[person] != wanted for person, wanted in asked.topics.items())
    wrong += abs(len(asked.topics) - mutes)
    repeated = len(world.ledger) - asked.answers
    more = drained.most - drained.idle
    return Row(
        f"{asked.updates} queued updates of {len(asked.topics)} people, half of them old; kill -9 "
        f"with up to {UPDATES_AT_ONCE} in handling",
        kills,
        "every change of state once; answers repeated ≤ updates in handling; ≤ 60 MB more than "
        "idle",
        f"{wrong} people with a wrong state; {repeated} of {asked.answers} answers repeated, "
        f"at most {drained.handling} in handling; {more:+.0f} MB; {drained.seconds:.0f} s",
        ok=wrong == 0 and 0 <= repeated <= drained.handling and more <= MEGABYTES,
    )


async def flood(plan: Plan) -> Row:
    """One person sends two hundred commands at once; ten others ask one each, then."""
    folder = plan.scratch("flood-of-commands")
    world = World(people=people(11), groups=[], rates=None)
    flooder, *others = world.people
    async with run_sandbox(world=world) as sandbox, bot_of(sandbox, folder) as bot:
        await bot.start()
        for _ in range(FLOOD):
            say(world, flooder, flooder, "/id")
        start = time.monotonic()
        for person in others:
            say(world, person, person, "/id")
        async with asyncio.timeout(REST_SECONDS):
            while len({entry["chat_id"] for entry in world.ledger} & set(others)) < len(others):
                await asyncio.sleep(0.02)
        seconds = time.monotonic() - start
        theirs = Counter(entry["chat_id"] for entry in world.ledger)[flooder]
        await bot.kill()
    return Row(
        f"{FLOOD} commands of one person at once",
        1,
        "ten others are answered within 2 s, the flooder slowly",
        f"the others within {seconds:.1f} s, the flooder {theirs} answers meanwhile",
        ok=seconds <= 2 and theirs < FLOOD // 2,
    )
