"""kill -9 at random moments while a broadcast goes out."""

import asyncio
import json
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.sandbox.model import Person
from bot.sandbox.server import run_sandbox
from bot.sandbox.world import World
from digests.models import ChatId
from faults.process import bot_of
from faults.table import Plan, Row
from storage.database import open_database
from storage.outbox import add_notice
from storage.subscribers import add_subscriber

FIRST_CHAT: Final = 10_001
LONGEST_LIFE_SECONDS: Final = 2.0
QUIET_SECONDS: Final = 120


async def run(plan: Plan) -> list[Row]:
    return [await broadcast(plan)]


async def broadcast(plan: Plan) -> Row:
    """Every message of a broadcast arrives, whenever the bot dies."""
    messages, kills = (60, 3) if plan.short else (2_000, 50)
    chance = plan.random("broadcast")
    folder = plan.scratch("broadcast")
    chats = [FIRST_CHAT + number for number in range(messages)]
    world = World(people=[Person(chat, f"P{chat}", started=True) for chat in chats], groups=[])
    async with run_sandbox(world=world) as sandbox, bot_of(sandbox, folder) as bot:
        await queue(bot.database, chats)
        for _ in range(kills):
            await bot.start()
            await asyncio.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
            await bot.kill()
        await bot.start()
        async with asyncio.timeout(QUIET_SECONDS):
            while unsent(bot.database):
                await asyncio.sleep(0.2)
        await bot.stop()
        arrived = Counter(entry["chat_id"] for entry in world.ledger)
        sound = integrity(bot.database)
    lost = len(set(chats) - set(arrived))
    doubled = sum(arrived.values()) - len(arrived)
    return Row(
        f"kill -9 at random moments of a {messages}-message broadcast",
        kills,
        "0 lost; duplicates ≤ 1 a kill; integrity_check ok",
        f"{lost} lost; {doubled} duplicates, {doubled / kills:.2f} a kill; {sound}",
        ok=lost == 0 and doubled <= kills and sound == "ok",
    )


async def queue(database: Path, chats: list[int]) -> None:
    now = datetime.now(UTC)
    async with open_database(database) as db:
        for chat in chats:
            await add_subscriber(db, ChatId(chat), "private", "P", "ru", "Europe/Moscow", now)
            await add_notice(db, ChatId(chat), json.dumps({"text": f"to {chat}"}), now)


def unsent(database: Path) -> bool:
    return asked(database, "SELECT count(*) FROM delivery WHERE state <> 'sent'") != 0


def integrity(database: Path) -> str:
    return str(asked(database, "PRAGMA integrity_check"))


def asked(database: Path, query: str) -> object:
    """The one value that a query gives."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchone()[0]
