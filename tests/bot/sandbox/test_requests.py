"""The Bot API over plain HTTP: every form of parameters, tokens and names the real server takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sandbox.client import Member
    from bot.sandbox.server import Sandbox


@pytest.fixture
async def http(sandbox: Sandbox) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(sandbox.url) as session:
        yield session


async def test_parameters_come_in_every_form(
    http: aiohttp.ClientSession, sandbox: Sandbox, anna: Member
) -> None:
    path = f"/bot{sandbox.token}/sendmessage"
    fields = {"chat_id": "1001", "text": "123"}
    multipart = aiohttp.FormData(fields, default_to_multipart=True)
    answers = [
        await http.get(path, params=fields),
        await http.post(path, data=fields),
        await http.post(path, json={"chat_id": 1001, "text": "123"}),
        await http.post(path, data=multipart),
    ]
    bodies = [await answer.json() for answer in answers]
    assert [body["ok"] for body in bodies] == [True] * 4
    assert [m.text for m in await anna.from_bot()] == ["123"] * 4


async def test_nested_parameters_are_json_in_a_form(
    http: aiohttp.ClientSession, sandbox: Sandbox, anna: Member
) -> None:
    markup = {"inline_keyboard": [[{"text": "Да", "callback_data": "1"}]]}
    fields = {"chat_id": "1001", "text": "?", "reply_markup": json.dumps(markup)}
    await http.post(f"/bot{sandbox.token}/sendMessage", data=fields)
    assert (await anna.wait_for()).labels == ["Да"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"text": "x"}, "Bad Request: chat_id is empty"),
        ({"chat_id": "", "text": "x"}, "Bad Request: chat_id is empty"),
        ({"chat_id": "@nobody_here", "text": "x"}, "Bad Request: chat not found"),
        ({"chat_id": "1001"}, "Bad Request: message text is empty"),
        (
            {"chat_id": "1001", "text": "x", "parse_mode": "Nonsense"},
            "Bad Request: unsupported parse_mode",
        ),
    ],
)
async def test_refusal_has_telegrams_shape(
    http: aiohttp.ClientSession,
    sandbox: Sandbox,
    anna: Member,
    fields: dict[str, str],
    words: str,
) -> None:
    answer = await http.post(f"/bot{sandbox.token}/sendMessage", data=fields)
    assert answer.status == 400
    assert await answer.json() == {"ok": False, "error_code": 400, "description": words}


@pytest.mark.parametrize(
    ("token", "status", "words"),
    [("1:other", 401, "Unauthorized"), ("nonsense", 404, "Not Found")],
)
async def test_tokens_are_checked(
    http: aiohttp.ClientSession, token: str, status: int, words: str
) -> None:
    for path in (f"/bot{token}/getMe", f"/file/bot{token}/documents/a"):
        answer = await http.get(path)
        assert answer.status == status
        assert (await answer.json())["description"] == words


async def test_page_is_served_and_self_contained(http: aiohttp.ClientSession, anna: Member) -> None:
    await anna.say("</script><script>alert(1)</script>")
    answer = await http.get("/", params={"person": "1001"})
    page = await answer.text()
    assert answer.content_type == "text/html"
    assert "Content-Security-Policy" in answer.headers
    outside = [part for part in page.split('"') if part.startswith(("http://", "https://", "//"))]
    assert set(outside) <= {"http://www.w3.org/2000/svg", "http://"}
    assert "innerHTML" not in page
    assert "<script>alert(1)" not in page


async def test_stream_tells_what_happens(http: aiohttp.ClientSession, anna: Member) -> None:
    async with http.get("/api/events", params={"person": "1001", "after": "0"}) as stream:
        lines = [line async for line in _data(stream, 1)]
        await anna.say("привет")
        lines += [line async for line in _data(stream, 1)]
    assert [line["message"]["text"] for line in lines] == ["/start", "привет"]


async def test_stream_tells_a_client_of_an_earlier_server_to_start_again(
    http: aiohttp.ClientSession, anna: Member
) -> None:
    headers = {"Last-Event-ID": "99999"}
    async with http.get("/api/events?person=1001", headers=headers) as stream:
        lines = [await stream.content.readline() for _ in range(4)]
    assert b'"kind": "clear"' in lines[-1]


async def _data(stream: aiohttp.ClientResponse, count: int) -> AsyncIterator[dict[str, Any]]:
    """The next messages on the stream."""
    while count:
        line = await stream.content.readline()
        if line.startswith(b"data: ") and b'"kind": "message"' in line:
            count -= 1
            yield json.loads(line[6:])
