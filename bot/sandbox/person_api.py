"""The persons' side over HTTP: `/api/...`, JSON in and out, and the stream of events.

The page and the Python client both live on it. Each request names the person who acts; there is
no login, because nobody here is real.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from bot.sandbox import inline, people
from bot.sandbox.bot_api import WORLD, read_parameters
from bot.sandbox.methods import commands_for
from bot.sandbox.model import ApiError, Chat, Json, Person
from bot.sandbox.people import PersonError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.sandbox.model import Message
    from bot.sandbox.world import World

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

ANSWER_SECONDS = 10.0
MAX_WAIT_SECONDS = 60.0
KEEP_ALIVE_SECONDS = 15.0

routes = web.RouteTableDef()


@web.middleware
async def person_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a person may not do, or asked in a wrong shape, into 400 with a sentence."""
    if not request.path.startswith("/api/"):
        return await handler(request)
    try:
        return await handler(request)
    except (PersonError, ValueError, TypeError) as error:
        return web.json_response({"error": str(error)}, status=400)
    except KeyError as error:
        return web.json_response({"error": f"missing or unknown: {error}"}, status=400)
    except ApiError as error:
        return web.json_response({"error": error.description}, status=400)


# What a person sees


@routes.get("/api/state")
async def get_state(request: web.Request) -> web.Response:
    person_id = _optional_int(request.query.get("person"))
    return web.json_response(state_shown(request.app[WORLD], person_id))


@routes.get("/api/messages")
async def get_messages(request: web.Request) -> web.Response:
    """Answer with the messages the person sees; `after` asks for changes since an event."""
    world = request.app[WORLD]
    person_id = int(request.query["person"])
    chat_id = int(request.query.get("chat", person_id))
    after = int(request.query.get("after", "0"))
    return web.json_response(messages_shown(world, person_id, chat_id, after))


@routes.get("/api/poll")
async def poll_events(request: web.Request) -> web.Response:
    """Events after `after`, waiting up to `timeout` seconds for the first."""
    world = request.app[WORLD]
    person_id = _optional_int(request.query.get("person"))
    after = int(request.query.get("after", "0"))
    loop = asyncio.get_running_loop()
    end = loop.time() + min(float(request.query.get("timeout", "0")), MAX_WAIT_SECONDS)
    while not (events := world.events_after(after, person_id)):
        if world.updates.closed or loop.time() >= end:
            break
        await world.changed.wait(end - loop.time())
    return web.json_response({"events": events, "sequence": world.sequence})


@routes.get("/api/events")
async def stream_events(request: web.Request) -> web.StreamResponse:
    """Server-sent events; a client that reconnects says what it saw by `Last-Event-ID`."""
    world = request.app[WORLD]
    person_id = _optional_int(request.query.get("person"))
    seen = request.headers.get("Last-Event-ID") or request.query.get("after")
    after = world.sequence if seen is None else int(seen)
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    await response.write(b"retry: 1000\n\n")
    if after > world.sequence:
        # The client knows an earlier life of this server: let it read everything again.
        after = world.sequence
        await response.write(_sse({"seq": after, "kind": "clear"}).encode())
    with suppress(ConnectionResetError):  # the page was closed
        await _write_events(response, world, after, person_id)
    return response


async def _write_events(
    response: web.StreamResponse, world: World, after: int, person_id: int | None
) -> None:
    while not world.updates.closed:
        lines = [_sse(event) for event in world.events_after(after, person_id)]
        after = world.sequence
        await response.write("".join(lines).encode() or b": here\n\n")
        if after == world.sequence:
            await world.changed.wait(KEEP_ALIVE_SECONDS)


@routes.get("/api/files/{file_id}")
async def get_file(request: web.Request) -> web.Response:
    stored = request.app[WORLD].files[request.match_info["file_id"]]
    is_photo = stored.path.startswith("photos/")
    headers = {
        "Content-Disposition": "inline" if is_photo else "attachment",
        "X-Content-Type-Options": "nosniff",
    }
    kind = stored.mime_type if is_photo else "application/octet-stream"
    return web.Response(body=stored.data, content_type=kind, headers=headers)


# What a person does


@routes.post("/api/say")
async def say(request: web.Request) -> web.Response:
    world, body = await _body(request)
    person, chat = _who_where(body)
    reply_to, thread = body.get("reply_to"), body.get("thread")
    message = people.say(world, person, chat, body["text"], reply_to, thread)
    return web.json_response(world.view(message))


@routes.post("/api/edit")
async def edit(request: web.Request) -> web.Response:
    world, body = await _body(request)
    message = people.edit(world, *_who_where(body), body["message_id"], body["text"])
    return web.json_response(world.view(message))


@routes.post("/api/press")
async def press(request: web.Request) -> web.Response:
    """Press by `data` (any, so it can be forged) or by `row` and `column`; wait for the answer."""
    world, body = await _body(request)
    person, chat = _who_where(body)
    data: str | None = body.get("data")
    if data is None:
        markup = world.messages[chat, body["message_id"]].markup or {}
        data = markup["inline_keyboard"][body["row"]][body["column"]]["callback_data"]
    callback = people.press(world, person, chat, body["message_id"], data)
    loop = asyncio.get_running_loop()
    end = loop.time() + min(float(body.get("timeout", ANSWER_SECONDS)), MAX_WAIT_SECONDS)
    while callback.answer is None and loop.time() < end and not world.updates.closed:
        await world.changed.wait(end - loop.time())
    answer = callback.answer or {"text": "", "alert": False, "url": ""}
    shown = {"callback_id": callback.id, "answered": callback.answer is not None, **answer}
    return web.json_response(shown)


@routes.post("/api/inline")
async def ask_inline(request: web.Request) -> web.Response:
    """Ask `@bot query`; wait for the bot's results."""
    world, body = await _body(request)
    asked = inline.ask(world, body["person"], body["query"], body.get("offset", ""))
    loop = asyncio.get_running_loop()
    end = loop.time() + min(float(body.get("timeout", ANSWER_SECONDS)), MAX_WAIT_SECONDS)
    while asked.answer is None and loop.time() < end and not world.updates.closed:
        await world.changed.wait(end - loop.time())
    answer = asked.answer or {"results": [], "next_offset": "", "button": None}
    return web.json_response({"id": asked.id, "answered": asked.answer is not None, **answer})


@routes.post("/api/choose")
async def choose(request: web.Request) -> web.Response:
    """Send a result of an inline query into a chat."""
    world, body = await _body(request)
    asked, result, thread = body["inline"], body["result"], body.get("thread")
    message = inline.choose(world, *_who_where(body), asked, result, thread)
    return web.json_response(world.view(message))


@routes.post("/api/document")
async def send_document(request: web.Request) -> web.Response:
    """Multipart: fields person, chat, caption and the file."""
    world = request.app[WORLD]
    fields, uploads = await read_parameters(request)
    upload = uploads["file"]
    message = people.send_document(
        world,
        int(fields["person"]),
        int(fields.get("chat") or fields["person"]),
        upload.name,
        upload.data,
        mime_type=upload.mime_type,
        caption=fields.get("caption", ""),
        thread=int(fields.get("thread") or 0) or None,
    )
    return web.json_response(world.view(message))


@routes.post("/api/forward")
async def forward(request: web.Request) -> web.Response:
    """Forward a message of the sandbox, or any text with a made-up `origin`."""
    world, body = await _body(request)
    person, chat = _who_where(body)
    if "origin" in body:
        message = people.forward_post(world, person, chat, body["text"], body["origin"])
    else:
        message = people.forward(world, person, chat, body["from_chat"], body["message_id"])
    return web.json_response(world.view(message))


@routes.post("/api/react")
async def react(request: web.Request) -> web.Response:
    world, body = await _body(request)
    emoji = body.get("emoji") or None
    message = people.react(world, *_who_where(body), body["message_id"], emoji)
    return web.json_response(world.view(message))


@routes.post("/api/read")
async def mark_read(request: web.Request) -> web.Response:
    world, body = await _body(request)
    key = (*_who_where(body), body.get("thread") or 0)
    if body["message_id"] > world.read.get(key, 0):
        world.read[key] = body["message_id"]
        world.tell("read", world.chats[key[1]], person_id=key[0])
    return _done()


@routes.post("/api/block")
async def block(request: web.Request) -> web.Response:
    world, body = await _body(request)
    people.block(world, body["person"])
    return _done()


@routes.post("/api/unblock")
async def unblock(request: web.Request) -> web.Response:
    world, body = await _body(request)
    people.unblock(world, body["person"])
    return _done()


# What the author of the world does


@routes.post("/api/people")
async def put_person(request: web.Request) -> web.Response:
    """Add a person, or change the named fields of one who is there."""
    world, body = await _body(request)
    known = world.people.get(body["id"])
    if known is None:
        world.add_person(Person(**body))
    else:
        for name, value in body.items():
            setattr(known, name, value)
        world.tell("people")
    return web.json_response(world.people[body["id"]].user())


@routes.post("/api/groups")
async def add_group(request: web.Request) -> web.Response:
    world, body = await _body(request)
    members = {int(key): value for key, value in body.get("members", {}).items()}
    chat = people.create_group(
        world,
        body["person"],
        body["title"],
        members,
        kind=body.get("kind", "group"),
        bot_status=body.get("bot_status"),
        username=body.get("username", ""),
    )
    return web.json_response(world.chat_json(chat))


@routes.post("/api/members")
async def set_member(request: web.Request) -> web.Response:
    """Give `user` (a person's id or "bot") a `status` in the chat, done by `person`."""
    world, body = await _body(request)
    user = world.bot.id if body["user"] == "bot" else int(body["user"])
    people.set_member(world, body["person"], body["chat"], user, body["status"])
    return _done()


@routes.post("/api/writing")
async def let_bot_write(request: web.Request) -> web.Response:
    """Whether the bot is `allowed` to write in the chat, done by `person`."""
    world, body = await _body(request)
    people.let_bot_write(world, body["person"], body["chat"], allowed=body["allowed"])
    return _done()


@routes.post("/api/topics")
async def change_topics(request: web.Request) -> web.Response:
    """Open a topic called `title`, or delete the `thread`."""
    world, body = await _body(request)
    if "thread" in body:
        people.close_topic(world, body["chat"], body["thread"])
        return _done()
    thread = people.open_topic(world, body["person"], body["chat"], body["title"])
    return web.json_response({"thread": thread})


@routes.post("/api/anonymous")
async def be_anonymous(request: web.Request) -> web.Response:
    world, body = await _body(request)
    people.be_anonymous(world, body["chat"], body["user"])
    return _done()


@routes.post("/api/migrate")
async def migrate(request: web.Request) -> web.Response:
    world, body = await _body(request)
    return web.json_response(world.chat_json(people.migrate(world, body["chat"])))


@routes.get("/api/faults")
async def get_faults(request: web.Request) -> web.Response:
    return web.json_response(request.app[WORLD].faults.report())


@routes.post("/api/faults")
async def order_fault(request: web.Request) -> web.Response:
    world, body = await _body(request)
    world.faults.order(**body)
    return _done()


@routes.delete("/api/faults")
async def clear_faults(request: web.Request) -> web.Response:
    request.app[WORLD].faults.clear()
    return _done()


@routes.get("/api/ledger")
async def get_ledger(request: web.Request) -> web.Response:
    return web.json_response(request.app[WORLD].ledger)


@routes.get("/api/stats")
async def get_stats(request: web.Request) -> web.Response:
    world = request.app[WORLD]
    return web.json_response(
        {
            "requests": dict(world.requests),
            "requests_inside_ban": world.limiter.requests_inside_ban,
            "refused_by_rate": world.limiter.refused,
            "warnings": world.warnings,
            "pending_updates": len(world.updates.pending()),
        }
    )


@routes.post("/api/clear")
async def clear(request: web.Request) -> web.Response:
    """Forget messages, ledger, warnings, faults and pending updates; people and groups stay."""
    request.app[WORLD].clear()
    return _done()


def state_shown(world: World, person_id: int | None) -> Json:
    """Return who is there, and with a person the chats they see."""
    everybody = [
        {**p.user(), "blocked": p.blocked, "started": p.started} for p in world.people.values()
    ]
    state: Json = {"bot": world.bot_user(), "people": everybody, "sequence": world.sequence}
    if person_id in world.people:
        state["chats"] = [
            _chat_shown(world, person_id, chat)
            for chat in world.chats.values()
            if world.sees(person_id, chat) and chat.migrated_to is None
        ]
    return state


def messages_shown(world: World, person_id: int, chat_id: int, after: int = 0) -> Json:
    chat = world.chats[chat_id]
    if not world.sees(person_id, chat):
        raise PersonError(f"person {person_id} is not in chat {chat_id}")
    messages = [world.view(m) for m in world.history(chat_id) if m.changed > after]
    return {"messages": messages, "sequence": world.sequence}


def _chat_shown(world: World, person_id: int, chat: Chat) -> Json:
    messages = world.history(chat.id)
    unread = _unread(world, person_id, messages)
    person = world.people[person_id]
    return {
        **world.chat_json(chat),
        "last": world.view(messages[-1]) if messages else None,
        "unread": unread.total(),
        "topics": _topics_shown(chat, unread),
        "started": not chat.is_private or person.started,
        "blocked": chat.is_private and person.blocked,
        "commands": commands_for(world, person_id, chat) if world.bot_is_in(chat) else [],
        "keyboard": chat.keyboard,
        "pinned": chat.pinned,
        "members": {str(user_id): status for user_id, status in chat.members.items()},
        "description": _description(world, person.language_code) if chat.is_private else "",
    }


def _unread(world: World, person_id: int, messages: Sequence[Message]) -> Counter[int]:
    """How many of others' messages the person has not seen, by topic."""
    return Counter(
        one.topic
        for one in messages
        if one.message_id > world.read.get((person_id, one.chat_id, one.topic), 0)
        and one.sender_id != person_id
    )


def _topics_shown(chat: Chat, unread: Counter[int]) -> list[Json]:
    """Of a forum, the general one first, which has no name of its own; empty: no forum."""
    names = {0: ""} | chat.topics if chat.is_forum else {}
    return [{"thread": t, "name": name, "unread": unread[t]} for t, name in names.items()]


def _description(world: World, language: str) -> str:
    texts = world.bot.texts
    return texts.get(("description", language)) or texts.get(("description", ""), "")


async def _body(request: web.Request) -> tuple[World, Json]:
    if request.content_type != "application/json":
        raise PersonError("the body must be JSON")
    body: Json = await request.json()
    return request.app[WORLD], body


def _who_where(body: Json) -> tuple[int, int]:
    """Person and chat; without a chat it is the private one with the bot."""
    person: int = body["person"]
    chat: int | None = body.get("chat")
    return person, person if chat is None else chat


def _optional_int(text: str | None) -> int | None:
    return None if text is None else int(text)


def _sse(event: Json) -> str:
    return f"id: {event['seq']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"


def _done() -> web.Response:
    return web.json_response({"ok": True})
