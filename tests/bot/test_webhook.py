"""Updates brought by Telegram: only with the secret, stored before they are answered."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import pytest_asyncio

from bot.errors import SettingsError
from bot.i18n import language
from bot.settings import load_settings
from bot.webhook import SECRET_HEADER, parsed
from storage import updates
from storage.errors import UnusableDatabaseError
from tests.bot.living import Running, ask, eventually
from tests.bot.test_watching import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.bot.conftest import Bots

pytestmark = pytest.mark.asyncio(loop_scope="session")
SECRET = "right-secret-of-the-webhook"
say = language("ru").say


@pytest_asyncio.fixture(loop_scope="session")
async def hooked(bots: Bots) -> AsyncIterator[Running]:
    """A bot that Telegram brings updates to."""
    listen = f"127.0.0.1:{free_port()}"
    url = f"http://{listen}/telegram"
    async with bots(http_listen=listen, webhook_url=url, webhook_secret=SECRET) as bot:
        yield bot


async def post(bot: Running, body: bytes | dict[str, Any], secret: str | None = SECRET) -> int:
    headers = {} if secret is None else {SECRET_HEADER: secret}
    given: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
    async with (
        aiohttp.ClientSession() as session,
        session.post(bot.settings.webhook_url, headers=headers, **given) as answer,
    ):
        assert not await answer.read(), "nothing is told"
        return answer.status


def command(bot: Running, update: int, text: str = "/id") -> dict[str, Any]:
    user = {"id": 77, "is_bot": False, "first_name": "Mallory"}
    date = int(bot.clock().timestamp())
    chat = {"id": 77, "type": "private", "first_name": "Mallory"}
    message = {"message_id": 1, "date": date, "chat": chat, "from": user, "text": text}
    return {"update_id": update, "message": message}


async def kept(bot: Running) -> list[int]:
    rows = await bot.context.db.fetch_all("SELECT id FROM incoming_update ORDER BY id")
    return [row["id"] for row in rows]


async def test_conversation_goes_through_the_webhook(hooked: Running) -> None:
    person = await hooked.person()
    assert "назад" in (await ask(person, "/latest")).text
    await ask(person, "/start")
    await person.press(say("menu.next"))
    await hooked.settled()
    world = hooked.sandbox.world
    assert world.requests["getupdates"] == 0
    hook = world.updates.webhook
    assert hook is not None
    assert hook.secret_token == SECRET
    assert not hook.last_error_message
    assert len(await kept(hooked)) == 3


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET + "x", SECRET[:-1], "секрет"])
async def test_without_the_secret_nothing_is_kept(hooked: Running, secret: str | None) -> None:
    if secret == "секрет":
        secret = secret.encode().decode("latin-1")
    assert await post(hooked, command(hooked, 5), secret) == 401
    assert not await kept(hooked)


async def test_telegram_that_knows_a_wrong_secret_brings_it_again_once_it_is_right(
    hooked: Running,
) -> None:
    updates_of = hooked.sandbox.world.updates
    hook = updates_of.webhook
    assert hook is not None
    hook.secret_token = "wrong-secret-of-the-webhook"
    person = await hooked.person()
    await person.say("/id")

    async def refused() -> bool:
        return "401" in hook.last_error_message

    await eventually(refused, "a refusal")
    assert not await kept(hooked)
    assert len(updates_of.pending()) == 1
    hook.secret_token = SECRET
    updates_of.signal.notify()
    await person.wait_for(lambda m: str(person.person_id) in m.text)


async def test_update_is_stored_before_it_is_answered(
    hooked: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, failures = updates.store_updates, 0

    async def failing(*given: Any) -> None:
        nonlocal failures
        failures += 1
        if failures <= 2:
            raise UnusableDatabaseError(path="x", cause="disk I/O error")
        await store(*given)

    monkeypatch.setattr(updates, "store_updates", failing)
    assert await post(hooked, command(hooked, 5)) == 503
    assert not await kept(hooked)
    person = await hooked.person()
    await ask(person, "/id")  # which the sandbox brought twice
    await hooked.settled()
    assert failures == 3
    assert len(await person.from_bot()) == 1


async def test_redelivered_update_is_handled_once(hooked: Running) -> None:
    for _ in range(3):
        assert await post(hooked, command(hooked, 5)) == 200
    await hooked.settled()
    assert await kept(hooked) == [5]


async def test_update_kept_before_a_crash_is_handled_after_it(hooked: Running) -> None:
    person = await hooked.person()
    await ask(person, "/id")
    await hooked.kill()
    await person.say("/latest")  # waits at Telegram meanwhile
    await hooked.start()
    await person.wait_for(lambda m: "назад" in m.text)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'{"update_id": "5"}',
        b'{"message": {}}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
)
async def test_what_is_no_update_is_refused(hooked: Running, body: bytes) -> None:
    assert parsed(body) is None
    assert await post(hooked, body) == 400
    assert not await kept(hooked)


async def test_body_over_the_limit_is_refused(hooked: Running) -> None:
    url, body = hooked.settings.webhook_url, io.BytesIO(b"x" * 3_000_000)
    async with (
        aiohttp.ClientSession(headers={SECRET_HEADER: SECRET}) as session,
        session.post(url, data=body) as answer,
    ):
        assert answer.status == 413


async def test_malformed_update_stops_nobody(hooked: Running) -> None:
    assert await post(hooked, {"update_id": 5, "message": {"chat": 7}}) == 200
    person = await hooked.person()
    await ask(person, "/id")
    await hooked.settled()


async def test_only_posting_to_the_path_reaches_it(hooked: Running) -> None:
    base = f"http://{hooked.settings.http_listen}"
    async with aiohttp.ClientSession() as session:
        async with session.get(base + "/telegram") as answer:
            assert answer.status == 405
        async with session.post(base + "/", headers={SECRET_HEADER: SECRET}) as answer:
            assert answer.status == 404


async def test_polling_bot_takes_a_webhook_away(running: Running) -> None:
    assert running.sandbox.world.updates.webhook is None
    assert running.sandbox.world.requests["deletewebhook"] == 1


async def test_address_that_telegram_refuses_stops_the_start(bots: Bots) -> None:
    listen = f"127.0.0.1:{free_port()}"
    values = {"http_listen": listen, "webhook_secret": SECRET}
    with pytest.raises(SettingsError, match="SVODKA_WEBHOOK_URL: Telegram says"):
        async with bots(webhook_url="https://bot.invalid/x", **values) as bot:
            pytest.fail(f"started with {bot.settings.webhook_url}")


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"webhook_url": "https://a.example/x", "http_listen": "127.0.0.1:1"}, "WEBHOOK_SECRET"),
        ({"webhook_url": "https://a.example/x", "webhook_secret": SECRET}, "HTTP_LISTEN"),
        ({"webhook_url": "http://a.example/x"}, "https"),
        ({"webhook_url": "https://a.example:8080/x"}, "8443"),
        ({"webhook_secret": "short"}, "16 to 256"),
        ({"webhook_secret": "spaces are not allowed"}, "16 to 256"),
    ],
)
async def test_half_a_webhook_is_refused_without_its_secret_being_told(
    values: dict[str, str], named: str
) -> None:
    with pytest.raises(SettingsError, match=named) as refused:
        load_settings(_env_file=None, **values)
    assert SECRET not in str(refused.value)
    assert "spaces are" not in str(refused.value)
