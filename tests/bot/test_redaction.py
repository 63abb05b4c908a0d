"""The token shows nowhere: not in logs, errors nobody caught, the file, backups or chats."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import structlog

from bot import redaction
from bot.logs import set_up_logs
from bot.redaction import REDACTED, guard_hooks, redacted
from bot.settings import load_settings
from storage.backups import back_up
from tests.bot.living import Running, ask
from tests.bot.test_faults import met, notices, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "123456789:AAaabbccddeeffgghhiijjkkllmmnnoopp1"


@pytest.fixture(autouse=True)
def _own_hooks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(redaction, "_hidden", set())
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    root = logging.getLogger()
    handlers, level, configured = root.handlers, root.level, structlog.get_config()
    yield
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    root.handlers = handlers
    root.setLevel(level)
    structlog.configure(**configured)


@pytest.mark.parametrize(
    "form",
    [
        TOKEN,
        quote(TOKEN, safe=""),
        quote(quote(TOKEN, safe=""), safe=""),
        TOKEN.replace(":", "%3a"),
    ],
)
def test_whatever_looks_like_a_token_is_taken_out(form: str) -> None:
    said = redacted(f"GET https://api.telegram.org/bot{form}/getMe?a=1 failed")
    assert said == f"GET https://api.telegram.org/bot{REDACTED}/getMe?a=1 failed"


def test_words_and_numbers_stay() -> None:
    said = "12:30 schedule=17/2026-11-25/08:00 took 12345:678 of https://a.example/b?c=%3A"
    assert redacted(said) == said


def test_a_token_of_another_shape_is_known_once_the_settings_gave_it() -> None:
    token = "42:Ключ.от+всего/и=прочего"
    assert token in redacted(token)
    assert load_settings(_env_file=None, bot_token=token).token() == token
    for form in (token, quote(token, safe=""), quote(token, safe="").replace("%3A", "%3a")):
        assert redacted(f"<{form}>") == f"<{REDACTED}>"
    assert "всего" not in redacted("the secret is Ключ.от+всего/и=прочего")


def test_errors_nobody_caught_are_printed_without_it(capsys: pytest.CaptureFixture[str]) -> None:
    guard_hooks()
    try:
        raise OSError(f"/bot{TOKEN}/getMe") from ValueError(f"bot{quote(TOKEN)}")  # noqa: TRY301
    except OSError as error:
        sys.excepthook(type(error), error, error.__traceback__)

    def fail() -> None:
        raise OSError(f"/bot{TOKEN}/getMe")

    thread = threading.Thread(target=fail, name="a thread")
    thread.start()
    thread.join()

    class Fragile:
        def __del__(self) -> None:
            raise OSError(f"/bot{TOKEN}/getMe")

    Fragile()
    said = capsys.readouterr().err
    assert said.count(REDACTED) == 4
    assert said.count("Traceback") == 3
    assert TOKEN not in said
    assert TOKEN.split(":")[1] not in said


class Vanishing(dict[str, Any]):
    """Files that Telegram names but no longer has."""

    def values(self) -> Any:
        return ()


@pytest.mark.asyncio(loop_scope="session")
async def test_a_bot_in_trouble_keeps_its_token_to_itself(
    running: Running, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    set_up_logs("DEBUG", "json")
    token = running.sandbox.token
    person, admin = await met(running), await running.admin()
    # A download that fails: aiohttp's error carries the whole address.
    running.sandbox.world.files = Vanishing()
    await admin.send_document("статья.txt", b"date 2026-11-23 A\n\nB.")
    await admin.wait_for()
    for kind in ("bad_gateway", "truncated", "reset_after", "server_error"):
        await running.client.order_fault(kind, method="sendMessage", chat_id=person.chat_id)
        await notices(running, person, kind)
        await running.client.order_fault(kind, method="getUpdates")
        await ask(admin, "/id")
        await running.settled()
        running.clock.move(minutes=2)
    failed = OSError(f"redirected to {running.sandbox.url}/bot{token}/getMe")
    asyncio.get_running_loop().call_exception_handler({"message": "lost", "exception": failed})
    backup = back_up(running.settings.database_path, tmp_path / "copy.sqlite").path
    await running.stop()

    logged = capfd.readouterr().err
    secret = token.split(":")[1]
    assert logged.count(REDACTED) >= 2, "the trouble did mention it"
    assert secret not in logged
    for path in (running.settings.database_path, backup):
        assert secret.encode() not in path.read_bytes()
    for who in (person, admin):
        assert secret not in "".join(await read(who))
    await running.start()
