"""The bot's token, looked for in all that any fault left behind: logs, databases, backups, chats.

It runs last, over the scratch folders of the groups before it, and adds the faults that carry the
token in their own words: downloads that fail, and everything logged.
"""

import sqlite3
from contextlib import closing
from typing import Any, Final
from urllib.parse import quote

from bot.redaction import REDACTED
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import run_sandbox
from bot.sandbox.world import DEFAULT_TOKEN, World
from faults.process import bot_of
from faults.table import Plan, Row

ADMIN: Final = 9_000
ARTICLE: Final = b"date 2026-11-23 A\n\nB."
FAULTS: Final = ("bad_gateway", "truncated", "reset_after", "reset_before", "server_error")


class Vanishing(dict[str, Any]):
    """Files that Telegram names but no longer has."""

    def values(self) -> Any:  # noqa: ANN401 - as a dict's
        return ()


async def run(plan: Plan) -> list[Row]:
    said = await trouble(plan)
    secret = DEFAULT_TOKEN.partition(":")[2]
    forms = [form.encode() for form in {DEFAULT_TOKEN, quote(DEFAULT_TOKEN, safe=""), secret}]
    files = [path for path in plan.folder.rglob("*") if path.is_file()]
    hits, megabytes = [], 0.0
    for path in files:
        data = path.read_bytes()
        megabytes += len(data) / 1e6
        hits += [path.name for form in forms if form in data]
    hits += [text for text in said if secret in text]
    redacted = sum(path.read_bytes().count(REDACTED.encode()) for path in files)
    return [
        Row(
            "canary token through every fault above, and failing downloads",
            len(files),
            "0 hits in logs, databases, backups, chats",
            f"{len(hits)} hits in {len(files)} files of {megabytes:.0f} MB and {len(said)} "
            f"messages; taken out {redacted} times",
            not hits and redacted > 0,
        )
    ]


async def trouble(plan: Plan) -> list[str]:
    """What was said in the chats of a bot to which everything happens."""
    world, folder = World(groups=[], rates=None), plan.scratch("canary")
    world.files = Vanishing()
    settings = {"admins": str(ADMIN), "log_level": "DEBUG"}
    async with (
        run_sandbox(world=world) as sandbox,
        SandboxClient(sandbox.url) as client,
        bot_of(sandbox, folder, **settings) as bot,
    ):
        await bot.start()
        admin = await client.person(ADMIN, first_name="A", language_code="ru")
        await admin.say("/id")
        await admin.wait_for()
        for kind in FAULTS:
            await admin.send_document("a.txt", ARTICLE)
            await admin.wait_for(timeout=30)
            await client.order_fault(kind, method="getUpdates")
            await client.order_fault(kind, method="sendMessage", chat_id=ADMIN)
            await admin.say(f"/addsource https://api.telegram.org/bot{sandbox.token}/{kind}")
            await admin.say("/id")
            await admin.wait_for(lambda message: str(ADMIN) in message.text, timeout=60)
        await bot.told("backup", str(folder / "copy.sqlite"))
        await bot.stop()
        with closing(sqlite3.connect(bot.database)) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return [message.text for message in await admin.from_bot()]
