"""The Bot API's own addresses: `/bot{TOKEN}/{method}` and `/file/bot{TOKEN}/{path}`.

Reads parameters in every form the real server accepts, lets an ordered fault strike, and answers
in Telegram's envelope.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox import methods
from bot.sandbox.model import ApiError, Json, bad_request
from bot.sandbox.rates import too_many_requests
from bot.sandbox.registry import Context, Upload, find_method, parse_call
from bot.sandbox.world import World

if TYPE_CHECKING:
    from bot.sandbox.faults import Fault

WORLD = web.AppKey("world", World)
BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)
_TOKEN = re.compile(r"\d+:[\w-]+", re.ASCII)

__all__ = ["WORLD", "methods", "routes"]

routes = web.RouteTableDef()


@routes.route("*", "/bot{token}/{method}")
async def call_method(request: web.Request) -> web.StreamResponse:
    world = request.app[WORLD]
    name = request.match_info["method"]
    world.requests[name.lower()] += 1
    try:
        check_token(world, request.match_info["token"])
        find_method(name)
        parameters, uploads = await read_parameters(request)
    except ApiError as error:
        return _answer(error.body(), error.code)
    fault = world.faults.strike(name, _chat_id(parameters))
    if fault is None:
        return _answer(*await carry_out(world, name, parameters, uploads))
    return await _strike(request, fault, name, parameters, uploads)


@routes.get("/file/bot{token}/{path:.+}")
async def download(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    try:
        check_token(world, request.match_info["token"])
    except ApiError as error:
        return _answer(error.body(), error.code)
    wanted = request.match_info["path"]
    for stored in world.files.values():
        if stored.path == wanted:
            return web.Response(body=stored.data, content_type="application/octet-stream")
    missing = ApiError(404, "Not Found")
    return _answer(missing.body(), missing.code)


async def carry_out(
    world: World, name: str, parameters: Json, uploads: dict[str, Upload]
) -> tuple[Json, int]:
    """Run one method; return the body and the HTTP status."""
    try:
        model, handler = find_method(name)
        result = handler(Context(world, uploads), parse_call(model, parameters, uploads))
        if inspect.isawaitable(result):
            result = await result
    except ApiError as error:
        return error.body(), error.code
    return {"ok": True, "result": result}, 200


def check_token(world: World, token: str) -> None:
    if not _TOKEN.fullmatch(token):
        raise ApiError(404, "Not Found")
    if token != world.token:
        raise ApiError(401, "Unauthorized")


async def read_parameters(request: web.Request) -> tuple[Json, dict[str, Upload]]:
    """Parameters from the query, a form or JSON, with the uploaded files by field name."""
    parameters: Json = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "application/json" and request.can_read_body:
        parameters |= await _read_json(request)
    elif request.can_read_body:
        for key, value in (await request.post()).items():
            if isinstance(value, web.FileField):
                uploads[key] = Upload(value.filename, value.content_type, value.file.read())
            else:
                parameters[key] = value
    return parameters, uploads


async def _read_json(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise bad_request("can't parse request JSON object")
    return body


async def _strike(
    request: web.Request,
    fault: Fault,
    name: str,
    parameters: Json,
    uploads: dict[str, Upload],
) -> web.StreamResponse:
    world = request.app[WORLD]
    if fault.kind in {"retry_after", "refused", "server_error", "bad_gateway"}:
        return _refuse(world, fault, _chat_id(parameters))
    if fault.kind == "reset_before":
        return _reset(request)
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
    body, status = await carry_out(world, name, parameters, uploads)
    if fault.kind == "reset_after":
        return _reset(request)
    if fault.kind == "truncated":
        text = json.dumps(body, ensure_ascii=False)
        half = text[: len(text) // 2]
        return web.Response(text=half, status=status, content_type="application/json")
    return _answer(body, status)


def _refuse(world: World, fault: Fault, chat_id: int | None) -> web.Response:
    if fault.kind == "bad_gateway":
        return web.Response(text=BAD_GATEWAY, status=502, content_type="text/html")
    if fault.kind == "retry_after":
        if chat_id is not None:
            world.limiter.ban(None if fault.everywhere else chat_id, fault.retry_after)
        error = too_many_requests(fault.retry_after)
    else:
        error = ApiError(fault.status, fault.text)
    return _answer(error.body(), error.code)


def _reset(request: web.Request) -> web.Response:
    """Break the connection without an answer; the response returned is never seen."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _chat_id(parameters: Json) -> int | None:
    try:
        return int(parameters.get("chat_id", ""))
    except (TypeError, ValueError):
        return None


def _answer(body: Json, status: int) -> web.Response:
    return web.json_response(body, status=status)
