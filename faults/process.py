"""The bot as an operator runs it: `python -m bot run` in a process of its own, to be killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Self

from bot.sandbox.server import Sandbox

STARTING_SECONDS: Final = 60
STOPPING_SECONDS: Final = 20
STARTED: Final = '"event": "started"'


class Bot:
    """`start` and `kill` as often as wished, on one database; the log of all lives is one file."""

    def __init__(self, sandbox: Sandbox, folder: Path, settings: Mapping[str, str]) -> None:
        """`settings` are environment variables without their prefix."""
        self.database = folder / "svodka.sqlite"
        self.log = folder / "log.jsonl"
        values = {
            "BOT_TOKEN": sandbox.token,
            "TELEGRAM_API_URL": sandbox.url,
            "DATABASE_URL": f"sqlite:///{self.database}",
            "ACCESS": "open",
            "ALLOWED_HOSTS": "127.0.0.1:*",
            "LOG_FORMAT": "json",
        } | dict(settings)
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SVODKA_")}
        self._environment = clean | {f"SVODKA_{name}": value for name, value in values.items()}
        self._process: asyncio.subprocess.Process | None = None

    @property
    def process(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError("the bot does not run")
        return self._process

    async def start(self) -> Self:
        """Until it says that it has started."""
        before = self.log.stat().st_size if self.log.exists() else 0
        await self.spawn()
        async with asyncio.timeout(STARTING_SECONDS):
            while STARTED not in self.logged(before):
                if self.process.returncode is not None:
                    raise RuntimeError(f"the bot did not start: {self.logged(before)[-2000:]}")
                await asyncio.sleep(0.05)
        return self

    async def spawn(self) -> None:
        """Start it without waiting."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                "run",
                env=self._environment,
                cwd=Path(__file__).parents[1],
                stdout=log,
                stderr=log,
                start_new_session=True,  # so that its workers die with it
            )

    def logged(self, since: int = 0) -> str:
        with self.log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")

    async def told(self, *words: str) -> tuple[int | None, str]:
        """The exit status and the words of another process, which is given the same settings."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *words,
            env=self._environment | {"COLUMNS": "200", "NO_COLOR": "1"},
            cwd=Path(__file__).parents[1],
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(STARTING_SECONDS):
            said, _ = await process.communicate()
        return process.returncode, said.decode(errors="replace")

    async def kill(self) -> None:
        """As kill -9 does, its worker processes too."""
        os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()
        self._process = None

    async def stop(self) -> int:
        """SIGTERM; its exit status."""
        self.process.terminate()
        async with asyncio.timeout(STOPPING_SECONDS):
            status = await self.process.wait()
        self._process = None
        return status

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def megabytes(self) -> float:
        """Resident memory of the bot, its workers left out."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


@asynccontextmanager
async def bot_of(sandbox: Sandbox, folder: Path, **settings: str) -> AsyncIterator[Bot]:
    """A bot that is not started yet, and that is dead at the end of the block."""
    bot = Bot(sandbox, folder, {name.upper(): value for name, value in settings.items()})
    try:
        yield bot
    finally:
        if bot.is_running:
            await bot.kill()
