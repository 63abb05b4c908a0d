"""A bad network and a busy Telegram during a broadcast: nothing lost, nothing sent into a ban."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any, Final

from bot.sandbox.client import SandboxClient
from bot.sandbox.model import Person
from bot.sandbox.server import run_sandbox
from bot.sandbox.world import World
from faults.judging import compared, introduce, people, queue, unsent
from faults.process import Bot, bot_of
from faults.table import Plan, Row

ALLOWED_A_SECOND: Final = 30.0
SHARE_TO_REACH: Final = 0.8
SENDS_AT_ONCE: Final = 8
REST_SECONDS: Final = 900
ASKER: Final = 9_001
ANSWER_SECONDS: Final = 0.5
ANSWER_LOST: Final = ("reset_after", "truncated")
ACCIDENTS: Final = (*ANSWER_LOST, "reset_before", "bad_gateway", "server_error")


@dataclass
class Broadcast:
    """Notices to many, sent by a bot of its own, and what was seen of them."""

    world: World
    bot: Bot
    chats: int
    began: float = 0.0
    a_second: float = 0.0  # requests, until nine tenths had arrived
    answers: list[float] = field(default_factory=list)  # seconds of a command, asked meanwhile
    before_restart: int = 0  # requests inside a ban

    async def until(self, share: float) -> None:
        """Until this share has arrived."""
        async with asyncio.timeout(REST_SECONDS):
            while len(self.world.ledger) < share * self.chats:
                await asyncio.sleep(0.05)
                if not self.began and self.world.ledger:
                    self.began = time.monotonic()

    async def measure(self) -> None:
        """The rate of requests until nine tenths have arrived, whatever they met."""
        await self.until(0.9)
        requests = self.world.requests["sendmessage"]
        self.a_second = requests / (time.monotonic() - self.began)

    async def rest(self) -> None:
        if not self.a_second:
            await self.measure()
        async with asyncio.timeout(REST_SECONDS):
            while unsent(self.bot.database):
                await asyncio.sleep(0.2)
        await self.bot.stop()

    @property
    def struck(self) -> dict[str, int]:
        return {f.kind: f.struck for f in self.world.faults.ordered}

    @property
    def seen(self) -> str:
        arrived, share = compared(self.bot.database, self.world), self.a_second / ALLOWED_A_SECOND
        return (
            f"{arrived.lost} lost, {arrived.doubled} duplicates; "
            f"{self.world.limiter.requests_inside_ban} inside a ban; "
            f"{self.a_second:.1f} requests/s = {share:.0%}"
        )

    def is_fine(self, *, doubled: int = 0, inside_ban: int = 0) -> bool:
        arrived = compared(self.bot.database, self.world)
        return (
            arrived.messages == self.chats
            and arrived.lost == 0
            and arrived.doubled <= doubled
            and self.world.limiter.requests_inside_ban <= inside_ban
            and self.a_second >= SHARE_TO_REACH * ALLOWED_A_SECOND
        )


async def run(plan: Plan) -> list[Row]:
    if plan.short:
        return [await accidents(plan), await flood_of_everybody(plan)]
    return [
        await answers(plan),
        await accidents(plan),
        await storm(plan),
        await flood_of_everybody(plan),
    ]


async def broadcast(plan: Plan, name: str, chats: int, act: Any) -> Broadcast:  # noqa: ANN401
    """`act` is awaited with the broadcast once the bot has started; then all is waited for."""
    folder = plan.scratch(name)
    world = World(people=people(chats), groups=[], seed=plan.seed)
    world.add_person(Person(ASKER, "Asker"))
    async with run_sandbox(world=world) as sandbox, bot_of(sandbox, folder) as bot:
        done = Broadcast(world, bot, chats)
        known = [chat for chat in world.people if chat != ASKER]
        await introduce(bot.database, known)
        await queue(bot.database, [(chat, f"to {chat}") for chat in known])
        await act(done, sandbox.url)
        await done.rest()
    return done


async def answers(plan: Plan) -> Row:
    async def ask(done: Broadcast, url: str) -> None:
        await done.bot.start()
        async with SandboxClient(url) as client:
            asker = await client.person(ASKER)
            while unsent(done.bot.database):
                start = time.monotonic()
                await asker.say("/topics")
                await asker.wait_for(timeout=60)
                done.answers.append(time.monotonic() - start)
                await asyncio.sleep(1)
        # The asker's answers are no part of the broadcast.
        done.world.ledger[:] = [e for e in done.world.ledger if e["chat_id"] != ASKER]

    done = await broadcast(plan, "answers", 1_000, ask)
    times = sorted(done.answers)
    middle, late = times[len(times) // 2], times[int(len(times) * 0.95)]
    return Row(
        "commands while a broadcast to 1000 goes out",
        len(times),
        f"answered within {ANSWER_SECONDS} s at p95",
        f"p50 {middle * 1000:.0f} ms, p95 {late * 1000:.0f} ms",
        ok=late <= ANSWER_SECONDS and done.world.limiter.requests_inside_ban == 0,
    )


async def accidents(plan: Plan) -> Row:
    chats = 150 if plan.short else 2_000

    async def hurt(done: Broadcast, _url: str) -> None:
        for kind in ACCIDENTS:
            done.world.faults.order(kind, method="sendMessage", times=None, probability=0.012)
        done.world.faults.order(
            "slow", method="sendMessage", times=None, probability=0.01, seconds=2.0
        )
        await done.bot.start()

    done = await broadcast(plan, "accidents", chats, hurt)
    lost = sum(done.struck[kind] for kind in ANSWER_LOST)
    named = ", ".join(f"{count} {kind}" for kind, count in done.struck.items())
    return Row(
        f"bad network in a broadcast to {chats}: {named}",
        sum(done.struck.values()),
        "0 lost; duplicates ≤ answers lost; 0 requests inside a ban; ≥ 80 % of the allowed rate",
        f"{done.seen}; {lost} answers lost",
        ok=done.is_fine(doubled=lost),
    )


async def storm(plan: Plan) -> Row:
    """Chats ask for waits of up to two minutes, and the bot dies meanwhile."""
    waits = (3, 10, 30, 60, 120)

    async def flood(done: Broadcast, _url: str) -> None:
        for wait in waits:
            done.world.faults.order(
                "retry_after", method="sendMessage", times=None, probability=0.005, retry_after=wait
            )
        await done.bot.start()
        await done.measure()
        await done.until(0.95)
        await done.bot.kill()
        await done.bot.start()

    done = await broadcast(plan, "storm", 2_000, flood)
    banned = sum(fault.struck for fault in done.world.faults.ordered)
    return Row(
        f"429 storm in a broadcast to {done.chats}, waits of {waits} s, one kill -9",
        banned,
        "0 lost; duplicates ≤ sends in flight at the kill; 0 requests inside a ban; ≥ 80 % of the "
        "allowed rate",
        done.seen,
        ok=done.is_fine(doubled=SENDS_AT_ONCE) and banned > 0,
    )


async def flood_of_everybody(plan: Plan) -> Row:
    """Telegram bans the whole bot: which a 429 does not say."""
    chats, wait = (100, 4) if plan.short else (600, 20)

    async def flood(done: Broadcast, _url: str) -> None:
        await done.bot.start()
        await done.until(0.3)
        done.world.faults.order(
            "retry_after", method="sendMessage", everywhere=True, retry_after=wait
        )
        await asyncio.sleep(wait / 3)
        await done.bot.kill()
        done.before_restart = done.world.limiter.requests_inside_ban
        await done.bot.start()

    done = await broadcast(plan, "flood", chats, flood)
    before, inside = done.before_restart, done.world.limiter.requests_inside_ban
    lost = compared(done.bot.database, done.world).lost
    return Row(
        f"the whole bot banned for {wait} s, kill -9 meanwhile",
        1,
        "0 lost; inside the ban only what was in flight and one more; none after the restart",
        f"{lost} lost; {before} inside the ban, {inside - before} after the restart",
        ok=lost == 0 and before <= SENDS_AT_ONCE + 1 and inside == before,
    )
