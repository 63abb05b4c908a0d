"""The file of a real bot: a disk that fills, a file that is damaged, a file that others hold."""

import asyncio
import resource
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from bot.i18n import language
from bot.sandbox.client import Member, SandboxClient, SeenMessage
from bot.sandbox.server import Sandbox, run_sandbox
from bot.sandbox.world import World
from faults.judging import integrity, introduce, one, people, rows, unsent
from faults.process import Bot, bot_of
from faults.table import Plan, Row
from storage.backups import back_up

ADMIN: Final = 9_000
WAIT_SECONDS: Final = 30.0
SLOW: Final = "медленно"
LONGEST_HELD: Final = 4  # seconds until which nobody may see an error
say: Final = language("ru").say


@dataclass
class Life:
    """A bot, and the persons who ask it."""

    world: World
    bot: Bot
    client: SandboxClient
    admin: Member
    persons: list[Member] = field(default_factory=list)
    added: int = 0  # topics acknowledged

    async def ask(self, person: Member, text: str) -> str:
        await person.say(text)
        return (await person.wait_for(timeout=WAIT_SECONDS)).text

    async def ask_all(self, text: Callable[[int], str]) -> list[str]:
        """Everybody at once, each for something of their own."""
        asked = [self.ask(person, text(number)) for number, person in enumerate(self.persons)]
        return list(await asyncio.gather(*asked))

    async def add_topics(self, name: str) -> list[str]:
        """Everybody adds a topic; what else was answered."""
        answers = await self.ask_all(lambda number: f"/subscribe {name} {number}")
        others = [
            text
            for number, text in enumerate(answers)
            if say("topics.added", words=f"{name} {number}") not in text
        ]
        self.added += len(answers) - len(others)
        return others

    @property
    def unsaved(self) -> int:
        """Topics that were acknowledged and are not in the file."""
        return self.added - int(one(self.bot.database, "SELECT count(*) FROM topic"))


@asynccontextmanager
async def life(folder: Path, persons: int) -> AsyncIterator[Life]:
    world = World(people=people(persons), groups=[], rates=None)
    async with (
        run_sandbox(world=world) as sandbox,
        SandboxClient(sandbox.url) as client,
        started(sandbox, folder) as bot,
    ):
        admin = await client.person(ADMIN, first_name="A", language_code="ru")
        found = Life(world, bot, client, admin)
        found.persons = [await client.person(n) for n in world.people if n != ADMIN]
        await found.ask(found.admin, "/id")
        yield found
        await bot.stop()


@asynccontextmanager
async def started(sandbox: Sandbox, folder: Path) -> AsyncIterator[Bot]:
    settings = {"admins": str(ADMIN), "backup_hours": "0"}
    async with bot_of(sandbox, folder, **settings) as bot:
        await introduce(bot.database, list(sandbox.world.people))
        await bot.start()
        yield bot


async def run(plan: Plan) -> list[Row]:
    return [
        await full_disk(plan),
        await damage(plan),
        *[await held(plan, seconds) for seconds in ((1,) if plan.short else (1, 4, 8))],
    ]


# --- no room -------------------------------------------------------------------------------------


async def full_disk(plan: Plan) -> Row:
    persons, rounds = (4, 1) if plan.short else (20, 5)
    refused = answered = told = 0
    async with life(plan.scratch("disk"), persons) as one_life:
        bot, admin = one_life.bot, one_life.admin
        for number in range(rounds):
            others = await one_life.add_topics(f"тема {number}")
            await send_slowly(one_life, number)
            with no_room(bot):
                others += await one_life.add_topics(f"полный {number}")
                refused += sum(text == say("error.disk_full") for text in others)
                lists = await one_life.ask_all(lambda _: "/latest")
                answered += sum(text == say("stories.none") for text in lists)
                await admin.wait_for(is_text("alarm.disk_full"), timeout=WAIT_SECONDS)
            await admin.wait_for(is_text("alarm.disk_has_room"), timeout=WAIT_SECONDS)
            told += 1
        others = await one_life.add_topics("потом")
        while unsent(bot.database):
            await asyncio.sleep(0.1)
        sent = sorted(e["text"] for e in one_life.world.ledger if e["text"].startswith(SLOW))
        unsaved, status = one_life.unsaved, integrity(bot.database)
    wanted = persons * rounds
    return Row(
        "disk full: the process can write to no file",
        rounds,
        "nothing acknowledged and unsaved; reads answered, admin told, recovers by itself",
        f"{unsaved} unsaved, {refused} of {wanted} refused with a sentence, {answered} reads "
        f"answered, told {told} times, {len(sent) - len(set(sent))} sent twice; {status}",
        unsaved == 0
        and refused == answered == wanted
        and told == rounds
        and sent == [f"{SLOW} {number}" for number in range(rounds)]
        and not others
        and status == "ok",
    )


async def send_slowly(one_life: Life, number: int) -> None:
    """A message that Telegram takes in just before the disk is full, and acknowledges after."""
    chat = one_life.persons[0].chat_id
    await one_life.client.order_fault("slow", method="sendMessage", chat_id=chat, seconds=2)
    with closing(sqlite3.connect(one_life.bot.database, timeout=8)) as connection:
        connection.execute(
            """
            INSERT INTO delivery (chat_id, part, content, due_at, created_at)
            VALUES (?, 1, json_object('text', ?), unixepoch(), unixepoch())
            """,
            (chat, f"{SLOW} {number}"),
        )
        connection.commit()
    async with asyncio.timeout(WAIT_SECONDS):
        while not all(fault["struck"] for fault in await one_life.client.faults()):
            await asyncio.sleep(0.02)


@contextmanager
def no_room(bot: Bot) -> Iterator[None]:
    """The bot's process can write to no file: a log that SQLite begins anew has no room either."""
    process, unlimited = bot.process.pid, resource.RLIM_INFINITY
    resource.prlimit(process, resource.RLIMIT_FSIZE, (0, unlimited))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (unlimited, unlimited))


def is_text(key: str) -> Callable[[SeenMessage], bool]:
    return lambda message: message.text == say(key)


# --- damage --------------------------------------------------------------------------------------


def garbled(data: bytearray, chance: Random) -> bytearray:
    """Every page from the third on overwritten by noise."""
    data[8192:] = chance.randbytes(len(data) - 8192)
    return data


def cut(data: bytearray, _: Random) -> bytearray:
    return data[: len(data) // 2]


def headless(data: bytearray, _: Random) -> bytearray:
    data[:100] = bytes(100)
    return data


def emptied(_data: bytearray, _: Random) -> bytearray:
    return bytearray()


def holed(data: bytearray, chance: Random) -> bytearray:
    """One page in five lost, as by a dying card."""
    for page in chance.sample(range(1, len(data) // 4096), len(data) // 4096 // 5):
        data[page * 4096 : (page + 1) * 4096] = bytes(4096)
    return data


DAMAGES: Final = (garbled, cut, headless, emptied, holed)


async def damage(plan: Plan) -> Row:
    damages, chance = DAMAGES[:2] if plan.short else DAMAGES, plan.random("damage")
    folder = plan.scratch("damage")
    async with life(folder, 3) as one_life:
        await one_life.add_topics("до")
        bot = one_life.bot
        await bot.stop()
        kept = rows(bot.database, "SELECT words FROM topic ORDER BY id")
        backup = back_up(bot.database, folder / "svodka-backups" / "svodka-a.sqlite").path
        sound, refused, touched, restored = bot.database.read_bytes(), 0, 0, 0
        for spoil in damages:
            spoilt = bytes(spoil(bytearray(sound), chance))
            bot.database.write_bytes(spoilt)
            status, said = await bot.told("run")
            refused += status == 2 and f"svodka restore {backup}" in " ".join(said.split())
            touched += bot.database.read_bytes() != spoilt
            status, _ = await bot.told("restore", str(backup))
            await bot.start()
            await bot.stop()
            now = rows(bot.database, "SELECT words FROM topic ORDER BY id")
            restored += status == 0 and now == kept
        shutil.copyfile(backup, bot.database)
        await bot.start()
    count = len(damages)
    return Row(
        f"file damaged {count} ways: {', '.join(spoil.__name__ for spoil in damages)}",
        count,
        "refused untouched with the command that helps, which helps",
        f"{refused} refused, {touched} touched, {restored} restored whole",
        refused == restored == count and not touched,
    )


# --- held ----------------------------------------------------------------------------------------


async def held(plan: Plan, seconds: int) -> Row:
    persons, rounds = (4, 1) if plan.short else (20, 3)
    others: list[str] = []
    async with life(plan.scratch(f"held-{seconds}"), persons) as one_life:
        for number in range(rounds):
            with closing(sqlite3.connect(one_life.bot.database, timeout=8)) as holder:
                holder.execute("BEGIN IMMEDIATE")
                adding = asyncio.ensure_future(one_life.add_topics(f"тема {number}"))
                await asyncio.sleep(seconds)
                holder.rollback()
            others += await adding
        unsaved = one_life.unsaved
        await asyncio.sleep(1)
        after = await one_life.add_topics("потом")
    free = seconds <= LONGEST_HELD
    return Row(
        f"the file held for {seconds} s by another process",
        rounds,
        f"nothing acknowledged and unsaved{', no error shown' if free else ''}",
        f"{unsaved} unsaved, {len(others)} of {persons * rounds} answered with an error",
        unsaved == 0 and not after and not (free and others),
    )
