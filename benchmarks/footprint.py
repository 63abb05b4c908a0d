"""Memory of the running bot with the newsroom, beside a process that imported aiogram: resident, of
its workers their share of what they have in common."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.serving import outside
from bot.sandbox.client import SandboxClient
from digests.models import SourceKind
from storage.database import open_database
from storage.sources import add_source

TITLE: Final = "Resident memory (to reach: bot ≤ aiogram + 100 MB, each worker ≤ 80 MB)"
COLUMNS: Final = ("process", "MB", "above aiogram")
STARTING_SECONDS: Final = 60
COMMANDS: Final = ("/latest", "/topic безопасность ИИ", "/subscribe пожар", "/digest", "/settings")
ADMIN: Final = 1000


async def measure() -> list[tuple[str, str, str]]:
    alone = await _imported("aiogram")
    async with outside() as far:
        bot, workers = await _bot(far)
    rows = [("only `import aiogram`", f"{alone:.0f}", "")]
    rows.append(("the bot, newsroom read, commands answered", f"{bot:.0f}", f"+{bot - alone:.0f}"))
    rows += [
        (f"worker process {n}" if n else "what they are forked from", f"{size:.0f}", "")
        for n, size in enumerate(workers)
    ]
    return rows


async def _imported(module: str) -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        f"import {module}; print(flush=True); input()",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdout is not None:
        await process.stdout.readline()
    size = megabytes(process.pid)
    await process.communicate(b"\n")
    return size


async def _bot(far: dict[str, object]) -> tuple[float, list[float]]:
    with tempfile.TemporaryDirectory(prefix="svodka-bench-") as folder:
        database = Path(folder) / "bench.sqlite"
        await _add_feeds(database, far)
        environment = os.environ | {
            "SVODKA_BOT_TOKEN": str(far["token"]),
            "SVODKA_TELEGRAM_API_URL": str(far["api"]),
            "SVODKA_DATABASE_URL": f"sqlite:///{database}",
            "SVODKA_ACCESS": "open",
            "SVODKA_ALLOWED_HOSTS": "127.0.0.1:*",
            "SVODKA_LOG_LEVEL": "ERROR",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=environment
        )
        try:
            await _talk(str(far["api"]))
            return megabytes(process.pid), list(map(megabytes_shared, worker_pids(process.pid)))
        finally:
            process.terminate()
            await process.wait()


async def _add_feeds(database: Path, far: dict[str, object]) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    feeds = far["feeds"]
    async with open_database(database) as db:
        for url in feeds if isinstance(feeds, list) else []:
            await add_source(db, SourceKind.FEED, url, url, datetime.now(UTC))


async def _talk(api: str) -> None:
    async with SandboxClient(api) as client:
        person = await client.person(ADMIN)
        for _ in range(STARTING_SECONDS):
            await person.say("/sources")
            answer = await person.wait_for(lambda m: m.from_bot, timeout=STARTING_SECONDS)
            if "— 0 " not in answer.text:
                break  # every feed was read
            await asyncio.sleep(1)
        for _ in range(3):
            for command in COMMANDS:
                await person.say(command)
                await person.wait_for(lambda m: m.from_bot, timeout=STARTING_SECONDS)


def megabytes(pid: int | str) -> float:
    """Resident memory of a process, or of `self`."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def megabytes_shared(pid: int) -> float:
    """Memory of a process, of what it shares with others its share (PSS)."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) / 1024


def worker_pids(parent: int) -> list[int]:
    """Processes below it that run code of ours, what workers are forked from before them;
    multiprocessing's resource tracker is none."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    return [
        one
        for pid in map(int, children.split())
        if b"forkserver" in Path(f"/proc/{pid}/cmdline").read_bytes()
        for one in (pid, *worker_pids(pid))
    ]
