"""The bot against another double of the Bot API, which knows five methods and no private ways."""

from __future__ import annotations

import asyncio
import itertools
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from bot.app import run
from bot.settings import AccessPolicy, load_settings
from tests.bot.living import START, TICK_SECONDS, Clock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.asyncio(loop_scope="session")
TOKEN = "777:a-token-of-another-server"
CHAT = 42
KNOWN = {"getMe", "getUpdates", "sendMessage", "setMyCommands", "deleteWebhook"}


class Double:
    """As little of Telegram as a bot can live with."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: set[str] = set()
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.pending: list[dict[str, Any]] = []
        self._arrived = asyncio.Event()
        self._numbers = itertools.count(1)

    def say(self, text: str) -> None:
        number = next(self._numbers)
        person = {"id": CHAT, "is_bot": False, "first_name": "Zoë", "language_code": "en"}
        chat = {"id": CHAT, "type": "private", "first_name": "Zoë"}
        length = len(text.split(maxsplit=1)[0])
        message = {
            "message_id": number,
            "date": int(START.timestamp()),
            "from": person,
            "chat": chat,
            "text": text,
            "entities": [{"type": "bot_command", "offset": 0, "length": length}],
        }
        self.pending.append({"update_id": number, "message": message})
        self._arrived.set()

    async def answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        self.asked.add(method)
        form = {key: str(value) for key, value in (await request.post()).items()}
        if request.match_info["token"] != TOKEN or method not in KNOWN:
            return web.json_response(
                {"ok": False, "error_code": 404, "description": "Not Found"}, status=404
            )
        return web.json_response({"ok": True, "result": await getattr(self, method)(form)})

    async def getMe(self, _: dict[str, str]) -> dict[str, Any]:  # noqa: N802 - the API's names
        return {"id": 777, "is_bot": True, "first_name": "B", "username": "other_bot"}

    async def setMyCommands(self, _: dict[str, str]) -> bool:  # noqa: N802
        return True

    async def deleteWebhook(self, _: dict[str, str]) -> bool:  # noqa: N802
        return True

    async def getUpdates(self, form: dict[str, str]) -> list[dict[str, Any]]:  # noqa: N802
        offset = int(form.get("offset", 0))
        self.pending = [one for one in self.pending if one["update_id"] >= offset]
        if not self.pending:
            self._arrived.clear()
            await self._arrived.wait()
        return self.pending

    async def sendMessage(self, form: dict[str, str]) -> dict[str, Any]:  # noqa: N802
        chat = {"id": int(form["chat_id"]), "type": "private", "first_name": "Zoë"}
        message = {"message_id": 1_000 + next(self._numbers), "date": 1, "chat": chat}
        self.sent.put_nowait(form)
        return message | {"text": form["text"], "entities": json.loads(form.get("entities", "[]"))}


@asynccontextmanager
async def run_double() -> AsyncIterator[Double]:
    double = Double()
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", double.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    double.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield double
    finally:
        await runner.cleanup()


async def test_whole_loop_runs_on_five_methods(template: Path, tmp_path: Path) -> None:
    database = tmp_path / "svodka.sqlite"
    database.write_bytes(template.read_bytes())
    clock, stop = Clock(), asyncio.Event()
    async with run_double() as double:
        settings = load_settings(
            _env_file=None,
            bot_token=TOKEN,
            telegram_api_url=double.url + "/",
            database_url=f"sqlite:///{database}",
            access=AccessPolicy.OPEN,
            admins=(CHAT,),
        )
        async with asyncio.TaskGroup() as group, asyncio.timeout(20):
            group.create_task(run(settings, now=clock, stop=stop, tick_seconds=TICK_SECONDS))
            for command, words in (
                ("/start", "Hello!"),
                ("/latest 3", "Latest stories"),
                ("/topic rate cut", "Fed"),
                ("/subscribe interest rates", "interest rates"),
                ("/schedule 15:00", "every day at 15:00"),
                ("/nonsense", "/help"),
            ):
                double.say(command)
                answer = await double.sent.get()
                assert words in answer["text"], command
                assert answer["chat_id"] == str(CHAT)
            clock.move(hours=3)
            digest = await double.sent.get()
            assert digest["text"].startswith("🗞 Digest")
            assert "INTEREST RATES" in digest["text"]
            stop.set()
        assert double.sent.empty()
        # What only adorns is asked once, refused, and not missed.
        assert double.asked == KNOWN | {"setMyDescription"}
