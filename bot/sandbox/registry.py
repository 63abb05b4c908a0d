"""The supported Bot API methods, and how a request's parameters become one of aiogram's models.

`answers(Model)` registers a function; `methods.py`, `sending.py` and
`inline.py` hold them. Parameters come as
text or JSON; those that are not plain text are decoded as the real server decodes them.
"""

from __future__ import annotations

import json
import types
import typing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiogram.client.default import Default
from pydantic import ValidationError

from bot.sandbox.model import ApiError, Json, bad_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiogram.methods import TelegramMethod
    from pydantic import BaseModel

    from bot.sandbox.world import World

    Method = TelegramMethod[Any]
    Handler = Callable[["Context", Any], Any]


@dataclass(frozen=True, slots=True)
class Upload:
    name: str
    mime_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Context:
    """What a method works on: the world and the files of this request."""

    world: World
    uploads: dict[str, Upload] = field(default_factory=dict)


_HANDLERS: dict[str, tuple[type[Method], Handler]] = {}
_EMPTY = {"chat_id": "chat_id is empty", "text": "message text is empty"}


def answers(model: type[Method]) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        _HANDLERS[model.__api_method__.lower()] = (model, handler)
        return handler

    return register


def supported_methods() -> list[str]:
    return sorted(model.__api_method__ for model, _ in _HANDLERS.values())


def find_method(name: str) -> tuple[type[Method], Handler]:
    try:
        return _HANDLERS[name.lower()]
    except KeyError:
        raise ApiError(404, "Not Found: method not found") from None


def parse_call(model: type[Method], parameters: Json, uploads: dict[str, Upload]) -> Method:
    """Validate the parameters against the method's model, or raise 400."""
    values: Json = {f: f"attach://{f}" for f in uploads if f in model.model_fields}
    for name, value in parameters.items():
        info = model.model_fields.get(name)
        if info is not None:
            values[name] = _decode(value, info.annotation)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _refusal(error) from error


def given(value: object) -> Any:  # noqa: ANN401 - whatever the model holds
    """Return the value of a model's field, None where aiogram keeps its own default marker."""
    return None if isinstance(value, Default) else value


def as_json(model: BaseModel | None) -> Json | None:
    """Return a nested model as the JSON the client sent."""
    return None if model is None else model.model_dump(mode="json", exclude_unset=True)


def _decode(value: object, annotation: object) -> object:
    if not isinstance(value, str) or _is_text(annotation):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _is_text(annotation: object) -> bool:
    options = (
        typing.get_args(annotation)
        if typing.get_origin(annotation) in {types.UnionType, typing.Union}
        else (annotation,)
    )
    return {o for o in options if o not in {type(None), Default}} == {str}


def _refusal(error: ValidationError) -> ApiError:
    place = error.errors()[0]["loc"]
    name = str(place[0]) if place else ""
    if error.errors()[0]["type"] == "missing" and name in _EMPTY:
        return bad_request(_EMPTY[name])
    if name in {"entities", "caption_entities"}:
        return bad_request("can't parse MessageEntity: Unsupported type specified")
    if name == "reply_markup":
        return bad_request("can't parse reply keyboard markup JSON object")
    return bad_request(f'parameter "{name}" is invalid')
