"""Inline mode: a person asks `@bot query` in any chat, the bot answers with results.

Answers are cached as Telegram does it, for everybody unless the bot says `is_personal`: a bot that
forgets to say so shows one person's results to another, and a test here will see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from aiogram.methods import AnswerInlineQuery

from bot.sandbox.limits import check_message_text, parse_text
from bot.sandbox.model import Json, Message, bad_request
from bot.sandbox.people import PersonError, share
from bot.sandbox.registry import Context, answers, as_json, given

if TYPE_CHECKING:
    from aiogram.types import InlineQueryResultUnion

    from bot.sandbox.world import World

MAX_RESULTS = 50
MAX_ID_BYTES = 64
DEFAULT_CACHE_SECONDS = 300
LIFETIME = timedelta(seconds=30)
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@dataclass(slots=True)
class InlineQuery:
    id: str
    person_id: int
    query: str
    offset: str
    asked: datetime
    answer: Json | None = None
    """Results and next_offset, None while the bot has not answered."""


@dataclass(frozen=True, slots=True)
class CachedAnswer:
    until: datetime
    answer: Json


def ask(world: World, person_id: int, query: str, offset: str = "") -> InlineQuery:
    """Ask the bot, or take the answer from the cache without asking."""
    asked = InlineQuery(str(world.new_id()), person_id, query, offset, world.now())
    world.inline_queries[asked.id] = asked
    for key in ((query, offset, 0), (query, offset, person_id)):
        cached = world.inline_cache.get(key)
        if cached is not None and world.now() < cached.until:
            asked.answer = cached.answer
            return asked
    payload: Json = {
        "id": asked.id,
        "from": world.user(person_id),
        "query": query,
        "offset": offset,
        "chat_type": "sender",
    }
    world.updates.push("inline_query", payload)
    return asked


def choose(
    world: World,
    person_id: int,
    chat_id: int,
    asked_id: str,
    result_id: str,
    thread: int | None = None,
) -> Message:
    """Send a result into a chat, as the person's message."""
    asked = world.inline_queries.get(asked_id)
    results = asked.answer["results"] if asked and asked.answer else []
    for result in results:
        content = result.get("input_message_content")
        if asked and asked.person_id == person_id and result["id"] == result_id and content:
            return share(world, person_id, chat_id, content, thread)
    raise PersonError(f"there is no result {result_id}")


@answers(AnswerInlineQuery)
def answer_inline_query(context: Context, call: AnswerInlineQuery) -> bool:
    world = context.world
    asked = world.inline_queries.get(call.inline_query_id)
    if asked is None or asked.answer is not None or world.now() - asked.asked > LIFETIME:
        raise bad_request(TOO_OLD)
    if len((call.next_offset or "").encode()) > MAX_ID_BYTES:
        raise bad_request("NEXT_OFFSET_INVALID")
    if len(call.results) > MAX_RESULTS:
        raise bad_request("RESULTS_TOO_MUCH")
    results = [_result(world, result) for result in call.results]
    if len({result["id"] for result in results}) < len(results):
        raise bad_request("RESULT_ID_DUPLICATE")
    asked.answer = {
        "results": results,
        "next_offset": call.next_offset or "",
        "button": as_json(call.button) if call.button else None,
    }
    seconds = DEFAULT_CACHE_SECONDS if call.cache_time is None else call.cache_time
    owner = asked.person_id if call.is_personal else 0
    until = world.now() + timedelta(seconds=seconds)
    world.inline_cache[asked.query, asked.offset, owner] = CachedAnswer(until, asked.answer)
    world.tell("inline", person_id=asked.person_id)
    return True


def _result(world: World, result: InlineQueryResultUnion) -> Json:
    shown = as_json(result) or {}
    if not 1 <= len(result.id.encode()) <= MAX_ID_BYTES:
        raise bad_request("RESULT_ID_INVALID")
    content = getattr(result, "input_message_content", None)
    text = getattr(content, "message_text", None)
    if content is not None and text is not None:
        entities = [e.model_dump(mode="json", exclude_none=True) for e in content.entities or []]
        formatted = parse_text(world, text, given(content.parse_mode), entities)
        check_message_text(formatted)
        shown["input_message_content"] = {"text": formatted.text, "entities": formatted.entities}
    return shown
